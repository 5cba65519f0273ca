"""A picture at the gateway: chunks put together, hashed, asked for again where they stopped (docs/specs/link.md, section 7). No I/O."""

import hashlib
from dataclasses import dataclass, replace

from firmware_bridge.link.events import PictureOffered
from firmware_bridge.link.messages import CHUNK_BYTES, NOT_WANTED, Chunk

LARGEST_BYTES = 4 * 1024 * 1024
CHUNKS = 16  # asked for at a time
SILENT_S = 0.5
JPEG = 1


@dataclass(frozen=True, slots=True)
class Wish:
    """What to say to the board: `HostEnd.want(picture, offset, chunks)`."""

    picture: int
    offset: int
    chunks: int = 0


@dataclass(frozen=True, slots=True)
class Step:
    """What to do with what happened, in this order: append `data`; empty the file (`start_over`) or make it durable (`is_whole`);
    note `fault` in the ledger; say `wish`."""

    data: bytes = b""
    start_over: bool = False
    is_whole: bool = False
    fault: str = ""
    wish: Wish | None = None


class Assembly:
    """One picture on its way. `kept` is what an earlier try left of it."""

    def __init__(self, offer: PictureOffered, kept: bytes = b"") -> None:
        self.offer = offer
        self._have = 0
        self._hash = hashlib.sha256()
        self._again_s = float("inf")
        self._asked_to = 0
        self._gap_asked_at = -1
        self._is_second_try = False
        self._add(kept[: offer.size_bytes])

    @property
    def have_bytes(self) -> int:
        """How many bytes are there, from the first on."""
        return self._have

    def begin(self, now_s: float) -> Step:
        """Return what to say to the offer."""
        if self.offer.format != JPEG or self.offer.size_bytes > LARGEST_BYTES:
            return self._refuse(f"a picture of format {self.offer.format} and {self.offer.size_bytes} bytes is not wanted")
        return self._next(now_s)

    def chunk(self, chunk: Chunk, now_s: float) -> Step:
        """Take a chunk: the next one is kept, one that came before or is of another picture is not, a gap is asked for, once."""
        is_done = self._again_s == float("inf")
        if is_done or chunk.picture != self.offer.picture or chunk.offset < self._have or not chunk.data:
            return Step()
        if chunk.offset > self._have:
            if self._gap_asked_at == self._have:
                return Step()  # it was under way when we asked
            self._gap_asked_at = self._have
            return Step(wish=self._ask(now_s))
        data = chunk.data[: self.offer.size_bytes - self._have]
        self._add(data)
        self._again_s = now_s + SILENT_S
        return Step(data) if self._have < min(self._asked_to, self.offer.size_bytes) else replace(self._next(now_s), data=data)

    def due_s(self) -> float:
        """When `look` has something to say."""
        return self._again_s

    def look(self, now_s: float) -> Step:
        """Ask again after half a second without a byte that was missing."""
        return Step(wish=self._ask(now_s)) if now_s >= self._again_s else Step()

    def _add(self, data: bytes) -> None:
        self._hash.update(data)
        self._have += len(data)

    def _ask(self, now_s: float) -> Wish:
        self._again_s = now_s + SILENT_S
        self._asked_to = self._have + CHUNKS * CHUNK_BYTES
        return Wish(self.offer.picture, self._have, CHUNKS)

    def _next(self, now_s: float) -> Step:
        if self._have < self.offer.size_bytes:
            return Step(wish=self._ask(now_s))
        if self._hash.digest() == self.offer.sha256:
            self._again_s = float("inf")
            return Step(is_whole=True, wish=Wish(self.offer.picture, self.offer.size_bytes))
        if self._is_second_try:
            return self._refuse("the picture's hash is wrong, twice")
        self._is_second_try, self._have, self._hash, self._gap_asked_at = True, 0, hashlib.sha256(), -1
        return Step(start_over=True, wish=self._ask(now_s))

    def _refuse(self, fault: str) -> Step:
        self._again_s = float("inf")
        return Step(start_over=True, fault=fault, wish=Wish(self.offer.picture, NOT_WANTED))

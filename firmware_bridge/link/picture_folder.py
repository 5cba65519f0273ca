"""Pictures of one board on the disk.

`<sha256>.part` holds the first bytes of the picture under way, in order; what a power cut took or spoiled of it is found by the hash and
asked for again. A whole picture is `<sha256>.jpg`, and durable, before the board is told to forget it.
"""

import os
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from firmware_bridge.link.events import PictureOffered
from firmware_bridge.link.messages import Chunk
from firmware_bridge.link.picture import Assembly, Step, Wish
from runtime.durable_file import sync_folder


@dataclass(frozen=True, slots=True)
class PictureStored:
    """A picture is whole and durable at `path`."""

    offer: PictureOffered
    path: Path


@dataclass(frozen=True, slots=True)
class PictureRefused:
    """A picture is not stored, for good: for the ledger."""

    offer: PictureOffered
    why: str


class PictureFolder:
    """One picture at a time: another offer takes the place of the one under way. Every method may raise OSError; the board then keeps
    the picture and offers it again."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._assembly: Assembly | None = None
        self._wishes: list[Wish] = []

    def offered(self, offer: PictureOffered, now_s: float) -> list[PictureStored | PictureRefused]:
        """Take an offer. One that is stored already is confirmed and not told again."""
        under_way = self._assembly
        if under_way is not None and (under_way.offer.picture, under_way.offer.sha256) == (offer.picture, offer.sha256):
            return self._do(under_way, under_way.look(now_s))
        if self._whole(offer).exists():
            self._wishes.append(Wish(offer.picture, offer.size_bytes))
            return []
        self._folder.mkdir(parents=True, exist_ok=True)
        part = self._part(offer)
        for other in self._folder.glob("*.part"):
            if other != part:
                other.unlink(missing_ok=True)
        kept = b""
        with suppress(FileNotFoundError), part.open("rb") as file:
            kept = file.read(offer.size_bytes)
        self._assembly = Assembly(offer, kept)
        return self._do(self._assembly, self._assembly.begin(now_s))

    def chunk(self, chunk: Chunk, now_s: float) -> list[PictureStored | PictureRefused]:
        """Take a chunk."""
        return self._do(self._assembly, self._assembly.chunk(chunk, now_s)) if self._assembly is not None else []

    def look(self, now_s: float) -> list[Wish]:
        """Return what to say to the board now, by `HostEnd.want`."""
        if self._assembly is not None:
            self._do(self._assembly, self._assembly.look(now_s))
        wishes, self._wishes = self._wishes, []
        return wishes

    def due_s(self) -> float:
        """When `look` has something to say."""
        return 0.0 if self._wishes else self._assembly.due_s() if self._assembly is not None else float("inf")

    def _do(self, assembly: Assembly, step: Step) -> list[PictureStored | PictureRefused]:
        offer, part = assembly.offer, self._part(assembly.offer)
        try:
            if step.data:
                with part.open("ab") as file:
                    file.write(step.data)
            if step.start_over:
                part.unlink(missing_ok=True)
            if step.is_whole:
                self._keep(part, self._whole(offer))
        except OSError:
            self._assembly = None  # begun anew, from what the file has, at the next offer
            raise
        if step.wish is not None:
            self._wishes.append(step.wish)
        if step.is_whole or step.fault:
            self._assembly = None
        if step.is_whole:
            return [PictureStored(offer, self._whole(offer))]
        return [PictureRefused(offer, step.fault)] if step.fault else []

    def _keep(self, part: Path, whole: Path) -> None:
        fd = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o644)
        try:
            os.fsync(fd)
        finally:
            os.close(fd)
        part.replace(whole)
        sync_folder(self._folder)

    def _part(self, offer: PictureOffered) -> Path:
        return self._folder / f"{offer.sha256.hex()}.part"

    def _whole(self, offer: PictureOffered) -> Path:
        return self._folder / f"{offer.sha256.hex()}.jpg"

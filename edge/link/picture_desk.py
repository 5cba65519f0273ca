"""Getting a board's pictures: asks for chunks from the first byte that is missing, again after silence, and hands on what is whole.

One picture at a time. What has come stays on the disk, so it goes on after either end restarted, as long as the board offers the same
hash. A picture whose hash is wrong is asked for once more from the start, and then refused. A board may forget a picture only when it and
its reading are durable.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from edge.link.picture_files import Finished, PictureFiles
from firmware_bridge.link.events import PictureOffered
from firmware_bridge.link.messages import NOT_WANTED, Chunk

CHUNKS = 8  # asked for at once: 2 KB, a fifth of a second at 115,200 baud
SILENT_S = 0.5
_JPEG = 1
_MOST_TELLING = 16
_SILENCES = 40  # after so many the board is taken to be gone; it offers again when it is back
_REFUSED_REMEMBERED = 64


class Desk(Protocol):
    """What the pictures are handed to."""

    def want(self, picture: int, offset: int, chunks: int) -> None:
        """Say WANT to the board."""
        ...

    def finished(self, finished: Finished, offer: PictureOffered) -> None:
        """A picture is durable: make a reading of it, and call `PictureGetter.told` when that is durable too."""
        ...

    def refused(self, reason: str) -> None:
        """A picture is not taken; once for each."""
        ...


@dataclass(slots=True)
class _UnderWay:
    offer: PictureOffered
    offset: int
    chunks_due: int = 0  # of those that were asked for
    heard_s: float = 0.0
    silences: int = 0
    wrong_hashes: int = 0


@dataclass(slots=True)
class PictureGetter:
    """See the module; one thread. `files` None: no pictures are taken. `name` gives device and time of a file, `was_told` tells of a hash
    whether an earlier process had its reading stored."""

    files: PictureFiles | None
    most_bytes: int
    desk: Desk
    name: Callable[[PictureOffered], tuple[str, int]]
    was_told: Callable[[str], bool] = lambda _: False
    _now: _UnderWay | None = None
    _telling: dict[str, PictureOffered] = field(default_factory=dict)  # finished, their readings not durable yet
    _refused: dict[bytes, None] = field(default_factory=dict)

    def closed(self) -> None:
        """The session ended; what has come stays."""
        self._now = None

    def offered(self, offer: PictureOffered, now_s: float) -> None:
        """The board has a picture. Raises OSError."""
        sha256, files = offer.sha256.hex(), self.files
        reason = self._why_not(offer)
        if files is None or reason or offer.sha256 in self._refused:
            self._refuse(offer, "" if offer.sha256 in self._refused else reason)
            return
        if sha256 in self._telling or len(self._telling) >= _MOST_TELLING:
            return
        if done := files.finished(sha256):
            finished, is_told = done
            if not is_told and self.was_told(sha256):
                files.told(finished)
                is_told = True
            if is_told:
                self.desk.want(offer.picture, offer.size_bytes, 0)
            else:
                self._tell(finished, offer)
            return
        if self._now is None or self._now.offer.sha256 == offer.sha256 or now_s - self._now.heard_s > SILENT_S * _SILENCES:
            wrong_hashes = self._now.wrong_hashes if self._now and self._now.offer.sha256 == offer.sha256 else 0
            self._now = _UnderWay(offer, files.begin(sha256, offer.size_bytes), heard_s=now_s, wrong_hashes=wrong_hashes)
            self._go_on(self._now, files, now_s)

    def came(self, chunk: Chunk, now_s: float) -> None:
        """A chunk arrived. Raises OSError."""
        now, files = self._now, self.files
        if now is None or files is None or chunk.picture != now.offer.picture or chunk.offset != now.offset or not chunk.data:
            return
        data = chunk.data[: now.offer.size_bytes - now.offset]
        files.add(data)
        now.offset += len(data)
        now.heard_s, now.silences, now.chunks_due = now_s, 0, now.chunks_due - 1
        if now.chunks_due <= 0 or now.offset == now.offer.size_bytes:
            self._go_on(now, files, now_s)

    def look(self, now_s: float) -> None:
        """Ask again after a silence. Raises OSError."""
        now, files = self._now, self.files
        if now is None or files is None or now_s - now.heard_s < SILENT_S:
            return
        now.silences += 1
        if now.silences > _SILENCES:
            self._now = None
            return
        self._go_on(now, files, now_s)

    def told(self, sha256: str) -> None:
        """The reading of a finished picture is durable. Raises OSError."""
        offer = self._telling.pop(sha256, None)
        if offer is None or self.files is None:
            return
        if done := self.files.finished(sha256):
            self.files.told(done[0])
        self.desk.want(offer.picture, offer.size_bytes, 0)

    @property
    def is_busy(self) -> bool:
        return self._now is not None

    def _why_not(self, offer: PictureOffered) -> str:
        if self.files is None:
            return "a picture was offered, and the config takes none: add [source.pictures]"
        if offer.format != _JPEG:
            return f"a picture of format {offer.format}; only JPEG (1) is taken"
        if not 0 < offer.size_bytes <= self.most_bytes:
            return f"a picture of {offer.size_bytes} bytes; at most {self.most_bytes} are taken (pictures.max_bytes)"
        return ""

    def _refuse(self, offer: PictureOffered, reason: str) -> None:
        self.desk.want(offer.picture, NOT_WANTED, 0)
        if reason:
            self._refused[offer.sha256] = None
            if len(self._refused) > _REFUSED_REMEMBERED:
                del self._refused[next(iter(self._refused))]
            self.desk.refused(reason)

    def _go_on(self, now: _UnderWay, files: PictureFiles, now_s: float) -> None:
        now.heard_s = now_s
        if now.offset < now.offer.size_bytes:
            now.chunks_due = CHUNKS
            self.desk.want(now.offer.picture, now.offset, CHUNKS)
            return
        device, at_ns = self.name(now.offer)
        finished = files.finish(now.offer.sha256.hex(), device, at_ns)
        if finished:
            self._now = None
            self._tell(finished, now.offer)
        elif now.wrong_hashes:
            self._now = None
            files.give_up()
            self._refuse(now.offer, f"a picture of {now.offer.size_bytes} bytes whose hash was wrong twice")
        else:
            files.give_up()
            now.wrong_hashes, now.offset = 1, 0
            self._go_on(now, files, now_s)

    def _tell(self, finished: Finished, offer: PictureOffered) -> None:
        self._telling[finished.sha256] = offer
        self.desk.finished(finished, offer)

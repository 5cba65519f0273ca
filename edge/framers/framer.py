"""What every framer keeps to.

A framer is pure: bytes in any chunks give the same frames, whatever is not part of a frame is dropped and counted, and what
it remembers is bounded by its own limit, whatever the device sends.
"""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from pydantic import Field

from runtime.settings import Settings

DROPS_NAMED = 100  # between two calls of `drops`; what follows is only counted
_HEAD_BYTES = 64


class FramerSettings(Settings):
    """What every framer has; each adds a literal `kind`."""

    idle_reset_s: float | None = Field(
        None, gt=0, le=3600, description="an unfinished frame is given up after so many silent seconds; never when absent"
    )


@dataclass(slots=True)
class FramerCounts:
    """Since the start: frames given out, bytes dropped, and how many frames were too long to be kept, or damaged; `unnamed` of these are
    in no list of drops, because there were too many between two looks."""

    frames: int = 0
    dropped_bytes: int = 0
    overlong: int = 0
    damaged: int = 0
    unnamed: int = 0


class Drop(NamedTuple):
    """Bytes in a row that became no frame. `is_frame`: they began like one, so a reading is lost; else they are noise."""

    reason: str
    size: int
    head: bytes
    is_frame: bool


class Framer(Protocol):
    """Chunks of bytes → frames."""

    @property
    def counts(self) -> FramerCounts: ...

    def feed(self, chunk: bytes) -> list[bytes]:
        """Return the frames that `chunk` completes."""
        ...

    def silence(self) -> list[bytes]:
        """The line fell silent, or the file ended: return what that completes, give up the rest."""
        ...

    def restart(self, *, mid_frame: bool) -> None:
        """Drop what is unfinished; `mid_frame` tells that the next bytes may be the rest of a frame whose start was lost."""
        ...

    def drops(self) -> list[Drop]:
        """Return what was dropped since the last call, in order, and forget it; a run that still goes on is not among them."""
        ...


class DropLog:
    """Keeps the account of one framer: runs of bytes that became no frame. Bounded."""

    def __init__(self, counts: FramerCounts) -> None:
        self._counts = counts
        self._done: list[Drop] = []
        self._reason = ""
        self._size = 0
        self._head = bytearray()

    def damaged(self, reason: str) -> None:
        """A frame that will not be: what is skipped from here on belongs to it."""
        self.end()
        self._reason = reason
        self._counts.damaged += 1

    def skip(self, dropped: bytes | bytearray | memoryview) -> None:
        """Count bytes that are dropped; they go with the run before them."""
        self._size += len(dropped)
        self._counts.dropped_bytes += len(dropped)
        if len(self._head) < _HEAD_BYTES:
            self._head += dropped[: _HEAD_BYTES - len(self._head)]

    def call(self, reason: str) -> None:
        """The bytes of the run that is under way were a frame after all."""
        if self._size and not self._reason:
            self._reason = reason
            self._counts.damaged += 1

    def end(self) -> None:
        """A frame follows, or silence: the run is over."""
        if len(self._done) >= DROPS_NAMED:
            self._counts.unnamed += bool(self._reason)
        elif self._size or self._reason:
            self._done.append(Drop(self._reason or "noise", self._size, bytes(self._head), bool(self._reason)))
        self._reason, self._size = "", 0
        self._head.clear()

    def take(self) -> list[Drop]:
        taken, self._done = self._done, []
        return taken


class LoggedFramer:
    """What framers share: counts, and the account of what they dropped."""

    def __init__(self) -> None:
        self._counts = FramerCounts()
        self._log = DropLog(self._counts)

    @property
    def counts(self) -> FramerCounts:
        return self._counts

    def drops(self) -> list[Drop]:
        return self._log.take()


class SearchingFramer(LoggedFramer, ABC):
    """A framer that looks for the next frame in what it remembers, byte by byte where it must."""

    def __init__(self) -> None:
        super().__init__()
        self._buffer = bytearray()

    def feed(self, chunk: bytes) -> list[bytes]:
        """Return the frames that `chunk` completes."""
        self._buffer += chunk
        return self._counted(self._scan(is_end=False))

    def silence(self) -> list[bytes]:
        """Return the frames inside what was left unfinished; the rest is dropped."""
        frames = self._counted(self._scan(is_end=True))
        self._forget(mid_frame=False)
        return frames

    def restart(self, *, mid_frame: bool) -> None:
        """Drop what is unfinished."""
        self._skip(bytes(self._buffer))
        self._buffer.clear()
        self._forget(mid_frame=mid_frame)

    @abstractmethod
    def _scan(self, *, is_end: bool) -> list[bytes]:
        """Take the frames, and what is none, off the beginning of the buffer; at the end nothing stays."""

    def _skip(self, dropped: bytes | bytearray) -> None:
        self._log.skip(dropped)

    def _forget(self, *, mid_frame: bool) -> None:  # noqa: ARG002 - most find the beginning of a frame by themselves
        """A silence or a restart: what comes next has nothing to do with what came before."""
        self._log.end()

    def _counted(self, frames: list[bytes]) -> list[bytes]:
        self._counts.frames += len(frames)
        return frames

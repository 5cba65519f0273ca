"""What every framer keeps to.

A framer is pure: bytes in any chunks give the same frames, whatever is not part of a frame is dropped and counted, and what
it remembers is bounded by its own limit, whatever the device sends.
"""

from dataclasses import dataclass
from typing import Protocol


@dataclass(slots=True)
class FramerCounts:
    """Since the start: frames given out, bytes dropped, and how many times a frame was too long to be kept."""

    frames: int = 0
    dropped_bytes: int = 0
    overlong: int = 0


class Framer(Protocol):
    """Chunks of bytes → frames without their marks."""

    @property
    def counts(self) -> FramerCounts: ...

    def feed(self, chunk: bytes) -> list[bytes]:
        """Return the frames that `chunk` completes."""
        ...

    def restart(self, *, mid_frame: bool) -> None:
        """Drop what is unfinished; `mid_frame` tells that the next bytes may be the rest of a frame whose start was lost."""
        ...

"""Lines of text that end in LF, CR or CRLF, also mixed. Empty lines are no frames.

Damage: a line above `max_line_bytes` is dropped up to its end; after a (re)start in the middle of a line, the rest of that
line is dropped, because half a line can look like a whole one with another value ("123.5" → "3.5").
"""

import re
from typing import Literal

from pydantic import Field

from edge.framers.framer import FramerSettings, LoggedFramer

_ENDS = re.compile(rb"[\r\n]+")


class Options(FramerSettings):
    """Table [source.framing], kind "lines"."""

    kind: Literal["lines"] = Field("lines", description="lines that end in LF, CR or CRLF")
    max_line_bytes: int = Field(4096, ge=1, le=1 << 20, description="longer lines are dropped and counted")
    idle_reset_s: float | None = Field(
        None, gt=0, le=3600, description="an unfinished line is dropped after so many silent seconds; never when absent"
    )


class LineFramer(LoggedFramer):
    """Cuts a stream into lines; remembers at most `max_line_bytes`."""

    def __init__(self, max_line_bytes: int) -> None:
        super().__init__()
        self._max_line_bytes = max_line_bytes
        self._unfinished = bytearray()
        self._dropping = False

    def feed(self, chunk: bytes) -> list[bytes]:
        """Return the lines that `chunk` completes, without their ends."""
        *ended, rest = _ENDS.split(chunk)
        frames = [line for piece in ended if (line := self._end(piece))]
        self._keep(rest)
        self._counts.frames += len(frames)
        return frames

    def silence(self) -> list[bytes]:
        """Drop the unfinished line: without its end it may be half of one."""
        self.restart(mid_frame=False)
        return []

    def restart(self, *, mid_frame: bool) -> None:
        """Drop the unfinished line; with `mid_frame` also what comes before the next line end."""
        self._log.skip(self._unfinished)
        self._log.end()
        self._unfinished.clear()
        self._dropping = mid_frame

    def _end(self, piece: bytes) -> bytes:
        self._keep(piece)
        self._log.end()
        line = bytes(self._unfinished)
        self._unfinished.clear()
        self._dropping = False
        return line

    def _keep(self, piece: bytes) -> None:
        if self._dropping:
            self._log.skip(piece)
        elif len(self._unfinished) + len(piece) > self._max_line_bytes:
            self._log.skip(self._unfinished)
            self._log.skip(piece)
            self._counts.overlong += 1
            self._unfinished.clear()
            self._dropping = True
        else:
            self._unfinished += piece


def build(options: Options) -> LineFramer:
    """Return a framer for `options`."""
    return LineFramer(options.max_line_bytes)

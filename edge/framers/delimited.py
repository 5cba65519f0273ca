"""Frames between delimiters, the delimiter's own value never inside: what `cobs`, `slip` and `shdlc` have in common.

    delimiter │ wrapped frame │ delimiter │ wrapped frame │ delimiter …

A delimiter is always one, so whatever was lost or added, the search is over at the next one: damage costs the frame in which it is. One
delimiter is enough between two frames, and several in a row hold nothing. What was taken off a frame (stuffing, checksum) is not handed
out. What is remembered is at most `max_wire_bytes`; a longer piece is dropped up to its end and counted as overlong.
"""

from collections.abc import Callable

from edge.framers.checksums import Check
from edge.framers.framer import LoggedFramer

Unwrap = Callable[[bytes], bytes]


class DamagedError(Exception):
    """A piece between delimiters that is no frame; its text says why."""


class DelimitedFramer(LoggedFramer):
    """See the module. `unwrap` takes a piece between delimiters and returns the frame, or raises DamagedError.

    `is_paired`: each frame has a delimiter at both ends, so what stands behind the end of one and is no frame is noise; otherwise any
    piece that cannot be unwrapped is a damaged frame.
    """

    def __init__(self, delimiter: bytes, unwrap: Unwrap, max_wire_bytes: int, *, is_paired: bool = False) -> None:
        super().__init__()
        self._delimiter = delimiter
        self._unwrap = unwrap
        self._max_wire_bytes = max_wire_bytes
        self._is_paired = is_paired
        self._piece = bytearray()
        self._is_open = not is_paired  # what is being read began like a frame
        self._dropping = False

    def feed(self, chunk: bytes) -> list[bytes]:
        """Return the frames that `chunk` completes, unwrapped."""
        *ended, rest = chunk.split(self._delimiter)
        frames = [frame for part in ended if (frame := self._end(part)) is not None]
        self._keep(rest)
        self._counts.frames += len(frames)
        return frames

    def silence(self) -> list[bytes]:
        """Drop the unfinished frame: without its delimiter it may be half of one."""
        if self._piece and self._is_open:
            self._log.damaged("cut short")
        self.restart(mid_frame=False)
        return []

    def restart(self, *, mid_frame: bool) -> None:
        """Drop the unfinished frame; with `mid_frame` also what comes before the next delimiter."""
        self._log.skip(self._piece)
        self._log.end()
        self._piece.clear()
        self._is_open = not self._is_paired
        self._dropping = mid_frame

    def _end(self, part: bytes) -> bytes | None:
        self._keep(part)
        piece, was_dropping = bytes(self._piece), self._dropping
        self._piece.clear()
        self._dropping = False
        if was_dropping or not piece:
            self._log.end()
            self._is_open = True
            return None
        try:
            frame = self._unwrap(piece)
        except DamagedError as error:
            if self._is_open:
                self._log.damaged(str(error))
            self._log.skip(piece)
            self._log.end()
            self._is_open = True
            return None
        self._log.end()
        self._is_open = not self._is_paired
        return frame

    def _keep(self, part: bytes) -> None:
        if self._dropping:
            self._log.skip(part)
        elif len(self._piece) + len(part) > self._max_wire_bytes:
            self._log.skip(self._piece)
            self._log.skip(part)
            self._counts.overlong += self._is_open
            self._piece.clear()
            self._dropping = True
        else:
            self._piece += part


def checked(frame: bytes, check: Check) -> bytes:
    """Return `frame` without the checksum at its end; DamagedError if that is wrong, or nothing is left."""
    end = len(frame) - check.width
    if end <= 0:
        raise DamagedError("empty")
    if check.of(frame[:end]) != frame[end:]:
        raise DamagedError("wrong checksum")
    return frame[:end]

"""Modbus RTU frames out of a stream: of a line that we master, or that we only listen to (requests and answers on one wire).

The standard ends a frame with a silence of 3.5 characters, which USB adapters and kernels blur. So frames are cut by what they say: the
function gives the length as a request and as an answer, and the CRC decides. Where neither fits, the search goes on one byte further.
Silence (`idle_reset_s`, or a gap that a capture tells) ends what is unfinished. At most one frame, 256 bytes, is remembered.
"""

from typing import Literal

from pydantic import Field

from edge.framers.framer import FramerSettings, SearchingFramer
from edge.modbus.frame import FUNCTIONS, MAX_RTU_BYTES, answer_size, has_right_crc, request_size

_WHY = "no frame with a right CRC"
_LEAST_DAMAGED_BYTES = 4  # shorter runs are what a line that changes hands makes


class Options(FramerSettings):
    """Table [source.framing], kind "rtu"."""

    kind: Literal["rtu"] = Field("rtu", description="Modbus RTU frames")
    idle_reset_s: float | None = Field(0.1, gt=0, le=3600, description="an unfinished frame is given up after so many silent seconds")


class RtuFramer(SearchingFramer):
    """See the module."""

    def __init__(self, _options: Options) -> None:
        super().__init__()
        self._run = bytearray()  # dropped in a row, until it is clear whether a frame was in it

    def _scan(self, *, is_end: bool) -> list[bytes]:
        frames: list[bytes] = []
        view, at = bytes(self._buffer), 0
        while at < len(view):
            size = frame_size(view, at)
            if size is None and not is_end:
                break
            if size:
                self._end_run()
                frames.append(view[at : at + size])
                at += size
            else:
                self._skip(view[at : at + 1])
                at += 1
        del self._buffer[:at]
        return frames

    def _skip(self, dropped: bytes | bytearray) -> None:
        super()._skip(dropped)
        self._run += dropped[: _LEAST_DAMAGED_BYTES - len(self._run)]

    def _forget(self, *, mid_frame: bool) -> None:  # noqa: ARG002 - the CRC does not care
        self._end_run()

    def _end_run(self) -> None:
        if len(self._run) >= _LEAST_DAMAGED_BYTES:
            self._log.call(_WHY)
        self._log.end()
        self._run.clear()


def frame_size(view: bytes, at: int) -> int | None:
    """Return the bytes of the frame at `at`, 0 if none begins there, None while that cannot be told.

    The shorter of two is taken: a CRC is right again with a 0 behind it.
    """
    if len(view) > at + 1 and view[at + 1] & 0x7F not in FUNCTIONS:
        return 0  # most noise
    head = view[at : at + MAX_RTU_BYTES]
    sizes = (request_size(head), answer_size(head))
    is_open = False
    for size in sorted(size for size in sizes if size is not None):
        if size > len(head):
            is_open = is_open or size <= MAX_RTU_BYTES
        elif size and has_right_crc(head[:size]):
            return size
    is_open = is_open or None in sizes
    return None if is_open and len(head) < MAX_RTU_BYTES else 0


def build(options: Options) -> RtuFramer:
    """Return a framer for `options`."""
    return RtuFramer(options)

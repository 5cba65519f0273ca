"""Modbus RTU frames out of a stream: of a line that we master, or that we only listen to (requests and answers on one wire).

The standard ends a frame with a silence of 3.5 characters, which USB adapters and kernels blur. So frames are cut by what they say: the
function gives the length as a request and as an answer, and the CRC decides. Where neither fits, the search goes on one byte further.
Silence (`idle_reset_s`, or a gap that a capture tells) ends what is unfinished. At most two frames of 256 bytes are remembered.
"""

from functools import lru_cache
from typing import Literal

from pydantic import Field

from edge.framers.framer import FramerSettings, SearchingFramer
from edge.modbus.frame import FUNCTIONS, MAX_RTU_BYTES, READS, answer_size, has_right_crc, open_rtu, read_span, request_size

_WHY = "no frame with a right CRC"
_READ_REQUEST_BYTES = 8
_MOST_COUNTED = 0xFF  # the byte count of an answer is one byte
_LEAST_DAMAGED_BYTES = 4  # shorter runs are what a line that changes hands makes


class Options(FramerSettings):
    """Table [source.framing], kind "rtu"."""

    kind: Literal["rtu"] = Field("rtu", description="Modbus RTU frames")
    idle_reset_s: float | None = Field(0.1, gt=0, le=3600, description="an unfinished frame is given up after so many silent seconds")


class RtuFramer(SearchingFramer):
    """See the module."""

    def __init__(self, _options: Options) -> None:
        super().__init__()
        self._before = b""  # the last frame: it may be the request that the next one answers
        self._run = bytearray()  # dropped in a row, until it is clear whether a frame was in it

    def _scan(self, *, is_end: bool) -> list[bytes]:
        frames: list[bytes] = []
        view, at = bytes(self._buffer), 0
        while at < len(view):
            size = frame_size(view, at, self._before, is_end=is_end)
            if size is None:
                break
            if size:
                self._end_run()
                self._before = view[at : at + size]
                frames.append(self._before)
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


def frame_size(view: bytes, at: int, before: bytes = b"", *, is_end: bool = True) -> int | None:
    """Return the bytes of the frame at `at`, 0 if none begins there, None while that cannot be told (never at the end).

    A CRC is right again with a 0 behind it, so of 256 answers of 9 bytes one also ends after 8, as a request would. The frame `before`
    decides: the answer that it asks for is due, whole; where none is due, a read is first taken for a request. Of all else the shorter
    is taken.
    """
    if len(view) > at + 1 and view[at + 1] & 0x7F not in FUNCTIONS:
        return 0  # most noise
    head = view[at : at + MAX_RTU_BYTES]
    sizes = [request_size(head), answer_size(head)]
    if len(head) > 1 and head[1] not in READS:
        sizes.sort(key=lambda size: MAX_RTU_BYTES if size is None else size)
    is_open = False
    for size in (_due_size(before, head), *sizes):
        if size is None or len(head) < size <= MAX_RTU_BYTES:
            is_open = True
        elif size and size <= MAX_RTU_BYTES and has_right_crc(head[:size]):
            return size if is_end or not is_open else None
    return None if is_open and not is_end and len(head) < MAX_RTU_BYTES else 0


def _due_size(before: bytes, head: bytes) -> int | None:
    """Return the bytes of the answer to `before` if `head` may begin it, else 0."""
    start = _answer_start(before)
    if not start or head[:3] != start[: len(head)]:
        return 0
    return start[2] + 5


@lru_cache(maxsize=1024)
def _answer_start(request: bytes) -> bytes:
    """Return the first three bytes of the answer that a read asks for, nothing for all other frames."""
    if len(request) != _READ_REQUEST_BYTES:
        return b""
    pdu = open_rtu(request)
    span = read_span(pdu)
    return bytes((pdu.unit, pdu.function, span.byte_count)) if span and span.byte_count <= _MOST_COUNTED else b""


def build(options: Options) -> RtuFramer:
    """Return a framer for `options`."""
    return RtuFramer(options)

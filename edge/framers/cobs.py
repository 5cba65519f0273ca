"""Consistent Overhead Byte Stuffing (Cheshire and Baker, IEEE/ACM Transactions on Networking 7(2), 1999), 0x00 behind each frame.

    code │ code - 1 bytes, none of them 0 │ code │ … │ 0x00

Each code below 0xFF stands for the zero behind its bytes, except at the end. A checksum, if the device sends one, is the end of the frame
before it was stuffed; it is verified and not handed out. Without a checksum a damaged byte of data goes unnoticed.
"""

from typing import Literal

from pydantic import Field

from edge.framers.checksums import CHECKS, CheckName
from edge.framers.delimited import DamagedError, DelimitedFramer, checked
from edge.framers.framer import FramerSettings

_LONGEST_RUN = 0xFF


class Options(FramerSettings):
    """Table [source.framing], kind "cobs"."""

    kind: Literal["cobs"] = Field("cobs", description="COBS frames, 0x00 between them")
    checksum: CheckName = Field("none", description="the checksum at the end of the decoded frame")
    max_frame_bytes: int = Field(1024, ge=1, le=1 << 16, description="longer frames, decoded, are dropped and counted")
    idle_reset_s: float | None = Field(0.5, gt=0, le=3600, description="an unfinished frame is given up after so many silent seconds")


def encoded(frame: bytes) -> bytes:
    """Return `frame` stuffed, without the 0x00 behind it."""
    out = bytearray()
    for block in frame.split(b"\0"):
        at = 0
        while len(block) - at >= _LONGEST_RUN - 1:
            out.append(_LONGEST_RUN)
            out += block[at : at + _LONGEST_RUN - 1]
            at += _LONGEST_RUN - 1
        out.append(len(block) - at + 1)
        out += block[at:]
    return bytes(out)


def decoded(piece: bytes) -> bytes:
    """Return what `piece`, which holds no 0x00, was before stuffing; DamagedError where its codes lead beyond its end."""
    out = bytearray()
    at, size = 0, len(piece)
    while at < size:
        code = piece[at]
        end = at + code
        if end > size:
            raise DamagedError("code leads beyond the frame")
        out += piece[at + 1 : end]
        if code < _LONGEST_RUN and end < size:
            out.append(0)
        at = end
    return bytes(out)


def build(options: Options) -> DelimitedFramer:
    """Return a framer for `options`."""
    check = CHECKS[options.checksum]

    def unwrap(piece: bytes) -> bytes:
        frame = decoded(piece)
        if len(frame) > longest:
            raise DamagedError("too long for max_frame_bytes")
        return checked(frame, check)

    longest = options.max_frame_bytes + check.width
    return DelimitedFramer(b"\0", unwrap, longest + longest // (_LONGEST_RUN - 1) + 1)

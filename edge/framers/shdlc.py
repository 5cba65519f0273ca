"""Sensirion SHDLC (SPS30 data sheet, version 1.0, section 5.1): 0x7E at both ends of a frame, byte stuffing between.

    0x7E │ address │ command │ state │ length │ data (length bytes) │ checksum │ 0x7E      from the device
    0x7E │ address │ command │ length │ data │ checksum │ 0x7E                             to the device, on a line that is overheard

0x7E, 0x7D, 0x11 and 0x13 travel as 0x7D and the byte with bit 5 turned (0x5E, 0x5D, 0x31, 0x33). The checksum is the inverted low byte of
the sum of all before it, unstuffed. Handed out is the unstuffed frame from address to the last byte of data, its checksum and
length verified.
"""

from typing import Literal

from pydantic import Field

from edge.framers.checksums import CHECKS
from edge.framers.delimited import DamagedError, DelimitedFramer
from edge.framers.framer import FramerSettings

FLAG = b"\x7e"
_ESCAPE = 0x7D
_STUFFED = {0x5E: 0x7E, 0x5D: 0x7D, 0x31: 0x11, 0x33: 0x13}
_LEAST_TO_DEVICE = 3  # address, command, length
_LEAST_FROM_DEVICE = 4
_LONGEST = 260  # of a frame with 255 bytes of data, checksum included
_CHECK = CHECKS["sum8_inverted"].of


class Options(FramerSettings):
    """Table [source.framing], kind "shdlc"."""

    kind: Literal["shdlc"] = Field("shdlc", description="Sensirion SHDLC frames (SPS30 and others)")
    max_frame_bytes: int = Field(_LONGEST, ge=4, le=_LONGEST, description="longer frames, unstuffed, are dropped and counted")
    idle_reset_s: float | None = Field(0.5, gt=0, le=3600, description="an unfinished frame is given up after so many silent seconds")


def wrapped(frame: bytes) -> bytes:
    """Return `frame` (address to the last byte of data) as it goes over the line."""
    stuffed = bytearray(FLAG)
    for byte in frame + _CHECK(frame):
        if byte in _STUFFED.values():
            stuffed += bytes((_ESCAPE, byte ^ 0x20))
        else:
            stuffed.append(byte)
    return bytes(stuffed + FLAG)


def build(options: Options) -> DelimitedFramer:
    """Return a framer for `options`."""

    def unwrap(piece: bytes) -> bytes:
        return _unwrap(piece, options.max_frame_bytes)

    return DelimitedFramer(FLAG, unwrap, 2 * options.max_frame_bytes, is_paired=True)


def _unwrap(piece: bytes, max_frame_bytes: int) -> bytes:
    content = _unstuffed(piece) if _ESCAPE in piece else piece
    if len(content) <= _LEAST_TO_DEVICE:
        raise DamagedError("too short for SHDLC")
    if len(content) > max_frame_bytes:
        raise DamagedError("too long for SHDLC")
    frame = content[:-1]
    if _CHECK(frame) != content[-1:]:
        raise DamagedError("wrong checksum")
    data_bytes = len(frame) - _LEAST_FROM_DEVICE
    if frame[2] != data_bytes + 1 and (data_bytes < 0 or frame[3] != data_bytes):
        raise DamagedError("length does not fit")
    return frame


def _unstuffed(piece: bytes) -> bytes:
    content = bytearray()
    stuffed = False
    for byte in piece:
        if stuffed:
            if byte not in _STUFFED:
                raise DamagedError("wrong byte behind an escape")
            content.append(_STUFFED[byte])
            stuffed = False
        elif byte == _ESCAPE:
            stuffed = True
        else:
            content.append(byte)
    if stuffed:
        raise DamagedError("escape at the end")
    return bytes(content)

"""SLIP (RFC 1055): 0xC0 behind each frame, and best also before it.

In the frame 0xC0 travels as DB DC and 0xDB as DB DD; 0xDB before anything else is damage (RFC 1055 leaves that open). A checksum, if
the device sends one, is the end of the frame, unstuffed; it is verified and not handed out. Without a checksum noise between two END
bytes passes for a frame, and the decoder has to tell.
"""

import re
from typing import Literal

from pydantic import Field

from edge.framers.checksums import CHECKS, CheckName
from edge.framers.delimited import DamagedError, DelimitedFramer, checked
from edge.framers.framer import FramerSettings

END = b"\xc0"
_ESCAPE = 0xDB
_WRONG_ESCAPE = re.compile(rb"\xdb(?![\xdc\xdd])")


class Options(FramerSettings):
    """Table [source.framing], kind "slip"."""

    kind: Literal["slip"] = Field("slip", description="SLIP frames (RFC 1055)")
    checksum: CheckName = Field("none", description="the checksum at the end of the frame")
    max_frame_bytes: int = Field(1024, ge=1, le=1 << 16, description="longer frames, counted as they travel, are dropped and counted")
    idle_reset_s: float | None = Field(0.5, gt=0, le=3600, description="an unfinished frame is given up after so many silent seconds")


def encoded(frame: bytes) -> bytes:
    """Return `frame` stuffed, without END."""
    return frame.replace(b"\xdb", b"\xdb\xdd").replace(END, b"\xdb\xdc")


def build(options: Options) -> DelimitedFramer:
    """Return a framer for `options`."""
    check = CHECKS[options.checksum]

    def unwrap(piece: bytes) -> bytes:
        if _WRONG_ESCAPE.search(piece):
            raise DamagedError("wrong byte behind an escape")
        frame = piece.replace(b"\xdb\xdc", END).replace(b"\xdb\xdd", b"\xdb") if _ESCAPE in piece else piece
        return checked(frame, check)

    return DelimitedFramer(END, unwrap, options.max_frame_bytes)

"""Frames of the link: kind, body, CRC-32, COBS-coded and ended by 0x00 (docs/specs/link.md, section 1).

Damage costs the frame that it hits, never a neighbour: a lost 0x00 joins two frames, whose CRC then fails; the next 0x00 begins anew.
"""

import struct
import zlib
from dataclasses import dataclass
from enum import IntEnum

from firmware_bridge.link import cobs

BODY_BYTES = 249  # the largest body
FRAME_BYTES = 254  # the largest frame before COBS
OVERHEAD_BYTES = 5  # kind and CRC
WIRE_OVERHEAD_BYTES = 7  # and COBS, and 0x00
END = b"\0"
_CRC = struct.Struct("<I")
_LONGEST_CODED = FRAME_BYTES + 1


class Kind(IntEnum):
    """First byte of a frame: from the board below 0x40, from the gateway above."""

    HELLO = 0x01
    SENSOR = 0x02
    DATA = 0x03
    LOG = 0x04
    ANSWER = 0x05
    PICTURE = 0x06
    CHUNK = 0x07
    ASK = 0x41
    OPEN = 0x42
    ACK = 0x43
    COMMAND = 0x44
    WANT = 0x45
    REFUSE = 0x46


@dataclass(frozen=True, slots=True)
class RawFrame:
    """A frame that arrived whole. `bytes_behind` came after its end in the same piece; `wire_bytes` is what it took on the line."""

    kind: int
    body: bytes
    bytes_behind: int
    wire_bytes: int


@dataclass(slots=True)
class CutCounts:
    """What a Cutter saw. `damaged` counts runs of bytes between two 0x00 that are no frame: noise, half frames, a bootloader's talk."""

    frames: int = 0
    damaged: int = 0
    damaged_bytes: int = 0


def encode(kind: int, body: bytes) -> bytes:
    """Return the frame as it goes onto the line, with its 0x00. ValueError if the body has more than 249 bytes."""
    plain = bytes((kind,)) + body
    return cobs.encode(plain + _CRC.pack(zlib.crc32(plain))) + END


def decode(coded: bytes) -> tuple[int, bytes] | None:
    """Return kind and body of what stood between two 0x00, None if it is no frame."""
    try:
        plain = cobs.decode(coded)
    except cobs.CobsError:
        return None
    if len(plain) < OVERHEAD_BYTES or zlib.crc32(plain[:-4]) != _CRC.unpack_from(plain, len(plain) - 4)[0]:
        return None
    return plain[0], plain[1:-4]


class Cutter:
    """Bytes of a line → frames, in pieces of any size. Keeps 255 bytes at most."""

    def __init__(self) -> None:
        self.counts = CutCounts()
        self._kept = b""
        self._overlong_bytes = 0  # of a run that is too long for a frame: dropped, up to its 0x00

    def begin_anew(self) -> None:
        """Drop what is half there: the bytes that come next are of another time."""
        self._kept, self._overlong_bytes = b"", 0

    def feed(self, data: bytes) -> list[RawFrame]:
        """Return the frames that end in `data`, in order."""
        *ended, rest = data.split(END)
        frames = []
        behind = len(data)
        for piece in ended:
            behind -= len(piece) + 1
            coded, self._kept = self._kept + piece, b""
            overlong, self._overlong_bytes = self._overlong_bytes, 0
            if not coded and not overlong:
                continue
            found = None if overlong or len(coded) > _LONGEST_CODED else decode(coded)
            if found is None:
                self.counts.damaged += 1
                self.counts.damaged_bytes += overlong + len(coded)
            else:
                self.counts.frames += 1
                frames.append(RawFrame(*found, behind, len(coded) + 1))
        self._kept += rest
        if len(self._kept) > _LONGEST_CODED or self._overlong_bytes:
            self._overlong_bytes += len(self._kept)
            self._kept = b""
        return frames

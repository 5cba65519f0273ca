"""Reading and writing the bodies of messages: little-endian integers, varints, text8."""

import struct

from firmware_bridge.link import varint
from telemetry.errors import RejectedError


class Malformed(RejectedError):
    """A frame came whole, and its body is no such message."""


class Cursor:
    """Reads a body from the front. Every method raises Malformed where the body ends too early."""

    def __init__(self, body: bytes, at: int = 0) -> None:
        self._body = body
        self._at = at

    @property
    def left(self) -> int:
        """How many bytes are not read yet."""
        return len(self._body) - self._at

    def take(self, size: int) -> bytes:
        after = self._at + size
        if after > len(self._body):
            raise Malformed(f"{size} bytes wanted at {self._at} of {len(self._body)}")
        taken, self._at = self._body[self._at : after], after
        return taken

    def rest(self) -> bytes:
        return self.take(self.left)

    def unpack(self, shape: struct.Struct) -> tuple[int, ...]:
        """Return the integers of `shape`."""
        return shape.unpack(self.take(shape.size))

    def u8(self) -> int:
        return self.take(1)[0]

    def i8(self) -> int:
        return (self.u8() ^ 0x80) - 0x80

    def varint(self) -> int:
        try:
            number, self._at = varint.decode(self._body, self._at)
        except varint.VarintError as error:
            raise Malformed(str(error)) from error
        return number

    def bytes8(self) -> bytes:
        """Return what a length of one byte and so many bytes say."""
        return self.take(self.u8())

    def text8(self) -> str:
        return read_text(self.bytes8())


def read_text(data: bytes) -> str:
    """Return UTF-8 as text on one line, U+FFFD for each byte that is none and for what a terminal or a log would obey: a wrong letter in a
    name is no reason to lose a board."""
    text = data.decode("utf-8", "replace")
    return text if text.isprintable() else "".join(each if each.isprintable() else "\N{REPLACEMENT CHARACTER}" for each in text)


def bytes8(data: bytes) -> bytes:
    """Return `data` behind its length. ValueError above 255 bytes."""
    return bytes((len(data),)) + data


def text8(text: str) -> bytes:
    """Return `text` as UTF-8 behind its length in bytes."""
    return bytes8(text.encode())

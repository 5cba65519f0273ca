"""Registers → numbers. A register is 16 bits, its high byte first; values of several have an order:

    ABCD  high word first, high byte first (the standard's)      CDAB  low word first ("word swap")
    BADC  high word first, low byte first                        DCBA  low word first, low byte first

A float32 becomes the shortest decimal that is the same float32: 229.8, not 229.8000030517578.
"""

import struct
from collections.abc import Callable
from typing import Literal

from edge.decoders.values import shortest_float

TypeName = Literal[
    "bool",
    "uint16",
    "int16",
    "uint32",
    "int32",
    "float32",
    "uint64",
    "int64",
    "float64",
    "bcd16",
    "bcd32",
    "sign16",
    "sign32",
    "high8",
    "low8",
    "ascii",
]
LENGTHS = {
    "bool": 1,
    "uint16": 1,
    "int16": 1,
    "bcd16": 1,
    "sign16": 1,
    "high8": 1,
    "low8": 1,
    "uint32": 2,
    "int32": 2,
    "float32": 2,
    "bcd32": 2,
    "sign32": 2,
    "uint64": 4,
    "int64": 4,
    "float64": 4,
    "ascii": 0,
}
HALVES = {"high8": slice(0, 1), "low8": slice(1, 2)}  # of a register: what is read of it
_FORMATS = {"int16": ">h", "int32": ">i", "float32": ">f", "int64": ">q", "float64": ">d"}


def reordered(raw: bytes, order: str) -> bytes:
    """Return the bytes of one value with the highest first."""
    if order in {"CDAB", "DCBA"}:
        raw = b"".join(raw[at : at + 2] for at in range(len(raw) - 2, -2, -2))
    if order in {"BADC", "DCBA"}:
        raw = b"".join(raw[at : at + 2][::-1] for at in range(0, len(raw), 2))
    return raw


def number_reader(type_name: TypeName) -> Callable[[bytes], float | int]:
    """Return the function from the bytes of a value, highest first, to its number; it raises ValueError for what is none."""
    if type_name == "float32":
        return _float32
    if type_name in _FORMATS:
        unpack = struct.Struct(_FORMATS[type_name]).unpack
        return lambda raw: unpack(raw)[0]
    if type_name in {"bcd16", "bcd32"}:
        return _bcd
    if type_name in {"sign16", "sign32"}:
        return _sign_and_magnitude
    return lambda raw: int.from_bytes(raw, "big")


def text_of(raw: bytes) -> str:
    """Return an ASCII text up to its first NUL; ValueError if it is none."""
    text = raw.split(b"\0", 1)[0].strip()
    if not text.isascii() or not text.decode("ascii").isprintable():
        raise ValueError(f"{raw[:20].hex(' ')} is no text")
    return text.decode("ascii")


def _float32(raw: bytes) -> float:
    return shortest_float(struct.unpack(">f", raw)[0])


def _bcd(raw: bytes) -> int:
    digits = raw.hex()
    if not digits.isdecimal():
        raise ValueError(f"{digits} are no decimal digits (BCD)")
    return int(digits)


def _sign_and_magnitude(raw: bytes) -> int:
    magnitude = int.from_bytes(raw, "big") & ((1 << (8 * len(raw) - 1)) - 1)
    return -magnitude if raw[0] & 0x80 else magnitude

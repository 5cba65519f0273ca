"""Arrays (Sparkplug 3.0.0, section 6.4.16, types 22 to 34): the packed bytes of `bytes_value` → field values.

    Int8Array … DoubleArray   elements one behind the other, little endian
    DateTimeArray             as UInt64Array: milliseconds since 1970 UTC
    BooleanArray              4 bytes how many, little endian, then 8 a byte from the highest bit
    StringArray               UTF-8 with a zero byte behind each

The section's text and Eclipse Tahu have little endian everywhere; its two examples of FloatArray and DoubleArray are printed the other way
round and are not followed.
"""

import struct
from collections.abc import Sequence
from typing import Final

from edge.decoders.values import as_float, shortest_float
from telemetry.point import FieldValue, Unsigned

ARRAY: Final = "Array"

_CODES = {
    "Int8": "b", "Int16": "h", "Int32": "i", "Int64": "q", "UInt8": "B", "UInt16": "H", "UInt32": "I", "UInt64": "Q",
    "Float": "f", "Double": "d", "DateTime": "Q",
}  # fmt: skip
_COUNT = struct.Struct("<I")
_INT64_MAX = 2**63 - 1


def array_elements(element: str, raw: bytes, max_elements: int) -> Sequence[FieldValue]:
    """Return the values of an array of `element` ("Int8"); ValueError where it is broken or has more than `max_elements`."""
    if element == "Boolean":
        return _booleans(raw, max_elements)
    if element == "String":
        return _texts(raw, max_elements)
    code = _CODES[element]
    count, left = divmod(len(raw), struct.calcsize(f"<{code}"))
    if left:
        raise ValueError(f"{len(raw)} bytes are no whole number of {element}")
    _check_count(count, max_elements)
    numbers: tuple[int | float, ...] = struct.unpack(f"<{count}{code}", raw)
    if code == "f":
        return [shortest_float(number) for number in numbers]
    if code == "d":
        return [as_float(number) for number in numbers]
    return [number if number <= _INT64_MAX else Unsigned(number) for number in numbers]


def _booleans(raw: bytes, max_elements: int) -> Sequence[FieldValue]:
    if len(raw) < _COUNT.size:
        raise ValueError(f"{len(raw)} bytes, and the number of booleans takes 4")
    (count,) = _COUNT.unpack_from(raw)
    bits = raw[_COUNT.size :]
    if (count + 7) // 8 != len(bits):
        raise ValueError(f"{count} booleans in {len(bits)} bytes")
    _check_count(count, max_elements)
    return [bool(bits[index // 8] >> (7 - index % 8) & 1) for index in range(count)]


def _texts(raw: bytes, max_elements: int) -> Sequence[FieldValue]:
    if raw and raw[-1]:
        raise ValueError("the last text does not end with a zero byte")
    _check_count(raw.count(0), max_elements)
    try:
        return [one.decode() for one in raw.split(b"\0")[:-1]]
    except UnicodeDecodeError:
        raise ValueError("text that is not UTF-8") from None


def _check_count(count: int, max_elements: int) -> None:
    if count > max_elements:
        raise ValueError(f"an array of {count}; max_elements is {max_elements}")

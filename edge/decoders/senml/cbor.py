"""The CBOR (RFC 8949) that SenML needs (RFC 8428, section 6): one array of maps of numbers and text. Strict and bounded.

    byte      major type (3 bits) and additional information (5 bits): 0-23 the value, 24-27 it follows in 1, 2, 4 or 8 bytes,
              31 indefinite length, ended by 0xff; 28-30 are reserved
    0, 1      unsigned and negative integers          4, 5     array, map
    2, 3      bytes, text (definite length)           6        tag: only 4, a decimal fraction [exponent, mantissa]
    7         20-22 false, true, null; 25-27 floats of 16, 32, 64 bits

A length beyond the message is refused before anything is made of it, and nothing is nested deeper than an array of maps of values (an
array or map as a value, which no SenML field has, is refused). So neither memory nor the stack grows beyond the message. A map key twice is
refused (RFC 8949, section 5.6).
"""

import struct
from collections.abc import Mapping

from telemetry.errors import RejectedError

_FLOATS = {0xF9: struct.Struct(">e"), 0xFA: struct.Struct(">f"), 0xFB: struct.Struct(">d")}
_SIZES = {24: 1, 25: 2, 26: 4, 27: 8}
_SIMPLE = {0xF4: False, 0xF5: True, 0xF6: None}
_ONE_BYTE = 24  # additional information below is the value itself
_BREAK = 0xFF
_INDEFINITE = 31
_DECIMAL_FRACTION = 0xC4
_MOST_EXPONENT = 400  # beyond it a double is 0 or infinite

Value = int | float | str | bytes | bool | None
Record = dict[int | str, Value]


def read_pack(data: bytes, max_records: int, labels: Mapping[int | str, str]) -> list[Record]:
    """Return the maps of the array that `data` is, keys by their `labels`; RejectedError says at which byte it is something else."""
    count, at = _head(data, 0, 4, "an array")
    if count is not None and count > max_records:
        raise RejectedError(f"a pack of {count} records; max_records is {max_records}")
    records: list[Record] = []
    while len(records) != count:
        if count is None and _byte(data, at) == _BREAK:
            at += 1
            break
        if len(records) == max_records:
            raise RejectedError(f"a pack of more than {max_records} records (max_records)")
        record, at = _map(data, at, labels)
        records.append(record)
    if at != len(data):
        raise RejectedError(f"CBOR: {len(data) - at} bytes behind the pack, which ends at byte {at}")
    return records


def _map(data: bytes, at: int, labels: Mapping[int | str, str]) -> tuple[Record, int]:
    count, at = _head(data, at, 5, "a map")
    record: Record = {}
    while len(record) != count:
        start = at
        head = data[at] if at < len(data) else _byte(data, at)
        if head < _ONE_BYTE:
            key: Value = head
            at += 1
        elif head == _BREAK and count is None:
            return record, at + 1
        else:
            key, at = _value(data, at)
            if key.__class__ is not int and key.__class__ is not str:
                raise RejectedError(f"CBOR: a key that is neither integer nor text at byte {start}")
        key = labels.get(key, key)  # type: ignore[arg-type]
        if key in record:
            raise RejectedError(f"CBOR: key {key!r:.40} twice in one map, at byte {start}")
        record[key], at = _value(data, at)
    return record, at


def _value(data: bytes, at: int) -> tuple[Value, int]:
    """Return the value at `at` and where the next one begins."""
    head = data[at] if at < len(data) else _byte(data, at)
    if head < _ONE_BYTE:
        return head, at + 1
    layout = _FLOATS.get(head)
    if layout is not None:
        end = at + 1 + layout.size
        if end > len(data):
            raise RejectedError(f"CBOR: cut off at byte {len(data)}")
        return layout.unpack_from(data, at + 1)[0], end
    major, info = head >> 5, head & 31
    if info < _ONE_BYTE:
        number, after = info, at + 1
    elif major < 4:
        number, after = _argument(data, at, info)
    if major == 0:
        return number, after
    if major == 1:
        return -1 - number, after
    if major < 4:
        return _string(data, at, after, number, is_text=major == 3)
    return _other(data, at, head)


def _string(data: bytes, at: int, first: int, size: int, *, is_text: bool) -> tuple[Value, int]:
    end = first + size
    if end > len(data):
        raise RejectedError(f"CBOR: {size} bytes announced at byte {at}, {len(data) - first} are there")
    if not is_text:
        return data[first:end], end
    try:
        return str(data[first:end], "utf-8"), end
    except UnicodeDecodeError:
        raise RejectedError(f"CBOR: text that is not UTF-8 at byte {at}") from None


def _other(data: bytes, at: int, head: int) -> tuple[Value, int]:
    if head in _SIMPLE:
        return _SIMPLE[head], at + 1
    if head == _DECIMAL_FRACTION:
        return _decimal_fraction(data, at + 1)
    what = ("an array", "a map", "a tag", f"byte {head:#04x}")[(head >> 5) - 4]
    raise RejectedError(f"CBOR: {what} where a value is expected, at byte {at}")


def _decimal_fraction(data: bytes, at: int) -> tuple[Value, int]:
    """Return the float of [exponent, mantissa], for example [-2, 2315] for 23.15 (RFC 8949, section 3.4.4)."""
    start = at
    count, at = _head(data, at, 4, "an array of two")
    exponent, at = _value(data, at) if count == 2 else (None, at)
    mantissa, at = _value(data, at) if count == 2 else (None, at)
    if exponent.__class__ is not int or mantissa.__class__ is not int or abs(exponent) > _MOST_EXPONENT:
        raise RejectedError(f"CBOR: a decimal fraction that is none at byte {start}")
    return float(f"{mantissa}e{exponent}"), at


def _head(data: bytes, at: int, major: int, what: str) -> tuple[int | None, int]:
    """Return how many items the array or map at `at` has (None: until the break), and where they begin."""
    head = _byte(data, at)
    if head >> 5 != major:
        raise RejectedError(f"CBOR: byte {head:#04x} where {what} is expected, at byte {at}")
    if head & 31 == _INDEFINITE:
        return None, at + 1
    count, after = _argument(data, at, head & 31)
    if count > len(data) - after:
        raise RejectedError(f"CBOR: {count} items announced at byte {at}, {len(data) - after} bytes are left")
    return count, after


def _argument(data: bytes, at: int, info: int) -> tuple[int, int]:
    if info < _ONE_BYTE:
        return info, at + 1
    size = _SIZES.get(info)
    if size is None:
        raise RejectedError(f"CBOR: byte {data[at]:#04x} at byte {at} is reserved, or a length that never ends")
    end = at + 1 + size
    if end > len(data):
        raise RejectedError(f"CBOR: cut off at byte {len(data)}")
    return int.from_bytes(data[at + 1 : end], "big"), end


def _byte(data: bytes, at: int) -> int:
    if at >= len(data):
        raise RejectedError(f"CBOR: cut off at byte {len(data)}")
    return data[at]

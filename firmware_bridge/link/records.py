"""Records inside DATA (docs/specs/link.md, section 4): what a board measured, and when, counted back from now.

A record is `head, after, [presence], [quality], values`; the sets that the board described say how to read the values.
"""

import math
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from firmware_bridge.link import varint
from firmware_bridge.link.body import Cursor, Malformed
from firmware_bridge.link.messages import LARGEST_AGE_MS, SensorField, SensorSet
from telemetry.quality import CLOCK_ESTIMATED

LOST_SET = 31
INTEGER, COUNTER, SINGLE, BIT = range(4)
_PRESENCE, _QUALITY, _RESERVED = 0x20, 0x40, 0x80
_SINGLE = struct.Struct("<f")

Value = float | int | bool


@dataclass(frozen=True, slots=True)
class Lost:
    """From the record's time on, for `span_ms`, the board had no room for `count` readings."""

    count: int
    span_ms: int


@dataclass(frozen=True, slots=True)
class Record:
    """What one set measured at `taken_s`; or, with `lost`, what it could not keep. `quality`: bits of docs/specs/quality.md."""

    set_index: int
    taken_s: float
    values: Mapping[str, Value] = field(default_factory=dict)
    quality: int = 0
    lost: Lost | None = None


def encode_values(sensor: SensorSet, values: Mapping[str, Value], quality: int = 0) -> tuple[int, bytes]:
    """Return the head of a record and what stands behind its `after`. ValueError for a value that its field cannot hold."""
    present = [one.name in values for one in sensor.fields]
    head, parts = sensor.index, []
    if not all(present):
        head |= _PRESENCE
        bits = sum(1 << at for at, is_there in enumerate(present) if is_there)
        parts.append(bits.to_bytes((len(present) + 7) // 8, "little"))
    if quality:
        head |= _QUALITY
        parts.append(varint.encode(quality))
    parts += [_coded(one, values[one.name]) for one in sensor.fields if one.name in values]
    return head, b"".join(parts)


def encode_lost(lost: Lost) -> tuple[int, bytes]:
    """Return head and rest of a LOST record."""
    return LOST_SET, varint.encode(lost.count) + varint.encode(lost.span_ms)


def _coded(one: SensorField, value: Value) -> bytes:
    if one.type == SINGLE:
        return _SINGLE.pack(value)
    if one.type == BIT:
        return bytes((1 if value else 0,))
    whole = round(value / 10**one.exponent if one.exponent >= 0 else value * 10**-one.exponent)
    return varint.encode(varint.zigzag(whole) if one.type == INTEGER else whole & varint.LARGEST)


def decode(body: bytes, age_ms: int, departed_s: float, sets: Mapping[int, SensorSet]) -> tuple[tuple[Record, ...], str]:
    """Return the records of a DATA frame that left its board at `departed_s`, and why no more of it could be read ("" if all was)."""
    cursor = Cursor(body)
    taken_s = departed_s - age_ms / 1000
    bits = CLOCK_ESTIMATED if age_ms == LARGEST_AGE_MS else 0
    found: list[Record] = []
    try:
        while cursor.left:
            head, after_ms = cursor.u8(), cursor.varint()
            if found:
                taken_s += after_ms / 1000
            found.append(_record(head, taken_s, bits, cursor, sets))
    except Malformed as error:
        return tuple(found), error.reason
    return tuple(found), ""


def _record(head: int, taken_s: float, bits: int, cursor: Cursor, sets: Mapping[int, SensorSet]) -> Record:
    index = head & 0x1F
    if head & _RESERVED or (index == LOST_SET and head != LOST_SET):
        raise Malformed(f"head {head:#04x} has a bit that this version does not know")
    if index == LOST_SET:
        return Record(index, taken_s, quality=bits, lost=Lost(cursor.varint(), cursor.varint()))
    sensor = sets.get(index)
    if sensor is None:
        raise Malformed(f"set {index} was never described")
    fields: Sequence[SensorField] = sensor.fields
    if head & _PRESENCE:
        there = int.from_bytes(cursor.take((len(fields) + 7) // 8), "little")
        fields = [one for at, one in enumerate(fields) if there >> at & 1]
    if head & _QUALITY:
        bits |= cursor.varint()
    values = {}
    for one in fields:
        value = _value(one, cursor)
        if value is not None:
            values[one.name] = value
    return Record(index, taken_s, values, bits)


def _value(one: SensorField, cursor: Cursor) -> Value | None:
    if one.type == SINGLE:
        single: float = _SINGLE.unpack(cursor.take(4))[0]
        return single if math.isfinite(single) else None
    if one.type == BIT:
        return cursor.u8() != 0
    whole = cursor.varint()
    return scaled(varint.unzigzag(whole) if one.type == INTEGER else whole, one.exponent)


def scaled(whole: int, exponent: int) -> Value:
    """Return whole × 10^exponent: an integer where the exponent is not negative, else the nearest double."""
    power: int = 10 ** abs(exponent)
    return whole * power if exponent >= 0 else whole / power

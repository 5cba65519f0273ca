"""One value of a codec, compiled: bytes → a number or text → what is stored, in the catalogue's unit where it knows the field."""

import math
import struct
from collections.abc import Callable, Mapping
from typing import NamedTuple

from edge.decoders.decoder import shown
from edge.decoders.lorawan.codec.expression import Compute, compile_expression
from edge.decoders.lorawan.codec.settings import SIZES, Order, Scalar, Value
from telemetry.catalogue import find
from telemetry.point import FieldValue
from telemetry.units import GAS_G_PER_MOL, convert, gas_mass, is_convertible

_UNIX_TICK_NS = 1_000_000_000
_FLOATS = {("f32", "big"): ">f", ("f32", "little"): "<f", ("f64", "big"): ">d", ("f64", "little"): "<d"}


class Short(Exception):
    """The payload ends before this value does, or where its text says."""


class ValuePlan(NamedTuple):
    """A value ready to be read. `size` is 0 for a value without bytes of its own, None for text that says its length itself."""

    name: str
    has_channel: bool
    measurement: str
    kind: str
    size: int | None
    at: int | None
    unpack: Callable[[bytes], float | str]
    compute: Compute | None
    enum: Mapping[int, Scalar] | None
    absent: frozenset[float]
    finish: Callable[[float], FieldValue]

    @property
    def is_silent(self) -> bool:
        return self.kind == "skip"

    def bytes_of(self, data: bytes, pos: int) -> tuple[bytes, int]:
        """Return the bytes of the value and where the next begins; Short when they are not all there."""
        size = self.size
        if size is None:
            if pos >= len(data):
                raise Short
            pos, size = pos + 1, data[pos]
        end = pos + size
        if end > len(data):
            raise Short
        return data[pos:end], end

    def stored(self, raw: float | str, words: tuple[float, ...]) -> FieldValue | None:
        """Return what is stored, None for "no reading"; ValueError or ArithmeticError when there is no such value."""
        if isinstance(raw, str):
            return raw
        number = raw
        if self.absent and number in self.absent:
            return None
        if self.compute is not None:
            number = self.compute((number, *words))
        if not math.isfinite(number):
            raise ValueError("no finite number")
        if self.enum is not None:
            if number not in self.enum:
                raise ValueError(f"{shown(number)} is not known to the codec")
            given = self.enum[int(number)]
            return given if isinstance(given, bool | str) else float(given)
        return self.finish(number)


def plan_of(value: Value, order: Order, measurement: str, words: int, params: Mapping[str, float]) -> ValuePlan:
    """Return `value` compiled; ValueError says what does not fit together."""
    measurement = value.measurement or measurement
    kind, size = _kind(value)
    names = ["x", *(f"x{number}" for number in range(words))]
    return ValuePlan(
        name=value.name,
        has_channel="{channel}" in value.name,
        measurement=measurement,
        kind="time" if value.is_time else kind,
        size=size,
        at=value.at,
        unpack=_unpacker(value, kind, value.order or order),
        compute=compile_expression(value.expr, names, params) if value.expr else None,
        enum={_whole(key): one for key, one in value.enum.items()} if value.enum else None,
        absent=frozenset(value.absent),
        finish=_finisher(value, measurement),
    )


def _kind(value: Value) -> tuple[str, int | None]:
    if value.type in SIZES:
        return "number", SIZES[value.type]
    if value.type == "unix":
        return "number", 4
    if value.type == "text8":
        return "text", None
    if value.type == "-":
        return "number", 0
    kind = value.type.rstrip("0123456789")
    return kind, int(value.type.removeprefix(kind))


def _unpacker(value: Value, kind: str, order: Order) -> Callable[[bytes], float | str]:
    if kind == "text":
        return lambda data: data.split(b"\0")[0].decode("utf-8", "replace")
    if kind in {"hex", "skip"}:
        return bytes.hex
    if (pattern := _FLOATS.get((value.type, order))) is not None:
        unpack = struct.Struct(pattern).unpack
        return lambda data: float(unpack(data)[0])
    is_signed = value.type.startswith("s")
    if value.bits is not None:
        low, mask = value.bits[0], (1 << value.bits[1]) - 1
        return lambda data: int.from_bytes(data, order) >> low & mask
    return lambda data: int.from_bytes(data, order, signed=is_signed)


def _finisher(value: Value, measurement: str) -> Callable[[float], FieldValue]:
    row = find(measurement, value.name)
    if row is None or not (value.unit or row.type != "float"):
        return float
    if row.type == "bool":
        return bool
    if row.type == "int":
        return round
    if value.unit == row.unit:
        return float
    if row.unit == "ug/m3" and value.unit in {"ppb", "ppm"} and value.name in GAS_G_PER_MOL:
        factor, gas = (1000.0 if value.unit == "ppm" else 1.0), value.name
        return lambda number: gas_mass(number * factor, gas)
    if not is_convertible(value.unit, row.unit):
        raise ValueError(f"{value.name}: {value.unit!r} cannot become {row.unit!r}, the unit of {measurement} {value.name}")
    source, target = value.unit, row.unit
    return lambda number: convert(number, source, target)


def _whole(text: str) -> int:
    try:
        return int(text, 0)
    except ValueError:
        raise ValueError(f"{text!r} is not a whole number") from None


def unix_ns(number: float | str) -> int:
    return int(number) * _UNIX_TICK_NS

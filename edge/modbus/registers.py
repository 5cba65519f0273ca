"""What answers of one device have told, and the reading that a template makes of it."""

from collections.abc import Callable, Mapping
from typing import NamedTuple

from edge.decoders.decoder import Refusals
from edge.modbus.frame import Span
from edge.modbus.template import FieldRow, Template
from edge.modbus.values import number_reader, reordered, text_of
from telemetry import catalogue, units
from telemetry.point import FieldValue

_BITS = (1, 2)


class Block(NamedTuple):
    """One answer: what was asked, and the bytes that came."""

    span: Span
    data: bytes

    def bytes_of(self, span: Span) -> bytes | None:
        """Return the registers of `span`, or the bit as one byte; None if the answer does not hold them all."""
        offset = span.address - self.span.address
        if span.function != self.span.function or offset < 0 or offset + span.length > self.span.length:
            return None
        if span.function in _BITS:
            return bytes((self.data[offset // 8] >> offset % 8 & 1,))
        return self.data[2 * offset : 2 * (offset + span.length)]


class Map:
    """A template, ready to read."""

    def __init__(self, template: Template) -> None:
        self.measurement = template.measurement
        self._rows = [_Row(row, template) for row in template.field]

    def fields(self, blocks: list[Block], refusals: Refusals, who: str) -> dict[str, FieldValue]:
        """Return the fields that `blocks` hold; a value that is none is refused alone, one that is marked as absent is left out."""
        fields: dict[str, FieldValue] = {}
        for row in self._rows:
            raw = next((found for block in blocks if (found := block.bytes_of(row.span)) is not None), None)
            if raw is None:
                continue
            try:
                value = row.read(raw)
            except ValueError as error:
                refusals.add(f"{who}, {row.name} ({row.span}): {error}")
                continue
            if value is not None:
                fields[row.name] = value
        return fields


class _Row:
    def __init__(self, row: FieldRow, template: Template) -> None:
        self.name = row.name
        self.span = row.span
        self._order = row.order or template.order
        self._plain = row.count == 1 and self._order in {"ABCD", "CDAB"}
        self._number = number_reader(row.type)
        self._bit = row.bit if row.type == "bool" and row.function not in _BITS else None
        self._is_bool = row.type == "bool"
        self._is_text = row.type == "ascii"
        self._scale, self._offset = row.scale, row.offset
        self._enum: Mapping[str, str] = row.enum
        self._invalid = frozenset(row.invalid)
        self._convert = _conversion(row, template.measurement)

    def read(self, raw: bytes) -> FieldValue | None:
        if not self._plain:
            raw = reordered(raw, self._order)
        if self._is_text:
            return text_of(raw) or None
        if self._invalid and int.from_bytes(raw, "big") in self._invalid:
            return None
        if self._is_bool:
            number = int.from_bytes(raw, "big")
            return bool(number >> self._bit & 1) if self._bit is not None else bool(number)
        value = self._number(raw)
        if self._enum:
            return self._enum.get(str(value)) or f"unknown {value}"
        value = _scaled(value, self._scale) + self._offset if self._offset else _scaled(value, self._scale)
        return self._convert(value) if self._convert else float(value)


def _scaled(value: float, scale: float) -> float:
    """Return `value` × `scale`, exactly rounded for 0.1, 0.01 …: 3 × 0.1 gives 0.3."""
    if scale == 1:
        return value
    divisor = round(1 / scale) if scale else 0
    return value / divisor if divisor and abs(divisor * scale - 1) < 1e-12 else value * scale


def _conversion(row: FieldRow, measurement: str) -> Callable[[float], float] | None:
    quantity = catalogue.find(measurement, row.name)
    if not row.unit or quantity is None or not quantity.unit or units.is_same(row.unit, quantity.unit):
        return None
    stored = quantity.unit
    return lambda value: units.convert(float(value), row.unit, stored)

"""One row of a template → a function from the bytes of its registers to the stored value.

Order of work: byte order → number (or text) → marked as absent → enum, or scale and offset → the unit of the catalogue. Whole numbers are
scaled and converted in one exact step, rounded once: 2302 × 0.1 is 230.2, and 12345 × 0.01 kWh is 123450.0 Wh.
"""

import math
from collections.abc import Callable
from fractions import Fraction

from edge.modbus.field_row import FieldRow
from edge.modbus.template import Template
from edge.modbus.values import HALVES, number_reader, reordered, text_of
from telemetry import catalogue, units
from telemetry.point import FieldValue

Read = Callable[[bytes], FieldValue | None]
_BITS = (1, 2)
_DIGITS = 12  # as telemetry/units.py
_FLOATS = ("float32", "float64")


def reader_of(row: FieldRow, template: Template) -> Read:
    """Return the function; it returns None for a value that is marked as absent, and raises ValueError for what is no value."""
    order = row.order or template.order
    read = _value_reader(row, template.measurement)
    if half := HALVES.get(row.type):
        whole = read
        read = lambda raw: whole(raw[half])  # noqa: E731
    if row.function in _BITS or order == "ABCD" or (row.count == 1 and order == "CDAB"):
        return read
    return lambda raw: read(reordered(raw, order))


def _value_reader(row: FieldRow, measurement: str) -> Read:
    if row.type == "ascii":
        return lambda raw: text_of(raw) or None
    if row.type == "bool":
        bit = row.bit or 0
        return _unless(row.invalid, lambda raw: bool(int.from_bytes(raw, "big") >> bit & 1))
    number = number_reader(row.type)
    if enum := row.enum:
        return _unless(row.invalid, lambda raw: enum.get(str(number(raw))) or f"unknown {number(raw)}")
    return _unless(row.invalid, _scaled(row, measurement, number))


def _unless(invalid: tuple[int, ...], read: Read) -> Read:
    if not invalid:
        return read
    marks = frozenset(invalid)
    return lambda raw: None if int.from_bytes(raw, "big") in marks else read(raw)


def _scaled(row: FieldRow, measurement: str, number: Callable[[bytes], float | int]) -> Read:
    gain, offset = _conversion(row, measurement)
    quantity = catalogue.find(measurement, row.name)
    if quantity and quantity.type == "int" and row.type not in _FLOATS and gain.denominator == offset.denominator == 1:
        return lambda raw: int(number(raw)) * gain.numerator + offset.numerator
    if gain == 1 and not offset:
        return lambda raw: _finite(number(raw))
    denominator = math.lcm(gain.denominator, offset.denominator)
    times, plus = int(gain * denominator), int(offset * denominator)
    is_decimal = pow(10, denominator.bit_length(), denominator) == 0  # the result has an end
    if row.type in _FLOATS or not is_decimal:
        return lambda raw: _rounded(number(raw), times, plus, denominator)
    if not plus:
        return lambda raw: _quotient(int(number(raw)) * times, denominator)
    return lambda raw: _quotient(int(number(raw)) * times + plus, denominator)


def _conversion(row: FieldRow, measurement: str) -> tuple[Fraction, Fraction]:
    """Return gain and offset from the number in the registers to the stored unit."""
    gain, offset = Fraction(str(row.scale)), Fraction(str(row.offset))
    quantity = catalogue.find(measurement, row.name)
    if not row.unit or quantity is None or not quantity.unit:
        return gain, offset
    ratio, shift = units.line(row.unit, quantity.unit)
    return gain * ratio, offset * ratio + shift


def _quotient(numerator: int, denominator: int) -> float:
    try:
        return numerator / denominator
    except OverflowError:
        raise ValueError("the scaled number is too large") from None


def _rounded(value: float, times: int, plus: int, denominator: int) -> float:
    try:
        return float(f"{_finite((value * times + plus) / denominator):.{_DIGITS}g}")
    except OverflowError:
        raise ValueError("the scaled number is too large") from None


def _finite(value: float) -> float:
    if not math.isfinite(value):
        raise ValueError(f"{value} is no number")
    return float(value)

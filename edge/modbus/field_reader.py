"""One row of a template → a function from the bytes of its registers to the stored value.

Order of work: byte order → number (or text) → marked as absent → enum, or scale and offset → the unit of the catalogue. Whole numbers are
scaled and converted in one exact step, rounded once: 2302 × 0.1 is 230.2, and 12345 × 0.01 kWh is 123450.0 Wh.
"""

import math
from collections.abc import Callable
from fractions import Fraction

from edge.modbus.field_row import Exponent, FieldRow
from edge.modbus.template import Template
from edge.modbus.values import HALVES, number_reader, reordered, text_of
from telemetry import catalogue, units
from telemetry.point import FieldValue

Read = Callable[[bytes], FieldValue | None]
_BITS = (1, 2)
_DIGITS = 12  # as telemetry/units.py
_MOST_EXPONENT = 10
_NO_EXPONENT = -0x8000  # SunSpec: not implemented, and so is the value
_FLOATS = ("float32", "float64")


def reader_of(row: FieldRow, template: Template) -> Read:
    """Return the function from the bytes of `row.reach`; None for a value that is marked as absent, ValueError for what is no value."""
    return _reader(row, template, 0) if row.exponent is None else _powered(row, row.exponent, template)


def _powered(row: FieldRow, exponent: Exponent, template: Template) -> Read:
    first = row.reach.address
    own = slice(2 * (row.address - first), 2 * (row.address - first + row.count))
    power = slice(2 * (exponent.address - first), 2 * (exponent.address - first) + 2)
    order = row.order or template.order
    readers: dict[int, Read] = {}

    def read(raw: bytes) -> FieldValue | None:
        number = int.from_bytes(reordered(raw[power], order), "big", signed=True)
        if number == _NO_EXPONENT:
            return None
        if abs(number) > _MOST_EXPONENT:
            raise ValueError(f"register {exponent.address} has {number}, which is no power of ten (-{_MOST_EXPONENT} to {_MOST_EXPONENT})")
        if number not in readers:
            readers[number] = _reader(row, template, -number if exponent.negative else number)
        return readers[number](raw[own])

    return read


def _reader(row: FieldRow, template: Template, power: int) -> Read:
    order = row.order or template.order
    read = _value_reader(row, template.measurement, power)
    if half := HALVES.get(row.type):
        whole = read
        read = lambda raw: whole(raw[half])  # noqa: E731
    if row.function in _BITS or order == "ABCD" or (row.count == 1 and order == "CDAB"):
        return read
    return lambda raw: read(reordered(raw, order))


def _value_reader(row: FieldRow, measurement: str, power: int) -> Read:
    if row.type == "ascii":
        return lambda raw: text_of(raw) or None
    if row.type == "bool":
        bit = row.bit or 0
        return _unless(row.invalid, lambda raw: bool(int.from_bytes(raw, "big") >> bit & 1))
    number = number_reader(row.type)
    if enum := row.enum:
        return _unless(row.invalid, lambda raw: enum.get(str(number(raw))) or f"unknown {number(raw)}")
    return _unless(row.invalid, _scaled(row, measurement, number, power))


def _unless(invalid: tuple[int, ...], read: Read) -> Read:
    if not invalid:
        return read
    marks = frozenset(invalid)
    return lambda raw: None if int.from_bytes(raw, "big") in marks else read(raw)


def _scaled(row: FieldRow, measurement: str, number: Callable[[bytes], float | int], power: int) -> Read:
    gain, offset = _conversion(row, measurement, power)
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


def _conversion(row: FieldRow, measurement: str, power: int) -> tuple[Fraction, Fraction]:
    """Return gain and offset from the number in the registers to the stored unit."""
    gain, offset = Fraction(str(row.scale)) * Fraction(10) ** power, Fraction(str(row.offset))
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

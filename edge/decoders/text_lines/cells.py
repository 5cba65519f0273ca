"""The text of one cell → a value: numbers as people and devices write them, perhaps with a unit behind, and what stands for no value.

    12.5   +  12.5   −3   12,5 (decimal = ",")   23.6C   12.3 kg   25.4 °C
    ----   --.-   ///   ***   NAN   N/A            no value

A unit behind a number is taken only where the field says in which one it is stored (`unit`); else it is no number.
"""

import re
from collections.abc import Callable, Mapping
from difflib import get_close_matches

from pydantic import BaseModel, ConfigDict, Field, model_validator

from edge.decoders.decoder import shown
from edge.decoders.values import CONVERT, FieldType, scaled
from telemetry import quality
from telemetry.point import FieldValue
from telemetry.units import SPELLINGS, UNITS, converter, is_convertible

MISSING = ("", "-", "NA", "N/A", "NaN", "null", "none")
_NO_VALUE = re.compile(r"[-/*_?.\s]*")
_SIGN = re.compile(r"[-+\u2212]\s*")
_WITH_UNIT = re.compile(r"([-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)\s*(\D.{0,20})?", re.DOTALL)
_NO_DIGITS = "-+\u2212/*_?."
_NUMBERS = frozenset({"float", "int", "uint"})

Convert = Callable[[str, Mapping[str, str]], FieldValue | None]


class ColumnField(BaseModel):
    """Where a field's value is and what it becomes."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    column: str = Field(description="name of the column or group", min_length=1)
    type: FieldType = Field("float", description="float, int, uint, bool or str")
    scale: float | None = Field(None, description="factor, for example 0.1 for a device that sends tenths", gt=0, allow_inf_nan=False)
    unit: str | None = Field(None, description="stored unit, where the device names its own, behind the number or in unit_column")
    unit_column: str | None = Field(None, description="column that names the unit of the value", min_length=1)
    unit_codes: Mapping[str, str] = Field(
        {}, description='the device\'s codes of units, for example { M = "m/s", N = "kn" }', max_length=50
    )

    @model_validator(mode="after")
    def _makes_sense(self) -> "ColumnField":
        if self.unit is None:
            if self.unit_column or self.unit_codes:
                raise ValueError('unit_column and unit_codes need unit, the stored one, for example unit = "m/s"')
        elif self.type != "float":
            raise ValueError(f"a value with a unit is a float, not {self.type}")
        for code in (self.unit, *self.unit_codes.values()):
            if code is not None and not is_convertible(code, self.unit or code):
                raise ValueError(f"{shown(code)} cannot become {shown(self.unit)}{_ways_out(self.unit or code)}")
        return self

    def reader(self, decimal: str) -> Convert:
        """Return what makes a value of a cell, given the others; None where it stands for none, ValueError where it is wrong."""
        if self.type not in _NUMBERS:
            plain = CONVERT[self.type]
            return lambda text, _cells: plain(text)
        return lambda text, cells: self._number(text, cells, decimal)

    def _number(self, text: str, cells: Mapping[str, str], decimal: str) -> FieldValue | None:
        if text[0] in _NO_DIGITS or decimal == ",":
            if is_no_value(text):
                return None
            text = number_text(text, decimal)
        if self.unit is not None:
            return self._converted(text, cells)
        value = CONVERT[self.type](text)
        return value if self.scale is None else scaled(value, self.scale)

    def _converted(self, text: str, cells: Mapping[str, str]) -> FieldValue:
        found = _WITH_UNIT.fullmatch(text)
        if found is None:
            raise ValueError(f"{shown(text)} is not a number with a unit")
        value = CONVERT["float"](found[1])
        if self.scale is not None:
            value = scaled(value, self.scale)
        told = (cells.get(self.unit_column, "") if self.unit_column else found[2] or "").strip()
        code = self.unit_codes.get(told, told)
        if not code or self.unit is None:
            return value
        if not is_convertible(code, self.unit):
            raise ValueError(f"unit {shown(told)} cannot become {self.unit}; name it in unit_codes")
        return CONVERT["float"](converter(code, self.unit)(float(value)))


class ColumnStatus(BaseModel):
    """Where the device says whether its values are to be believed."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    column: str = Field(description="name of the column or group", min_length=1)
    good: tuple[str, ...] = Field(
        description='codes of good values, for example ["00", "A"]; any other marks the reading (bit 128)', min_length=1
    )
    warm_up: tuple[str, ...] = Field((), description="codes of a device that warms up (bit 1)")

    def quality(self, cells: Mapping[str, str]) -> int:
        """Return the quality bits of a reading; a status that is absent is none of the good ones."""
        code = cells.get(self.column, "").strip()
        if code in self.good:
            return quality.GOOD
        return quality.WARM_UP if code in self.warm_up else quality.DEVICE_ERROR


def _ways_out(unit: str) -> str:
    """Return the units that `unit` can be told in, or those that are spelled like it; "" if there are none."""
    ways = [code for code in UNITS if is_convertible(code, unit)] or get_close_matches(unit, [*UNITS, *SPELLINGS])
    return f"; there are {', '.join(ways)}" if ways else "; no such unit is known"


def number_text(text: str, decimal: str) -> str:
    """Return a number as Python writes it: without blanks behind the sign, with a decimal point."""
    if decimal == ",":
        text = text.replace(",", ".")
    sign = _SIGN.match(text)
    return text if sign is None else ("+" if text[0] == "+" else "-") + text[sign.end() :]


def is_missing(text: str, missing: frozenset[str]) -> bool:
    """Whether a cell stands for no value: it is empty, or one of `missing`, which is in lower case."""
    return not text or text in missing or (not text[0].isdecimal() and text.lower() in missing)


def is_no_value(text: str) -> bool:
    """Whether a cell where a number or a time is due holds nothing but dashes, slashes, stars and the like."""
    return _NO_VALUE.fullmatch(text) is not None

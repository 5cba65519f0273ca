"""Rows of a register map: [[field]], a value and where it is; [[block]], what the device gives at once or not at all;
[[fault]], where it says that something is wrong with it.
"""

from typing import Annotated, Any, Literal

from pydantic import Field, FiniteFloat, StringConstraints, model_validator

from edge.modbus.address import parse_address
from edge.modbus.frame import Span
from edge.modbus.values import HALVES, LENGTHS, TypeName
from runtime.settings import Settings
from telemetry import units

Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$", max_length=64)]
Order = Literal["ABCD", "CDAB", "BADC", "DCBA"]
Function = Literal[1, 2, 3, 4]
_BITS = (1, 2)
_END = 1 << 16


class _Placed(Settings):
    """What has a place among the registers. In a file the address may be written as a manual does (edge/modbus/address.py)."""

    function: Function = Field(description='1 coils, 2 discrete inputs, 3 holding, 4 input registers; an address such as "40001" tells it')
    address: int = Field(
        ge=0, lt=_END, description='address in the request, counted from 0; or as manuals count, in quotes: "40001", "0x000C"'
    )

    @model_validator(mode="before")
    @classmethod
    def _reads_manual_notation(cls, given: Any) -> Any:
        if not isinstance(given, dict) or not isinstance(text := given.get("address"), str):
            return given
        function = given.get("function")
        function, address = parse_address(text, function if isinstance(function, int) else None)
        return {**given, "function": function, "address": address}


class BlockRow(_Placed):
    """One row [[block]]: registers that are read together as they stand, wanted or not."""

    length: int = Field(ge=1, le=125, description="registers (of functions 1 and 2: bits)")

    @property
    def span(self) -> Span:
        return Span(self.function, self.address, self.length)


class FaultRow(_Placed):
    """One row [[fault]]: where the device says that something is wrong with it. It is read in every round, and is no field."""

    type: Literal["uint16", "uint32"] = Field("uint16", description="how the registers hold it, in the order of the template")
    mask: int = Field(0xFFFF_FFFF, ge=1, le=0xFFFF_FFFF, description="bits that mean so; any of them marks the readings: device error")

    @property
    def needs(self) -> Span:
        return Span(self.function, self.address, 1 if self.function in _BITS else LENGTHS[self.type])


class Condition(Settings):
    """`when` of a field: it holds only while registers of the same read hold one of these numbers."""

    address: int = Field(ge=0, lt=_END, description="where the number is, in the function of the field, counted from 0")
    type: Literal["uint16", "uint32"] = Field("uint16", description="how the registers hold it, in the order of the template")
    equals: tuple[int, ...] = Field(min_length=1, description="the field is there while it is one of these")

    @model_validator(mode="after")
    def _fits(self) -> "Condition":
        most = (1 << 16 * LENGTHS[self.type]) - 1
        if not all(0 <= number <= most for number in self.equals):
            raise ValueError(f"when: a {self.type} is 0 to {most}")
        return self


class Exponent(Settings):
    """`exponent` of a field: a register of the same read says by which power of ten its number is multiplied (SunSpec: scale factor)."""

    address: int = Field(ge=0, lt=_END, description="where it is, in the function of the field, counted from 0; signed, -10 to 10")
    negative: bool = Field(default=False, description="the register counts decimals: 2 means hundredths")


class FieldRow(_Placed):
    """One row [[field]]: a value, and where it is."""

    name: Name = Field(description="field that is stored; one of the catalogue where it has the quantity")
    type: TypeName = Field("uint16", description="how the registers hold the value")
    order: Order | None = Field(None, description="bytes of values of several registers; default: that of the template")
    length: int | None = Field(None, ge=1, le=60, description="registers of an ascii text")
    bit: int | None = Field(None, ge=0, le=15, description="the bit of the register that is meant, 0 the lowest; stored as true or false")
    scale: FiniteFloat = Field(1.0, description="stored = scale × number + offset, in `unit`")
    offset: FiniteFloat = Field(0.0, description="added after the scale")
    unit: str = Field("", description="unit of the scaled number; it is converted to the catalogue's")
    enum: dict[str, str] = Field({}, description="number = text to store instead, in quotes")
    invalid: tuple[int, ...] = Field(
        (), description="raw numbers (unsigned, their bytes in order) that mean: no value; the field is left out"
    )
    every_s: float | None = Field(
        None, gt=0, le=86_400, description="read at least once in so long, and as seldom as that allows; default: in every round"
    )
    exponent: Exponent | None = Field(None, description="another register has the power of ten of this one, besides `scale`")
    when: Condition | None = Field(None, description="the field holds only while another register says so; else it is left out")
    overlaps: bool = Field(default=False, description="shares registers with another field, and that is meant")

    @property
    def count(self) -> int:
        """How many registers or bits it takes."""
        return self.length or LENGTHS[self.type]

    @property
    def span(self) -> Span:
        return Span(self.function, self.address, self.count)

    @property
    def reach(self) -> Span:
        """What its value is reckoned from: its registers, and that of its exponent."""
        return self.span if self.exponent is None else self.span.hull(Span(self.function, self.exponent.address, 1))

    @property
    def needs(self) -> Span:
        """What has to be read at one moment to know it: those, and the registers of its condition."""
        return self.reach if self.when is None else self.reach.hull(Span(self.function, self.when.address, LENGTHS[self.when.type]))

    @property
    def _most(self) -> int:
        """The highest raw number."""
        bits = 1 if self.function in _BITS else 8 if self.type in HALVES else 16 * self.count
        return (1 << bits) - 1

    @model_validator(mode="after")
    def _makes_sense(self) -> "FieldRow":
        wrong = "; ".join(words for is_wrong, words in self._rules() if is_wrong)
        if wrong:
            raise ValueError(wrong)
        return self

    def _rules(self) -> tuple[tuple[bool, str], ...]:
        are_bits, is_bool = self.function in _BITS, self.type == "bool"
        return (
            ((self.type == "ascii") != (self.length is not None), "length goes with type ascii"),
            (are_bits and not is_bool, 'functions 1 and 2 read single bits; write type = "bool"'),
            (not are_bits and is_bool and self.bit is None, "a bool in a register needs bit"),
            (self.bit is not None and (not is_bool or are_bits), 'bit goes with type = "bool" in a register'),
            (are_bits and self.needs != self.span, "when and exponent go with registers"),
            (self.exponent is not None and (is_bool or self.type == "ascii" or bool(self.enum)), "exponent goes with numbers"),
            (bool(self.invalid) and self.type == "ascii", "invalid goes with numbers; a text that is empty is left out by itself"),
            (
                not all(0 <= mark <= self._most for mark in self.invalid),
                f"invalid has raw numbers, which are 0 to {self._most} here: a 16-bit -1 is 0xFFFF",
            ),
            (self.needs.address + self.needs.length > _END, f"{self.count} registers from {self.address} go beyond 65535"),
            (
                bool(self.unit) and not units.is_convertible(self.unit, self.unit),
                f"unknown unit {self.unit!r}; known are those of telemetry/units.py",
            ),
        )

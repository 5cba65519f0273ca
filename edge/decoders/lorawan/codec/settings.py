"""What a codec file may say: how the bytes of one device, or of one vendor's family of devices, become fields.

    title = "Acme TH-1"
    source = "Acme TH-1 user guide 2.3, section 5"
    measurement = "air"
    order = "big"                                  byte order, unless a value says otherwise
    values = [["battery", "u16", "x / 1000", "V"], ["temperature", "s16", "x / 10", "Cel"]]

A layout is one of

    values = [...]                                 one after the other, from the first byte
    tlv = { header = 2, items = { "0367" = [...] } }   items that begin with an id: hex, "?" is any digit; each has its values
    flags = { at = 3, header = 5, groups = [...] }     a 16-bit word at byte 3 tells which groups follow from byte 5, lowest bit first
    cases = { by = "port", of = { 1 = {...} } }    another layout for each port, or for each value of a byte
    records = { values = [...] }                   the same values again and again to the end, each time a reading of its own

`tail = 9` beside it: only the last 9 bytes are read.

A value is a list [name, type, expression, unit], the last two optional, or a table (Value). `models` holds what differs for one model:
its tables are laid over those of the file.
"""

import re
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from telemetry.identifiers import MeasurementName, is_name

Order = Literal["big", "little"]
Scalar = bool | float | str

SIZES = {"u8": 1, "s8": 1, "u16": 2, "s16": 2, "u24": 3, "s24": 3, "u32": 4, "s32": 4, "u64": 8, "f32": 4, "f64": 8}
MOST_BYTES = 1_024  # of one payload; LoRaWAN carries 242 at most (RP002-1.0.3, table of maximum payload sizes)
_TYPE = re.compile(r"(?:[us](?:8|16|24|32)|u64|f32|f64|unix|text8|(?:hex|text|skip)(?:[1-9]\d?)|-)")
_BYTE = re.compile(r"0x([0-9a-f?]{2})")
_HEX = "0123456789abcdef"
_ID = re.compile(r"(?:[0-9a-f?]{2}){1,4}")


class _Settings(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


def _as_value(value: object) -> object:
    if not isinstance(value, list):
        return value
    if not 1 <= len(value) <= 4:
        raise ValueError("a value is [name, type, expression, unit] or a table")
    return dict(zip(("name", "type", "expr", "unit"), value, strict=False))


def _as_group(value: object) -> object:
    if isinstance(value, str) and value != "unknown":
        raise ValueError(f'{value!r}: a group is values, a table, or "unknown"')
    return {"values": value} if isinstance(value, list) else value


def _checked_type(text: str) -> str:
    if not _TYPE.fullmatch(text):
        raise ValueError(f"type {text!r}: u8 to u64, s8 to s32, f32, f64, unix (seconds, u32), hexN, textN, text8 (length first), skipN, -")
    return text


def _checked_id(text: str) -> str:
    if not _ID.fullmatch(text):
        raise ValueError(f'id {text!r}: lower-case hex, two digits a byte, "?" for any digit, as in "0367" or "??67"')
    return text


def bytes_like(text: str) -> list[int]:
    """Return the bytes that "26", "0x1a" or "0x?a" mean; ValueError if it is none."""
    if (found := _BYTE.fullmatch(text)) is not None:
        digits = [_HEX if digit == "?" else digit for digit in found[1]]
        return [int(high + low, 16) for high in digits[0] for low in digits[1]]
    try:
        number = int(text, 0)
    except ValueError:
        number = -1
    if not 0 <= number <= 255:
        raise ValueError(f'{text!r} is no value of a byte: "26", "0x1a", or "0x1?" for any digit')
    return [number]


def _checked_byte(text: str) -> str:
    bytes_like(text)
    return text


def _checked_field(text: str) -> str:
    if not is_name(text.replace("{channel}", "1")):
        raise ValueError(f"{text!r} is no field name: lower_snake, as in pm2_5; {{channel}} is the first byte of the id")
    return text


class Value(_Settings):
    """One value: where it is, what it becomes. A table with these keys, or [name, type, expr, unit]."""

    name: Annotated[str, AfterValidator(_checked_field)] = Field(
        description="field; {channel} is the first byte of the item's id, or the number of the record"
    )
    type: Annotated[str, AfterValidator(_checked_type)] = Field(
        "-", description="u8 … u64, s8 … s32, f32, f64, unix, hexN, textN, text8, skipN; - takes no bytes"
    )
    expr: str = Field("", description="arithmetic on x, the number that was read, and on x0, x1 …, the 16-bit words of the group")
    unit: str = Field("", description="unit of the result; the catalogue's unit is made of it where the catalogue knows the field")
    at: int | None = Field(None, description="first byte, counted in the group; default: after the value before", ge=0, lt=MOST_BYTES)
    order: Order | None = Field(None, description="byte order; default: that of the codec")
    bits: tuple[int, int] | None = Field(None, description="[lowest bit, how many] of the number that was read")
    enum: dict[str, Scalar] = Field({}, description="number = what is stored instead; a number that is not here is refused")
    absent: tuple[float, ...] = Field((), description="numbers that mean: no reading")
    is_time: bool = Field(False, description="this is the time of the reading (type unix)")  # noqa: FBT003
    measurement: MeasurementName | None = Field(None, description="where this field belongs, if not to the measurement of the codec")

    @model_validator(mode="after")
    def _makes_sense(self) -> "Value":
        if self.bits is not None and not (self.bits[0] >= 0 and self.bits[1] >= 1 and sum(self.bits) <= 64):
            raise ValueError(f"bits of {self.name}: [lowest bit, how many], within 64")
        if self.is_time and self.type != "unix":
            raise ValueError(f"{self.name}: the time of a reading has type unix")
        if self.type == "-" and not self.expr:
            raise ValueError(f"{self.name}: a value has a type, an expr, or both")
        return self


Values = tuple[Annotated[Value, BeforeValidator(_as_value)], ...]


class Group(_Settings):
    """Values that stand together."""

    values: Values = Field(description="the values, in their order")
    words: int = Field(0, description="16-bit words of the group, that expr knows as x0, x1 …", ge=0, le=64)
    length: int | None = Field(None, description="bytes of the group; default: to the end of its values", ge=0, lt=MOST_BYTES)
    apart: bool = Field(False, description="a reading of its own, with a time of its own (history)")  # noqa: FBT003
    by: int | None = Field(None, description="byte whose value chooses further values, from `more`", ge=0, lt=MOST_BYTES)
    more: dict[Annotated[str, AfterValidator(_checked_byte)], Values] = Field(
        {}, description='value of that byte = values that follow: "1", "0x1a", or "0x1?" for any digit; all that fit, in their order'
    )


class Tlv(_Settings):
    """Items, each with an id and values."""

    header: int = Field(2, description="bytes of the id", ge=1, le=4)
    pad: int | None = Field(None, description="bytes of this value in front of an id are skipped; no id may begin with it", ge=0, le=255)
    at: int = Field(0, description="byte at which the first item begins", ge=0, lt=MOST_BYTES)
    values: Values = Field((), description="values that stand before the first item")
    trailer: int = Field(0, description="bytes behind the last item that are none, such as a checksum", ge=0, lt=MOST_BYTES)
    items: dict[Annotated[str, AfterValidator(_checked_id)], Annotated[Group, BeforeValidator(_as_group)]] = Field(
        description="id = values"
    )

    @model_validator(mode="after")
    def _makes_sense(self) -> "Tlv":
        for key in self.items:
            if len(key) != 2 * self.header:
                raise ValueError(f"id {key!r} has {len(key) // 2} bytes, header says {self.header}")
            if self.pad is not None and key.startswith(f"{self.pad:02x}"):
                raise ValueError(f"id {key!r} begins with {self.pad:#04x}, which pad would skip")
        return self


class Flags(_Settings):
    """Groups, of which a word of flags says which are there."""

    at: int = Field(description="byte of the word", ge=0, lt=64)
    size: Literal[1, 2] = Field(2, description="bytes of the word")
    order: Order = Field("big", description="byte order of the word")
    header: int = Field(description="byte at which the groups begin", ge=0, lt=64)
    values: Values = Field((), description="values that stand before the groups, whatever the flags say")
    after: Values = Field((), description="values that stand behind the groups")
    version: tuple[int, int] | None = Field(None, description="[byte, value]: another value there is refused")
    groups: tuple[Annotated[Group | Literal["unknown"], BeforeValidator(_as_group)], ...] = Field(
        (), description='groups, lowest bit first; "unknown": one whose length is not known, with which reading ends', max_length=16
    )


class Records(_Settings):
    """The same values again and again, to the end of the payload; each time a reading of its own, unless told otherwise."""

    at: int = Field(0, description="byte at which the first record begins", ge=0, lt=MOST_BYTES)
    before: Values = Field((), description="values that stand before the first record")
    apart: bool = Field(True, description="a reading for each; else fields of one reading, with {channel} for 1, 2, 3 …")  # noqa: FBT003
    values: Values = Field(description="the values of one record, in their order", min_length=1)
    length: int | None = Field(None, description="bytes of a record; default: to the end of its values", ge=1, lt=MOST_BYTES)

    @model_validator(mode="after")
    def _makes_sense(self) -> "Records":
        for value in self.values:
            if not self.apart and "{channel}" not in value.name and not value.type.startswith("skip"):
                raise ValueError(f"{value.name}: records of one reading need names with {{channel}} in them")
        return self


class Cases(_Settings):
    """A layout for each case."""

    by: Literal["port"] | int = Field("port", description='"port" (FPort), or the number of the byte that decides')
    size: int = Field(1, description="bytes that decide, big-endian", ge=1, le=4)
    bits: tuple[int, int] | None = Field(None, description="[lowest bit, how many] of them, if not all decide")
    of: dict[str, "Layout"] = Field(description='value = layout; "1", "0x1a", "1-10"; "else" for any other')

    @model_validator(mode="after")
    def _makes_sense(self) -> "Cases":
        if self.bits is not None and not (
            self.by != "port" and self.bits[0] >= 0 and self.bits[1] >= 1 and sum(self.bits) <= 8 * self.size
        ):
            raise ValueError("bits of cases: [lowest bit, how many], within the bytes that decide")
        return self


class Layout(_Settings):
    """Exactly one of values, tlv, flags, records and cases; none: nothing is read from it."""

    order: Order = Field("big", description="byte order")
    tail: int | None = Field(None, description="only so many bytes, the last ones, are read", ge=1, lt=MOST_BYTES)
    values: Values | None = Field(None, description="values one after the other")
    tlv: Tlv | None = Field(None, description="items with an id each")
    flags: Flags | None = Field(None, description="groups that a word of flags announces")
    records: Records | None = Field(None, description="the same values again and again")
    cases: Cases | None = Field(None, description="a layout for each port or value of a byte")
    every: int | None = Field(
        None, description="the payload is a row of frames of this many bytes, each in this layout", ge=1, lt=MOST_BYTES
    )

    @model_validator(mode="after")
    def _is_one(self) -> "Layout":
        if sum(part is not None for part in (self.values, self.tlv, self.flags, self.records, self.cases)) > 1:
            raise ValueError("one of values, tlv, flags, records and cases, not several")
        return self


class CodecSettings(Layout):
    """One codec."""

    title: str = Field("", description="vendor and model")
    source: str = Field("", description="where the facts come from")
    measurement: MeasurementName = Field("reading", description="measurement of its fields")
    params: dict[str, float] = Field({}, description="numbers that expressions may name, such as a calibration of one device")

"""Registers → values: every type and order, scaling without rounding errors, and what is no value."""

import math
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.modbus.field_reader import reader_of
from edge.modbus.frame import Span
from edge.modbus.template import Template, parse_template
from telemetry.errors import ConfigError
from telemetry.point import FieldValue
from telemetry.units import convert

ORDERS = ("ABCD", "CDAB", "BADC", "DCBA")


def template(measurement: str = "own", **row: object) -> Template:
    tree = {
        "name": "t",
        "vi": "t",
        "en": "t",
        "source": "s",
        "measurement": measurement,
        "field": [{"function": 3, "address": 0, "name": "x", **row}],
    }
    return parse_template(tree, "t.toml")


def read(raw: str | bytes, measurement: str = "own", **row: object) -> FieldValue | None:
    one = template(measurement, **row)
    return reader_of(one.field[0], one)(bytes.fromhex(raw) if isinstance(raw, str) else raw)


@pytest.mark.parametrize(
    ("type_name", "raw", "value"),
    [
        ("uint16", "ffff", 65535.0),
        ("int16", "ffff", -1.0),
        ("uint32", "00010002", 65538.0),
        ("int32", "fffffffe", -2.0),
        ("float32", "4365cccd", 229.8),
        ("uint64", "0000000100000000", 4294967296.0),
        ("int64", "ffffffffffffffff", -1.0),
        ("float64", "406cb9999999999a", 229.8),
        ("bcd16", "1234", 1234.0),
        ("bcd32", "12345678", 12345678.0),
        ("sign16", "8005", -5.0),
        ("sign32", "80000005", -5.0),
        ("high8", "0326", 3.0),
        ("low8", "0326", 38.0),
    ],
)
def test_types(type_name: str, raw: str, value: float) -> None:
    found = read(raw, type=type_name)
    assert found == value
    assert isinstance(found, float)


@pytest.mark.parametrize(("order", "raw"), [("ABCD", "0a0b0c0d"), ("CDAB", "0c0d0a0b"), ("BADC", "0b0a0d0c"), ("DCBA", "0d0c0b0a")])
def test_orders_of_two_registers(order: str, raw: str) -> None:
    assert read(raw, type="uint32", order=order) == 0x0A0B0C0D


def test_low_word_first_of_four_registers_and_swapped_bytes_of_one() -> None:
    assert read("0007000600050004", type="uint64", order="CDAB") == 0x0004000500060007
    assert read("3412", order="BADC") == 0x1234
    assert read("1234", order="CDAB") == 0x1234


def test_text_ends_at_its_first_nul() -> None:
    assert read(b"SDM120\0\0", type="ascii", length=4) == "SDM120"
    assert read(b"DS1M02\0\0", type="ascii", length=4, order="BADC") == "SD" + "M1" + "20"


def test_bits_of_a_register() -> None:
    assert read("0004", type="bool", bit=2) is True
    assert read("fffb", type="bool", bit=2) is False


def test_enum_gives_its_text_and_names_a_number_that_it_has_not() -> None:
    assert read("0002", enum={"2": "open"}) == "open"
    assert read("0003", enum={"2": "open"}) == "unknown 3"


def test_number_that_means_no_sensor_is_no_value() -> None:
    assert read("7fff", invalid=[0x7FFF], scale=0.1) is None
    assert read("7ffe", invalid=[0x7FFF], scale=0.1) == 3276.6


def test_a_mark_is_compared_when_the_bytes_are_in_order() -> None:
    assert read("0000 7fc0", type="float32", order="CDAB", invalid=[0x7FC00000]) is None
    assert read("ffffffff", type="float32", invalid=[0xFFFFFFFF]) is None
    assert read("ffff", type="bcd16", invalid=[0xFFFF]) is None
    assert read("05ff", type="low8", invalid=[0xFF]) is None
    assert read("ff05", type="low8", invalid=[0xFF]) == 5


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ({"invalid": [0x1FFFF]}, "0 to 65535"),
        ({"type": "int16", "invalid": [-1]}, "0xFFFF"),
        ({"type": "low8", "invalid": [256]}, "0 to 255"),
        ({"type": "ascii", "length": 2, "invalid": [0]}, "goes with numbers"),
        ({"function": 1, "type": "bool", "bit": 3}, "in a register"),
        ({"when": {"address": 1, "equals": [70_000]}}, "0 to 65535"),
        ({"type": "ascii", "length": 2, "exponent": {"address": 9}}, "exponent goes with numbers"),
        ({"enum": {"1": "on"}, "exponent": {"address": 9}}, "exponent goes with numbers"),
        ({"function": 1, "type": "bool", "when": {"address": 1, "equals": [1]}}, "when and exponent go with registers"),
    ],
)
def test_a_row_that_could_never_hold_is_refused(row: dict[str, object], said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        template(**row)


@pytest.mark.parametrize(
    ("raw", "row", "value"),
    [
        ("0187 fffe", {"exponent": {"address": 1}}, 3.91),  # SunSpec: 391 and -2
        ("0187 0002", {"exponent": {"address": 1}}, 39100),
        ("0187 0002", {"exponent": {"address": 1, "negative": True}}, 3.91),  # decimals
        ("0187 0000 0000 0000 fffd", {"exponent": {"address": 4}, "scale": 0.1}, 0.0391),
        ("0187 8000", {"exponent": {"address": 1}}, None),  # SunSpec: not implemented
        ("ffff fffe", {"exponent": {"address": 1}, "invalid": [0xFFFF]}, None),
        ("0001 0000 ffff", {"type": "uint32", "order": "CDAB", "exponent": {"address": 2}}, 0.1),
        ("8701 feff", {"order": "BADC", "exponent": {"address": 1}}, 3.91),
    ],
)
def test_a_power_of_ten_may_stand_in_another_register(raw: str, row: dict[str, object], value: float | None) -> None:
    assert read(raw, **row) == value


def test_a_power_of_ten_may_stand_before_the_number_and_one_that_is_none_is_refused() -> None:
    one = template(address=5, exponent={"address": 3}, offset=-1, scale=2)
    assert one.field[0].needs == Span(3, 3, 3)
    reader = reader_of(one.field[0], one)
    assert reader(bytes.fromhex("ffff 1234 0005")) == 0  # 5 × 2 × 0.1 - 1
    with pytest.raises(ValueError, match="register 3 has 11, which is no power of ten"):
        reader(bytes.fromhex("000b 1234 0005"))


def test_units_are_converted_behind_the_power_of_ten() -> None:
    assert read("0187 fffe", "power", name="active_power", unit="kW", exponent={"address": 1}) == 3910


def test_a_text_is_what_is_before_its_first_nul_and_nothing_is_no_value() -> None:
    assert read(b"AB\0CD\xff", type="ascii", length=3) == "AB"
    assert read(b"\0ABCD\0", type="ascii", length=3) is None
    assert read(b"      ", type="ascii", length=3) is None


def test_counters_beyond_53_bits_become_the_nearest_float() -> None:
    assert read((2**53 + 1).to_bytes(8, "big"), type="uint64") == float(2**53)
    assert read((2**64 - 1).to_bytes(8, "big"), type="uint64") == 2.0**64
    assert read((-(2**63)).to_bytes(8, "big", signed=True), type="int64") == -(2.0**63)


def test_a_field_that_the_catalogue_keeps_whole_is_whole_to_its_last_digit() -> None:
    found = read((2**53 + 1).to_bytes(8, "big"), "vessel", name="imo", type="uint64")
    assert (found, type(found)) == (2**53 + 1, int)


def test_enum_of_a_signed_number_and_a_number_nobody_named() -> None:
    assert read("ffff", type="int16", enum={"-1": "none"}) == "none"
    assert read("fffe", type="int16", enum={"-1": "none"}) == "unknown -2"


@pytest.mark.parametrize(
    ("raw", "row"),
    [
        ("7fc00000", {"type": "float32"}),
        ("ff800000", {"type": "float32"}),
        ("fff80000", {"type": "bcd32"}),
        ("7f800000", {"type": "float32"}),
        ("7ff0000000000000", {"type": "float64"}),
        ("7ff8000000000000", {"type": "float64", "scale": 0.1}),
        ("123a", {"type": "bcd16"}),
        ("ffff", {"scale": 1e308}),
        ("7fefffffffffffff", {"type": "float64", "scale": 10}),
        (b"\xff\xfe", {"type": "ascii", "length": 1}),
    ],
)
def test_what_is_no_value_is_refused(raw: str | bytes, row: dict[str, object]) -> None:
    with pytest.raises(ValueError):
        read(raw, **row)


@given(number=st.integers(0, 2**32 - 1), digits=st.integers(0, 6))
def test_decimal_scales_give_the_decimal_that_a_person_would_write(number: int, digits: int) -> None:
    text = f"{number:0{digits + 1}d}"
    written = float(f"{text[: len(text) - digits]}.{text[len(text) - digits :]}" if digits else text)
    assert read(number.to_bytes(4, "big"), type="uint32", scale=float(f"1e-{digits}")) == written


@given(
    number=st.integers(-(2**15), 2**15 - 1), scale=st.sampled_from([1.0, 0.1, 0.01, 0.5, 3.0]), offset=st.sampled_from([0.0, -40.0, 0.5])
)
@pytest.mark.parametrize(
    ("measurement", "name", "unit", "stored"),
    [
        ("power", "energy", "kWh", "Wh"),
        ("weather", "temperature", "degF", "Cel"),
        ("weather", "pressure", "mm[Hg]", "hPa"),
        ("weather", "wind_speed", "km/h", "m/s"),
    ],
)
def test_units_become_those_of_the_catalogue(
    measurement: str, name: str, unit: str, stored: str, number: int, scale: float, offset: float
) -> None:
    found = read(number.to_bytes(2, "big", signed=True), measurement, name=name, type="int16", scale=scale, offset=offset, unit=unit)
    assert isinstance(found, float)
    assert math.isclose(found, convert(number * scale + offset, unit, stored), rel_tol=1e-11, abs_tol=1e-9)


def test_energy_in_hundredths_of_a_kilowatt_hour_is_exact() -> None:
    assert read("00003039", "power", name="energy", type="uint32", scale=0.01, unit="kWh") == 123450.0


def test_long_counters_keep_all_their_digits() -> None:
    assert read((1234567890123456).to_bytes(8, "big"), type="uint64", scale=0.001) == 1234567890123.456


@given(value=st.floats(width=32, allow_nan=False, allow_infinity=False))
def test_float32_keeps_its_value(value: float) -> None:
    found = read(struct.pack(">f", value), type="float32")
    assert isinstance(found, float)
    assert struct.pack(">f", found) == struct.pack(">f", value)


@given(
    raw=st.binary(min_size=8, max_size=8),
    order=st.sampled_from(ORDERS),
    type_name=st.sampled_from(["float64", "int64", "uint64"]),
    scale=st.sampled_from([1e-300, 0.3, 1e300]),
)
def test_any_registers_give_a_finite_number_or_are_refused(raw: bytes, order: str, type_name: str, scale: float) -> None:
    try:
        found = read(raw, type=type_name, order=order, scale=scale)
    except ValueError:
        return
    assert isinstance(found, float)
    assert math.isfinite(found)

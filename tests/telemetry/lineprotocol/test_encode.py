"""Writing line protocol."""

import math

import pytest

from telemetry.errors import RejectedError
from telemetry.lineprotocol.encode import encode, encode_pairs, escape_key, escape_measurement, format_field, format_time, series_key
from telemetry.point import FieldValue, Point, Unsigned


def test_every_type_of_field_has_its_own_spelling() -> None:
    fields: dict[str, FieldValue] = {"f": 20.0, "i": 20, "u": Unsigned(20), "b": True, "s": 'say "a\\b"'}
    line = encode(Point("air", {"site": "bn"}, fields, 17))
    assert line == rb'air,site=bn f=20,i=20i,u=20u,b=true,s="say \"a\\b\"" 17'


def test_equal_points_are_equal_bytes_whatever_the_order_of_their_tags() -> None:
    one = Point("m", {"a": "1", "b": "2"}, {"v": 1}, 0)
    other = Point("m", {"b": "2", "a": "1"}, {"v": 1}, 0)
    assert encode(one) == encode(other)


def test_series_key_is_the_escaped_start_of_the_line() -> None:
    assert series_key("my air", {"z": "1", "a b": "x=y,z"}) == r"my\ air,a\ b=x\=y\,z,z=1"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "0"),
        (-0.0, "-0"),
        (1e-4, "0.0001"),
        (9.9e-5, "9.9e-05"),
        (-9.9e-5, "-9.9e-05"),
        (999999.5, "999999.5"),
        (1e6, "1e+06"),
        (6632243.0, "6.632243e+06"),
        (-1234567.25, "-1.23456725e+06"),
        (1e21, "1e+21"),
        (1.5e300, "1.5e+300"),
        (5e-324, "5e-324"),
        (1.7976931348623157e308, "1.7976931348623157e+308"),
    ],
)
def test_floats_are_spelt_as_go_spells_them(value: float, text: str) -> None:
    assert format_field(value) == text


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, 2**63, -(2**63) - 1, Unsigned(-1), Unsigned(2**64), "\ud800"])
def test_a_value_that_line_protocol_cannot_carry_is_refused(value: FieldValue) -> None:
    with pytest.raises(RejectedError):
        format_field(value)


def test_the_ends_of_the_integer_ranges_fit() -> None:
    assert [format_field(2**63 - 1), format_field(-(2**63)), format_field(Unsigned(2**64 - 1))] == [
        "9223372036854775807i",
        "-9223372036854775808i",
        "18446744073709551615u",
    ]


@pytest.mark.parametrize("name", ["", "a\\", "a\nb", "a\tb", "\x7f", "\ud800", "a\r"])
def test_a_name_that_no_reader_could_give_back_is_refused(name: str) -> None:
    for escape in (escape_key, escape_measurement):
        with pytest.raises(RejectedError):
            escape(name)


def test_a_measurement_that_reads_as_a_comment_is_refused() -> None:
    with pytest.raises(RejectedError, match="comment"):
        encode(Point("#m", {}, {"v": 1}, 0))


def test_a_point_without_fields_is_refused() -> None:
    with pytest.raises(RejectedError, match="field"):
        encode(Point("m", {}, {}, 0))


def test_given_pairs_must_come_sorted_and_once() -> None:
    with pytest.raises(RejectedError, match="out of order"):
        encode_pairs("m", [("b", "1"), ("a", "1")], [("v", 1)], 0)
    with pytest.raises(RejectedError, match="out of order"):
        encode_pairs("m", [("a", "1"), ("a", "2")], [("v", 1)], 0)


def test_time_is_cut_towards_zero_and_bounded_to_64_bits() -> None:
    assert [format_time(1_999_999_999, "s"), format_time(-1_999_999_999, "s"), format_time(-(2**63))] == ["1", "-1", str(-(2**63))]
    with pytest.raises(RejectedError, match="64 bits"):
        format_time(2**63)
    with pytest.raises(RejectedError, match="precision"):
        format_time(0, "fortnight")


def test_an_integer_too_long_to_print_is_refused_like_any_other() -> None:
    with pytest.raises(RejectedError, match="64 bits"):
        format_field(10**5000)

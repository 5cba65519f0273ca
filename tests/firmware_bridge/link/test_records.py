"""Records: values come back as they were measured, at the time at which they were, and damage is said."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware_bridge.link import records, varint
from firmware_bridge.link.messages import SensorField, SensorSet
from firmware_bridge.link.records import Lost, Record

_AIR = SensorSet(0, "air", (SensorField(0, "t", "°C", -1), SensorField(1, "n", "", 0), SensorField(2, "v", "V"), SensorField(3, "rain")))
_SETS = {0: _AIR}
_NUMBERS = st.fixed_dictionaries(
    {},
    optional={
        "t": st.integers(-(1 << 31), (1 << 31) - 1).map(lambda n: n / 10),
        "n": st.integers(0, varint.LARGEST),
        "v": st.floats(width=32, allow_nan=False, allow_infinity=False),
        "rain": st.booleans(),
    },
)


def _coded(values: dict[str, records.Value], quality: int = 0, after_ms: int = 0) -> bytes:
    head, rest = records.encode_values(_AIR, values, quality)
    return bytes((head,)) + varint.encode(after_ms) + rest


@given(st.lists(st.tuples(_NUMBERS, st.integers(0, 1023), st.integers(0, 10_000)), max_size=8), st.integers(0, 100_000))
def test_records_are_read_as_they_were_written_at_their_times(taken: list[tuple[dict[str, records.Value], int, int]], age_ms: int) -> None:
    body = b"".join(_coded(values, quality, after_ms) for values, quality, after_ms in taken)

    found, fault = records.decode(body, age_ms, 1000.0, _SETS)

    assert fault == ""
    assert [(record.values, record.quality) for record in found] == [(values, quality) for values, quality, _ in taken]
    at_s = 1000.0 - age_ms / 1000
    for record, (_, _, after_ms) in zip(found, taken, strict=True):
        at_s += after_ms / 1000 if record is not found[0] else 0
        assert record.taken_s == pytest.approx(at_s)


def test_the_types_of_values_follow_the_field_and_not_the_value() -> None:
    ((record,), _) = records.decode(_coded({"t": 20.0, "n": 3, "v": 2, "rain": 1}), 0, 0.0, _SETS)

    assert {name: type(value) for name, value in record.values.items()} == {"t": float, "n": int, "v": float, "rain": bool}
    assert records.scaled(12, 2) == 1200
    assert isinstance(records.scaled(12, 2), int)
    assert records.scaled(652, -1) == 65.2


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_a_single_that_is_no_number_is_absent(value: float) -> None:
    ((record,), fault) = records.decode(_coded({"v": value, "rain": True}), 0, 0.0, _SETS)

    assert (record.values, fault) == ({"rain": True}, "")


def test_a_counter_wraps_and_an_integer_beyond_32_bits_is_refused_by_the_writer() -> None:
    ((record,), _) = records.decode(_coded({"n": (1 << 32) + 5}), 0, 0.0, _SETS)

    assert record.values == {"n": 5}
    with pytest.raises(ValueError, match="32 bits"):
        records.encode_values(_AIR, {"t": 1e9})


def test_lost_readings_are_told_with_when_they_were_lost() -> None:
    head, rest = records.encode_lost(Lost(300, 15_000))
    body = _coded({"n": 1}) + bytes((head,)) + varint.encode(500) + rest

    found, fault = records.decode(body, 2000, 100.0, _SETS)

    assert fault == ""
    assert found[1] == Record(31, 98.5, lost=Lost(300, 15_000))


def test_an_age_beyond_what_can_be_said_is_marked_as_estimated() -> None:
    ((record,), _) = records.decode(_coded({"n": 1}, quality=1), 0xFFFF_FFFF, 0.0, _SETS)

    assert record.quality == 1 | 16


@pytest.mark.parametrize("tail", [b"\x05\x00\x01", b"\x80\x00", b"\x3f\x00\x01\x01", b"\x00", b"\x00\x80", b"\x1f\x00\x01"])
def test_what_stands_before_a_record_that_cannot_be_read_is_kept(tail: bytes) -> None:
    found, fault = records.decode(_coded({"n": 1}) + tail, 0, 0.0, _SETS)

    assert [record.values for record in found] == [{"n": 1}]
    assert fault


@given(st.binary(max_size=243), st.integers(0, varint.LARGEST))
def test_any_bytes_give_records_or_a_reason(body: bytes, age_ms: int) -> None:
    found, fault = records.decode(body, age_ms, 0.0, _SETS)

    assert len(found) <= len(body) // 2
    assert all(math.isfinite(value) for record in found for value in record.values.values())
    assert isinstance(fault, str)

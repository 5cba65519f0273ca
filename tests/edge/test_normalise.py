"""Readings become points: names, units, calibration, types, quality, tags and time."""

import math
from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from edge.arrival import Arrival, Away
from edge.normalise import Normalised, Normaliser
from edge.normalise_settings import NormaliseSettings
from telemetry import quality
from telemetry.point import FieldValue, Point, Reading, Unsigned

NOW_NS = 1_763_923_712_000_000_000
DAY_NS = 86_400_000_000_000


def normaliser(max_series: int = 5_000, **settings: object) -> Normaliser:
    return Normaliser("s1", "bn", "gw1", NormaliseSettings.model_validate(settings), max_series)


def normalise(fields: Mapping[str, FieldValue], measurement: str = "air", **settings: object) -> Normalised:
    return normaliser(**settings).normalise(Reading(measurement, {"device": "d7"}, fields), NOW_NS)


def point(normalised: Normalised) -> Point:
    assert normalised.point is not None
    return normalised.point


def test_a_point_has_site_gateway_device_and_quality() -> None:
    made = point(normaliser().normalise(Reading("air", {}, {"pm2_5": 12.0}), NOW_NS))
    assert made == Point("air", {"device": "s1", "gateway": "gw1", "site": "bn"}, {"pm2_5": 12.0, "quality": 0}, NOW_NS)


def test_a_payload_names_its_device_and_site_but_never_the_gateway() -> None:
    made = point(
        normaliser().normalise(Reading("air", {"device": "d7", "site": "x", "gateway": "evil", "empty": ""}, {"pm2_5": 1.0}), NOW_NS)
    )
    assert made.tags == {"device": "d7", "gateway": "gw1", "site": "x"}


def test_static_tags_replace_what_the_device_says_and_may_not_name_the_gateway() -> None:
    made = normaliser(tags={"site": "north"}).normalise(Reading("air", {"site": "x"}, {"pm2_5": 1.0}), NOW_NS)
    assert point(made).tags["site"] == "north"
    with pytest.raises(ValidationError, match="gateway"):
        NormaliseSettings(tags={"gateway": "x"})


def test_names_become_canonical_and_may_be_renamed_or_dropped() -> None:
    made = point(normalise({"PM2.5": 1.0, "Temp": 20.0, "rssi": 5.0, "3h": 1.0}, rename={"Temp": "temperature"}, drop=["rssi"]))
    assert made.fields == {"pm2_5": 1.0, "temperature": 20.0, "f_3h": 1.0, "quality": 0}


def test_two_fields_of_one_name_keep_the_first_and_refuse_the_second() -> None:
    normalised = normalise({"PM10": 1.0, "pm10": 2.0})
    assert point(normalised).fields["pm10"] == 1.0
    assert "rename" in normalised.refusals[0].reason


def test_units_are_converted_and_then_calibrated() -> None:
    settings = {"units": {"temperature": "degF", "no2": "ppb"}, "calibration": {"temperature": {"offset": -0.5, "gain": 2}}}
    fields = point(normalise({"temperature": 68.0, "no2": 10.0}, **settings)).fields
    assert fields["temperature"] == 39.5
    assert fields["no2"] == pytest.approx(18.8, abs=0.1)  # 46.006 g/mol at 25 °C


def test_a_device_has_its_own_calibration_before_that_of_all() -> None:
    made = normaliser(calibration={"pm10": {"offset": 1}, "d7.pm10": {"offset": 5}})
    values = [point(made.normalise(Reading("air", {"device": device}, {"pm10": 10.0}), NOW_NS)).fields["pm10"] for device in ("d7", "d8")]
    assert values == [15.0, 11.0]


def test_a_unit_that_cannot_be_converted_refuses_the_field_alone() -> None:
    normalised = normalise({"temperature": 68.0, "pm10": 1.0}, units={"temperature": "hPa"})
    assert point(normalised).fields == {"pm10": 1.0, "quality": 0}
    assert "hPa" in normalised.refusals[0].reason


def test_values_out_of_range_are_kept_and_marked_where_fields_differ() -> None:
    fields = point(normalise({"humidity": 250.0, "pm10": 1.0})).fields
    assert fields == {"humidity": 250.0, "pm10": 1.0, "humidity_quality": 2, "pm10_quality": 0, "quality": quality.OUT_OF_RANGE}


def test_one_field_out_of_range_alone_needs_only_the_quality_of_the_point() -> None:
    assert point(normalise({"humidity": 250.0})).fields == {"humidity": 250.0, "quality": 2}
    assert point(normalise({"humidity": 250.0}, ranges={"humidity": [0, 300]})).fields == {"humidity": 250.0, "quality": 0}


def test_quality_bits_are_ours_and_not_the_devices() -> None:
    normalised = normalise({"pm10": 1.0, "quality": 87}, quality=quality.SIMULATED)
    assert point(normalised).fields == {"pm10": 1.0, "quality": 32}
    assert "kept for our quality bits" in normalised.refusals[0].reason


@pytest.mark.parametrize("name", ["site", "gateway", "device", "Device"])
def test_a_field_named_like_a_tag_of_every_point_is_refused(name: str) -> None:
    normalised = normalise({"pm10": 1.0, name: 6.0})
    assert point(normalised).fields == {"pm10": 1.0, "quality": 0}
    assert "kept for a tag of every point" in normalised.refusals[0].reason


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, "12", True, 10**400])
def test_what_no_float_field_can_hold_is_refused_alone(value: FieldValue) -> None:
    normalised = normalise({"pm10": value, "pm2_5": 3.0})
    assert point(normalised).fields == {"pm2_5": 3.0, "quality": 0}
    assert len(normalised.refusals) == 1


def test_a_point_without_a_field_is_refused() -> None:
    normalised = normalise({"pm10": math.nan})
    assert normalised.point is None
    assert normalised.refusals


@pytest.mark.parametrize(
    ("first", "then", "kept"),
    [
        (1.5, 2, 2.0),
        (1.5, "x", None),
        (3, 4.0, 4),
        (3, 4.5, None),
        ("x", 1.0, None),
        (True, 0.0, False),
        (True, 2.0, None),
        (Unsigned(3), 2**64 - 1, Unsigned(2**64 - 1)),
        (Unsigned(3), -1, None),
        (3, 2**63, None),
    ],
)
def test_the_first_value_fixes_the_type_of_an_uncatalogued_field(first: FieldValue, then: FieldValue, kept: FieldValue | None) -> None:
    made = normaliser()
    made.normalise(Reading("odd", {"device": "a"}, {"x": first}), NOW_NS)
    normalised = made.normalise(Reading("odd", {"device": "b"}, {"x": then}), NOW_NS)
    assert (normalised.point is None) == (kept is None)
    if normalised.point:
        assert (normalised.point.fields["x"], type(normalised.point.fields["x"])) == (kept, type(kept))


def test_a_blocked_field_is_refused_as_long_as_it_is_blocked() -> None:
    blocked = {("air", "pm10", "float")}
    made = Normaliser("s1", "bn", "gw1", NormaliseSettings(), is_blocked=lambda *field: field in blocked)
    reading = Reading("air", {}, {"pm10": 1.0, "pm2_5": 2.0})
    assert "pm10" not in point(made.normalise(reading, NOW_NS)).fields
    blocked.clear()
    assert point(made.normalise(reading, NOW_NS)).fields["pm10"] == 1.0


@pytest.mark.parametrize(
    ("value", "given"), [(1.0, "float"), (1, "integer"), (Unsigned(1), "unsigned"), (True, "boolean"), ("x", "string")]
)
def test_a_field_blocked_as_one_type_goes_on_as_another(value: FieldValue, given: str) -> None:
    asked: list[tuple[str, ...]] = []
    made = Normaliser("s1", "bn", "gw1", NormaliseSettings(), is_blocked=lambda *field: bool(asked.append(field)))
    assert point(made.normalise(Reading("odd", {}, {"x": value}), NOW_NS)).fields["x"] == value
    assert set(asked) == {("odd", "x", given)}


def test_a_value_is_blocked_as_the_type_it_is_stored_as() -> None:
    made = Normaliser("s1", "bn", "gw1", NormaliseSettings(), is_blocked=lambda *field: field[2] == "integer")
    assert point(made.normalise(Reading("air", {}, {"pm10": 1}), NOW_NS)).fields["pm10"] == 1.0


def test_series_above_the_limit_are_refused_and_known_ones_go_on() -> None:
    made = normaliser(max_series=2)
    outcomes = [made.normalise(Reading("air", {"device": device}, {"pm10": 1.0}), NOW_NS) for device in ("a", "b", "c", "a")]
    assert [outcome.point is not None for outcome in outcomes] == [True, True, False, True]
    assert "series limit" in outcomes[2].refusals[0].reason


def test_fields_above_the_limit_are_refused_and_known_ones_go_on() -> None:
    made = normaliser(max_fields=2)
    fields = [made.normalise(Reading("odd", {}, {name: 1.0}), NOW_NS).point is not None for name in ("a", "b", "c", "a")]
    assert fields == [True, True, False, True]


@pytest.mark.parametrize("tag", ["a\nb", "back\\", "x" * 70_000])
def test_a_tag_that_no_store_can_keep_refuses_the_reading(tag: str) -> None:
    normalised = normaliser().normalise(Reading("air", {"device": tag}, {"pm10": 1.0}), NOW_NS)
    assert normalised.point is None
    assert normalised.refusals[0].reason.isprintable()


def test_long_text_is_refused_alone() -> None:
    normalised = normalise({"note": "x" * 70_000, "pm10": 1.0})
    assert point(normalised).fields == {"pm10": 1.0, "quality": 0}


@given(st.text())
def test_stored_text_is_that_of_the_device_with_blanks_for_control_characters(text: str) -> None:
    stored = point(normalise({"note": text})).fields["note"]
    assert stored == "".join(letter if letter >= " " or letter == "\t" else " " for letter in text)


def test_device_time_counts_where_it_is_given() -> None:
    assert point(normaliser().normalise(Reading("air", {}, {"pm10": 1.0}, NOW_NS - DAY_NS), NOW_NS)).time_ns == NOW_NS - DAY_NS


@pytest.mark.parametrize("time_ns", [0, 86_400_000_000_000, NOW_NS + 2 * DAY_NS])
def test_a_device_without_a_clock_gets_the_time_of_arrival_and_a_mark(time_ns: int) -> None:
    made = point(normaliser().normalise(Reading("air", {}, {"pm10": 1.0}, time_ns), NOW_NS))
    assert (made.time_ns, made.fields["quality"]) == (NOW_NS, quality.CLOCK_ESTIMATED)


def test_two_messages_of_one_moment_are_two_points() -> None:
    made = normaliser()
    times = [point(made.normalise(Reading("air", {}, {"pm10": float(number)}), NOW_NS)).time_ns for number in range(3)]
    assert times == [NOW_NS, NOW_NS + 1, NOW_NS + 2]


names = st.sampled_from(["pm10", "PM2.5", "humidity", "odd", "Odd", "quality", "time"])
numbers = st.floats(allow_nan=True) | st.integers(-(2**64), 2**65) | st.booleans() | st.text(max_size=3)


@given(st.dictionaries(names, numbers, max_size=5))
def test_every_reading_is_a_storable_point_or_refused(fields: dict[str, FieldValue]) -> None:
    normalised = normalise(fields)
    assert normalised.point is not None or normalised.refusals
    if normalised.point is not None:
        assert isinstance(normalised.point.fields["quality"], int)
        assert all(not isinstance(value, float) or math.isfinite(value) for value in normalised.point.fields.values())


@given(st.dictionaries(names, st.floats(allow_nan=False, allow_infinity=False), max_size=4), st.integers(0, 1023))
def test_the_first_loop_gives_what_one_by_one_gives(fields: dict[str, FieldValue], bits: int) -> None:
    fast, slow = normaliser(quality=bits), normaliser(quality=bits, drop=["dropped"])  # a dropped field keeps a reading off the first loop
    for _ in range(2):
        expected = slow.normalise(Reading("air", {"device": "d7"}, {"dropped": 1.0} | fields), NOW_NS)
        assert fast.normalise(Reading("air", {"device": "d7"}, fields), NOW_NS) == expected


def _aged(age_ns: int, arrival_ns: int = NOW_NS, arrival: Arrival | None = None) -> Point:
    return point(normaliser().normalise(Reading("air", {}, {"pm2_5": 1.0}, age_ns=age_ns), arrival_ns, arrival=arrival))


@given(st.integers(-60 * 10**9, 7 * DAY_NS))
def test_a_reading_of_known_age_is_stored_at_the_time_it_was_taken(age_ns: int) -> None:
    made = _aged(age_ns)
    assert (made.time_ns, made.fields["quality"]) == (NOW_NS - age_ns, 0)


def test_an_age_beyond_the_window_is_not_believed() -> None:
    made = _aged(8 * DAY_NS)
    assert (made.time_ns, made.fields["quality"]) == (NOW_NS, quality.CLOCK_ESTIMATED | quality.STALE)


def test_an_age_counts_in_boot_time_while_time_is_not_trusted() -> None:
    boot_ns, untrusted = 100 * 10**9, Arrival(is_trusted=False)
    made = _aged(30 * 10**9, boot_ns, untrusted)
    assert (made.time_ns, made.fields["quality"]) == (70 * 10**9, 0)
    before = _aged(101 * 10**9, boot_ns, untrusted)
    assert (before.time_ns, before.fields["quality"]) == (-(10**9), 0)
    long_before = _aged(8 * DAY_NS, boot_ns, untrusted)
    assert (long_before.time_ns, long_before.fields["quality"]) == (boot_ns, quality.CLOCK_ESTIMATED | quality.STALE)


def test_an_age_says_nothing_of_a_message_that_waited_nobody_knows_how_long() -> None:
    away = Arrival(away=Away(NOW_NS - DAY_NS, NOW_NS, 0, 0))
    assert _aged(5 * 10**9, arrival=away) == _aged(0, arrival=away)


def test_a_historical_reading_outside_the_window_is_refused_and_never_taken_for_one_of_now() -> None:
    old, recent = NOW_NS - 8 * DAY_NS, NOW_NS - 6 * DAY_NS
    refused = normaliser().normalise(Reading("air", {}, {"pm2_5": 1.0}, old, is_historical=True), NOW_NS)
    assert refused.point is None
    assert "device_time_past_s" in refused.refusals[0].reason
    kept = point(normaliser().normalise(Reading("air", {}, {"pm2_5": 1.0}, recent, is_historical=True), NOW_NS))
    assert (kept.time_ns, kept.fields["quality"]) == (recent, 0)

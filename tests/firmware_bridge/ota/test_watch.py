"""Readings prove a firmware, or do not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware_bridge.ota.expected import Announced, expected_sets
from firmware_bridge.ota.watch import SetReading, Watch
from telemetry import quality
from tests.firmware_bridge.ota.model import ANNOUNCED, SENSORS

GOOD = SetReading(0, {"temperature": 24.5, "humidity": 61.0})
RAIN = SetReading(1, {"rain_total": 4.0})


def watch(intervals: int = 3, sensors: object = SENSORS, announced: tuple[Announced, ...] = ANNOUNCED) -> Watch:
    sets, wrong = expected_sets(sensors, announced)  # type: ignore[arg-type]
    assert not wrong
    return Watch(sets, intervals, 0.0, grace_s=2.0)


def run(watching: Watch, seconds: int, *readings: SetReading) -> str | None:
    """Give the readings each second until there is a verdict."""
    verdict: str | None = None
    for second in range(1, seconds + 1):
        for reading in readings:
            watching.heard(reading, float(second))
        verdict = watching.verdict(float(second))
        if verdict is not None:
            break
    return verdict


def test_plausible_readings_of_every_set_for_all_intervals_prove_it() -> None:
    watching = watch()
    assert run(watching, 2, GOOD, RAIN) is None
    assert run(watching, 3, GOOD, RAIN) == ""


def test_a_burst_of_readings_is_not_several_intervals() -> None:
    watching = watch()
    for _ in range(10):
        watching.heard(GOOD, 0.1)
        watching.heard(RAIN, 0.1)
    assert watching.verdict(0.1) is None
    assert watching.verdict(2.5) == ""


def test_a_set_that_is_silent_fails_though_the_other_speaks() -> None:
    assert run(watch(9), 60, GOOD) == "rain: silent for 6.0 s"


def test_values_out_of_range_fail_and_one_glitch_does_not() -> None:
    absurd = SetReading(0, {"temperature": 900.0, "humidity": 61.0})
    assert "temperature 900, plausible is" in str(run(watch(), 60, absurd, RAIN))
    watching = watch()
    watching.heard(absurd, 0.5)
    assert run(watching, 60, GOOD, RAIN) == ""


def test_the_manifest_narrows_what_the_catalogue_allows() -> None:
    narrow = ({**SENSORS[0], "fields": ({"name": "temperature", "lowest": 0, "highest": 20},)},)
    assert "plausible is 0 to 20" in str(run(watch(3, narrow), 60, GOOD))


def test_what_the_board_itself_calls_a_fault_fails() -> None:
    faulty = SetReading(0, GOOD.values, quality.DEVICE_ERROR)
    assert "marks them" in str(run(watch(), 60, faulty, RAIN))


def test_warm_up_is_waited_for() -> None:
    announced = (Announced("air", (("co2", "[ppm]"),), 1.0),)
    watching = watch(3, (), announced)
    assert run(watching, 150, SetReading(0, {"co2": 410.0}, quality.WARM_UP)) is None
    watching.heard(SetReading(0, {"co2": 520.0}), 151.0)
    watching.heard(SetReading(0, {"co2": 521.0}), 152.0)
    watching.heard(SetReading(0, {"co2": 522.0}), 153.0)
    assert watching.verdict(153.0) == ""


def test_a_field_that_does_not_come_fails_in_the_end() -> None:
    assert run(watch(), 60, SetReading(0, {"temperature": 24.0}), RAIN) == "dht: humidity came 0 times, 3 were asked for"


def test_a_value_that_stands_still_for_hours_is_stuck_and_a_counter_is_not() -> None:
    announced = (Announced("weather", (("temperature", "Cel"), ("rain_total", "mm")), 3600.0),)
    watching, verdict = watch(24, (), announced), None
    for hour in range(1, 24):
        watching.heard(SetReading(0, {"temperature": 24.0, "rain_total": 4.0}), hour * 3600.0)
        verdict = verdict or watching.verdict(hour * 3600.0)
    assert verdict == "weather: temperature stands still at 24"


def test_a_board_that_restarts_again_and_again_fails() -> None:
    watching = watch()
    for boot in range(3):
        watching.greeted(boot)
    assert "restarted 2 times" in str(watching.verdict(1.0))


def test_a_time_without_the_board_counts_for_nothing() -> None:
    watching = watch()
    assert run(watching, 1, GOOD, RAIN) is None
    watching.paused(600.0)
    assert watching.verdict(602.0) is None


def test_a_set_that_speaks_only_when_something_happens_is_not_waited_for() -> None:
    announced = (Announced("state", (("door", ""),), 0.0),)
    watching = watch(3, (), announced)
    assert watching.verdict(1.0) is None
    assert watching.verdict(6.0) == ""


@pytest.mark.parametrize(
    ("announced", "why"),
    [
        (ANNOUNCED[:1], "set 1 (rain) is not announced"),
        ((ANNOUNCED[0], Announced("soil", (("rain_total", "mm"),), 1.0)), "set 1 is announced as soil, the manifest says weather"),
        ((Announced("weather", (("temperature", "Cel"),), 1.0), ANNOUNCED[1]), "set 0 (dht) is announced without humidity"),
    ],
)
def test_a_board_that_announces_something_else_than_the_manifest_says_fails(announced: tuple[Announced, ...], why: str) -> None:
    assert expected_sets(SENSORS, announced)[1] == why


def test_ranges_follow_the_unit_that_the_board_says() -> None:
    sets, _ = expected_sets((), (Announced("weather", (("temperature", "K"),), 1.0),))
    assert sets[0].fields[0].is_plausible(297.0)
    assert not sets[0].fields[0].is_plausible(24.0)


@given(st.lists(st.tuples(st.integers(0, 3), st.floats(allow_nan=True), st.integers(0, 1023), st.floats(0.0, 5.0)), max_size=60))
def test_no_reading_breaks_a_watch_and_every_watch_ends(told: list[tuple[int, float, int, float]]) -> None:
    watching, now_s = watch(), 0.0
    for index, value, bits, gap_s in told:
        now_s += gap_s
        watching.heard(SetReading(index, {"temperature": value, "humidity": value}, bits), now_s)
    assert watching.verdict(now_s + 60.0) is not None

"""What is marked as not to be believed, on a time line that the tests move."""

import math
from collections.abc import Iterable, Mapping

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from edge.normalise import Normaliser
from edge.normalise_settings import NormaliseSettings
from edge.truth import COLD_S, MIN_FLAT, MIN_STEADY, STEADY, SeriesTruth, is_expired
from telemetry import catalogue, quality
from telemetry.catalogue.limits import LIMITS, Limits
from telemetry.point import Point, Reading

S_NS = 1_000_000_000
NOW_NS = 1_763_923_712 * S_NS
JUMPS = {"t": Limits(jump=5, jump_per_s=0.05)}
FLAT = {"t": Limits(flat_s=600, rests=(0.0,))}
WARM = {"t": Limits(warm_up_s=30)}


def judged(limits: Mapping[str, Limits], values: Iterable[float], every_s: float = 10, *, is_new: bool = False) -> list[int]:
    """Return the bits of `t` for readings that come `every_s`."""
    series = SeriesTruth(NOW_NS, is_new=is_new)
    return [series.judge(limits, {"t": value}, NOW_NS + round(number * every_s * S_NS)).get("t", 0) for number, value in enumerate(values)]


def test_a_spike_is_marked_and_what_comes_after_it_is_not() -> None:
    assert judged(JUMPS, [20.0, 20.1, 85.0, 20.2, 20.3]) == [0, 0, quality.IMPLAUSIBLE_JUMP, 0, 0]


def test_a_new_level_is_believed_when_it_stays() -> None:
    odd = quality.IMPLAUSIBLE_JUMP
    assert judged(JUMPS, [20.0, 50.0, 50.1, 50.2, 50.3]) == [0, odd, odd, 0, 0]
    assert MIN_STEADY == 3


def test_values_that_jump_about_are_never_believed() -> None:
    assert judged(JUMPS, [20.0, 50.0, 90.0, 50.0, 90.0, 130.0])[1:] == [quality.IMPLAUSIBLE_JUMP] * 5


def test_the_longer_the_pause_the_more_a_value_may_move() -> None:
    assert judged(JUMPS, [20.0, 30.0], every_s=10)[1] == quality.IMPLAUSIBLE_JUMP
    assert judged(JUMPS, [20.0, 30.0], every_s=120)[1] == quality.GOOD


def test_after_a_value_has_expired_any_other_is_believed() -> None:
    assert judged(JUMPS, [20.0, 900.0], every_s=3601) == [0, 0]


def test_a_value_that_never_moves_is_marked_after_its_time_until_it_moves() -> None:
    marked = judged(FLAT, [7.5] * 70 + [7.6])
    assert marked == [0] * 60 + [quality.FLAT_LINE] * 10 + [0]


def test_a_flat_line_takes_ten_readings_however_slow_they_are() -> None:
    assert judged(FLAT, [7.5] * 12, every_s=3600).index(quality.FLAT_LINE) == MIN_FLAT - 1


def test_where_the_world_stands_still_a_sensor_may() -> None:
    assert not any(judged(FLAT, [0.0] * 100))


def test_a_sensor_that_is_new_or_back_is_warming_up() -> None:
    assert judged(WARM, [1.0, 2.0, 3.0, 4.0], is_new=True) == [quality.WARM_UP] * 3 + [0]
    series = SeriesTruth(NOW_NS, is_new=False)
    for second in range(STEADY + 1):
        assert not series.judge(WARM, {"t": 1.0 + second}, NOW_NS + second * S_NS)
    back_ns = NOW_NS + round((STEADY + COLD_S + 1) * S_NS)
    assert series.judge(WARM, {"t": 2.0}, back_ns) == {"t": quality.WARM_UP}
    assert not series.judge(WARM, {"t": 3.0}, back_ns + 30 * S_NS)


@pytest.mark.parametrize("every_s", [301, 600, 3600])
def test_a_sensor_that_comes_seldom_does_not_warm_up_each_time(every_s: float) -> None:
    assert not any(judged(WARM, range(50), every_s))


def test_a_sensor_that_comes_when_it_likes_does_not_warm_up_each_time() -> None:
    series, at_ns = SeriesTruth(NOW_NS, is_new=False), NOW_NS
    for number, pause_s in enumerate([600, 5, 900, 30, 1200, 2, 2, 2, 1700, 60] * 10):
        at_ns += pause_s * S_NS
        assert not series.judge(WARM, {"t": float(number)}, at_ns)


def test_a_seldom_sensor_that_was_away_much_longer_than_it_is_wont_to_warms_up() -> None:
    series = SeriesTruth(NOW_NS, is_new=False)
    for number in range(10):
        assert not series.judge(WARM, {"t": float(number)}, NOW_NS + number * 600 * S_NS)
    assert series.judge(WARM, {"t": 50.0}, NOW_NS + 86_400 * S_NS) == {"t": quality.WARM_UP}


def test_a_sensor_that_was_unplugged_warms_up_however_short_it_was() -> None:
    desk = normaliser()
    take(desk, 0, pm2_5=9.0)
    assert take(desk, 1, pm2_5=9.1).fields["quality"] == quality.GOOD
    desk.sensors_restarted(NOW_NS + 5 * S_NS)
    assert take(desk, 6, pm2_5=9.2).fields["quality"] == quality.WARM_UP
    assert take(desk, 36, pm2_5=9.3).fields["quality"] == quality.GOOD


def test_where_a_talk_tells_of_the_warm_up_silence_does_not() -> None:
    told = Normaliser("dust", "bn", "gw-1", NormaliseSettings(), is_warm_up_told=True)
    for number in range(STEADY + 2):
        take(told, number, pm2_5=9.0 + number)
    assert take(told, 1000, pm2_5=9.5).fields["quality"] == quality.GOOD


@pytest.mark.parametrize("field", ["pm2_5", "co2", "co"])
def test_a_sensor_that_speaks_rarely_is_not_new_with_each_reading(field: str) -> None:
    """LoRaWAN, each 10 minutes; the 6th message is lost, and the 12th to the 20th: that is an absence."""
    series = SeriesTruth(NOW_NS, is_new=False)
    heard = [minute for minute in range(0, 300, 10) if minute != 50 and not 110 <= minute < 200]
    limits = {field: LIMITS[field]}
    marked = [m for m in heard if series.judge(limits, {field: 400.5 + m % 3}, NOW_NS + m * 60 * S_NS).get(field, 0) & quality.WARM_UP]
    assert marked == [200]


def test_a_sensor_that_rests_between_readings_is_good_when_it_speaks() -> None:
    """A dust sensor asked for 10 s in each 15 minutes, when it has warmed up by itself."""
    series = SeriesTruth(NOW_NS, is_new=False)
    limits = {"pm2_5": LIMITS["pm2_5"]}
    at_s = [quarter * 900 + second for quarter in range(5) for second in range(10)]
    marked = {s // 900 for s in at_s if series.judge(limits, {"pm2_5": 9.5 + s % 2}, NOW_NS + s * S_NS)}
    assert not marked


def test_a_sensor_that_is_off_each_night_warms_up_each_morning() -> None:
    series = SeriesTruth(NOW_NS, is_new=False)
    limits = {"pm2_5": LIMITS["pm2_5"]}
    hours = [day * 24 + minute / 60 for day in range(4) for minute in range(600)]
    marked = [h for h in hours if series.judge(limits, {"pm2_5": 9.5 + h % 1}, NOW_NS + round(h * 3600) * S_NS)]
    assert marked == [24, 48, 72]


def test_a_sensor_that_says_when_it_started_is_believed() -> None:
    series = SeriesTruth(NOW_NS, is_new=False)
    assert not series.judge(WARM, {"t": 1.0, "uptime_s": 400.0}, NOW_NS)
    assert series.judge(WARM, {"t": 1.5, "uptime_s": 5.0}, NOW_NS + 10 * S_NS) == {"t": quality.WARM_UP}
    assert not series.judge(WARM, {"t": 2.0, "uptime_s": 36.0}, NOW_NS + 41 * S_NS)


def test_the_past_that_is_told_late_is_not_judged() -> None:
    series = SeriesTruth(NOW_NS, is_new=False)
    series.judge(JUMPS, {"t": 20.0}, NOW_NS)
    assert not series.judge(JUMPS, {"t": 900.0}, NOW_NS - S_NS)
    assert not series.judge(JUMPS, {"t": 20.1}, NOW_NS + S_NS)


def test_a_point_expires_when_its_longest_lived_field_does() -> None:
    assert not is_expired([60, 600], 600 * S_NS)
    assert is_expired([60, 600], 601 * S_NS)
    assert not is_expired([], 10**18)


numbers = st.sampled_from([0.0, 20.0, 20.1, 24.9, 26.0, 85.0, -40.0]) | st.floats(-1e6, 1e6)
steps = st.lists(st.tuples(st.integers(0, 900), numbers, st.booleans()), max_size=40)


@given(steps)
def test_the_short_way_gives_what_the_long_one_gives(told: list[tuple[int, float, bool]]) -> None:
    """An integer never takes the short way."""
    limits = {"t": Limits(warm_up_s=30, flat_s=60, rests=(0.0,), jump=5, jump_per_s=0.05)}
    short, long = SeriesTruth(NOW_NS, is_new=False), SeriesTruth(NOW_NS, is_new=False)
    at_ns = NOW_NS
    for pause_s, value, repeats in told:
        whole = float(round(value))
        at_ns += pause_s * S_NS
        for _ in range(2 if repeats else 1):
            assert short.judge(limits, {"t": whole}, at_ns) == long.judge(limits, {"t": int(whole)}, at_ns)


@given(steps)
def test_a_repeat_gets_the_bits_it_had(told: list[tuple[int, float, bool]]) -> None:
    limits = {"t": Limits(warm_up_s=30, flat_s=60, rests=(0.0,), jump=5, jump_per_s=0.05)}
    series = SeriesTruth(NOW_NS, is_new=True)
    at_ns = NOW_NS
    for pause_s, value, _ in told:
        at_ns += (pause_s + 1) * S_NS
        first = series.judge(limits, {"t": value}, at_ns)
        assert series.judge(limits, {"t": value}, at_ns) == first


@given(steps, st.integers(-(10**18), 10**18))
@example([(0, 20.0, False), (400, 20.1, True), (400, 20.2, False)], -(10**15))
@example([(0, 20.0, False), (10, 50.0, True), (10, 50.1, False), (10, 50.2, False)], 10**15)
def test_moving_the_time_line_changes_nothing(told: list[tuple[int, float, bool]], by_ns: int) -> None:
    limits = {"t": Limits(warm_up_s=30, flat_s=60, jump=5, jump_per_s=0.05)}
    here, moved = SeriesTruth(NOW_NS, is_new=True), SeriesTruth(NOW_NS, is_new=True)
    moved.shift(by_ns)
    at_ns = NOW_NS
    for pause_s, value, moves in told:
        at_ns += pause_s * S_NS
        assert here.judge(limits, {"t": value}, at_ns) == moved.judge(limits, {"t": value}, at_ns + by_ns)
        if moves:
            moved.shift(-by_ns)
            by_ns = 0


# -- as a point has it ----------------------------------------------------------------------------------------------------


def normaliser(**settings: object) -> Normaliser:
    return Normaliser("s1", "bn", "gw1", NormaliseSettings.model_validate(settings))


def take(desk: Normaliser, at_s: float, time_s: float | None = None, measurement: str = "air", **fields: float) -> Point:
    time_ns = None if time_s is None else NOW_NS + round(time_s * S_NS)
    made = desk.normalise(Reading(measurement, {"device": "d7"}, fields, time_ns), NOW_NS + round(at_s * S_NS)).point
    assert made is not None
    return made


def test_a_point_says_which_of_its_fields_is_not_to_be_believed() -> None:
    desk = normaliser()
    take(desk, 0, temperature=25.0, humidity=70.0)
    odd = take(desk, 10, temperature=85.0, humidity=70.1)
    assert odd.fields == {
        "temperature": 85.0,
        "humidity": 70.1,
        "temperature_quality": quality.IMPLAUSIBLE_JUMP | quality.OUT_OF_RANGE,
        "humidity_quality": 0,
        "quality": quality.IMPLAUSIBLE_JUMP | quality.OUT_OF_RANGE,
    }


def test_a_field_that_the_catalogue_does_not_know_is_judged_by_the_config_only() -> None:
    assert take(desk := normaliser(), 0, measurement="lab", temperature=25.0)
    assert take(desk, 1, measurement="lab", temperature=85.0).fields["quality"] == 0
    desk = normaliser(limits={"temperature": {"jump": 1}})
    take(desk, 0, measurement="lab", temperature=25.0)
    assert take(desk, 1, measurement="lab", temperature=85.0).fields["quality"] == quality.IMPLAUSIBLE_JUMP


def test_a_config_may_widen_a_limit_of_the_catalogue() -> None:
    desk = normaliser(limits={"temperature": {"jump": math.inf}})
    take(desk, 0, temperature=25.0)
    assert take(desk, 10, temperature=65.0).fields["quality"] == 0


def test_a_reading_that_is_sent_again_stays_one_point_with_its_marks() -> None:
    desk = normaliser()
    take(desk, 0, time_s=-60, temperature=25.0)
    odd = take(desk, 1, time_s=-50, temperature=60.0)
    later = take(desk, 2, time_s=-40, temperature=25.0)
    assert (odd.fields["quality"], later.fields["quality"]) == (quality.IMPLAUSIBLE_JUMP, 0)
    assert take(desk, 3, time_s=-50, temperature=60.0) == odd
    assert take(desk, 4, time_s=-40, temperature=25.0) == later


def test_two_readings_that_become_one_point_keep_the_marks_of_both() -> None:
    desk = normaliser()
    take(desk, 0, time_s=-60, temperature=25.0)
    first = take(desk, 1, time_s=-50, temperature=60.0)
    second = take(desk, 2, time_s=-50, humidity=70.0)
    assert first.time_ns == second.time_ns
    assert second.fields["quality"] == quality.IMPLAUSIBLE_JUMP


def test_a_start_of_the_agent_is_no_start_of_the_sensors() -> None:
    desk = normaliser()
    assert take(desk, 0, pm2_5=9.0).fields["quality"] == 0
    appeared = desk.normalise(Reading("air", {"device": "new"}, {"pm2_5": 9.0}), NOW_NS + 3601 * S_NS).point
    assert appeared is not None
    assert appeared.fields["quality"] == quality.WARM_UP


def test_a_value_of_last_month_is_not_news() -> None:
    told = take(normaliser(), 0, time_s=-30 * 86_400, temperature=25.0)
    assert told.time_ns == NOW_NS
    assert told.fields["quality"] == quality.STALE | quality.CLOCK_ESTIMATED


@pytest.mark.parametrize(
    ("measurement", "field", "value", "hours"),
    [
        ("ups", "temperature", 25.0, 24 * 30),
        ("soil", "temperature", 24.6, 24 * 6),
        ("water_quality", "temperature", 27.8, 20),
        ("weather", "illuminance", 3.0, 14),
        ("weather", "solar_radiation", 1.0, 14),
        ("weather", "rainfall", 0.0, 24 * 30),
        ("weather", "wind_speed", 0.0, 24 * 3),
        ("air", "pm2_5", 1.0, 24),
        ("gnss", "latitude", 21.0278, 24 * 30),
        ("state", "contact", 1.0, 24 * 30),
        ("device", "battery_percent", 100.0, 24 * 30),
        ("power", "energy", 512_300.0, 24 * 30),
    ],
)
def test_what_stands_still_where_the_world_does_is_no_flat_line(measurement: str, field: str, value: float, hours: int) -> None:
    desk = normaliser()
    assert all(
        take(desk, minute * 60, measurement=measurement, **{field: value}).fields["quality"] == 0 for minute in range(0, hours * 60, 5)
    )


@pytest.mark.parametrize(("measurement", "hours"), [("air", 6), ("water_quality", 24), ("soil", 24 * 7)])
def test_a_stuck_thermometer_is_told_when_what_it_measures_should_have_moved(measurement: str, hours: int) -> None:
    desk = normaliser()
    marked = [h for h in range(hours * 2) if take(desk, h * 3600, measurement=measurement, temperature=21.5).fields["quality"]]
    assert marked[0] == max(hours, MIN_FLAT - 1)


@pytest.mark.parametrize("field", sorted(LIMITS))
def test_every_limit_is_of_a_field_that_the_catalogue_knows(field: str) -> None:
    assert any(catalogue.find(measurement, field) for measurement in catalogue.MEASUREMENTS)
    assert LIMITS[field].marks

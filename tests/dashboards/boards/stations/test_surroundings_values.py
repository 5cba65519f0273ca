"""The queries of the panels of noise, power and weather on a real InfluxDB, with values that were worked out by hand."""

from datetime import date
from math import log10

import pytest

from dashboards.boards import surroundings
from dashboards.influxql.expand import Span, expand
from runtime.influx import InfluxClient
from telemetry import quality
from tests.dashboards.boards.stations.asking import DAY, HOUR, MIDNIGHT, MINUTE, ask, by_device, line, panel_of, write

pytestmark = pytest.mark.server

BOARD = surroundings.on(date(2026, 3, 2))


def _level(*energies: float) -> float:
    return 10 * log10(sum(energies) / len(energies))


def test_the_level_of_an_hour_is_the_mean_of_energies(store: InfluxClient) -> None:
    write(store, [line("noise", "street", minute * MINUTE, laeq=60 if minute % 2 else 50) for minute in range(60)])
    write(store, [line("noise", "street", 30 * MINUTE + 1, quality.FLAT_LINE, laeq=120)])
    # 10 lg((10^5 + 10^6) / 2) = 57.40; the arithmetic mean would be 55.
    for key in ("laeq-hourly-common", "laeq-hourly-special"):
        assert by_device(ask(store, BOARD, key, to_s=HOUR, from_s=-HOUR))["street"] == [(0, pytest.approx(57.4036, abs=1e-4))]


@pytest.mark.parametrize("level", [15.7, 34.9, 61.3])
def test_the_level_of_an_hour_with_one_level_is_that_level(store: InfluxClient, level: float) -> None:
    write(store, [line("noise", f"steady-{level}", minute * MINUTE, laeq=level) for minute in range(3)])
    assert by_device(ask(store, BOARD, "laeq-hourly-common", to_s=HOUR, from_s=-HOUR))[f"steady-{level}"] == [
        (0, pytest.approx(level, abs=1e-9))
    ]


def test_the_level_of_a_night_is_that_of_its_nine_hours_and_a_gap_adds_nothing(store: InfluxClient) -> None:
    readings = []
    for at in range(0, 4 * DAY, 10 * MINUTE):
        hour, day = at % DAY // HOUR, at // DAY
        if (day == 2 and hour < 3) or (day == 3 and hour >= 4):
            continue  # the second night has a gap, the third is not over
        readings.append(line("noise", "night-1", at, laeq=70 if 6 <= hour < 21 else 60 if hour == 23 else 50))
    write(store, readings)
    found = by_device(ask(store, BOARD, "night", to_s=3 * DAY + 4 * HOUR, from_s=-DAY + 14 * HOUR + 30 * MINUTE))["night-1"]
    evenings = [at - 6 * HOUR for at, _ in found]
    assert evenings == [0, DAY, 2 * DAY]
    expected = [_level(*[1e5] * 8, 1e6), _level(*[1e5] * 5, 1e6), _level(*[1e5] * 6, 1e6)]  # 9 h; 21-24 and 3-6 h; 21 to 4 h, so far
    assert [level for _, level in found] == pytest.approx(expected, abs=0.05)
    assert [level for _, level in found][:2] == pytest.approx(expected[:2])


def test_the_night_that_the_range_cuts_off_has_no_level(store: InfluxClient) -> None:
    write(store, [line("noise", "night-2", at, laeq=50) for at in range(0, 2 * DAY, 10 * MINUTE)])
    assert [at for at, _ in by_device(ask(store, BOARD, "night", to_s=2 * DAY - 1, from_s=12 * HOUR)).get("night-2", [])] == []


def test_a_limit_is_a_level_line_of_its_own_with_the_name_of_its_document(store: InfluxClient) -> None:
    write(store, [line("noise", "limited", hour * HOUR, laeq=50) for hour in range(3)])
    for ref, value in ((1, 70), (2, 55)):
        (series,) = ask(store, BOARD, "laeq-hourly-common", to_s=3 * HOUR - 1, from_s=0, ref=ref)
        assert {row[1] for row in series.values} == {value}


@pytest.mark.parametrize(("key", "every", "expected"), [("energy-hourly", HOUR, [590, 590, 600]), ("energy-daily", DAY, [1780])])
def test_energy_is_counted_across_a_reset_of_the_counter(store: InfluxClient, key: str, every: int, expected: list[int]) -> None:
    # 10 Wh a minute from 1000; at minute 90 it begins again at 0. Steps: 59 in the first hour, 30 + 29 in the second, 60 in the third.
    counter = [1000 + 10 * minute if minute < 90 else 10 * (minute - 90) for minute in range(180)]
    write(store, [line("power", f"reset-{key}", minute * MINUTE, energy=value) for minute, value in enumerate(counter)])
    found = by_device(ask(store, BOARD, key, to_s=3 * HOUR - 1, from_s=-2 * HOUR))[f"reset-{key}"]
    assert found == [(number * every, value) for number, value in enumerate(expected)]


def test_the_total_power_is_the_sum_of_what_each_meter_has_on_average(store: InfluxClient) -> None:
    times = range(8 * DAY, 8 * DAY + 10 * MINUTE, 10)
    write(store, [line("power", "sum-1", at, active_power=1000) for at in times])
    write(store, [line("power", "sum-2", at + 3, active_power=-400) for at in times if at % 20 == 0])  # reports half as often
    (series,) = ask(store, BOARD, "active-power-sum", to_s=8 * DAY + 10 * MINUTE - 1, from_s=8 * DAY - 5 * HOUR)
    assert {row[1] for row in series.values if row[1] is not None} == {600}


def test_each_phase_has_a_curve_of_its_own(store: InfluxClient) -> None:
    write(store, [line("power", "phases", 0, voltage_l1=221, voltage_l2=222, voltage_l3=223)])
    found = [by_device(ask(store, BOARD, "voltage-phases", to_s=HOUR, from_s=-HOUR, ref=ref))["phases"] for ref in range(3)]
    assert [rows[0][1] for rows in found] == [221, 222, 223]


@pytest.mark.parametrize(
    ("directions", "mean"), [((350, 10), 0), ((80, 100), 90), ((170, 190), 180), ((350, 350, 20), 359.896), ((260, 300), 280)]
)
def test_directions_are_averaged_as_vectors(store: InfluxClient, directions: tuple[int, ...], mean: float) -> None:
    device = "vane-" + "-".join(map(str, directions))
    write(store, [line("weather", device, number, wind_direction=each, wind_speed=2) for number, each in enumerate(directions)])
    (row,) = by_device(ask(store, BOARD, "weather-wind_direction", to_s=DAY, from_s=-3 * DAY))[device]
    assert 0 <= row[1] < 360
    assert min(abs(row[1] - mean), 360 - abs(row[1] - mean)) < 0.01


def test_rain_is_counted_by_the_hour_across_a_restart_of_the_gauge(store: InfluxClient) -> None:
    counter = {0: 5.0, 10: 5.4, 20: 0.0, 30: 0.6, 70: 0.8}
    write(store, [line("weather", "gauge", minute * MINUTE, rain_total=value) for minute, value in counter.items()])
    found = by_device(ask(store, BOARD, "weather-rain_total", to_s=2 * HOUR - 1, from_s=-HOUR))["gauge"]
    assert found == [(0, pytest.approx(1.0)), (HOUR, pytest.approx(0.2))]


def test_rain_of_intervals_is_added_up_and_gusts_are_not_averaged(store: InfluxClient) -> None:
    write(store, [line("weather", "mast", minute * MINUTE, rainfall=0.5, wind_gust=minute) for minute in (0, 20, 40)])
    assert by_device(ask(store, BOARD, "weather-rainfall", to_s=HOUR - 1, from_s=-HOUR))["mast"] == [(0, 1.5)]
    gusts = by_device(ask(store, BOARD, "weather-wind_gust", to_s=HOUR - 1, from_s=-60 * DAY))["mast"]
    assert gusts == [(0, 40)]


def test_a_reading_marked_as_impossible_turns_no_vane_and_drives_no_counter(store: InfluxClient) -> None:
    write(store, [line("weather", "vane-broken", number, wind_direction=90) for number in range(2)])
    write(store, [line("weather", "vane-broken", 2, quality.DEVICE_ERROR, wind_direction=180)])
    (row,) = by_device(ask(store, BOARD, "weather-wind_direction", to_s=DAY, from_s=-3 * DAY))["vane-broken"]
    assert row[1] == pytest.approx(90)
    write(store, [line("power", "meter-broken", minute * MINUTE, energy=100 + minute) for minute in (0, 1, 3)])
    write(store, [line("power", "meter-broken", 2 * MINUTE, quality.DEVICE_ERROR, energy=0)])  # and back: 103 Wh in a minute
    assert by_device(ask(store, BOARD, "energy-hourly", to_s=HOUR - 1, from_s=-HOUR))["meter-broken"] == [(0, 3)]


def test_a_broken_probe_does_not_spoil_the_curve(store: InfluxClient) -> None:
    write(store, [line("weather", "probe", 0, temperature=30), line("weather", "probe", 1, quality.OUT_OF_RANGE, temperature=850)])
    assert [value for _, value in by_device(ask(store, BOARD, "weather-temperature", to_s=DAY, from_s=-DAY))["probe"]] == [30]


def test_meters_of_one_name_on_two_gateways_of_a_site_are_two_meters(store: InfluxClient) -> None:
    low = [line("power", "meter-twice", minute * MINUTE, energy=100 + minute) for minute in range(60)]
    high = [
        line("power", "meter-twice", minute * MINUTE, energy=9000 + minute).replace("gateway=gw", "gateway=other") for minute in range(60)
    ]
    write(store, [*low, *high])
    answer = ask(store, BOARD, "energy-hourly", to_s=HOUR - 1, from_s=0)
    found = {each.tags["gateway"]: [row[1] for row in each.values] for each in answer if each.tags["device"] == "meter-twice"}
    assert found == {"gw": [59], "other": [59]}


def test_the_total_of_meters_that_report_by_turns_does_not_swing(store: InfluxClient) -> None:
    by_turns = [
        line("power", f"turn-{meter}", 50 * DAY + at, site="turns", active_power=1000)
        for meter in range(5)
        for at in range(meter * MINUTE, 6 * HOUR, 5 * MINUTE)
    ]
    write(store, by_turns)
    panel = panel_of(BOARD, "active-power-sum")
    span = Span((MIDNIGHT + 50 * DAY) * 1000, (MIDNIGHT + 50 * DAY + 6 * HOUR - 1) * 1000)
    (series,) = store.query(expand(panel.queries[0].select.text, span, {"site": "turns"}, panel.interval))
    assert {row[1] for row in series.values} == {5000}

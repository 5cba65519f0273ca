"""The queries of the air panels on a real InfluxDB, with values that were worked out by hand."""

from datetime import date

import pytest

from dashboards.boards import air
from runtime.influx import InfluxClient
from telemetry import quality
from tests.dashboards.boards.stations.asking import DAY, HOUR, MIDNIGHT, MINUTE, ask, by_device, line, write

pytestmark = pytest.mark.server

BOARD = air.on(date(2026, 3, 2))


def test_a_daily_mean_is_the_mean_of_a_vietnamese_day_and_of_its_valid_readings(store: InfluxClient) -> None:
    ten_minutes = [line("air", "daily-1", at, pm2_5=40) for at in range(0, 23 * HOUR, 10 * MINUTE)]  # 138 readings
    late = line("air", "daily-1", 23 * HOUR, pm2_5=180)
    before_and_after = [line("air", "daily-1", at, pm2_5=400) for at in (-10 * MINUTE, DAY)]
    broken = [line("air", "daily-1", hour * HOUR + 5 * MINUTE, quality.OUT_OF_RANGE, pm2_5=990) for hour in range(24)]
    simulated = line("air", "daily-1", 12 * HOUR + 5 * MINUTE + 1, quality.SIMULATED, pm2_5=41)
    write(store, [*ten_minutes, late, *before_and_after, *broken, simulated])
    days = by_device(ask(store, BOARD, "daily-pm2_5", to_s=2 * DAY, from_s=-2 * DAY - 30 * MINUTE))
    # (138 * 40 + 180 + 41) / 140 = 41.0071; the mean of hourly means would be (23 * 40 + 180) / 24 = 45.8, above the limit of 45.
    assert days["daily-1"] == [(0, pytest.approx(5741 / 140))]


def test_a_day_needs_readings_in_eighteen_hours_to_have_a_mean(store: InfluxClient) -> None:
    hours = {"short": 17, "enough": 18}
    write(store, [line("air", device, hour * HOUR, pm10=60) for device, count in hours.items() for hour in range(count)])
    days = by_device(ask(store, BOARD, "daily-pm10", to_s=DAY))
    assert days["enough"] == [(0, 60)]
    assert "short" not in days


def test_the_mean_of_the_last_24_hours_is_none_of_fewer_than_eighteen(store: InfluxClient) -> None:
    write(store, [line("air", "running-1", 5 * DAY + hour * HOUR, pm10=30 if hour % 2 else 60) for hour in range(24)])
    sixteen = 5 * DAY + 16 * HOUR + 30 * MINUTE
    assert "running-1" not in by_device(ask(store, BOARD, "running-pm10-24h", to_s=sixteen))
    (row,) = by_device(ask(store, BOARD, "running-pm10-24h", to_s=5 * DAY + 18 * HOUR + 30 * MINUTE))["running-1"]
    assert row[1] == pytest.approx((10 * 60 + 9 * 30) / 19)  # hours 0 to 18


def test_the_mean_of_eight_hours_looks_no_further_back(store: InfluxClient) -> None:
    readings = {hour: 500 if hour < 4 else 100 for hour in range(12)}
    write(store, [line("air", "ozone", hour * HOUR + MINUTE, o3=value) for hour, value in readings.items()])
    (row,) = by_device(ask(store, BOARD, "running-o3-8h", to_s=11 * HOUR + MINUTE // 2))["ozone"]
    assert row[1] == 150  # from 3:00:30 to 11:00:30: once 500, seven times 100


def test_an_hourly_mean_is_that_of_a_clock_hour_without_invalid_readings(store: InfluxClient) -> None:
    values = {10 * HOUR: 100, 10 * HOUR + 59 * MINUTE: 300, 11 * HOUR: 50}
    write(store, [line("air", "gas", at, no2=value) for at, value in values.items()])
    write(store, [line("air", "gas", 10 * HOUR + MINUTE, quality.WARM_UP, no2=5000)])
    assert by_device(ask(store, BOARD, "hourly-no2", to_s=12 * HOUR, from_s=9 * HOUR))["gas"] == [(10 * HOUR, 200), (11 * HOUR, 50)]


@pytest.mark.parametrize("field", ["pm2_5", "pm10"])
def test_no_hourly_value_of_dust_stands_beside_a_limit(field: str) -> None:
    for panel in BOARD.panels:
        asks_for_dust = any(f'"{field}"' in query.select.text for query in panel.queries)
        has_a_limit = "thresholds" in panel.defaults and panel.kind in ("timeseries", "bargauge")
        if asks_for_dust and has_a_limit:
            assert all('"hours" >= 18' in query.select.text for query in panel.queries), panel.key


def test_the_share_of_good_readings_and_their_marks_are_counted_by_reading(store: InfluxClient) -> None:
    both = quality.SIMULATED | quality.OUT_OF_RANGE
    bits = (0, 0, 0, quality.SIMULATED, both, quality.STALE, 0, 0)
    write(store, [line("air", "marked", number * MINUTE, each, pm2_5=1) for number, each in enumerate(bits)])
    (share,) = by_device(ask(store, BOARD, "good-share", to_s=HOUR, from_s=0))["marked"]
    assert share[1] == pytest.approx(75)  # 6 of 8: the mark "simulated" alone does not count
    (series,) = [each for each in ask(store, BOARD, "marks", to_s=HOUR, from_s=0) if each.tags["device"] == "marked"]
    counts = dict(zip(series.columns, series.values[0], strict=True))
    assert {name: count for name, count in counts.items() if count and name != "time"} == {"simulated": 2, "out-of-range": 1, "stale": 1}


def test_now_is_one_reading_with_its_own_time_and_not_patched_from_older_ones(store: InfluxClient) -> None:
    write(store, [line("air", "now-1", 0, pm2_5=10, co2=500), line("air", "now-1", MINUTE, quality.FLAT_LINE, pm2_5=12)])
    (series,) = [each for each in ask(store, BOARD, "now", to_s=HOUR, from_s=0) if each.tags["device"] == "now-1"]
    row = dict(zip(series.columns, series.values[0], strict=True))
    assert row["time"] == (MIDNIGHT + MINUTE) * 1000
    assert (row["pm2_5"], row["co2"], row["quality"]) == (12, None, quality.FLAT_LINE)


def test_stations_are_compared_by_their_valid_readings(store: InfluxClient) -> None:
    write(store, [line("air", "compared-1", number * MINUTE, pm2_5=number) for number in range(1, 101)])
    write(store, [line("air", "compared-1", 101 * MINUTE, quality.DEVICE_ERROR, pm2_5=1000)])
    (series,) = [each for each in ask(store, BOARD, "compared", to_s=2 * HOUR, from_s=0) if each.tags["device"] == "compared-1"]
    row = dict(zip(series.columns, series.values[0], strict=True))
    assert (row["mean"], row["median"], row["p95"], row["max"], row["readings"]) == (50.5, 50.5, 95, 100, 100)


def test_a_curve_leaves_out_what_is_impossible_and_shows_what_is_suspicious(store: InfluxClient) -> None:
    marks = {0: 0, 1: quality.OUT_OF_RANGE, 2: quality.DEVICE_ERROR, 3: quality.FLAT_LINE}
    write(store, [line("air", "curve-1", minute * MINUTE, mark, co2=400 + minute) for minute, mark in marks.items()])
    shown = by_device(ask(store, BOARD, "co2", to_s=4 * MINUTE, from_s=-MINUTE))["curve-1"]
    assert [value for _, value in shown] == [400, 403]


def test_only_the_chosen_site_is_asked_for(store: InfluxClient) -> None:
    write(store, [line("air", "elsewhere", 0, pm2_5=1)])
    assert ask(store, BOARD, "pm2_5", to_s=HOUR, from_s=-HOUR, site="another") == []

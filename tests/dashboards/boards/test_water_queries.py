"""What the water page asks, on a real InfluxDB, against what was worked out by hand."""

from collections.abc import Iterator

import pytest

from dashboards.boards import board
from dashboards.boards.river_levels import BELOW, UNKNOWN, against_alarms, names
from dashboards.boards.water_levels import SITE, STATION, alarm_line, rate_of_rise
from dashboards.boards.water_quality import marked
from dashboards.boards.water_rain import counted_rain, summed_rain
from quanho.demo.servers import Influxd
from rules.limits import stations
from telemetry import quality
from tests.dashboards.boards.asked import DAY, HOUR, Store, last_of

pytestmark = pytest.mark.server

WEEK = 7 * DAY


@pytest.fixture
def store(influxd: Influxd, request: pytest.FixtureRequest) -> Iterator[Store]:
    store = Store(influxd.url, request.node.name)
    yield store
    store.close()


def level(store: Store, device: str, metres: float, age: float = 1, bits: int = 0) -> None:
    store.write([store.point("water_level", device, age, level=metres, quality=bits)])


def against(store: Store) -> dict[str, tuple[float, float | None]]:
    found = last_of(store.ask(against_alarms(), minutes=WEEK), "alarm", "above")
    return {device: (alarm, None if above is None else round(above, 6)) for device, (alarm, above) in found.items()}


def test_a_level_is_told_by_the_highest_alarm_of_its_own_station_that_it_reaches(store: Store) -> None:
    level(store, "dap-cau", 4.29)  # alarms at 4.30, 5.30, 6.30
    level(store, "luc-nam", 4.30)
    level(store, "phu-lang-thuong", 5.85)
    level(store, "pha-lai", 6.00)  # 4, 5, 6
    level(store, "son-tay", 5.00)  # 12.40, 13.40, 14.40
    assert against(store) == {
        "dap-cau": (BELOW, -0.01),
        "luc-nam": (1, 0.0),
        "phu-lang-thuong": (2, 0.55),
        "pha-lai": (3, 0.0),
        "son-tay": (BELOW, -7.4),
    }


def test_where_only_one_alarm_is_known_nothing_is_above_it(store: Store) -> None:
    level(store, "cam-dan", 55.0)  # alarm I at 41.00, the others not known
    assert against(store) == {"cam-dan": (1, 14.0)}


def test_a_station_without_alarm_levels_is_compared_with_none(store: Store) -> None:
    level(store, "ben-ho", 9.0)  # in the table, without levels
    level(store, "kenh-ngu-huyen", 0.4)
    found = last_of(store.ask(against_alarms(), minutes=WEEK), "level", "alarm", "above", "station")
    assert found == {"ben-ho": (9.0, UNKNOWN, None, None), "kenh-ngu-huyen": (0.4, UNKNOWN, None, None)}


def test_the_last_usable_level_counts_at_its_own_time_however_old(store: Store) -> None:
    level(store, "dap-cau", 5.0, age=3 * DAY)
    level(store, "dap-cau", 60.0, age=1, bits=quality.OUT_OF_RANGE)
    [series] = store.ask(against_alarms(), minutes=WEEK)
    row = dict(zip(series.columns, series.values[-1], strict=True))
    assert (row["level"], row["alarm"], row["time"]) == (5.0, 1, store.now_ms - 3 * DAY * 60_000)


def test_simulated_levels_are_shown_as_any_other(store: Store) -> None:
    level(store, "dap-cau", 6.5, bits=quality.SIMULATED | quality.CLOCK_ESTIMATED)
    assert against(store) == {"dap-cau": (3, 0.2)}


def test_the_number_of_a_station_leads_to_its_name(store: Store) -> None:
    for station in stations():
        level(store, station.device, 1.0)
    found = last_of(store.ask(against_alarms(), minutes=WEEK), "station")
    shown = {device: str(names()[int(number)]) for device, number in found.items() if number is not None}
    known = {station.device: station.name for station in stations() if any(station.levels)}
    assert shown.keys() == known.keys()
    assert all(known[device] in text for device, text in shown.items())


def test_the_chosen_station_alone_is_shown_with_its_own_lines(store: Store) -> None:
    for age in range(0, 3 * HOUR, 10):
        level(store, "dap-cau", 5.0, age)
        level(store, "pha-lai", 3.0, age)
        level(store, "ben-ho", 2.0, age)

    def lines(station: str) -> list[set[float]]:
        answers = [store.ask(alarm_line(number), minutes=2 * HOUR, station=station) for number in (1, 2, 3)]
        return [{row[1] for series in answer for row in series.values} for answer in answers]

    assert lines("dap-cau") == [{4.3}, {5.3}, {6.3}]
    assert lines("pha-lai") == [{4.0}, {5.0}, {6.0}]
    assert lines("ben-ho") == [set(), set(), set()]
    assert last_of(store.ask(against_alarms((SITE, STATION)), station="pha-lai"), "level") == {"pha-lai": 3.0}
    assert store.ask(against_alarms((SITE, STATION)), site="another") == []


@pytest.mark.parametrize("minutes", [3 * HOUR, 3 * HOUR + 17, DAY])
def test_a_steady_rise_is_told_as_it_is_at_both_ends_of_the_range(store: Store, minutes: int) -> None:
    for age in range(0, 26 * HOUR, 10):
        level(store, "rising", 5.0 - 0.12 * age / 60, age)
        level(store, "falling", 5.0 + 0.30 * age / 60, age)
    answer = store.ask(rate_of_rise("30m"), minutes=minutes)
    rates = {series.tags["device"]: [row[1] for row in series.values if row[1] is not None] for series in answer}
    assert len(rates["rising"]) >= minutes // 30
    assert rates["rising"] == pytest.approx([0.12] * len(rates["rising"]))
    assert rates["falling"] == pytest.approx([-0.30] * len(rates["falling"]))


def test_hours_without_levels_are_a_hole_in_the_rate_and_not_a_line_across_it(store: Store) -> None:
    for age in (*range(0, 60, 10), *range(5 * HOUR, 6 * HOUR, 10)):
        level(store, "dap-cau", 5.0, age)
    [series] = store.ask(rate_of_rise("30m"), minutes=6 * HOUR)
    assert [row[1] for row in series.values].count(None) >= 6, "Grafana joins what has no null between"


def test_a_spike_that_was_marked_moves_no_rate(store: Store) -> None:
    for age in range(10, 2 * HOUR, 10):
        level(store, "dap-cau", 5.0, age)
    level(store, "dap-cau", 25.0, 1, bits=quality.IMPLAUSIBLE_JUMP)
    [series] = store.ask(rate_of_rise("30m"), minutes=2 * HOUR)
    assert {row[1] for row in series.values if row[1] is not None} == {0.0}


def test_rain_is_what_the_counter_grew_by_in_each_hour_and_a_new_count_takes_nothing_away(store: Store) -> None:
    into_hour = (store.now_ms % 3_600_000) / 60_000
    totals = {(4, 30): 100.0, (3, 40): 102.5, (3, 20): 0.2, (2, 30): 3.2}  # by full hours and minutes ago; it began anew in between
    store.write([store.point("weather", "mast", into_hour + HOUR * (h - 1) + m, rain_total=total) for (h, m), total in totals.items()])
    [series] = store.ask(counted_rain("weather"), minutes=6 * HOUR)
    assert [row[1] for row in series.values if row[1] is not None] == pytest.approx([2.5, 3.0])


def test_rain_of_intervals_is_their_sum_by_the_hour(store: Store) -> None:
    into_hour = (store.now_ms % 3_600_000) / 60_000
    ages = (into_hour + 10, into_hour + 20, into_hour + 30, into_hour + 70)
    store.write([store.point("water_level", "gauge", age, rainfall=0.5, level=1.0) for age in ages])
    [series] = store.ask(summed_rain("water_level"), minutes=6 * HOUR)
    assert [row[1] for row in series.values] == [0.5, 1.5]


def test_marked_readings_are_counted_by_kind_beside_all_of_them(store: Store) -> None:
    for age in range(10):
        level(store, "dap-cau", 5.0, age)
    level(store, "dap-cau", 5.0, 20, bits=quality.WARM_UP | quality.OUT_OF_RANGE)
    level(store, "dap-cau", 5.0, 21, bits=quality.OUT_OF_RANGE)
    store.write([store.point("water_quality", "probe", 3, ph=7.0)])
    found = last_of(store.ask(marked()), "readings", "warm-up", "out-of-range", "stale")
    assert found == {"dap-cau": (12, 1, 2, 0), "probe": (1, 0, 0, 0)}


def test_every_query_of_both_pages_is_answered_once_there_is_equipment_for_it(store: Store) -> None:
    probe = {"ph": 7.0, "dissolved_oxygen": 6.0, "turbidity": 40.0, "conductivity": 300.0, "temperature": 28.0}
    for age in range(0, 4 * HOUR, 5):
        store.write(
            [
                store.point("water_level", "dap-cau", age, level=5.0, flow=10.0, velocity=1.0, rainfall=0.1, rain_total=100.0 - age / 10),
                store.point("water_flow", "pipe", age, flow=1.0, velocity=2.0),
                store.point("weather", "mast", age, rainfall=0.1, rain_total=100.0 - age / 10),
                store.point("water_quality", "probe", age, **probe),
                store.point("air", "street", age, pm2_5=20.0, pm10=40.0),
                store.point("gateway", "gw", age, latitude=21.2, longitude=106.1, spool_oldest_age_s=0.1, uplink_up=True, spool_records=0),
            ]
        )
    for name in ("overview", "water"):
        for panel in board(name).render("vi")["panels"]:
            for index, target in enumerate(panel.get("targets", ())):
                answer = store.ask(target["query"], minutes=WEEK, station="dap-cau")
                values = [value for series in answer for row in series.values for value in row[1:]]
                if panel["type"] == "geomap" and index > 0:
                    assert answer == [], "nobody is in trouble or silent"
                else:
                    assert any(value is not None for value in values), (panel["title"], target["query"])

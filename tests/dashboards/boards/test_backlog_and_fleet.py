"""Backlogs, gateways and devices on dashboards, asked of a real InfluxDB; expected values are worked out by hand."""

import time
from collections.abc import Iterable, Mapping

import pytest

from dashboards.influxql.expand import Span
from telemetry.point import FieldValue, Point
from tests.dashboards.boards.asked_store import BEGIN_S, HOUR, AskedStore, ms, point, rendered
from tests.dashboards.influx_store import rows

pytestmark = pytest.mark.server

_TEN_MINUTES = Span(BEGIN_S * 1000, (BEGIN_S + 600) * 1000)
_NOW_S = time.time() - BEGIN_S  # "silent" is about the present


def _reports(gateway: str, at_s: Iterable[float], **fields: FieldValue) -> list[Point]:
    return [point("gateway", gateway, second, fields, gateway) for second in at_s]


def _flow(gateway: str, lines: tuple[int, int], stored: float, delivered: float) -> list[Point]:
    """Return ten minutes of a gateway whose backlog goes from one number of lines to another."""
    first, last = lines
    return [
        point(
            "gateway",
            gateway,
            second,
            {
                "spool_lines": first + (last - first) * second // 590,
                "spool_oldest_age_s": 30.0,
                "stored_rate": stored,
                "delivered_rate": delivered,
            },
            gateway,
        )
        for second in range(0, 600, 10)
    ]


def _etas(store: AskedStore) -> dict[str, float]:
    return {row["gateway"]: row["eta"] for row in rows(store.panel("delivery", "backlog", 1, _TEN_MINUTES))}


def test_backlog_that_drains_has_a_time_and_the_slowest_is_shown_large(store: AskedStore) -> None:
    store.write([*_flow("g1", (6000, 3000), 5.0, 10.0), *_flow("g2", (900, 600), 5.0, 5.5)])
    assert _etas(store) == {"g1": 600.0, "g2": 1200.0}
    assert [row["eta"] for row in rows(store.panel("delivery", "eta", span=_TEN_MINUTES))] == [1200.0]
    assert [row["waiting"] for row in rows(store.panel("delivery", "waiting", span=_TEN_MINUTES))] == [3600]


@pytest.mark.parametrize(("lines", "delivered"), [((100, 3100), 0.0), ((500, 500), 5.0), ((0, 0), 6.0)], ids=["grows", "stands", "empty"])
def test_backlog_that_does_not_drain_has_no_time(store: AskedStore, lines: tuple[int, int], delivered: float) -> None:
    store.write(_flow("g1", lines, 5.0, delivered))
    assert _etas(store) == {}
    assert store.panel("delivery", "eta", span=_TEN_MINUTES) == []
    (row,) = rows(store.panel("delivery", "backlog", 0, _TEN_MINUTES))
    assert (row["lines"], row["age"], row["net"]) == (lines[1], 30.0, delivered - 5.0)


def test_counter_that_begins_anew_with_the_agent_is_no_loss_and_no_negative_bar(store: AskedStore) -> None:
    counts = {105: 10, 165: 12, 225: 12, 285: 1, 345: 4}  # the agent started again between 225 and 285
    store.write(point("gateway", "g1", second, {"rejected_total": count}) for second, count in counts.items())
    assert [bar for row in rows(store.panel("delivery", "rejected-over-time")) if (bar := row["rejected_total"]) is not None] == [
        5
    ]  # 2 before, 3 after, in one bar


def test_table_of_gateways_tells_the_last_report_whole_and_when_it_was(store: AskedStore) -> None:
    store.write(_reports("g1", [10], spool_lines=9, uplink_up=True, version="1.0", cpu_temperature=50.0))
    store.write(_reports("g1", [20], spool_lines=7, uplink_up=False, version="1.1"))
    (row,) = rows(store.panel("fleet", "gateways"))
    assert (row["time"], row["gateway"], row["spool_lines"], row["uplink_up"], row["version"]) == (ms(20), "g1", 7, False, "1.1")
    assert row["cpu_temperature"] is None


def _until_now() -> Span:
    return Span(BEGIN_S * 1000, round((BEGIN_S + _NOW_S + 60) * 1000))


def _recent(store: AskedStore) -> Mapping[str, bool]:
    return {row["gateway"]: row["recent"] > 0 for row in rows(store.panel("fleet", "gateways", 1, _until_now()))}


def test_gateway_that_said_nothing_for_ten_minutes_is_silent_since_its_last_report(store: AskedStore) -> None:
    store.write(_reports("fine", [_NOW_S - 3600, _NOW_S - 30], spool_lines=1))
    store.write(_reports("gone", [_NOW_S - 3600, _NOW_S - 1800], spool_lines=5))
    assert _recent(store) == {"fine": True, "gone": False}
    assert rows(store.panel("fleet", "silent-count", span=_until_now()))[0]["silent"] == 1
    last = {row["gateway"]: row["time"] for row in rows(store.panel("fleet", "silent", 0, _until_now()))}
    assert last["gone"] == pytest.approx(ms(_NOW_S - 1800), abs=1)


def test_number_of_silent_gateways_is_empty_when_all_report(store: AskedStore) -> None:
    store.write(_reports("fine", [_NOW_S - 30], spool_lines=1))
    assert store.panel("fleet", "silent-count", span=_until_now()) == []


def test_marked_times_of_a_gateway_are_told_bit_by_bit(store: AskedStore) -> None:
    store.write(point("gateway", "g1", second, {"quality": quality}) for second, quality in ((40, 16), (50, 272), (100, 0), (160, 257)))
    assert len(rows(store.panel("fleet", "marked-times"))) == 61  # minutes of the range, and none after it
    estimated, rebuilt = (
        [row["marked"] for row in rows(store.panel("fleet", "marked-times", target)) if row["marked"] is not None] for target in (0, 1)
    )
    assert (estimated, rebuilt) == ([1, 0, 0], [1, 0, 1])


_DEVICE = {"site": "s1", "gateway": "g1", "device": "dust"}


def test_last_values_of_a_device_are_of_the_chosen_one_and_of_everything_it_reports(store: AskedStore) -> None:
    store.write(
        [
            point("air", "dust", 10, {"pm2_5": 12.5, "battery": 3.9}),
            point("air", "dust", 70, {"pm2_5": 14.5}),
            point("weather", "dust", 70, {"temperature": 31.0}),
            point("air", "other", 80, {"pm2_5": 99.0}),
            point("state", "dust", 75, {"water_leak": True}),
        ]
    )
    found: dict[str, FieldValue] = {}
    for key in ("values", "states"):
        for target in range(_targets(key)):
            for row in rows(store.panel("device", key, target, variables=_DEVICE)):
                found |= {name: value for name, value in row.items() if name != "time" and value is not None}
    assert found == {"pm2_5": 14.5, "battery": 3.9, "temperature": 31.0, "water_leak": True}


def _targets(key: str) -> int:
    return len(rendered("device", key)["targets"])


def _of_air(store: AskedStore, key: str) -> list[dict[str, float]]:
    return rows(store.panel("device", key, 0, variables=_DEVICE))


def test_device_was_last_heard_at_its_last_point_and_with_that_quality(store: AskedStore) -> None:
    store.write([point("air", "dust", 10, {"pm2_5": 1.0}), point("air", "dust", 70, {"pm2_5": 1.0, "quality": 3})])
    assert [(row["time"], row["quality"]) for row in _of_air(store, "seen")] == [(ms(70), 3)]


def test_flags_of_a_device_are_told_in_words_and_only_those_that_were_set(store: AskedStore) -> None:
    store.write(point("air", "dust", second, {"pm2_5": 1.0, "quality": quality}) for second, quality in ((40, 0), (100, 3), (160, 0)))
    store.write([point("weather", "dust", 100, {"temperature": 20.0, "quality": 512})])
    flagged = {
        (series.name, target): [value for _, value in series.values if value is not None]
        for target in range(_targets("quality"))
        for series in store.panel("device", "quality", target, variables=_DEVICE)
    }
    assert flagged == {("air", 0): [1], ("air", 1): [1], ("weather", 9): [1]}


def test_pace_is_points_a_minute_whatever_the_interval(store: AskedStore) -> None:
    store.write(point("air", "dust", second, {"pm2_5": 1.0}) for second in range(0, 3600, 20))
    hours = {row["points"] for row in _of_air(store, "pace")[1:-1]}
    day = Span(HOUR.from_ms, HOUR.from_ms + 86_400_000, points=24)
    by_hour = rows(store.panel("device", "pace", 0, day, _DEVICE))
    assert hours == {3}
    assert sum(row["points"] for row in by_hour) * 60 == pytest.approx(180)


def test_longest_pause_is_found_where_it_ended(store: AskedStore) -> None:
    store.write(point("air", "dust", second, {"pm2_5": 1.0}) for second in (0, 10, 20.5, 500, 510))
    assert [row["pause"] for row in _of_air(store, "pause")] == [10.5, 479.5]


def test_board_link_counters_tell_increases_across_a_restart_of_the_agent(store: AskedStore) -> None:
    frames = {5: 100.0, 65: 160.0, 125: 20.0, 185: 80.0}
    store.write(point("board_link", "dust", second, {"frames_total": count}) for second, count in frames.items())
    rises = [row["frames_total"] for row in rows(store.panel("device", "board-link", 0, variables=_DEVICE))]
    assert [rise for rise in rises if rise is not None] == [60, 60]
    assert store.panel("device", "board-link", 0, variables={**_DEVICE, "device": "other"}) == []

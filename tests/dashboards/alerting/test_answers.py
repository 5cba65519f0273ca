"""A replay answers what a real InfluxDB answers to the rule's statement, at any instant."""

from collections.abc import Mapping
from itertools import count

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from dashboards.alerting.answers import asking
from dashboards.alerting.queries import Flag, LastSeen, Level, Losses, OpenGaps, Query, Rate
from telemetry.point import FieldValue, Point
from tests.dashboards.alerting.conftest import RuleStore

pytestmark = pytest.mark.server

_BASE_S = 1_790_000_400  # a whole number of ten minutes
_MINUTES = 300
_SITES = count()
_GATEWAY = ("site", "gateway")
# Without shrinking: each example is a dozen questions to a server.
_SAME = settings(max_examples=12, deadline=None, phases=[Phase.explicit, Phase.reuse, Phase.generate])

minutes = st.integers(0, _MINUTES)
good_or_not = st.sampled_from([0, 0, 0, 4, 16])
values = st.integers(-50, 50).map(lambda value: value / 4)
devices = st.sampled_from(["d1", "d2"])


def _same(
    store: RuleStore, query: Query, written: list[tuple[str, int, dict[str, FieldValue]]], above: Mapping[str, float] | None = None
) -> None:
    """Write (series, minute, fields) and compare the two answers at several instants, among them such as no point has."""
    site = f"s{next(_SITES)}"
    measurement = getattr(query, "measurement", "ledger")
    points = [
        Point(measurement, {"site": site, **_tags(series)}, fields, (_BASE_S + 60 * minute) * 10**9) for series, minute, fields in written
    ]
    store.write(points)
    ask = asking(query, points, above)
    for minute in (0, 7, 59, 60, 61, 121, 180, 240, _MINUTES, _MINUTES + 90, _MINUTES + 200):
        now_ms = (_BASE_S + 60 * minute) * 1000
        ours = {labels: seen.value for labels, seen in ask(now_ms).items()}
        assert ours == pytest.approx(store.answer(query, now_ms, site, above)), minute


def _tags(series: str) -> dict[str, str]:
    return {"gateway": "g", "device": series} if "/" not in series else {"gateway": "g", "device": "g", **_source(series)}


def _source(series: str) -> dict[str, str]:
    source, reason = series.split("/")
    return {"source": source, "reason": reason}


@_SAME
@given(st.lists(st.tuples(devices, minutes, values, good_or_not), min_size=1, max_size=40))
def test_last_value_is_remembered_for_as_long_as_it_says_and_bad_ones_are_passed_over(
    rule_store: RuleStore, rows: list[tuple[str, int, float, int]]
) -> None:
    query = Level(measurement="air", field="pm2_5", memory="2h", divided_by=4, qualities=(0, 16))
    _same(rule_store, query, [(device, minute, {"pm2_5": value, "quality": quality}) for device, minute, value, quality in rows])


@_SAME
@given(st.lists(st.tuples(devices, minutes, values, good_or_not), min_size=20, max_size=80))
def test_mean_is_that_of_the_last_steps_that_have_readings(rule_store: RuleStore, rows: list[tuple[str, int, float, int]]) -> None:
    query = Level(measurement="air", field="pm10", memory="2h", mean_of=3, step="10m")
    _same(rule_store, query, [(device, minute, {"pm10": value, "quality": quality}) for device, minute, value, quality in rows])


@_SAME
@given(st.lists(st.tuples(devices, minutes, values), min_size=1, max_size=30))
def test_alarm_levels_are_taken_off_each_gauge_by_itself(rule_store: RuleStore, rows: list[tuple[str, int, float]]) -> None:
    query = Level(measurement="water_level", field="level", memory="2h")
    written = [(device, minute, {"level": value, "quality": 0}) for device, minute, value in [*rows, ("other", 3, 99.0)]]
    _same(rule_store, query, written, {"d1": 4.3, "d2": -7.25, "nowhere": 1.0})


@_SAME
@given(st.lists(st.tuples(minutes, st.booleans() | st.none()), min_size=1, max_size=30, unique_by=lambda row: row[0]))
def test_flag_is_what_was_told_last(rule_store: RuleStore, rows: list[tuple[int, bool | None]]) -> None:
    query = Flag.model_validate({"measurement": "gateway", "field": "clock_trusted", "is": False, "memory": "2h"})
    written = [("g", minute, {"quality": 0} | ({} if told is None else {"clock_trusted": told})) for minute, told in rows]
    _same(rule_store, query, written)


@_SAME
@given(st.lists(st.tuples(devices, minutes), min_size=1, max_size=40))
def test_who_was_seen_but_not_lately_is_counted_as_zero(rule_store: RuleStore, rows: list[tuple[str, int]]) -> None:
    query = LastSeen(measurement="noise", window="10m", memory="2h")
    _same(rule_store, query, [(device, minute, {"laeq": 50.0, "quality": 0}) for device, minute in rows])


@_SAME
@given(st.lists(st.tuples(minutes, st.integers(0, 9) | st.none()), min_size=1, max_size=40, unique_by=lambda row: row[0]))
def test_growth_of_a_counter_leaves_out_where_it_fell(rule_store: RuleStore, rows: list[tuple[int, int | None]]) -> None:
    query = Rate(measurement="gateway", field="rejected_total", window="30m", memory="2h")
    _same(rule_store, query, [("g", minute, {"quality": 0} | ({} if n is None else {"rejected_total": n})) for minute, n in rows])


@_SAME
@given(
    st.lists(
        st.tuples(st.sampled_from(["a/quota", "b/broker"]), minutes, st.integers(-2, 9) | st.none(), st.booleans()), min_size=1, max_size=30
    )
)
def test_losses_are_added_up(rule_store: RuleStore, rows: list[tuple[str, int, int | None, bool]]) -> None:
    written = [
        (series, minute, {"quality": 0, "count_known": is_known} | ({} if n is None else {"count": n}))
        for series, minute, n, is_known in rows
    ]
    _same(rule_store, Losses(window="30m", memory="2h", reasons=("quota", "memory full")), written)


@_SAME
@given(st.lists(st.tuples(st.sampled_from(["a/quota", "b/broker"]), minutes, st.integers(1, 90) | st.none()), min_size=1, max_size=12))
def test_gaps_are_open_until_their_end_is_told(rule_store: RuleStore, rows: list[tuple[str, int, int | None]]) -> None:
    written: list[tuple[str, int, dict[str, FieldValue]]] = []
    for series, begin, length in rows:
        of_it: dict[str, FieldValue] = {"from_ns": (_BASE_S + 60 * begin) * 10**9, "quality": 0}
        written.append((series, begin, of_it | {"state": "open"}))
        if length is not None:
            written.append((series, begin + length, of_it | {"state": "closed", "count": 3}))
    _same(rule_store, OpenGaps(memory="6h"), written)


def test_end_of_a_gap_whose_beginning_is_forgotten_hides_no_new_one(rule_store: RuleStore) -> None:
    query = OpenGaps(memory="2h")
    told = [(0, 0, "open"), (100, 0, "closed"), (170, 170, "open")]
    written: list[tuple[str, int, dict[str, FieldValue]]] = [
        ("a/silent", minute, {"from_ns": (_BASE_S + 60 * begin) * 10**9, "quality": 0, "state": state}) for minute, begin, state in told
    ]
    points = [
        Point("ledger", {"site": "forgotten", **_tags(series)}, fields, (_BASE_S + 60 * minute) * 10**9)
        for series, minute, fields in written
    ]
    rule_store.write(points)
    now_ms = (_BASE_S + 60 * 180) * 1000
    assert list(rule_store.answer(query, now_ms, "forgotten").values()) == [1.0]
    assert [seen.value for seen in asking(query, points)(now_ms).values()] == [1.0]

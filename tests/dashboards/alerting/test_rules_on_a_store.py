"""Every rule of the house on a real InfluxDB: it fires on what is bad, is quiet on what is not, and its own words are taken."""

import time
from collections.abc import Iterator
from datetime import date
from itertools import count

import pytest

from dashboards.alerting.queries import Arrival, Flag, Heartbeat, LastSeen, Level, Losses, OpenGaps, Query, Rate, range_ms
from dashboards.alerting.rule import Rule
from dashboards.alerting.rules import load
from dashboards.alerting.statements import statement
from dashboards.influxql.expand import Span, expand
from quanho.demo.influxql import influxql
from telemetry.point import FieldValue, Point
from tests.dashboards.alerting.conftest import RuleStore

pytestmark = pytest.mark.server

_RULES = [rule for rule in load() if not isinstance(rule.query, Heartbeat)]
_DAY = date(2026, 11, 27)
_NOW_S = 1_795_000_000
_SITES = count()
_SOURCE = {"source": "street", "reason": "source silent"}
_Row = tuple[int, dict[str, str], dict[str, FieldValue]]  # seconds ago, tags and fields beside those that every point has
_MINUTE = 60


def _points(rule: Rule, site: str, *, is_bad: bool) -> list[Point]:
    measurement = getattr(rule.query, "measurement", "ledger")
    rows = _levels(rule, is_bad=is_bad) if isinstance(rule.query, Level | Flag) else _events(rule.query, is_bad=is_bad)
    return [
        Point(measurement, {"site": site, "gateway": "g", "device": "d"} | tags, {"quality": 0} | fields, (_NOW_S - ago_s) * 10**9)
        for ago_s, tags, fields in rows
    ]


def _levels(rule: Rule, *, is_bad: bool) -> Iterator[_Row]:
    query = rule.query
    if isinstance(query, Level) and rule.levels:
        for device, level in rule.levels.items():
            yield 3600, {"device": device}, {query.field: level if is_bad else level - 0.01}
    elif isinstance(query, Level) and query.field == "quality":
        yield 30, {}, {"quality": max(query.qualities) if is_bad else min(query.qualities)}
    elif isinstance(query, Level):
        value = _beside(rule, is_bad=is_bad) * query.divided_by
        for step in range(max(1, query.mean_of) + 1):
            yield step * query.step_ms // 1000 + 1, {}, {query.field: value}
    elif isinstance(query, Flag):
        yield 400, {}, {query.field: query.is_ is not is_bad}
        yield 300, {}, {query.field: query.is_ is is_bad}


def _events(query: Query, *, is_bad: bool) -> Iterator[_Row]:
    match query:
        case LastSeen():
            yield query.window_ms // 1000 + (60 if is_bad else -60), {}, {}
        case Rate():
            yield 120, {}, {query.field: 7}
            yield 60, {}, {query.field: 9 if is_bad else 7}
        case Losses():
            yield query.window_ms // 1000 + (-60 if is_bad else 60), {"source": "street", "reason": "quota"}, {"count": 4}
        case OpenGaps():
            yield 900, _SOURCE, {"state": "open", "gap_id": "x", "from_ns": 1}
            if not is_bad:
                yield 60, _SOURCE, {"state": "closed", "gap_id": "x", "from_ns": 1, "to_ns": 2, "count": 3}
        case Arrival() if not is_bad:
            yield 60, {}, {}


def _beside(rule: Rule, *, is_bad: bool) -> float:
    bound = rule.bound(_DAY)
    assert bound is not None
    beyond = bound.value * 1.01
    within = bound.value * 0.99
    return beyond if is_bad is (bound.type == "gt") else within


@pytest.mark.parametrize("rule", _RULES, ids=lambda rule: rule.name)
def test_rule_fires_on_what_is_bad_and_on_nothing_else(rule_store: RuleStore, rule: Rule) -> None:
    bound = rule.bound(_DAY)
    assert bound is not None
    fired = {}
    for is_bad in (True, False):
        site = f"r{next(_SITES)}"
        if points := _points(rule, site, is_bad=is_bad):
            rule_store.write(points)
        # the arrival of anything at all is asked of a day of its own for each case
        now_ms = (_NOW_S - 86_400 * is_bad if isinstance(rule.query, Arrival) else _NOW_S) * 1000
        answer = rule_store.answer(rule.query, now_ms, site, rule.levels)
        fired[is_bad] = {bound.is_crossed(value) for value in answer.values()}
    assert fired == {True: set() if isinstance(rule.query, Arrival) else {True}, False: {False}}


@pytest.mark.parametrize("fields", [{}, {"count": 3}], ids=["no number", "a part of it"])
def test_a_loss_of_which_nobody_knows_the_size_is_told_too(rule_store: RuleStore, fields: dict[str, FieldValue]) -> None:
    (rule,) = (rule for rule in _RULES if isinstance(rule.query, Losses))
    site = f"r{next(_SITES)}"
    tags = {"site": site, "gateway": "g", "device": "g", "source": "board", "reason": "board restarted"}
    rule_store.write([Point("ledger", tags, {"quality": 0, "count_known": False, **fields}, (_NOW_S - 60) * 10**9)])
    assert list(rule_store.answer(rule.query, _NOW_S * 1000, site).values()) == [float(fields.get("count", 0)) + 1]


@pytest.mark.parametrize("query", {type(rule.query).__name__: rule.query for rule in _RULES}.values(), ids=lambda query: query.kind)
def test_statement_is_taken_with_the_now_of_the_store(rule_store: RuleStore, query: Query) -> None:
    asked = statement(query)
    assert asked is not None
    now_s = int(time.time())
    measurement = getattr(query, "measurement", "ledger")
    rule_store.write([Point(measurement, {"site": "now", "gateway": "g", "device": "d"}, {"quality": 0}, (now_s - 5) * 10**9)])
    rows = influxql(rule_store.url, "rules", expand(asked.text, Span(now_s * 1000 - range_ms(query), now_s * 1000)))
    if isinstance(query, LastSeen):
        assert [row["value"] for row in rows if row["site"] == "now"] == [1]


def test_point_of_the_future_is_no_sign_of_life(rule_store: RuleStore) -> None:
    query = LastSeen(measurement="weather", window="10m")
    now_s = int(time.time())
    tags = {"site": "ahead", "gateway": "g", "device": "d"}
    rule_store.write([Point("weather", tags, {"quality": 0}, (now_s + offset_s) * 10**9) for offset_s in (-86_400, 7200)])
    asked = statement(query)
    assert asked is not None
    rows = influxql(rule_store.url, "rules", expand(asked.text, Span(now_s * 1000 - range_ms(query), now_s * 1000)))
    assert [row["value"] for row in rows if row["site"] == "ahead"] == [0]

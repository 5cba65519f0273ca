"""Whole rules over recorded points: silence resolves nothing, and is told."""

from datetime import date

import pytest

from dashboards.alerting.replay import Evaluated, timeline
from dashboards.alerting.rule import Rule
from dashboards.alerting.rules import load, named
from dashboards.alerting.states import Labels, State
from telemetry.point import FieldValue, Point

_RULES = load()
_BASE_S = 1_795_000_020 // 3600 * 3600
_GAUGE: Labels = (("site", "bac-ninh"), ("gateway", "g"), ("device", "dap-cau"))
_TAGS = dict(_GAUGE)
_SILENT = ("store", "silent-gateway")


def _rule(name: str) -> Rule:
    (rule,) = named(_RULES, name)
    return rule


def _points(measurement: str, minutes: range, **fields: FieldValue) -> list[Point]:
    return [Point(measurement, _TAGS, {"quality": 0, **fields}, (_BASE_S + 60 * minute) * 10**9) for minute in minutes]


def _run(name: str, points: list[Point], minutes: int, limits_of: date | None = None) -> list[Evaluated]:
    return list(timeline(_rule(name), points, _BASE_S * 1000, (_BASE_S + 60 * minutes) * 1000, limits_of=limits_of))


def _changes(evaluated: list[Evaluated]) -> list[tuple[int, State, bool]]:
    return [
        ((change.at_ms // 1000 - _BASE_S) // 60, change.after.state, change.after.is_blind) for each in evaluated for change in each.changes
    ]


def test_flooded_gauge_that_falls_silent_stays_firing_and_blind_and_its_silence_is_told() -> None:
    points = _points("water_level", range(60), level=6.5)
    assert _changes(_run("flood-3", points, 60 * 24 * 6)) == [(0, State.PENDING, False), (5, State.FIRING, False), (90, State.FIRING, True)]
    assert _changes(_run("silent-sensor-water-level", points, 60 * 24 * 6)) == [(89, State.PENDING, False), (94, State.FIRING, False)]


def test_gauge_that_was_the_only_one_keeps_its_alert_beyond_its_memory() -> None:
    evaluated = _run("flood-3", _points("water_level", range(10), level=6.5), 60 * 24 * 9)
    assert {labels: instance.state for labels, instance in evaluated[-1].instances.items()} == {_GAUGE: State.FIRING}


def test_it_is_no_longer_blind_once_it_is_heard_again_and_resolves_by_its_level_alone() -> None:
    points = _points("water_level", range(60), level=6.5) + _points("water_level", range(120, 130), level=6.0)
    assert _changes(_run("flood-3", points, 130)) == [
        (0, State.PENDING, False),
        (5, State.FIRING, False),
        (90, State.FIRING, True),
        (120, State.NORMAL, False),
    ]


def test_after_its_memory_a_silent_series_is_resolved_by_grafana_and_the_replay_says_so() -> None:
    other = [point._replace(tags=_TAGS | {"device": "luc-nam"}) for point in _points("water_level", range(0, 60 * 24 * 9, 60), level=1.0)]
    evaluated = _run("flood-3", _points("water_level", range(10), level=6.5) + other, 60 * 24 * 9)
    (gone,) = [change for each in evaluated for change in each.changes if change.is_gone]
    assert gone.labels == _GAUGE
    assert gone.after.state is State.NORMAL


@pytest.mark.parametrize(("level", "fires"), [(4.29, False), (4.30, True)])
def test_alarm_holds_from_the_very_level_on(level: float, fires: bool) -> None:
    states = {change.after.state for each in _run("flood-1", _points("water_level", range(20), level=level), 19) for change in each.changes}
    assert (State.FIRING in states) is fires


def test_readings_that_are_not_believed_neither_fire_nor_resolve() -> None:
    believed = _points("water_level", range(10), level=6.5)
    out_of_range = [point._replace(fields={"quality": 2, "level": -9.0}) for point in _points("water_level", range(10, 20), level=0.0)]
    assert _changes(_run("flood-3", believed + out_of_range, 19))[-1] == (5, State.FIRING, False)


def test_flash_flood_is_believed_though_it_jumps() -> None:
    jump = [point._replace(fields={"quality": 8, "level": 6.6}) for point in _points("water_level", range(10), level=0.0)]
    assert _changes(_run("flood-3", jump, 9))[-1] == (5, State.FIRING, False)


def test_legal_limit_is_that_of_the_time_or_of_the_day_asked_for() -> None:
    points = _points("air", range(0, 60 * 30, 10), pm2_5=47.0)
    assert _changes(_run("air-pm2-5", points, 60 * 30))[-1][1] is State.FIRING
    assert not _changes(_run("air-pm2-5", points, 60 * 30, limits_of=date(2025, 6, 1)))


def test_store_without_anything_new_fires_and_recovers() -> None:
    points = _points("gateway", range(30)) + _points("gateway", range(90, 100))
    assert [(minute, state) for minute, state, _ in _changes(_run("store", points, 99))] == [
        (35, State.PENDING),
        (40, State.FIRING),
        (90, State.NORMAL),
    ]


def test_store_is_told_before_the_gateways_that_it_hears_no_more() -> None:
    points = _points("gateway", range(30))
    began = {name: next(minute for minute, state, _ in _changes(_run(name, points, 60)) if state is State.FIRING) for name in _SILENT}
    assert began["store"] < min(minute for name, minute in began.items() if name != "store")


def test_heartbeat_fires_whatever_is_recorded() -> None:
    assert _changes(_run("watchdog", [], 3)) == [(0, State.FIRING, False)]


def test_loss_that_is_told_hours_later_is_told_all_the_same() -> None:
    """What was lost while the line was down comes into the store after it, with its own time."""
    loss = Point("ledger", _TAGS | {"source": "air", "reason": "memory full"}, {"quality": 0, "count": 7}, _BASE_S * 10**9)
    evaluated = _run("losses", [loss], 60 * 25)
    states = [{instance.state for instance in each.instances.values()} for each in evaluated]
    assert states[60 * 6] == {State.FIRING}
    assert states[-1] == {State.NORMAL}


@pytest.mark.parametrize("quality", [8, 16, 256, 8 + 16, 8 + 256, 16 + 256, 8 + 16 + 256])
def test_flood_is_believed_whatever_is_said_of_its_time_and_speed(quality: int) -> None:
    points = [point._replace(fields=point.fields | {"quality": quality}) for point in _points("water_level", range(10), level=6.5)]
    assert [state for _, state, _ in _changes(_run("flood-3", points, 10))] == [State.PENDING, State.FIRING]


def _of_gateway(minutes: range, quality: int, **fields: FieldValue) -> list[Point]:
    return [point._replace(fields={**point.fields, **fields, "quality": quality}) for point in _points("gateway", minutes)]


@pytest.mark.parametrize("name", ["disk-full", "backlog-stuck", "heat"])
def test_gateway_whose_clock_is_estimated_is_watched_all_the_same(name: str) -> None:
    well = _of_gateway(range(5), 0, disk_free_bytes=9e9, spool_oldest_age_s=0.0, cpu_temperature=50.0)
    bad = _of_gateway(range(5, 30), 16, disk_free_bytes=1e8, spool_oldest_age_s=1e5, cpu_temperature=90.0)
    assert _changes(_run(name, well + bad, 29)) == [(5, State.PENDING, False), (15, State.FIRING, False)]


def test_clock_that_is_only_estimated_is_told_until_it_is_confirmed() -> None:
    """A gateway without any trusted time since its start sends nothing, so it cannot say so."""
    doubted = _of_gateway(range(5, 40), 16, clock_trusted=False)
    points = [*_of_gateway(range(5), 0, clock_trusted=True), *doubted, *_of_gateway(range(40, 50), 0, clock_trusted=True)]
    assert _changes(_run("clock", points, 49)) == [(5, State.PENDING, False), (20, State.FIRING, False), (40, State.NORMAL, False)]


def test_gap_of_the_ledger_fires_while_it_is_open() -> None:
    tags = _TAGS | {"source": "street", "reason": "source silent"}

    def told(minute: int, **fields: FieldValue) -> Point:
        return Point(
            "ledger", tags, {"quality": 0, "gap_id": "x", "from_ns": (_BASE_S + 300) * 10**9, **fields}, (_BASE_S + 60 * minute) * 10**9
        )

    points = [told(5, state="open"), told(40, state="closed", count=12)]
    assert [(minute, state) for minute, state, _ in _changes(_run("gap", points, 60))] == [
        (5, State.PENDING),
        (15, State.FIRING),
        (40, State.NORMAL),
    ]

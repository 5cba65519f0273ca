"""How the replay of a rule is shown: a line each change, a coloured strip where somebody looks, or JSON."""

import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

from dashboards.alerting.numbers import plain
from dashboards.alerting.rule import Rule, today
from dashboards.alerting.states import Instance, Labels, State, Transition
from quanho.dashboards_recording import Recording
from quanho.lang import current, say

CELLS = 60
_LOCAL = timezone(timedelta(hours=7))
_MARKS = {
    State.NORMAL: ("·", "32"),
    State.PENDING: ("▄", "33"),
    State.FIRING: ("█", "31"),
    State.NO_DATA: ("?", "36"),
    State.ERROR: ("!", "35"),
}
_BLIND = ("▒", "31")


@dataclass(slots=True)
class Replayed:
    """What became of a rule: its changes, its instances at the end, and the worst state of each in each cell of a strip.

    `has_limit` is False where no legal limit was in force.
    """

    rule: Rule
    has_limit: bool = True
    evaluations: int = 0
    fired: bool = False
    changes: list[Transition] = field(default_factory=list)
    last: Mapping[Labels, Instance] = field(default_factory=dict)
    cells: dict[Labels, list[Instance | None]] = field(default_factory=dict)


def lines(done: Sequence[Replayed], recording: Recording, from_ms: int, to_ms: int) -> Iterator[str]:
    span = f"{_local(from_ms)} – {_local(to_ms)} (+07:00)"
    yield say(f"{recording.count} điểm, {span}", f"{recording.count} points, {span}")
    if recording.unreadable:
        yield say(
            f"không đọc được {recording.unreadable} dòng; đầu tiên: {recording.complaint}",
            f"{recording.unreadable} lines cannot be read; the first: {recording.complaint}",
        )
    has_colours = sys.stdout.isatty() and not os.environ.get("NO_COLOR")
    for each in done:
        yield ""
        yield from _of_rule(each, has_colours=has_colours)


def _of_rule(done: Replayed, *, has_colours: bool) -> Iterator[str]:
    rule = done.rule
    bound = rule.bound(today())
    title = rule.said(rule.title, current(), bound) if bound else rule.name
    yield f"{rule.name} [{rule.severity}] {title}: " + say(f"{done.evaluations} lần đánh giá", f"{done.evaluations} evaluations")
    if has_colours:
        width = max((len(_name(labels)) for labels in done.cells), default=0)
        for labels, cells in sorted(done.cells.items()):
            yield f"  {_name(labels):{width}}  {''.join(map(_cell, cells))}"
    if not done.has_limit:
        yield say("  lúc đó không có giới hạn nào có hiệu lực: --limits-of NGÀY", "  no limit was in force then: --limits-of DAY")
    for change in done.changes:
        yield f"  {_local(change.at_ms)}  {_change(change, has_colours=has_colours)}"
    if not done.changes:
        yield say("  không có gì thay đổi: mọi thứ bình thường", "  nothing changed: all was normal")
    for labels, instance in sorted(done.last.items()):
        if instance.state is not State.NORMAL:
            yield say("  cuối cùng: ", "  at the end: ") + f"{_name(labels)}: {_said(instance)}"


def _cell(instance: Instance | None) -> str:
    if instance is None:
        return " "
    mark, colour = _BLIND if instance.is_blind and instance.state is State.FIRING else _MARKS[instance.state]
    return f"\x1b[{colour}m{mark}\x1b[0m"


def _change(change: Transition, *, has_colours: bool) -> str:
    before = _said(change.before) if change.before else "–"
    after = _said(change.after)
    if has_colours:
        after = f"\x1b[{_MARKS[change.after.state][1]}m{after}\x1b[0m"
    value = f"  {plain(round(change.after.value, 3))}" if change.after.value is not None else ""
    gone = say(" (không còn trong câu trả lời)", " (left the answer)") if change.is_gone else ""
    return f"{_name(change.labels)}: {before} → {after}{gone}{value}"


def _said(instance: Instance) -> str:
    blind = say(", mù", ", blind") if instance.is_blind else ""
    reason = f", {instance.reason}" if instance.reason else ""
    return f"{instance.state.value}{blind}{reason}"


def _name(labels: Labels) -> str:
    return "/".join(value for _, value in labels) or say("(tất cả)", "(all)")


def _local(at_ms: int) -> str:
    return datetime.fromtimestamp(at_ms / 1000, _LOCAL).strftime("%Y-%m-%d %H:%M:%S")


def utc(at_ms: int) -> str:
    return datetime.fromtimestamp(at_ms / 1000, UTC).isoformat().replace("+00:00", "Z")


def as_json(done: Replayed) -> dict[str, Any]:
    return {
        "name": done.rule.name,
        "evaluations": done.evaluations,
        "fired": done.fired,
        "changes": [
            {
                "time": utc(change.at_ms),
                "labels": dict(change.labels),
                "before": _instance(change.before),
                "after": _instance(change.after),
            }
            | ({"gone": True} if change.is_gone else {})
            for change in done.changes
        ],
        "last": [{"labels": dict(labels), **(_instance(instance) or {})} for labels, instance in sorted(done.last.items())],
    }


def _instance(instance: Instance | None) -> dict[str, Any] | None:
    if instance is None:
        return None
    return {"state": instance.state.value, "value": instance.value, "blind": instance.is_blind, "reason": instance.reason}

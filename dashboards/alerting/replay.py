"""Rules over recorded points: what Grafana would have said, evaluation by evaluation, without a store."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date

from dashboards.alerting.answers import Seen, asking
from dashboards.alerting.rule import Bound, Rule, day_of
from dashboards.alerting.states import Answer, Instance, Labels, Result, Transition, Unanswered, step
from telemetry.point import Point


@dataclass(frozen=True, slots=True)
class Evaluated:
    """One evaluation of a rule: every instance after it, and what changed."""

    at_ms: int
    instances: Mapping[Labels, Instance]
    changes: tuple[Transition, ...]


def timeline(
    rule: Rule, points: Iterable[Point], from_ms: int, to_ms: int, every_s: int = 0, limits_of: date | None = None
) -> Iterator[Evaluated]:
    """Yield every evaluation within a time range, at whole multiples of the rule's interval, or of `every_s`.

    Legal limits are those in force at each instant, or on the day `limits_of`.
    """
    policy = replace(rule.policy, interval_s=every_s) if every_s else rule.policy
    ask = asking(rule.query, points, rule.levels)
    bounds: dict[date, Bound | None] = {}
    instances: dict[Labels, Instance] = {}
    every_ms = policy.interval_s * 1000
    for now_ms in range(-(-from_ms // every_ms) * every_ms, to_ms + 1, every_ms):
        day = limits_of or day_of(now_ms)
        bound = bounds.setdefault(day, rule.bound(day))
        instances, changes = step(policy, instances, _answer(rule, ask(now_ms), bound, now_ms), now_ms)
        yield Evaluated(now_ms, instances, tuple(changes))


def _answer(rule: Rule, seen: Mapping[Labels, Seen], bound: Bound | None, now_ms: int) -> Answer:
    if not seen:
        return Unanswered.NO_DATA
    oldest_ms = now_ms - rule.blind_after_s * 1000
    return {
        labels: Result(each.value, bound is not None and bound.is_crossed(each.value), each.at_ms is not None and each.at_ms < oldest_ms)
        for labels, each in seen.items()
    }

"""What a rule's own types cannot say: that its fields exist, that its limit is known, that its marks can be filled in."""

import re
from collections.abc import Iterator
from itertools import combinations

from dashboards.alerting.queries import Heartbeat, Level, tags_of
from dashboards.alerting.rule import Rule
from dashboards.boards import BOARDS, board
from dashboards.influxql.whose import OF_DEVICE
from rules import limits
from telemetry.catalogue import MEASUREMENTS, find

_TAGS_OF_LEDGER = (*OF_DEVICE, "source", "reason")
_MARK = re.compile(r"\[(\w+)\]")
_LABEL = re.compile(r"\$labels\.(\w+)")
_BUILT_IN = ("alertname",)
_HOURS = {"1h": 1, "8h": 8, "24h": 24}


def faults(rule: Rule) -> Iterator[str]:
    """Yield what is wrong with a rule."""
    yield from _query_faults(rule)
    yield from _bound_faults(rule)
    yield from _text_faults(rule)
    if rule.no_data == "Error" or rule.on_error == "NoData":
        yield "no_data may not be Error, nor on_error NoData: Grafana knows no such choice"
    if rule.dashboard and rule.dashboard not in BOARDS:
        yield f"there is no dashboard {rule.dashboard}; there are {', '.join(BOARDS)}"
    elif rule.panel and rule.case.legal is None:
        keys = [panel.key for panel in board(rule.dashboard).panels] if rule.dashboard else []
        if rule.panel not in keys:
            yield f"there is no panel {rule.panel} on its dashboard; there are {', '.join(keys)}"
    if rule.for_s % rule.interval_s:
        yield f"for_s must be a multiple of interval_s ({rule.interval_s}): in between nobody looks"


def _query_faults(rule: Rule) -> Iterator[str]:
    query = rule.query
    measurement, field = getattr(query, "measurement", ""), getattr(query, "field", "")
    if measurement and measurement not in MEASUREMENTS:
        yield f"no measurement {measurement} in the catalogue"
        return
    known = _TAGS_OF_LEDGER if query.kind in ("open_gaps", "losses") or measurement == "ledger" else OF_DEVICE
    for tag in tags_of(query):
        if tag not in known:
            yield f"by: points have no tag {tag}; they have {', '.join(known)}"
    if isinstance(query, Level):
        yield from _quality_faults(query.qualities)
    if not field:
        return
    quantity = find(measurement, field)
    if quantity is None:
        yield f"{measurement} has no field {field} in the catalogue"
    elif (quantity.type == "bool") != (query.kind == "flag"):
        yield f"{field} is a {quantity.type}: kind flag is for booleans, the others are for numbers"
    elif query.kind == "rate" and not quantity.is_counter:
        yield f"{field} is no counter"


def _quality_faults(qualities: tuple[int, ...]) -> Iterator[str]:
    """A reading can have two marks at once: where each is believed, both are."""
    for one, other in combinations(sorted(qualities), 2):
        if one | other not in qualities:
            yield f"qualities: believes {one} and {other}, but not {one | other}, which is both at once"


def _bound_faults(rule: Rule) -> Iterator[str]:
    case, query = rule.case, rule.query
    if case.alarm is not None and not (isinstance(query, Level) and not query.mean_of and "device" in query.by):
        yield "alarm needs a query of kind level, of last values, by device"
    if case.alarm is not None and not rule.levels:
        yield f"no gauge has a known level for alarm {case.alarm}"
    if case.legal is None:
        return
    if not isinstance(query, Level) or query.divided_by != 1:
        yield "legal needs a query of kind level in the unit of the catalogue"
        return
    wanted = (query.measurement, query.field, case.legal)
    if wanted not in {(row.measurement, row.field, row.average) for row in limits.legal_limits()}:
        yield f"no legal limit of {query.measurement}.{query.field} for a mean of {case.legal} is known"
    if query.mean_of * query.step_ms != _HOURS[case.legal] * 3_600_000:
        yield f"the mean is not over {case.legal}: mean_of times step must be"


def _text_faults(rule: Rule) -> Iterator[str]:
    texts = {"title": rule.title, "summary": rule.summary, "meaning": rule.meaning, "action": rule.action}
    known = {"limit"} | ({"called"} if rule.case.called else set()) | ({"source"} if rule.case.legal else set())
    labels = {*tags_of(rule.query), *rule.labels, *_BUILT_IN}
    for key, text in texts.items():
        for language in text:
            for mark in _MARK.findall(language):
                if mark not in known:
                    yield f"{key}: nothing is known to stand for [{mark}]"
            for label in _LABEL.findall(language):
                if label not in labels:
                    yield f"{key}: its alerts have no label {label}"
            if "$values" in language and isinstance(rule.query, Heartbeat):
                yield f"{key}: a heartbeat has no value"

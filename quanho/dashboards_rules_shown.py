"""How `quanho dashboards rules list` and `show` print rules."""

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Any

from dashboards.alerting.numbers import plain
from dashboards.alerting.queries import Flag, Heartbeat, LastSeen
from dashboards.alerting.render import RUNBOOK, grafana_rule
from dashboards.alerting.rule import Bound, Rule, today
from dashboards.alerting.statements import statement
from dashboards.influxql.expand import duration_text
from dashboards.words import LANGUAGES
from quanho.lang import current, say
from rules import limits

_NO_BOUND = Bound("gt", 0)


def as_json(rules: Sequence[Rule]) -> list[dict[str, Any]]:
    """Return what Grafana is given today; a rule without a limit in force is left out."""
    return [grafana_rule(rule, bound) for rule in rules if (bound := rule.bound(today()))]


def about(rule: Rule) -> dict[str, Any]:
    """Return a rule as `list --json` has it; `bound` is None while no limit is in force."""
    bound = rule.bound(today())
    return {
        "name": rule.name,
        "uid": rule.uid,
        "subject": rule.subject,
        "severity": rule.severity,
        "for_s": rule.for_s,
        "interval_s": rule.interval_s,
        "bound": bound and bound._asdict(),
        "levels": rule.levels,
        "no_data": rule.no_data,
        "on_error": rule.on_error,
        "title": {language: rule.said(rule.title, language, bound or _NO_BOUND) for language in LANGUAGES},
    }


def table(rules: Sequence[Rule]) -> Iterator[str]:
    """Yield a line for each rule, under its file."""
    width = max(len(rule.name) for rule in rules)
    for subject, members in groupby(rules, key=lambda rule: rule.subject):
        yield f"{subject}.toml"
        for rule in members:
            hold = duration_text(rule.for_s * 1000) if rule.for_s else "0s"
            title = rule.said(rule.title, current(), rule.bound(today()) or _NO_BOUND)
            yield f"  {rule.name:{width}}  {rule.severity:8}  {hold:>4}  {title} {_when(rule)}".rstrip()


def _when(rule: Rule) -> str:
    bound = rule.bound(today())
    if isinstance(rule.query, Heartbeat):
        return say("(luôn báo)", "(always)")
    if rule.levels is not None:
        return say(f"({len(rule.levels)} trạm)", f"({len(rule.levels)} gauges)")
    if isinstance(rule.query, LastSeen):
        return f"({rule.query.window})"
    if isinstance(rule.query, Flag):
        return ""
    if bound is None:
        return say("(không có giới hạn hiện hành)", "(no limit in force)")
    return f"({'>' if bound.type == 'gt' else '<'} {plain(bound.value)})"


def lines(rule: Rule) -> Iterator[str]:
    """Yield the lines of one rule."""
    bound = rule.bound(today())
    said = bound or _NO_BOUND
    yield f"{rule.name}  ({rule.subject}.toml, {rule.severity}, uid {rule.uid})"
    for language in LANGUAGES:
        yield f"  [{language}] {rule.said(rule.title, language, said)}"
        for text in (rule.summary, rule.meaning, rule.action):
            yield f"       {rule.said(text, language, said)}"
    asked = statement(rule.query, rule.levels)
    yield say("  truy vấn: ", "  query: ") + (asked.text if asked else say("không hỏi kho dữ liệu", "the store is not asked"))
    if rule.levels is not None:
        yield say("  mức báo động, m:", "  alarm levels, m:")
        names = {station.device: f"{station.name}, {station.river} [{station.certainty}]" for station in limits.stations()}
        yield from (f"    {plain(level):>6}  {device} ({names[device]})" for device, level in rule.levels.items())
    elif bound is None:
        yield say("  không có giới hạn hiện hành: quy tắc không được tạo", "  no limit is in force: the rule is not made")
    else:
        yield say("  báo khi: ", "  bad when: ") + f"{'>' if bound.type == 'gt' else '<'} {plain(bound.value)} {bound.source}".rstrip()
    yield say(
        f"  đánh giá mỗi {rule.interval_s} s, kéo dài {rule.for_s} s mới báo; không có dữ liệu: {rule.no_data}; lỗi: {rule.on_error}",
        f"  evaluated every {rule.interval_s} s, told after {rule.for_s} s; no data: {rule.no_data}; error: {rule.on_error}",
    )
    yield say("  hướng dẫn: ", "  runbook: ") + f"{RUNBOOK}#{rule.family}"

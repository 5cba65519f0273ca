"""Rules as Grafana's provisioning calls and files take them (ProvisionedAlertRule of its OpenAPI, Grafana 11 to 13).

A is the statement, B the last number of each of its series without gaps, C whether that is bad. There are no variables in rules, and the
data source stands by its uid. Grafana 11 does not have `missingSeriesEvalsToResolve`, and resolves an
instance after two evaluations without its series. `KeepLast` is missing from the enumerations of Grafana's own OpenAPI, and documented.

Titles are unique in a folder and are the alert's name, so they hold every language. Annotations are there in both, `summary_vi` and
`summary_en`, for contacts of either; what Grafana itself shows, `summary` and `description`, is in the first of those asked for.
"""

from collections.abc import Iterable, Sequence
from datetime import date
from itertools import groupby

from dashboards.alerting.contacts import Contacts
from dashboards.alerting.notify import contact_points, route, watches
from dashboards.alerting.panels import panel_of
from dashboards.alerting.queries import Heartbeat, range_ms
from dashboards.alerting.rendered import Alerting, RuleGroup
from dashboards.alerting.rule import Bound, Rule, today
from dashboards.alerting.statements import statement
from dashboards.house import ALERTS_FOLDER, TAG
from dashboards.influxql.expand import duration_text
from dashboards.model.datasource import FIXED
from dashboards.model.json import Json
from dashboards.words import LANGUAGES, Language

RUNBOOK = "docs/runbooks/alerts.md"
_EXPRESSION = "__expr__"
_INTERVAL_MS = 60_000
_MOST_POINTS = 43_200


def render(
    rules: Iterable[Rule], languages: Sequence[Language] = LANGUAGES, contacts: Contacts | None = None, day: date | None = None
) -> Alerting:
    """Return groups, contact points and route. Raises ConfigError for a secret that cannot be read.

    Legal limits are those in force on `day`, which is today: deploy again when the law changes. Without a contact for it there is no
    heartbeat, which would be nobody's but everybody's noise.
    """
    on = day or today()
    wanted = [rule for rule in rules if not isinstance(rule.query, Heartbeat) or (contacts and watches(contacts))]
    groups = tuple(
        RuleGroup(ALERTS_FOLDER.uid, subject, members[0].interval_s, rendered)
        for subject, group in groupby(wanted, key=lambda rule: rule.subject)
        if (members := list(group)) and (rendered := tuple(_rules(members, languages, contacts, on)))
    )
    if not contacts:
        return Alerting(groups)
    return Alerting(groups, contact_points(contacts), route(contacts))


def _rules(rules: Iterable[Rule], languages: Sequence[Language], contacts: Contacts | None, day: date) -> Iterable[Json]:
    for rule in rules:
        if (bound := rule.bound(day)) is not None:
            yield grafana_rule(rule, bound, languages, contacts.runbooks_url if contacts else "")


def grafana_rule(rule: Rule, bound: Bound, languages: Sequence[Language] = LANGUAGES, runbooks_url: str = "") -> Json:
    """Return one ProvisionedAlertRule. `runbooks_url` is where RUNBOOK is served; without it the link is the file's place."""
    data = _data(rule, bound)
    summaries = {language: rule.said(rule.summary, language, bound) for language in LANGUAGES}
    descriptions = {
        language: f"{rule.said(rule.meaning, language, bound)} {rule.said(rule.action, language, bound)}" for language in LANGUAGES
    }
    return {
        "uid": rule.uid,
        "orgID": 1,
        "title": " / ".join(dict.fromkeys(rule.said(rule.title, language, bound) for language in languages)),
        "ruleGroup": rule.subject,
        "folderUID": ALERTS_FOLDER.uid,
        "condition": data[-1]["refId"],
        "data": data,
        "noDataState": rule.no_data,
        "execErrState": rule.on_error,
        "for": duration_text(rule.for_s * 1000) if rule.for_s else "0s",
        "missingSeriesEvalsToResolve": rule.missing_evaluations,
        "isPaused": False,
        "labels": {TAG: "rule", "rule": rule.family, "severity": rule.severity, "subject": rule.subject, **rule.labels},
        "annotations": {
            **{f"summary_{language}": text for language, text in summaries.items()},
            **{f"description_{language}": text for language, text in descriptions.items()},
            "summary": summaries[languages[0]],
            "description": descriptions[languages[0]],
            "runbook_url": f"{runbooks_url or RUNBOOK}#{rule.family}",
            **panel_of(rule, languages[0]),
        },
    }


def _data(rule: Rule, bound: Bound) -> list[Json]:
    asked = statement(rule.query, rule.levels)
    if asked is None:
        return [_expression("A", "math", expression="1 == 1")]
    query = {
        "refId": "A",
        "datasource": FIXED,
        "rawQuery": True,
        "query": asked.text,
        "resultFormat": "time_series",
        "intervalMs": _INTERVAL_MS,
        "maxDataPoints": _MOST_POINTS,
    }
    return [
        {
            "refId": "A",
            "queryType": "",
            "relativeTimeRange": {"from": range_ms(rule.query) // 1000, "to": 0},
            "datasourceUid": FIXED["uid"],
            "model": query,
        },
        _expression("B", "reduce", expression="A", reducer="last", settings={"mode": "dropNN"}),
        _expression("C", "threshold", expression="B", conditions=[{"evaluator": {"type": bound.type, "params": [bound.value]}}]),
    ]


def _expression(ref: str, kind: str, **model: object) -> Json:
    whole = {"refId": ref, "type": kind, "datasource": {"type": _EXPRESSION, "uid": _EXPRESSION}, **model}
    return {
        "refId": ref,
        "queryType": "",
        "relativeTimeRange": {"from": 0, "to": 0},
        "datasourceUid": _EXPRESSION,
        "model": whole | {"intervalMs": _INTERVAL_MS, "maxDataPoints": _MOST_POINTS},
    }

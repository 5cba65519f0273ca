"""Normal forms: two values have the same one when Grafana means the same by them.

Grafana gives back durations in its own spelling ("300s" as "5m"), adds what the server owns (id, orgID, updated, provenance) and defaults
(`models.AlertQuery.PreSave`: intervalMs 1000, maxDataPoints 43200), and leaves out what is empty.
"""

import re
from collections.abc import Mapping
from typing import Any

from dashboards.deploy.mark import ANNOTATION
from dashboards.model.json import Json

_SECONDS = {"ns": 1e-9, "us": 1e-6, "µs": 1e-6, "ms": 1e-3, "s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800, "y": 31_536_000}
_PART = re.compile(r"(\d+(?:\.\d+)?)(ns|us|µs|ms|[smhdwy])")
_OF_RULE = (
    *("title", "folderUID", "ruleGroup", "condition", "noDataState", "execErrState", "isPaused", "labels", "annotations"),
    *("for", "keep_firing_for", "missingSeriesEvalsToResolve", "notification_settings", "record"),
)
_MODEL_DEFAULTS = {"intervalMs": 1000, "maxDataPoints": 43_200}
_ROUTE_DURATIONS = ("group_wait", "group_interval", "repeat_interval")
_MATCH_TYPES = {"0": "=", "1": "!=", "2": "=~", "3": "!~"} | {text: text for text in ("=", "!=", "=~", "!~")}  # alertmanager, pkg/labels
_OPERATOR = re.compile(r'\s*([\w.:-]+)\s*(=~|!~|!=|=)\s*"?(.*?)"?\s*')


def seconds(duration: object) -> object:
    """Return a duration ("1h30m", or nanoseconds as a number) in seconds; what is none comes back as it is."""
    if isinstance(duration, (int, float)) and not isinstance(duration, bool):
        return duration / 1e9
    text = str(duration or "0s").strip()
    if text == "0":
        return 0.0
    parts = list(_PART.finditer(text))
    if not parts or "".join(part[0] for part in parts) != text:
        return duration
    return float(sum(float(part[1]) * _SECONDS[part[2]] for part in parts))


def rule_form(rule: Json) -> Json:
    """Return the normal form of an alert rule: what it asks, when it fires, and what it says."""
    form = {key: rule.get(key) for key in _OF_RULE}
    annotations = {key: value for key, value in (rule.get("annotations") or {}).items() if key != ANNOTATION}
    form |= {"annotations": annotations, "data": [_query_form(query) for query in rule.get("data") or []]}
    form |= {key: seconds(rule.get(key)) for key in ("for", "keep_firing_for")}
    if form["notification_settings"]:
        form["notification_settings"] = route_form(form["notification_settings"])
    return filled(form)


def _query_form(query: Json) -> Json:
    given = query.get("model") or {}
    model = {key: value for key, value in given.items() if value is not None and _MODEL_DEFAULTS.get(key) != value}
    if model.get("refId") == query.get("refId"):
        model.pop("refId", None)
    span = filled(query.get("relativeTimeRange") or {})
    return filled(
        {"refId": query.get("refId"), "datasourceUid": query.get("datasourceUid"), "queryType": query.get("queryType"), "span": span}
    ) | {"model": model}


def route_form(route: Json) -> Json:
    """Return the normal form of a notification policy and of those below it."""
    form = {
        key: value
        for key, value in route.items()
        if key not in ("provenance", "match", "match_re", "matchers", "object_matchers", "routes")
    }
    form |= {key: seconds(form[key]) for key in _ROUTE_DURATIONS if form.get(key)}
    form |= {"object_matchers": matchers_of(route), "routes": [route_form(child) for child in route.get("routes") or []]}
    return filled(form)


def matchers_of(route: Json) -> list[list[str]]:
    """Return the matchers of a route, in whichever of its four spellings they are, sorted."""
    found = [[str(part) for part in matcher] for matcher in route.get("object_matchers") or []]
    for matcher in route.get("matchers") or []:
        if isinstance(matcher, Mapping):
            found.append([str(matcher.get("Name")), _MATCH_TYPES.get(str(matcher.get("Type", 0)), "="), str(matcher.get("Value"))])
            continue
        parts = _OPERATOR.fullmatch(str(matcher))
        found.append([parts[1], parts[2], parts[3]] if parts else [str(matcher)])
    found += [[label, "=", str(value)] for label, value in (route.get("match") or {}).items()]
    found += [[label, "=~", str(value)] for label, value in (route.get("match_re") or {}).items()]
    return sorted(found)


def filled(value: Mapping[str, Any]) -> Json:
    """Return a mapping without what is empty: None, "", 0, false, [] and {}."""
    return {key: each for key, each in value.items() if each}


def holds(live: Any, wanted: Any) -> bool:
    """Tell whether a value that Grafana gave back holds all that is wanted; lists must be as long, what Grafana added is let be."""
    if isinstance(wanted, Mapping):
        return isinstance(live, Mapping) and all(holds(live.get(key), each) for key, each in wanted.items())
    if isinstance(wanted, (list, tuple)):
        return isinstance(live, list) and len(live) == len(wanted) and all(map(holds, live, wanted))
    return bool(live == wanted) or (live is None and wanted in (None, "", False, 0))

"""Alert rules, contact points and routes as Grafana's provisioning files spell them.

Format: https://grafana.com/docs/grafana/latest/alerting/set-up/provision-alerting-resources/file-provisioning/ (apiVersion 1), and
pkg/services/provisioning/alerting/{rules,contact_point,notification_policy}_types.go, from which also is: Grafana puts its environment into
titles, labels and settings, not into queries and annotations (annotations: only `${NAME}`).

A file with policies replaces the whole tree of the organisation. Rules that name their contact point themselves leave the tree alone. A
rule names one, so where a route sends to several, one contact point is made that has the receivers of all. Grafana then groups by rule as
well.
"""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from dashboards.alerting.rendered import Alerting, ContactPoint, RuleGroup
from dashboards.house import ALERTS_FOLDER
from dashboards.model.json import Json
from dashboards.words import Language

Routing = Literal["rules", "tree", "none"]

_ORG = 1
# Names in the API (ProvisionedAlertRule) and in files. What the group says is not said again by each rule.
_RULE = {
    "uid": "uid",
    "title": "title",
    "condition": "condition",
    "data": "data",
    "noDataState": "noDataState",
    "execErrState": "execErrState",
    "for": "for",
    "keep_firing_for": "keepFiringFor",
    "missingSeriesEvalsToResolve": "missing_series_evals_to_resolve",
    "annotations": "annotations",
    "labels": "labels",
    "isPaused": "isPaused",
    "notification_settings": "notification_settings",
}
_OF_THE_GROUP = frozenset({"orgID", "folderUID", "ruleGroup", "id", "updated", "provenance"})
_SETTINGS = ("group_by", "group_wait", "group_interval", "repeat_interval", "mute_time_intervals", "active_time_intervals")


def alert_files(alerting: Alerting, language: Language, *, routing: Routing, default_receiver: str, secrets_dir: str) -> dict[str, Json]:
    """Return the files of provisioning/alerting by name; none where there is nothing to say.

    Raises ValueError where rules cannot say by themselves what the route says.
    """
    route = alerting.route if routing == "rules" else None
    receivers: list[tuple[str, ...]] = [(point.name,) for point in alerting.contact_points]
    if route:
        sent = [_sent(rule.get("labels", {}), route) for group in alerting.groups for rule in group.rules]
        receivers = sorted({settings.receivers for settings in sent if settings})
    found: dict[str, Json] = {}
    if alerting.groups:
        found["rules.yaml"] = {"apiVersion": 1, "groups": [_group(group, language, route) for group in alerting.groups]}
    if alerting.contact_points and receivers:
        points = [_contact_point(names, alerting.contact_points, secrets_dir) for names in dict.fromkeys(receivers)]
        found["contact-points.yaml"] = {"apiVersion": 1, "contactPoints": points}
    if alerting.route and routing == "tree":
        found["policies.yaml"] = {"apiVersion": 1, "policies": [_tree(alerting.route, default_receiver)]}
    return found


def secret_files(alerting: Alerting, secrets_dir: str) -> list[str]:
    """Return the paths where Grafana will look for the secrets of contact points."""
    return [_secret(point, path, secrets_dir) for point in alerting.contact_points for path in point.secrets]


def _group(group: RuleGroup, language: Language, route: Json | None) -> Json:
    """Files name a folder by its title, and Grafana makes it; only one of ours is meant."""
    if group.folder_uid != ALERTS_FOLDER.uid:
        raise ValueError(f"rule group {group.name} is not of the folder {ALERTS_FOLDER.uid}")
    return {
        "orgId": _ORG,
        "name": _dollars(group.name),
        "folder": _dollars(ALERTS_FOLDER.title.to(language)),
        "interval": f"{group.interval_s}s",
        "rules": [_rule(rule, route) for rule in group.rules],
    }


def _rule(rule: Json, route: Json | None) -> Json:
    unknown = set(rule) - set(_RULE) - _OF_THE_GROUP
    if unknown:
        raise ValueError(f"rule {rule.get('uid')}: files have no name for {', '.join(sorted(unknown))}")
    written: Json = {theirs: rule[ours] for ours, theirs in _RULE.items() if ours in rule}
    annotations: Mapping[str, str] = written.get("annotations", {})
    if any("${" in text for text in annotations.values()):
        raise ValueError(f"rule {rule.get('uid')}: Grafana takes ${{…}} in an annotation for a variable of its environment")
    for key in ("title", "labels", "notification_settings"):
        if key in written:
            written[key] = _dollars(written[key])
    if "__dashboardUid__" in annotations:
        written |= {"dashboardUid": annotations["__dashboardUid__"], "panelId": int(annotations.get("__panelId__", 0))}
    if route and "notification_settings" not in written and (sent := _sent(rule.get("labels", {}), route)):
        written["notification_settings"] = _dollars({"receiver": _joined(sent.receivers), **sent.settings})
    return written


@dataclass(frozen=True, slots=True)
class _Sent:
    """Whom a route tells of an alert, and how often."""

    receivers: tuple[str, ...]
    settings: Json


def _sent(labels: Mapping[str, str], route: Json) -> _Sent | None:
    """What the route does with alerts of these labels; a rule's own labels are all that is known here. None: it is not for this route."""
    if not _matches(labels, route):
        return None
    inherited = {key: route[key] for key in ("receiver", *_SETTINGS) if key in route}
    hits: list[_Sent] = []
    for child in route.get("routes", ()):
        if hit := _sent(labels, inherited | child):
            hits.append(hit)
            if not child.get("continue"):
                break
    if not hits:
        return _Sent((route["receiver"],), {key: route[key] for key in _SETTINGS if route.get(key)})
    if any(hit.settings != hits[0].settings for hit in hits):
        names = ", ".join(name for hit in hits for name in hit.receivers)
        raise ValueError(f"{names} want the same alert at different times, and a rule has one of each: choose the routing `tree`")
    return _Sent(tuple(dict.fromkeys(name for hit in hits for name in hit.receivers)), hits[0].settings)


def _joined(receivers: tuple[str, ...]) -> str:
    return " + ".join(receivers)


def _matches(labels: Mapping[str, str], route: Json) -> bool:
    return all(_is_met(labels.get(name, ""), operator, value) for name, operator, value in route.get("object_matchers", ()))


def _is_met(value: str, operator: str, wanted: str) -> bool:
    is_equal = re.fullmatch(wanted, value) is not None if operator.endswith("~") else value == wanted
    return is_equal != operator.startswith("!")


def _contact_point(names: tuple[str, ...], points: tuple[ContactPoint, ...], secrets_dir: str) -> Json:
    """Return the contact point that has the receivers of these."""
    members = [point for name in names for point in points if point.name == name]
    name = _joined(names)
    return {"orgId": _ORG, "name": _dollars(name), "receivers": [_receiver(point, name, secrets_dir) for point in members]}


def _receiver(point: ContactPoint, name: str, secrets_dir: str) -> Json:
    settings: Json = _dollars(point.settings)
    for path in point.secrets:
        _put(settings, path, f"$__file{{{_secret(point, path, secrets_dir)}}}")
    uid = point.uid if name == point.name else f"quanho-{hashlib.sha256(f'{name} {point.uid}'.encode()).hexdigest()[:24]}"
    return {"uid": uid, "type": point.type, "settings": settings, "disableResolveMessage": point.disable_resolve_message}


def _secret(point: ContactPoint, path: str, secrets_dir: str) -> str:
    return f"{secrets_dir}/{point.uid}.{path}"


def _put(settings: Json, path: str, value: str) -> None:
    *outer, last = path.split(".")
    for key in outer:
        settings = settings.setdefault(key, {})
    settings[last] = value


def _tree(route: Json, default_receiver: str) -> Json:
    return {"orgId": _ORG, "receiver": default_receiver, "group_by": ["grafana_folder", "alertname"], "routes": [_dollars(route)]}


def _dollars(content: Any) -> Any:
    """A copy in which every dollar sign of a string is doubled: Grafana makes it one again."""
    if isinstance(content, str):
        return content.replace("$", "$$")
    if isinstance(content, Mapping):
        return {key: _dollars(value) for key, value in content.items()}
    return [_dollars(value) for value in content] if isinstance(content, list | tuple) else content

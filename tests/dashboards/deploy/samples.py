"""A small deployment: two dashboards in two languages, two rule groups, two contact points, a policy, a data source."""

from dataclasses import replace
from typing import Any

from pydantic import SecretStr

from dashboards.alerting.rendered import Alerting, ContactPoint, RuleGroup
from dashboards.deploy.wanted import Store, Wanted, WantedBoard, WantedFolder
from dashboards.house import ALERTS_FOLDER

Json = dict[str, Any]
BOT_TOKEN = "7001:AAF-telegram-bot-token"
HMAC = "hmac-shared-secret-of-the-webhook"
INFLUX_PASSWORD = "read-only pass phrase"
SECRETS = (BOT_TOKEN, HMAC, INFLUX_PASSWORD)


def board(uid: str, title: str, query: str = 'SELECT mean("pm2_5") FROM "air" WHERE $timeFilter', threshold: float = 25) -> Json:
    steps = [{"color": "green", "value": None}, {"color": "red", "value": threshold}]
    panel = {
        "id": 11,
        "type": "timeseries",
        "title": "PM2.5",
        "gridPos": {"x": 0, "y": 0, "w": 24, "h": 8},
        "targets": [{"refId": "A", "rawQuery": True, "query": query}],
        "fieldConfig": {"defaults": {"unit": "conμgm3", "thresholds": {"mode": "absolute", "steps": steps}}, "overrides": []},
    }
    variables = [{"name": "site", "type": "query", "query": "SHOW TAG VALUES WITH KEY = site"}]
    about = {"uid": uid, "title": title, "tags": ["quanho"], "schemaVersion": 42, "refresh": "30s"}
    return about | {"panels": [panel], "templating": {"list": variables}, "links": []}


def rule(uid: str, title: str, above: float = 25, hold: str = "300s") -> Json:
    return {
        "uid": uid,
        "title": title,
        "condition": "C",
        "for": hold,
        "noDataState": "OK",
        "execErrState": "KeepLast",
        "missingSeriesEvalsToResolve": 1000,
        "labels": {"quanho": "true", "severity": "page"},
        "annotations": {"summary": "Bụi cao ở {{ $labels.device }}"},
        "data": [
            {
                "refId": "A",
                "datasourceUid": "quanho-influxdb",
                "relativeTimeRange": {"from": 600, "to": 0},
                "model": {"refId": "A", "rawQuery": True, "query": 'SELECT last("pm2_5") FROM "air"', "resultFormat": "time_series"},
            },
            {"refId": "C", "datasourceUid": "__expr__", "model": {"refId": "C", "type": "threshold", "expression": "A", "above": above}},
        ],
    }


def alerting() -> Alerting:
    groups = (
        RuleGroup(ALERTS_FOLDER.uid, "quanho air/dust", 60, (rule("quanho-dust", "Dust"), rule("quanho-dust-2", "More dust", 50))),
        RuleGroup(ALERTS_FOLDER.uid, "quanho silence", 30, (rule("quanho-silent", "Silent"),)),
    )
    points = (
        ContactPoint(
            "quanho-telegram", "quanho-oncall", "telegram", {"chatid": "-100", "parse_mode": "HTML"}, {"bottoken": SecretStr(BOT_TOKEN)}
        ),
        ContactPoint(
            "quanho-webhook",
            "quanho-oncall",
            "webhook",
            {"url": "https://oncall.example/hook", "hmacConfig": {"timestampHeader": "X-Time"}},
            {"hmacConfig.secret": SecretStr(HMAC)},
        ),
    )
    route = {
        "receiver": "quanho-oncall",
        "object_matchers": [["quanho", "=", "true"]],
        "group_by": ["alertname"],
        "repeat_interval": "240m",
    }
    return Alerting(groups, points, route)


def store() -> Store:
    return Store("http://influxdb:8086", "quanho", "grafana", SecretStr(INFLUX_PASSWORD))


def small() -> Wanted:
    folders = (WantedFolder("quanho-vi", "Giám sát"), WantedFolder("quanho-en", "Monitoring"), WantedFolder(ALERTS_FOLDER.uid, "Cảnh báo"))
    boards = (
        WantedBoard("quanho-air-vi", "quanho-vi", board("quanho-air-vi", "Không khí")),
        WantedBoard("quanho-air-en", "quanho-en", board("quanho-air-en", "Air")),
    )
    return Wanted(folders, boards, store(), alerting())


def with_board(wanted: Wanted, json: Json) -> Wanted:
    """Return the same with another version of one dashboard."""
    boards = tuple(replace(each, json=json) if each.uid == json["uid"] else each for each in wanted.boards)
    return replace(wanted, boards=boards)


def with_rule(wanted: Wanted, new: Json) -> Wanted:
    """Return the same with another version of one rule."""
    assert wanted.alerting
    groups = tuple(
        replace(group, rules=tuple(new if each["uid"] == new["uid"] else each for each in group.rules)) for group in wanted.alerting.groups
    )
    return replace(wanted, alerting=replace(wanted.alerting, groups=groups))


def only_vietnamese(wanted: Wanted) -> Wanted:
    """Return the same without English, rules, contact points and policy."""
    return replace(wanted, folders=wanted.folders[:1], boards=wanted.boards[:1], alerting=Alerting())


def without_webhook(wanted: Wanted) -> Wanted:
    """Return the same without the contact point that is signed, which a Grafana before 12 cannot do."""
    assert wanted.alerting
    points = tuple(point for point in wanted.alerting.contact_points if point.type != "webhook")
    return replace(wanted, alerting=replace(wanted.alerting, contact_points=points))

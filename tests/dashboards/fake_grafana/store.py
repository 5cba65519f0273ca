"""What the fake Grafana holds, and what other people have in it."""

import copy
import json
from dataclasses import dataclass, field
from typing import Any

Json = dict[str, Any]


@dataclass
class Store:
    """Plain dictionaries. `updates` counts every change, so that times and ids are new without a clock."""

    folders: dict[str, Json] = field(default_factory=dict)
    datasources: dict[str, Json] = field(default_factory=dict)
    secrets: dict[str, Json] = field(default_factory=dict)
    boards: dict[str, list[Json]] = field(default_factory=dict)  # versions, oldest first: {json, folderUid, message, version}
    rules: dict[str, Json] = field(default_factory=dict)
    intervals: dict[tuple[str, str], int] = field(default_factory=dict)
    points: dict[str, Json] = field(default_factory=dict)
    policies: Json = field(default_factory=lambda: {"receiver": "grafana-default-email", "group_by": ["grafana_folder", "alertname"]})
    provisioned: set[str] = field(default_factory=set)
    unreadable: set[str] = field(default_factory=set)
    updates: int = 0

    def next_id(self) -> int:
        self.updates += 1
        return self.updates

    def now(self) -> str:
        return f"2026-01-01T00:00:{self.updates % 60:02d}Z"

    def foreign(self) -> str:
        """Return everything that is not ours, as text: two stores whose texts are equal hold the same of others."""
        mine = ("quanho-",)
        tree = copy.deepcopy(self.policies)
        tree["routes"] = [each for each in tree.get("routes", []) if not str(each.get("receiver")).startswith(mine)]
        if not tree["routes"]:
            del tree["routes"]
        keep = {
            name: {key: value for key, value in getattr(self, name).items() if not str(key).startswith(mine)}
            for name in ("folders", "datasources", "secrets", "boards", "rules", "points")
        }
        groups = {"/".join(key): value for key, value in self.intervals.items() if not key[0].startswith(mine)}
        return json.dumps({**keep, "groups": groups, "policies": tree}, sort_keys=True)

    def ours(self) -> set[str]:
        kinds = (self.folders, self.datasources, self.boards, self.rules, self.points)
        return {uid for kind in kinds for uid in kind if uid.startswith("quanho-")}


def with_others() -> Store:
    """Return a store as a town may have it before we come: folders, dashboards, rules, contact points and policies of others."""
    store = Store()
    store.folders = {
        "ops": {"uid": "ops", "title": "Điện nước", "id": 901, "version": 3},
        "it": {"uid": "it", "title": "IT", "id": 902, "version": 1},
    }
    store.datasources["prom"] = {
        "uid": "prom",
        "name": "Prometheus",
        "type": "prometheus",
        "access": "proxy",
        "url": "http://prom:9090",
        "isDefault": True,
        "id": 903,
        "version": 7,
        "jsonData": {"httpMethod": "POST"},
        "user": "",
        "readOnly": False,
    }
    store.secrets["prom"] = {"httpHeaderValue1": "not ours"}
    for uid, tags in (("pumps", ["pumps"]), ("quan-ho", []), ("copied", ["quanho", "quanho-vi"])):
        json_ = {"uid": uid, "title": uid, "tags": tags, "panels": [{"id": 1, "type": "text", "title": "☺"}], "schemaVersion": 39}
        store.boards[uid] = [{"json": json_, "folderUid": "ops", "message": "", "version": 1}]
    rule = {
        "uid": "pump-dry",
        "title": "Pump dry",
        "folderUID": "ops",
        "ruleGroup": "pumps",
        "condition": "A",
        "for": "5m",
        "orgID": 1,
        "id": 7,
    }
    store.rules["pump-dry"] = rule | {
        "noDataState": "NoData",
        "execErrState": "Error",
        "provenance": "",
        "data": _query("A"),
        "updated": store.now(),
    }
    store.intervals["ops", "pumps"] = 60
    store.points["email-ops"] = {
        "uid": "email-ops",
        "name": "ops",
        "type": "email",
        "provenance": "",
        "disableResolveMessage": False,
        "settings": {"addresses": "ops@example.org"},
    }
    store.policies = {
        "receiver": "ops",
        "group_by": ["grafana_folder", "alertname"],
        "group_wait": "30s",
        "group_interval": "5m",
        "repeat_interval": "4h",
        "routes": [
            {"receiver": "ops", "object_matchers": [["team", "=", "pumps"]], "continue": True, "repeat_interval": "12h"},
            {"receiver": "ops", "matchers": [{"Name": "severity", "Type": 2, "Value": "critical|page"}]},
            {"receiver": "ops"},
        ],
        "provenance": "",
    }
    return store


def _query(ref: str) -> list[Json]:
    model = {"refId": ref, "expr": "up == 0", "intervalMs": 1000, "maxDataPoints": 43200}
    return [{"refId": ref, "queryType": "", "relativeTimeRange": {"from": 600, "to": 0}, "datasourceUid": "prom", "model": model}]

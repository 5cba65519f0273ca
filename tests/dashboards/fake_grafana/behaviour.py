"""How Grafana answers, as far as a deployment can notice: versions, durations, redacted secrets, provenance, what is deleted along.

From Grafana's documentation of its HTTP API and of provisioning. The server holds statuses and bodies against the specification.
"""

import copy
import re
from collections.abc import Callable, Mapping
from typing import Any

from tests.dashboards.fake_grafana.store import Json, Store

Answer = tuple[int, Any]
_SECRET_KEYS = frozenset({"bottoken", "password", "secret", "authorization_credentials", "apiKey", "token"})
_UNITS = {"w": 604_800, "d": 86_400, "h": 3600, "m": 60, "s": 1}


def error(status: int, text: str, kind: str = "") -> Answer:
    return status, {"message": text} | ({"status": kind} if kind else {})


def denied(text: str) -> Answer:
    return 403, {"body": {"messageId": "accesscontrol.permission-denied", "statusCode": 403, "message": text}}


class Behaviour:
    """Answers for a store. `is_odd`: alert rules are stored in a form that nobody foresaw. The hooks are other people."""

    def __init__(self, store: Store, version: str) -> None:
        self.store = store
        self.version = version
        self.is_odd = False
        self.before_write: Callable[[str, str], None] = lambda _method, _path: None
        self.after_write: Callable[[str, str], None] = lambda _method, _path: None

    def answer(self, method: str, path: str, query: Mapping[str, str], headers: Mapping[str, str], body: Any) -> Answer:
        for verb, pattern, does in _ROUTES:
            found = re.fullmatch(pattern, path)
            if verb == method and found:
                if method != "GET":
                    self.before_write(method, path)
                answer = does(self, *(part.replace("%2F", "/") for part in found.groups()), query=query, headers=headers, body=body)
                if method != "GET":
                    self.after_write(method, path)
                return answer
        return error(404, f"fake: no {method} {path}")

    # -- folders

    def health(self, **_: Any) -> Answer:
        return 200, {"database": "ok", "version": self.version, "commit": "e9de482b51"}

    def folder(self, uid: str, **_: Any) -> Answer:
        found = self.store.folders.get(uid)
        return (200, copy.deepcopy(found)) if found else error(404, "folder not found")

    def create_folder(self, *, body: Json, **_: Any) -> Answer:
        if body["uid"] in self.store.folders:
            return error(409, "a folder with the same uid already exists in the current location", "name-exists")
        folder = {
            "uid": body["uid"],
            "title": body["title"],
            "id": self.store.next_id(),
            "version": 1,
            "url": f"/dashboards/f/{body['uid']}/x",
        }
        self.store.folders[body["uid"]] = folder
        return 200, copy.deepcopy(folder)

    def update_folder(self, uid: str, *, body: Json, **_: Any) -> Answer:
        folder = self.store.folders[uid]
        if body.get("version") != folder["version"] and not body.get("overwrite"):
            return error(409, "the folder has been changed by someone else", "version-mismatch")
        folder |= {"title": body["title"], "version": folder["version"] + 1}
        return 200, copy.deepcopy(folder)

    def counts(self, uid: str, **_: Any) -> Answer:
        boards = sum(versions[-1]["folderUid"] == uid for versions in self.store.boards.values())
        rules = sum(rule["folderUID"] == uid for rule in self.store.rules.values())
        return 200, {"dashboard": boards, "alertrule": rules, "folder": 0, "librarypanel": 0}

    def delete_folder(self, uid: str, **_: Any) -> Answer:
        if uid not in self.store.folders:
            return error(404, "folder not found")
        if any(rule["folderUID"] == uid for rule in self.store.rules.values()):
            return error(400, "folder contains alert rules")
        folder = self.store.folders.pop(uid)
        for board in [name for name, versions in self.store.boards.items() if versions[-1]["folderUid"] == uid]:
            del self.store.boards[board]
        return 200, {"id": folder["id"], "title": folder["title"], "message": "Folder deleted"}

    # -- data sources

    def datasources(self, **_: Any) -> Answer:
        hidden = ("withCredentials", "basicAuthUser", "secureJsonFields", "version")
        return 200, [{key: each for key, each in source.items() if key not in hidden} for source in self.store.datasources.values()]

    def datasource(self, uid: str, **_: Any) -> Answer:
        found = self.store.datasources.get(uid)
        return (200, self._shown(found)) if found else error(404, "Data source not found")

    def create_datasource(self, *, body: Json, **_: Any) -> Answer:
        if any(body["uid"] == each["uid"] or body["name"] == each["name"] for each in self.store.datasources.values()):
            return error(409, "data source with the same name or uid already exists")
        source = {"id": self.store.next_id(), "version": 1, "readOnly": False, **body}
        self.store.secrets[body["uid"]] = source.pop("secureJsonData", {})
        self.store.datasources[body["uid"]] = source
        return self._datasource_done(source)

    def update_datasource(self, uid: str, *, body: Json, **_: Any) -> Answer:
        source = self.store.datasources[uid]
        if source["readOnly"]:
            return denied_plain("Cannot update read-only data source")
        if body.get("version") != source["version"]:
            return error(409, "Datasource has already been updated by someone else. Please reload and try again")
        changed = {"id": source["id"], "readOnly": False, **body, "version": source["version"] + 1}
        self.store.secrets[uid] |= changed.pop("secureJsonData", {})
        self.store.datasources[uid] = changed
        return self._datasource_done(changed)

    def _datasource_done(self, source: Json) -> Answer:
        return 200, {"id": source["id"], "name": source["name"], "message": "Datasource saved", "datasource": self._shown(source)}

    def _shown(self, source: Json) -> Json:
        return {**copy.deepcopy(source), "secureJsonFields": dict.fromkeys(self.store.secrets.get(source["uid"], {}), True)}

    # -- dashboards

    def search(self, *, query: Mapping[str, str], **_: Any) -> Answer:
        hits = [
            {"uid": uid, "title": versions[-1]["json"]["title"], "type": "dash-db", "tags": versions[-1]["json"].get("tags", []), "id": 1}
            | {"folderUid": versions[-1]["folderUid"]}
            for uid, versions in self.store.boards.items()
            if query.get("tag", "") in (*versions[-1]["json"].get("tags", []), "")
        ]
        limit, page = int(query.get("limit", 1000)), int(query.get("page", 1))
        return 200, hits[limit * (page - 1) : limit * page]

    def board(self, uid: str, **_: Any) -> Answer:
        versions = self.store.boards.get(uid)
        if not versions:
            return error(404, "Dashboard not found")
        if uid in self.store.unreadable:
            return error(406, "dashboard api version not supported, use /apis/dashboard.grafana.app/v2beta1/... instead")
        newest = versions[-1]
        json = copy.deepcopy(newest["json"]) | {"id": 5, "version": newest["version"], "fiscalYearStartMonth": 0, "weekStart": ""}
        for panel in json.get("panels", []):
            panel.setdefault("pluginVersion", self.version)
        title = self.store.folders.get(newest["folderUid"], {}).get("title", "General")
        meta = {
            "version": newest["version"],
            "folderUid": newest["folderUid"],
            "folderTitle": title,
            "provisioned": uid in self.store.provisioned,
        }
        return 200, {"dashboard": json, "meta": meta}

    def versions(self, uid: str, *, query: Mapping[str, str], **_: Any) -> Answer:
        if uid not in self.store.boards:
            return error(404, "Dashboard not found")
        listed = [
            {"id": each["version"], "uid": uid, "version": each["version"], "message": each["message"], "createdBy": "x", "data": None}
            for each in reversed(self.store.boards[uid])
        ]
        listed = [{key: each for key, each in version.items() if key != "data"} for version in listed][: int(query.get("limit", 1000))]
        return 200, listed if self.version.startswith("11.4") else {"continueToken": "", "versions": listed}

    def save_board(self, *, body: Json, **_: Any) -> Answer:
        json, folder = copy.deepcopy(body["dashboard"]), body.get("folderUid", "")
        uid, there = json["uid"], self.store.boards.get(json["uid"])
        if folder and folder not in self.store.folders:
            return error(400, "folder not found")
        if uid in self.store.provisioned:
            return error(400, "Cannot save provisioned dashboard")
        sent = json.pop("version", 0)
        json.pop("id", None)
        if there and not body.get("overwrite") and sent != there[-1]["version"]:
            return error(412, "The dashboard has been changed by someone else", "version-mismatch")
        if not there and sent:
            return error(404, "Dashboard not found", "not-found")
        number = there[-1]["version"] + 1 if there else 1
        self.store.boards.setdefault(uid, []).append(
            {"json": json, "folderUid": folder, "message": body.get("message", ""), "version": number}
        )
        return 200, {"id": 5, "uid": uid, "title": json["title"], "status": "success", "version": number, "url": f"/d/{uid}"}

    def delete_board(self, uid: str, **_: Any) -> Answer:
        if uid not in self.store.boards:
            return error(404, "Dashboard not found")
        del self.store.boards[uid]
        return 200, {"title": uid, "uid": uid, "message": "Dashboard deleted"}

    # -- alert rules

    def rules(self, **_: Any) -> Answer:
        return 200, copy.deepcopy(list(self.store.rules.values()))

    def group(self, folder: str, name: str, **_: Any) -> Answer:
        rules = [copy.deepcopy(rule) for rule in self.store.rules.values() if (rule["folderUID"], rule["ruleGroup"]) == (folder, name)]
        if not rules:
            return 404, None
        return 200, {"title": name, "folderUid": folder, "interval": self.store.intervals[folder, name], "rules": rules}

    def put_group(self, folder: str, name: str, *, body: Json, headers: Mapping[str, str], **_: Any) -> Answer:
        if folder not in self.store.folders:
            return 400, {"message": "folder does not exist"}
        if body["interval"] <= 0 or body["interval"] % 10:
            return 400, {"message": "interval must be a multiple of 10 s"}
        kept = {rule["uid"] for rule in body["rules"]}
        gone = [
            uid for uid, rule in self.store.rules.items() if (rule["folderUID"], rule["ruleGroup"]) == (folder, name) and uid not in kept
        ]
        for uid in gone:
            del self.store.rules[uid]
        provenance = "" if headers.get("X-Disable-Provenance") else "api"
        for rule in body["rules"]:
            self.store.rules[rule["uid"]] = self._stored(rule, folder, name, provenance)
        self.store.intervals[folder, name] = body["interval"]
        return 200, copy.deepcopy(body)

    def _stored(self, rule: Json, folder: str, name: str, provenance: str) -> Json:
        stored = copy.deepcopy(rule)
        stored |= {
            "id": self.store.next_id(),
            "updated": self.store.now(),
            "provenance": provenance,
            "folderUID": folder,
            "ruleGroup": name,
        }
        stored["for"] = respelt(stored["for"])
        for query in stored["data"]:
            query.setdefault("queryType", "")
            query.setdefault("relativeTimeRange", {"from": 0, "to": 0})
            query["model"] = {"intervalMs": 1000, "maxDataPoints": 43200, **query["model"]}
            if self.is_odd:
                query["model"]["hide"] = False
        return stored

    def delete_rule(self, uid: str, **_: Any) -> Answer:
        self.store.rules.pop(uid, None)
        return 204, None

    # -- contact points and policies

    def points(self, **_: Any) -> Answer:
        return 200, [point | {"settings": redacted(point["settings"])} for point in self.store.points.values()]

    def create_point(self, *, body: Json, headers: Mapping[str, str], **_: Any) -> Answer:
        if body["uid"] in self.store.points:
            return 400, {"message": "receiver configuration with this uid already exists"}
        self.store.points[body["uid"]] = {**copy.deepcopy(body), "provenance": "" if headers.get("X-Disable-Provenance") else "api"}
        return 202, body | {"settings": redacted(body["settings"])}

    def update_point(self, uid: str, *, body: Json, **_: Any) -> Answer:
        if uid not in self.store.points:
            return 400, {"message": "not found"}
        self.store.points[uid] = {**copy.deepcopy(body), "uid": uid, "provenance": "api"}
        return 202, {"message": "contactpoint updated"}

    def delete_point(self, uid: str, **_: Any) -> Answer:
        """Only the last one of a name is held by the policies (DeleteContactPoint in pkg/services/ngalert/provisioning)."""
        point = self.store.points.get(uid)
        is_last = point is not None and sum(each["name"] == point["name"] for each in self.store.points.values()) == 1
        if point and is_last and point["name"] in receivers(self.store.policies):
            return denied("contact point is currently in use by a notification policy")
        self.store.points.pop(uid, None)
        return 202, None

    def policies(self, **_: Any) -> Answer:
        return 200, copy.deepcopy(self.store.policies)

    def put_policies(self, *, body: Json, headers: Mapping[str, str], **_: Any) -> Answer:
        before, after = self.store.policies.get("provenance", ""), "" if headers.get("X-Disable-Provenance") else "api"
        if before == "file" or (before == "api" and not after):
            return 400, {"message": f"cannot change provenance from '{before}' to '{after}'"}
        known = {point["name"] for point in self.store.points.values()} | {"grafana-default-email"}
        missing = sorted(receivers(body) - known)
        if missing:
            return 400, {"message": f"receiver '{missing[0]}' does not exist"}
        self.store.policies = copy.deepcopy(body) | {"provenance": after}
        return 202, {"message": "policies updated"}


def denied_plain(text: str) -> Answer:
    return error(403, text)


def receivers(route: Json) -> set[str]:
    return {route["receiver"]}.union(*(receivers(child) for child in route.get("routes", []))) if route.get("receiver") else set()


def redacted(settings: Json) -> Json:
    shown: Json = {}
    for key, value in settings.items():
        shown[key] = redacted(value) if isinstance(value, dict) else "[REDACTED]" if key in _SECRET_KEYS else value
    return shown


def respelt(duration: str) -> str:
    """Return a duration as Prometheus spells it: the largest units first, "300s" as "5m"."""
    total = sum(int(number) * _UNITS[unit] for number, unit in re.findall(r"(\d+)([wdhms])", duration))
    parts = []
    for unit, size in _UNITS.items():
        if total >= size:
            parts.append(f"{total // size}{unit}")
            total %= size
    return "".join(parts) or "0s"


_P = "/api/v1/provisioning"
_ROUTES: tuple[tuple[str, str, Callable[..., Answer]], ...] = (
    ("GET", "/api/health", Behaviour.health),
    ("GET", "/api/folders/([^/]+)", Behaviour.folder),
    ("POST", "/api/folders", Behaviour.create_folder),
    ("PUT", "/api/folders/([^/]+)", Behaviour.update_folder),
    ("GET", "/api/folders/([^/]+)/counts", Behaviour.counts),
    ("DELETE", "/api/folders/([^/]+)", Behaviour.delete_folder),
    ("GET", "/api/datasources", Behaviour.datasources),
    ("GET", "/api/datasources/uid/([^/]+)", Behaviour.datasource),
    ("POST", "/api/datasources", Behaviour.create_datasource),
    ("PUT", "/api/datasources/uid/([^/]+)", Behaviour.update_datasource),
    ("GET", "/api/search", Behaviour.search),
    ("GET", "/api/dashboards/uid/([^/]+)", Behaviour.board),
    ("GET", "/api/dashboards/uid/([^/]+)/versions", Behaviour.versions),
    ("POST", "/api/dashboards/db", Behaviour.save_board),
    ("DELETE", "/api/dashboards/uid/([^/]+)", Behaviour.delete_board),
    ("GET", f"{_P}/alert-rules", Behaviour.rules),
    ("DELETE", f"{_P}/alert-rules/([^/]+)", Behaviour.delete_rule),
    ("GET", f"{_P}/folder/([^/]+)/rule-groups/([^/]+)", Behaviour.group),
    ("PUT", f"{_P}/folder/([^/]+)/rule-groups/([^/]+)", Behaviour.put_group),
    ("GET", f"{_P}/contact-points", Behaviour.points),
    ("POST", f"{_P}/contact-points", Behaviour.create_point),
    ("PUT", f"{_P}/contact-points/([^/]+)", Behaviour.update_point),
    ("DELETE", f"{_P}/contact-points/([^/]+)", Behaviour.delete_point),
    ("GET", f"{_P}/policies", Behaviour.policies),
    ("PUT", f"{_P}/policies", Behaviour.put_policies),
)

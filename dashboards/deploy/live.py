"""What a Grafana has, as far as it concerns us. Only reading requests are sent."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from dashboards.deploy.calls import Calls
from dashboards.deploy.mark import is_ours
from dashboards.deploy.wanted import Wanted
from dashboards.grafana.answers import Forbidden
from dashboards.house import ALERTS_FOLDER, DATASOURCE_UID, FOLDERS
from dashboards.model.json import Json
from telemetry.errors import RejectedError
from telemetry.said import joined, reason_of, said

FOLDER_UIDS = (*(folder.uid for folder in FOLDERS.values()), ALERTS_FOLDER.uid)
ResultT = TypeVar("ResultT")


@dataclass(frozen=True, slots=True)
class LiveBoard:
    """A dashboard and its two newest versions; None where Grafana does not tell them. `json` is empty where it shows nothing of it."""

    json: Json
    meta: Json
    versions: Sequence[Json] | None

    @property
    def version(self) -> int:
        return version_of(self.json, self.meta)


@dataclass(frozen=True, slots=True)
class Live:
    """Folders, dashboards and groups that are ours by uid; of data sources, rules and contact points all, to see whose names are taken."""

    folders: Mapping[str, Json] = field(default_factory=dict)
    datasources: Sequence[Json] = ()
    datasource: Json | None = None
    boards: Mapping[str, LiveBoard] = field(default_factory=dict)
    rules: Sequence[Json] = ()
    groups: Mapping[tuple[str, str], Json] = field(default_factory=dict)
    contact_points: Sequence[Json] = ()
    policies: Json | None = None


def read(calls: Calls, wanted: Wanted, look: Callable[[str], None] = lambda _: None) -> Live:
    """Ask Grafana. `look` is told what is being read. Raises RejectedError that names every permission that is lacking."""
    lacking: list[Forbidden] = []

    def attempt(what: str, ask: Callable[[], ResultT], otherwise: ResultT) -> ResultT:
        look(what)
        try:
            return ask()
        except Forbidden as error:
            lacking.append(error)
            return otherwise

    none: list[Json] = []
    nothing: Json | None = None
    no_folders: dict[str, Json] = {}
    no_boards: dict[str, LiveBoard] = {}
    no_groups: dict[tuple[str, str], Json] = {}
    folders = attempt(said("thư mục", "folders"), lambda: _folders(calls), no_folders)
    datasources = attempt(said("nguồn dữ liệu", "data sources"), calls.datasources, none)
    datasource = attempt(said("nguồn dữ liệu", "data sources"), lambda: calls.datasource(DATASOURCE_UID), nothing)
    boards = attempt(said("các bảng", "dashboards"), lambda: _boards(calls, wanted, look), no_boards)
    if wanted.alerting is None:
        live = Live(folders, datasources, datasource, boards)
    else:
        rules = attempt(said("quy tắc cảnh báo", "alert rules"), calls.rules, none)
        groups = attempt(said("quy tắc cảnh báo", "alert rules"), lambda: _groups(calls, wanted, folders), no_groups)
        points = attempt(said("điểm liên hệ", "contact points"), calls.contact_points, none)
        policies = attempt(said("chính sách thông báo", "notification policies"), calls.policies, Json())
        live = Live(folders, datasources, datasource, boards, rules, groups, points, policies)
    if lacking:
        raise RejectedError(joined("; ", dict.fromkeys(reason_of(error) for error in lacking)))
    return live


def version_of(json: Json, meta: Json) -> int:
    """Return the number of a dashboard's version, 0 where Grafana does not say it."""
    found = (meta.get("version"), json.get("version"))
    return next((number for number in found if isinstance(number, int) and number), 0)


def _folders(calls: Calls) -> dict[str, Json]:
    found = {uid: calls.folder(uid) for uid in FOLDER_UIDS}
    return {uid: folder for uid, folder in found.items() if folder is not None}


def _boards(calls: Calls, wanted: Wanted, look: Callable[[str], None]) -> dict[str, LiveBoard]:
    """Return ours: those that are wanted by their uid, because a search may be late, and those of earlier by a search for our tag."""
    uids = [board.uid for board in wanted.boards]
    uids += [str(hit["uid"]) for hit in calls.tagged_dashboards() if is_ours(hit.get("uid"))]
    found: dict[str, LiveBoard] = {}
    for uid in dict.fromkeys(uids):
        look(uid)
        body = calls.dashboard(uid)
        if body is not None:
            json, meta = body.get("dashboard"), body.get("meta")
            found[uid] = LiveBoard(json if isinstance(json, dict) else {}, meta if isinstance(meta, dict) else {}, calls.versions(uid))
    return found


def _groups(calls: Calls, wanted: Wanted, folders: Mapping[str, Json]) -> dict[tuple[str, str], Json]:
    groups = wanted.alerting.groups if wanted.alerting else ()
    names = [(group.folder_uid, group.name) for group in groups if group.folder_uid in folders]
    found = {name: calls.group(*name) for name in names}
    return {name: group for name, group in found.items() if group is not None}

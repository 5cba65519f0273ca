"""The plan for folders. One of ours is known by its uid; a title that somebody gave it is kept."""

from collections.abc import Iterable, Iterator

from dashboards.deploy.action import Action, Wishes
from dashboards.deploy.diff import json_diff
from dashboards.deploy.live import FOLDER_UIDS, Live
from dashboards.deploy.wanted import Wanted
from dashboards.house import ALERTS_FOLDER, FOLDERS
from telemetry.said import said

_TITLES = frozenset(title for folder in (*FOLDERS.values(), ALERTS_FOLDER) for title in folder.title)  # in the other language
_UNUSED = said("không còn cần: --prune để xóa khi đã trống", "is no longer wanted: --prune deletes it once it is empty")


def plan(wanted: Wanted, live: Live, wishes: Wishes) -> Iterator[Action]:
    """Yield a step for each folder. Whether one is empty is asked right before it is deleted: Grafana deletes what is in it, too."""
    for folder in wanted.folders:
        there = live.folders.get(folder.uid)
        if there is None:
            yield Action("create", "folder", folder.uid, folder.title, body={"title": folder.title})
        elif there.get("title") == folder.title:
            yield Action("unchanged", "folder", folder.uid, folder.title)
        elif wishes.force or there.get("title") in _TITLES:
            diff = tuple(json_diff({"title": there.get("title")}, {"title": folder.title}))
            body = {"title": folder.title, "version": there.get("version") or 0}
            yield Action("update", "folder", folder.uid, folder.title, diff=diff, body=body)
        else:
            kept = said("tên đã được đổi bằng tay, giữ nguyên", "was renamed by hand; the name is kept")
            yield Action("unchanged", "folder", folder.uid, str(there.get("title")), kept)
    yield from _unwanted({folder.uid for folder in wanted.folders}, live, wishes, has_alerting=wanted.alerting is not None)


def _unwanted(uids: Iterable[str], live: Live, wishes: Wishes, *, has_alerting: bool) -> Iterator[Action]:
    for uid in FOLDER_UIDS:
        if uid in uids or uid not in live.folders or (uid == ALERTS_FOLDER.uid and not has_alerting):
            continue
        title = str(live.folders[uid].get("title", uid))
        yield Action("delete", "folder", uid, title) if wishes.prune else Action("leave", "folder", uid, title, _UNUSED)

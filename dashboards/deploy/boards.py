"""The plan for dashboards: what is sent, and what is left alone because somebody else made or changed it."""

from collections.abc import Iterator

from dashboards.deploy.action import Action, Wishes
from dashboards.deploy.diff import Line, board_diff
from dashboards.deploy.forms import holds
from dashboards.deploy.live import FOLDER_UIDS, Live, LiveBoard
from dashboards.deploy.mark import message, sent_digest
from dashboards.deploy.wanted import Wanted, WantedBoard
from dashboards.house import TAG
from dashboards.model.json import Json
from telemetry.said import Said, as_is, said

_FILE = said("được cấp từ tệp trên máy chủ Grafana: sửa tệp đó", "comes from a file on Grafana's host: change that file")
_FOREIGN = said(
    f"không phải của chúng tôi (không có nhãn {TAG}) nhưng có uid của chúng tôi: xóa nó hoặc lưu nó thành bảng khác",
    f"is not ours (no tag {TAG}) but has our uid: delete it, or save it as another dashboard",
)
_UNREADABLE = said(
    "đã được ai đó lưu ở dạng mới mà /api không cho xem: xóa nó, hoặc lưu nó thành bảng khác rồi xóa",
    "was saved by somebody in a newer form, which /api does not show: delete it, or save it as another dashboard and delete it",
)
_EDITED = said(
    "đã được sửa bằng tay sau lần triển khai cuối: --force để ghi đè, hoặc lưu bản sửa thành bảng khác trước",
    "was edited by hand since it was deployed: --force overwrites it; save it as another dashboard first to keep the change",
)
_UNSEEN = said(
    "khác với bản cần có, và Grafana không cho xem ai lưu lần cuối (cần quyền dashboards:write): --force để ghi đè",
    "differs, and Grafana does not tell who saved it last (needs the permission dashboards:write): --force overwrites it",
)


def plan(wanted: Wanted, live: Live, wishes: Wishes) -> Iterator[Action]:
    """Yield a step for each dashboard that is wanted, and for each of ours that no longer is."""
    for board in wanted.boards:
        yield _wanted(board, live.boards.get(board.uid), wishes)
    for uid in sorted(set(live.boards) - {board.uid for board in wanted.boards}):
        yield from _unwanted(uid, live.boards[uid], wishes)


def _wanted(board: WantedBoard, there: LiveBoard | None, wishes: Wishes) -> Action:
    if there is None:
        return Action("create", "dashboard", board.uid, board.title, diff=_panels(board.json), body=_body(board, 0))
    refused = _never(there)
    if not there.json:
        return Action("refuse", "dashboard", board.uid, board.title, refused)
    reason = refused or _edited(there, board)
    sent = sent_digest(there.versions or ())
    is_moved = there.meta.get("folderUid") != board.folder_uid
    if not refused and not is_moved and (sent == board.digest or (sent is None and _is_same(there.json, board.json))):
        return Action("unchanged", "dashboard", board.uid, board.title)
    if refused or (reason and not wishes.force):
        return Action("refuse", "dashboard", board.uid, board.title, reason, _difference(there, board))
    body = _body(board, there.version)
    return Action("update", "dashboard", board.uid, board.title, reason, _difference(there, board), body, there.version)


def _unwanted(uid: str, there: LiveBoard, wishes: Wishes) -> Iterator[Action]:
    title = str(there.json.get("title", uid))
    if not there.json:
        yield Action("leave", "dashboard", uid, title, _UNREADABLE)
    elif TAG not in (there.json.get("tags") or []):
        return
    elif there.meta.get("folderUid") not in FOLDER_UIDS:
        moved = said("được chuyển sang thư mục khác: xóa bằng tay", "was moved to another folder: delete it by hand")
        yield Action("leave", "dashboard", uid, title, moved)
    elif not wishes.prune:
        yield Action("leave", "dashboard", uid, title, said("không còn cần: --prune để xóa", "is no longer wanted: --prune deletes it"))
    elif (reason := _never(there)) or (sent_digest(there.versions or ()) is None and (reason := _EDITED) and not wishes.force):
        yield Action("refuse", "dashboard", uid, title, reason)
    else:
        yield Action("delete", "dashboard", uid, title, before=there.version)


def _never(there: LiveBoard) -> Said:
    """Return why a dashboard may not be touched at all, "" when it may."""
    if not there.json:
        return _UNREADABLE
    if there.meta.get("provisioned"):
        return _FILE
    return as_is("") if TAG in (there.json.get("tags") or []) else _FOREIGN


def _edited(there: LiveBoard, board: WantedBoard) -> Said:
    """Return what somebody did to it since we did, "" for nothing."""
    if there.meta.get("folderUid") != board.folder_uid:
        title = there.meta.get("folderTitle") or there.meta.get("folderUid") or "General"
        return said(
            f"đã được chuyển sang thư mục “{title}”: --force để chuyển về", f"was moved to the folder “{title}”: --force brings it back"
        )
    if there.versions is None:
        return _UNSEEN
    return as_is("") if sent_digest(there.versions) else _EDITED


def _is_same(live: Json, wanted: Json) -> bool:
    return holds(live, wanted) and not any(board_diff(live, wanted))


def _difference(there: LiveBoard, board: WantedBoard) -> tuple[Line, ...]:
    found = (*_folders(there, board), *board_diff(there.json, board.json))
    return found or (Line("~", said("các giá trị mà Grafana tự thêm", "values that Grafana added by itself")),)


def _folders(there: LiveBoard, board: WantedBoard) -> Iterator[Line]:
    if (before := there.meta.get("folderUid")) != board.folder_uid:
        yield Line("-", said(f"thư mục: {before or 'General'}", f"folder: {before or 'General'}"))
        yield Line("+", said(f"thư mục: {board.folder_uid}", f"folder: {board.folder_uid}"))


def _panels(board: Json) -> tuple[Line, ...]:
    count = sum(panel.get("type") != "row" for panel in board.get("panels") or [])
    return (Line("+", said(f"{count} ô", f"{count} panels")),)


def _body(board: WantedBoard, version: int) -> Json:
    """Return the SaveDashboardCommand. Not `overwrite`: Grafana compares versions, and answers 412 when somebody saved in between."""
    json = board.json | ({"version": version} if version else {})
    return {"dashboard": json, "folderUid": board.folder_uid, "overwrite": False, "message": message(board.digest, version)}

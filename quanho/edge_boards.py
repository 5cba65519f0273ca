"""`quanho edge boards` and `quanho edge board`: the boards on links of a running agent, and orders for one of them."""

import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from edge.config_file import load_agent_config
from edge.control_client import ask
from quanho.edge_board_update import update_words
from quanho.lang import say
from telemetry.errors import ConfigError, Problem

_TIMEOUT_S = 20.0


@dataclass(frozen=True, slots=True)
class Order:
    """What the board `name` is to do: identify, interval, read or restart."""

    name: str
    order: str
    time_s: float | None = None
    set_name: str | None = None


def boards(path: Path, *, as_json: bool) -> int:
    """List the boards; 0 also when there is none."""
    answer = ask(load_agent_config(path).control_socket, {"command": "boards"}, _TIMEOUT_S)
    if as_json:
        print(json.dumps(answer, ensure_ascii=False))
        return 0
    if not answer["boards"]:
        print(say('chưa có nguồn nào loại "link" trong cấu hình', 'no source of kind "link" in the config'), file=sys.stderr)
    for board in answer["boards"]:
        for line in lines_of(board):
            print(line)
    return 0


def lines_of(board: Mapping[str, Any]) -> Iterator[str]:
    """Yield what is known of a board, for people."""
    mark = "●" if board["is_open"] else "○"
    name = board["device"] or say("chưa thấy bo mạch", "no board heard yet")
    firmware = f"{board['firmware'] or '?'} {board['version']}".strip() if board["uid"] or board["firmware"] else ""
    yield "  ".join(filter(None, (mark, name, f"({board['source']}, {board['port']})", board["board"], firmware)))
    if board["uid"]:
        yield f"    uid {board['uid']}"
    if sets := board["sets"]:
        each = [f"{one['index']} {one['measurement']} {_pace(one['interval_ms'])}" for one in sets]
        yield say("    đo: ", "    measures: ") + ", ".join(each)
    readings, damaged, resent, lost = (board[key] for key in ("readings", "damaged", "resent", "board_lost"))
    yield "    " + say(
        f"{readings} số đo; {damaged} khung hỏng, {resent} gửi lại, mất trên bo {lost}",
        f"{readings} readings; {damaged} damaged frames, {resent} resent, {lost} lost on the board",
    )
    if board.get("is_lent"):
        yield say("    đang nạp chương trình", "    being flashed")
    if update := board.get("update"):
        yield say("    cập nhật: ", "    update: ") + update_words(update)
    if same := board.get("same_as"):
        yield f"    ! {_same(*same)}"
    for fault in (*filter(None, (board["trouble"],)), *board["faults"]):
        yield f"    ! {fault}"
    if board["uncatalogued"]:
        yield say("    ngoài danh mục: ", "    not in the catalogue: ") + ", ".join(board["uncatalogued"])


def _same(what: str, sources: Sequence[str]) -> str:
    others = ", ".join(sources)
    if what == "uid":
        return say(
            f"trùng mã riêng (uid) với {others}: nạp lại một trong hai bo", f"has the unique id of {others}: flash one of them again"
        )
    return say(
        f"trùng tên với {others}, số đo bị lẫn vào nhau: đặt tên khác cho một bo",
        f"has the name of {others}, so their readings mix: give one of them another name",
    )


def order(path: Path, wanted: Order, *, as_json: bool) -> int:
    """Have a board do something; 0 when it says that it is done."""
    request: dict[str, object] = {"command": "board", "board": wanted.name, "order": wanted.order}
    if wanted.order == "interval":
        if wanted.time_s is None:
            raise _usage(say("interval cần thời gian, ví dụ 10s hoặc 500ms", "interval needs a time, as in 10s or 500ms"))
        request["ms"] = round(wanted.time_s * 1000)
    elif wanted.time_s is not None:
        if wanted.order != "identify":
            raise _usage(say(f"{wanted.order} không nhận thời gian", f"{wanted.order} takes no time"))
        request["seconds"] = wanted.time_s
    if wanted.set_name is not None:
        if wanted.order not in ("interval", "read"):
            raise _usage(say(f"{wanted.order} không nhận --set", f"{wanted.order} takes no --set"))
        request["set"] = wanted.set_name
    answer = ask(load_agent_config(path).control_socket, request, _TIMEOUT_S)
    print(json.dumps(answer, ensure_ascii=False) if as_json else f"{answer['board']}: {_done(wanted.order, answer)}")
    return 0


def _done(order: str, answer: Mapping[str, Any]) -> str:
    if order == "interval" and "interval_ms" in answer:
        return say(f"nay đo {_pace(answer['interval_ms'])}", f"now measures {_pace(answer['interval_ms'])}")
    done = {
        "identify": say("đang nhấp nháy", "blinks"),
        "read": say("đã đo; xem bằng quanho edge tail", "has taken a reading; see it with quanho edge tail"),
        "restart": say("đang khởi động lại", "restarts"),
    }
    return done.get(order, say("xong", "done"))


def _pace(interval_ms: int) -> str:
    if not interval_ms:
        return say("khi có sự kiện", "when something happens")
    return say(f"mỗi {interval_ms / 1000:g} s", f"every {interval_ms / 1000:g} s")


def _usage(message: str) -> ConfigError:
    return ConfigError([Problem("quanho edge board", "", message)])

"""`quanho edge board-update`: new firmware for a board of the running agent, with the way back built in.

Exit code 0 kept (or still running, where only that was asked), 1 went back, unchanged or refused, 3 needs a hand,
130 interrupted: the update goes on in the agent.
"""

import json
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from edge.config_file import load_agent_config
from edge.control_client import ask
from firmware_bridge.ota.course import PROVEN
from quanho.lang import say
from telemetry.errors import ConfigError, Problem, TransientError

_TIMEOUT_S = 30.0
_LOOK_EVERY_S = 0.5
_SILENCE_S = 120.0  # an agent that restarts does not answer meanwhile
EXIT_KEPT, EXIT_NOT_KEPT, EXIT_NEEDS_A_HAND, EXIT_INTERRUPTED = 0, 1, 3, 130
_EXITS = {"kept": EXIT_KEPT, "needs a hand": EXIT_NEEDS_A_HAND}


@dataclass(frozen=True, slots=True)
class Wishes:
    """What the command line asks for. Without `bundle`: the update that runs, or how the last one ended."""

    board: str
    bundle: Path | None = None
    intervals: int | None = None
    allow_downgrade: bool = False
    is_despite: bool = False
    gives_up: bool = False
    waits: bool = True
    as_json: bool = False


def board_update(config_file: Path, wishes: Wishes) -> int:
    """Begin an update and wait for its end, or show one, or end one."""
    socket = load_agent_config(config_file).control_socket
    if wishes.gives_up:
        ask(socket, {"command": "board_give_up", "board": wishes.board}, _TIMEOUT_S)
    if wishes.bundle is None:
        return _shown(socket, wishes)
    if not wishes.bundle.is_file():
        raise ConfigError([Problem(str(wishes.bundle), "", say("không có tệp này", "there is no such file"))])
    request: dict[str, object] = {"command": "board_update", "board": wishes.board, "bundle": str(wishes.bundle.resolve())}
    request |= {"intervals": wishes.intervals, "allow_downgrade": wishes.allow_downgrade, "despite": wishes.is_despite}
    begun = ask(socket, request, _TIMEOUT_S)
    if not wishes.waits:
        vi = f"đang cập nhật {begun['board']}; xem: quanho edge boards"
        _print(wishes, begun, say(vi, f"{begun['board']} is being updated; see: quanho edge boards"))
        return EXIT_KEPT
    return _wait(socket, str(begun["board"]), str(begun["update"]), wishes)


def _shown(socket: Path, wishes: Wishes) -> int:
    [listed] = [each for each in ask(socket, {"command": "boards"}, _TIMEOUT_S)["boards"] if _is_called(each, wishes.board)] or [None]
    if listed is None:
        raise TransientError(
            say(f"không có bo mạch {wishes.board}; xem: quanho edge boards", f"no board {wishes.board}; see quanho edge boards")
        )
    if (update := listed["update"]) is None:
        _print(wishes, {"ok": True, "update": None}, say("chưa từng cập nhật", "never updated here"))
        return EXIT_KEPT
    _print(wishes, update, update_words(update))
    return _EXITS.get(outcome, EXIT_NOT_KEPT) if (outcome := update.get("outcome")) else EXIT_KEPT


def _is_called(board: Mapping[str, Any], name: str) -> bool:
    return bool(name) and name in (board["source"], board["device"], board["uid"])


def _wait(socket: Path, board: str, update: str, wishes: Wishes) -> int:
    """Wait for the end; Ctrl-C leaves the update to the agent."""
    shown = _Shown(wishes)
    answered_s = time.monotonic()
    try:
        while True:
            try:
                updates = ask(socket, {"command": "board_updates"}, _TIMEOUT_S)["updates"]
                answered_s = time.monotonic()
            except TransientError:
                if time.monotonic() - answered_s > _SILENCE_S:
                    raise
                updates = []
            for each in updates:
                if each["board"] == board and (lost := why_lost(each, update)):
                    shown.end()
                    raise TransientError(lost)
                if each["board"] == board:
                    shown.show(update_words(each), _turn(each))
                    if each["outcome"]:
                        shown.end()
                        if wishes.as_json:
                            print(json.dumps(each, ensure_ascii=False))
                        return _EXITS.get(each["outcome"], EXIT_NOT_KEPT)
            time.sleep(_LOOK_EVERY_S)
    except KeyboardInterrupt:
        shown.end()
        vi = "việc cập nhật vẫn tiếp tục trong tác tử; xem: quanho edge boards"
        print(say(vi, "the update goes on in the agent; see: quanho edge boards"), file=sys.stderr)
        return EXIT_INTERRUPTED


def why_lost(listed: Mapping[str, Any], update: str) -> str:
    """Return why the end of an update will never be seen, "" if it may be."""
    if listed.get("update") == update:
        return ""
    if listed.get("update"):
        return say(
            "bo mạch này đã có lần cập nhật khác; xem: quanho edge boards", "another update of this board has begun; see quanho edge boards"
        )
    return say(f"không theo dõi được nữa: {listed['why']}", f"it cannot be followed any more: {listed['why']}")


def update_words(update: Mapping[str, Any]) -> str:
    """Return how an update stands, in one line."""
    if update.get("new") is None:
        return str(update["why"])
    name = f"{update['new']['firmware']} {update['new']['version']}"
    before = f" (← {update['previous']['version']})" if update["previous"] else ""
    if outcome := update["outcome"]:
        return f"{name}{before}: {_outcome(outcome)}: {_why(update['why'])}"
    if update["is_absent"]:
        return f"{name}{before}: " + say("chờ cắm lại bo mạch", "waits for the board to be plugged in")
    if not update["is_running"]:
        return f"{name}{before}: " + say("chờ tác tử chạy tiếp", "waits for the agent to go on")
    return f"{name}{before}: {_step(update)}" + (f" ({update['why']})" if update["why"] else "")


def _turn(update: Mapping[str, Any]) -> tuple[object, ...]:
    """Return what makes a new line where lines stay: another step, not another 2 % of it."""
    return tuple(update.get(name) for name in ("step", "flash_phase", "which", "outcome", "why", "is_absent", "is_running"))


def _why(why: str) -> str:
    return say("số đo hợp lý", why) if why == PROVEN else why


def _outcome(outcome: str) -> str:
    words = {
        "kept": say("được giữ", "kept"),
        "went back": say("đã quay lại bản trước", "went back"),
        "needs a hand": say("CẦN NGƯỜI XỬ LÝ", "NEEDS A HAND"),
        "unchanged": say("không thay đổi gì", "unchanged"),
    }
    return words[outcome]


def _step(update: Mapping[str, Any]) -> str:
    share, count, of = f"{update['flash_share']:.0%}", update["count"], update["of"]
    is_back = update["which"] == "previous"
    if update["step"] == "flash" and update.get("flash_phase") == "verify":
        return say(f"đọc lại những gì đã nạp {share}", f"reads back what was flashed {share}")
    words = {
        "prepare": say("kiểm tra bo mạch và giữ bản đang chạy", "looks at the board and keeps what runs there"),
        "flash": say(f"nạp bản trước {share}", f"flashes the previous one {share}") if is_back else say(f"nạp {share}", f"flashes {share}"),
        "hello": say("chờ bo mạch chào", "waits for its hello"),
        "watch": say(f"theo dõi số đo {count}/{of}", f"watches its readings {count}/{of}"),
    }
    return words[str(update["step"])]


class _Shown:
    """One line that changes on a terminal, one line a step elsewhere, nothing beside JSON."""

    def __init__(self, wishes: Wishes) -> None:
        self._is_quiet = wishes.as_json
        self._is_terminal = sys.stdout.isatty()
        self._last = ""
        self._turn: tuple[object, ...] = ()

    def show(self, text: str, turn: tuple[object, ...]) -> None:
        if self._is_quiet or text == self._last or (not self._is_terminal and turn == self._turn):
            return
        self._turn = turn
        print(f"\r\x1b[K{text}" if self._is_terminal else text, end="" if self._is_terminal else "\n", flush=True)
        self._last = text

    def end(self) -> None:
        if self._is_terminal and self._last:
            print(flush=True)


def _print(wishes: Wishes, table: Mapping[str, object], text: str) -> None:
    print(json.dumps(table, ensure_ascii=False) if wishes.as_json else text, flush=True)

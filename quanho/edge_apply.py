"""`quanho edge apply`: a new config on trial, with the way back built in. Exit code 0 kept, 1 returned or failed, 2 invalid."""

import json
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from edge.apply.commands import as_table
from edge.apply.effective import load_effective
from edge.apply.folder import install, sha_of
from edge.apply.plan import plan
from edge.config import AgentConfig
from edge.config_file import load_agent_config
from edge.control_client import ask
from quanho.durations import spoken
from quanho.edge_words import config_lines, outcome_words, waiting_for
from quanho.lang import say
from telemetry.errors import TransientError

_TIMEOUT_S = 30.0
_LOOK_EVERY_S = 0.5
_SILENCE_S = 120.0  # an agent that restarts itself does not answer meanwhile
EXIT_KEPT, EXIT_RETURNED, EXIT_INVALID, EXIT_INTERRUPTED = 0, 1, 2, 130


@dataclass(frozen=True, slots=True)
class Wishes:
    """What the command line asks for besides the two files."""

    within_s: float
    dry_run: bool = False
    confirm: bool = False
    waits: bool = True
    as_json: bool = False


def apply(new: Path | None, file: Path, wishes: Wishes) -> int:
    """Put `new` on trial on the agent that runs with `file`; without `new`, confirm or show the trial that runs."""
    if new is None:
        return _trial(load_effective(file).config, wishes)
    load_agent_config(new)  # every problem at once, before an agent is asked
    text, running = new.read_bytes().decode("utf-8"), load_effective(file)
    request = {"command": "apply", "text": text, "name": str(new), "within_s": wishes.within_s}
    request |= {"dry_run": wishes.dry_run, "confirm": wishes.confirm}
    try:
        answer = ask(running.config.control_socket, request, _TIMEOUT_S)
    except TransientError:
        if not wishes.dry_run:
            raise
        answer = {"ok": True, "problems": [], **as_table(plan(running.config, load_agent_config(new))), "offline": True}
    code = _say_plan(answer, new, file, wishes)
    if code is not None or not answer.get("trial"):
        return code or EXIT_KEPT
    if not wishes.waits:
        _say(wishes, say("cấu hình mới đang được thử; xem: quanho edge status", "the new config is on trial; see: quanho edge status"))
        return EXIT_KEPT
    return _wait(running.config, str(answer["trial"]), text.encode(), file, wishes)


def _trial(config: AgentConfig, wishes: Wishes) -> int:
    if wishes.confirm:
        ask(config.control_socket, {"command": "confirm"}, _TIMEOUT_S)
        _say(wishes, say("đã xác nhận: cấu hình mới được giữ", "confirmed: the new config is kept"))
        return EXIT_KEPT
    state = ask(config.control_socket, {"command": "apply_status"}, _TIMEOUT_S)
    if wishes.as_json:
        print(json.dumps(state, ensure_ascii=False))
    else:
        print("\n".join(config_lines(state["config"])) or say("chưa có cấu hình nào được thử", "no config was on trial yet"))
    return EXIT_KEPT


# -- the plan ----------------------------------------------------------------------------------------------------------


def _say_plan(answer: Mapping[str, Any], new: Path, file: Path, wishes: Wishes) -> int | None:
    """Print the verdicts; return the exit code when nothing follows."""
    if wishes.as_json and (wishes.dry_run or answer["problems"] or not answer.get("trial")):
        print(json.dumps(answer, ensure_ascii=False))
    for problem in answer["problems"]:
        print(f"quanho: {problem}", file=sys.stderr)
    if answer["problems"]:
        return EXIT_INVALID
    if not answer["verdicts"]:
        _say(wishes, say(f"{new}: không có gì thay đổi so với cấu hình đang chạy", f"{new}: nothing to do, the agent runs this already"))
        return EXIT_KEPT
    if answer.get("offline"):
        _say(wishes, say(f"tác tử không chạy; so với {file}:", f"no agent runs; compared with {file}:"))
    for line in verdict_lines(answer):
        _say(wishes, line)
    if answer["is_refused"]:
        return EXIT_INVALID
    return EXIT_KEPT if wishes.dry_run else None


def verdict_lines(answer: Mapping[str, Any]) -> Iterator[str]:
    """Yield one line a changed key, and what stays untouched."""
    for verdict in answer["verdicts"]:
        change = f": {verdict['before'] or '-'} → {verdict['after'] or '-'}" if verdict["before"] or verdict["after"] else ""
        yield f"  {verdict['key']}{change}  →  {_effect(verdict)}"
    if answer["restarts_agent"]:
        yield say("  mọi nguồn kết nối lại", "  every source reconnects")
    elif answer["keeps"]:
        yield say("  không đụng tới: ", "  untouched: ") + ", ".join(answer["keeps"])


def _effect(verdict: Mapping[str, Any]) -> str:
    source = verdict["source"]
    words: dict[str, str] = {
        "at once": say("có hiệu lực ngay", "at once"),
        "source starts": say(f"nguồn {source} khởi động", f"{source} starts"),
        "source stops": say(f"nguồn {source} dừng", f"{source} stops"),
        "source restarts": say(f"nguồn {source} khởi động lại", f"{source} restarts"),
        "uplink reconnects": say("đường lên kết nối lại", "uplink reconnects"),
        "the agent restarts itself": say("tác tử tự khởi động lại", "the agent restarts itself"),
        "refused": say("bị từ chối: ", "refused: ") + verdict["way_out"],
    }
    return words[str(verdict["effect"])]


# -- the wait ----------------------------------------------------------------------------------------------------------


def _wait(config: AgentConfig, trial: str, text: bytes, file: Path, wishes: Wishes) -> int:
    """Wait for the verdict; Ctrl-C leaves the trial to the agent."""
    progress = _Progress(wishes)
    answered_s = time.monotonic()
    try:
        while True:
            try:
                state = ask(config.control_socket, {"command": "apply_status"}, _TIMEOUT_S)["config"]
                answered_s = time.monotonic()
            except TransientError:
                if time.monotonic() - answered_s > _SILENCE_S:
                    raise
                state = {"trial": None, "last": None}
            last = state["last"]
            if last and last["id"] == trial:
                progress.clear()
                break
            progress.show(state["trial"])
            time.sleep(_LOOK_EVERY_S)
    except KeyboardInterrupt:
        progress.clear()
        way = f"quanho edge apply --confirm --config {file}"
        vi = f"việc thử vẫn tiếp tục trong tác tử và tự quay lại nếu không ổn; giữ luôn: {way}"
        print(say(vi, f"the trial goes on in the agent and returns by itself if need be; to keep it: {way}"), file=sys.stderr)
        return EXIT_INTERRUPTED
    if wishes.as_json:
        print(json.dumps({"ok": last["phase"] == "kept", "phase": last["phase"], "reason": last["reason"]}, ensure_ascii=False))
    _say(wishes, f"{outcome_words(last['phase'])}: {last['reason']}")
    if last["phase"] != "kept":
        return EXIT_RETURNED
    _install(config, state, text, file, wishes)
    return EXIT_KEPT


def _install(config: AgentConfig, state: Mapping[str, Any], text: bytes, file: Path, wishes: Wishes) -> None:
    """Put the kept config into the file where the agent may not write it and we may."""
    if not state["instead"]:
        _say(wishes, say(f"{file} đã được cập nhật", f"{file} holds it now"))
        return
    try:
        if sha_of(file.read_bytes()) != state["file_sha256"]:
            raise PermissionError(f"{file} was edited meanwhile")
        install(file, text)
    except OSError:
        vi = f"{file} không ghi được; tác tử dùng {state['instead']} cho tới khi {file} được sửa"
        _say(wishes, say(vi, f"{file} cannot be written; the agent uses {state['instead']} until {file} is edited"))
        return
    ask(config.control_socket, {"command": "installed"}, _TIMEOUT_S)
    _say(wishes, say(f"{file} đã được cập nhật", f"{file} holds it now"))


class _Progress:
    """One line that changes on a terminal, one line a change elsewhere, nothing beside JSON."""

    def __init__(self, wishes: Wishes) -> None:
        self._is_quiet = wishes.as_json
        self._is_terminal = sys.stdout.isatty()
        self._shown = ""

    def show(self, trial: Mapping[str, Any] | None) -> None:
        if self._is_quiet:
            return
        waits = waiting_for(trial["missing"]) if trial else say("tác tử khởi động lại", "the agent to come back")
        left = say(f"còn {spoken(trial['left_s'])}, ", f"{spoken(trial['left_s'])} left, ") if trial else ""
        text = left + say("chờ: ", "waiting for: ") + waits
        if self._is_terminal:
            print(f"\r\x1b[K{text}", end="", flush=True)
        elif waits != self._shown:
            print(text, flush=True)
        self._shown = waits

    def clear(self) -> None:
        if self._is_terminal and self._shown:
            print("\r\x1b[K", end="", flush=True)


def _say(wishes: Wishes, text: str) -> None:
    if not wishes.as_json:
        print(text, flush=True)

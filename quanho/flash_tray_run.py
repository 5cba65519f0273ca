"""Running a tray: one `quanho flash` a board as a program of its own, shown together, with a table at the end."""

import argparse
import json
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from typing import Any, Literal

from firmware_bridge.flash.causes import Cause, FlashError
from firmware_bridge.flash.job import Happened
from firmware_bridge.flash.progress import Progress
from quanho import lang
from quanho.flash_papers import make_key
from quanho.flash_run import EXIT_INTERRUPTED, ask, opened_bundle
from quanho.flash_screen import BarScreen, JsonScreen, PlainScreen
from quanho.flash_tray import Board, Row, Tray, plugged_in, read_tray
from quanho.flash_words import CAUSES, board_words
from quanho.lang import say
from quanho.report import coloured

_LOOK_S = 0.1
_END_S = 10.0
_WORDS = {cause.word: words for cause, words in CAUSES.items()}
_CAME_TO = {
    ("begin", "write"): "half-written",
    ("done", "write"): "written",
    ("note", "goes-on"): "written",
    ("begin", "label"): "proven",
    ("begin", "record"): "proven",
    ("begin", "queue"): "proven",
}
_EVENTS = ("begin", "progress", "done", "note")
_SWITCHES = ("again", "blank", "allow_downgrade", "no_first_reading", "no_record")
_VALUES = ("reset", "baud", "trust", "state", "key", "passphrase_file", "technician", "note", "outbox", "first_reading_s", "expect_decoder")


def run_tray(arguments: argparse.Namespace) -> int:
    """Flash the tray, print a table, return the exit code."""
    rows = read_tray(arguments.tray, is_kept_by_board=not (arguments.expect_decoder or arguments.no_first_reading))
    try:
        _prepare(arguments, rows)
    except FlashError as error:
        (JsonScreen() if arguments.json else PlainScreen()).failed("", error, None)
        return error.cause.value
    except KeyboardInterrupt:
        print(say("\nquanho: đã dừng, chưa ghi gì", "\nquanho: stopped, nothing was written"), file=sys.stderr)
        return EXIT_INTERRUPTED
    shown = _Shown(as_json=arguments.json)
    tray = Tray(rows, lambda board: _start(board, arguments, shown), plugged_in, arguments.at_once, arguments.wait, shown.tell)
    try:
        while not tray.turn():
            time.sleep(_LOOK_S)
    except KeyboardInterrupt:
        _stop(tray.boards)
        return EXIT_INTERRUPTED
    finally:
        shown.close()
        _print_table(tray.boards, as_json=arguments.json)
    return 0 if all(board.code == 0 for board in tray.boards) else Cause.SOME_FAILED.value


def _prepare(arguments: argparse.Namespace, rows: Sequence[Row]) -> None:
    """Find out what would stop every board, and ask once for all of them. Raises FlashError."""
    manifest = opened_bundle(arguments).manifest
    if not arguments.yes:
        question = f"{len(rows)} × {manifest.firmware} {manifest.version}"
        ask(say(f"Nạp {question}? [c/K] ", f"Flash {question}? [y/N] "), is_json=arguments.json)
    if not arguments.no_record:
        make_key(arguments)  # one, before the boards make one each


class _Shown:
    """What the boards say, one line at a time; from any thread."""

    def __init__(self, *, as_json: bool) -> None:
        self._screen = None if as_json else BarScreen() if sys.stderr.isatty() else PlainScreen()
        self._lock = threading.Lock()

    def line(self, board: Board, line: dict[str, Any]) -> None:
        if line.get("event") == "result":
            board.result = line
        with self._lock:
            if self._screen is None:
                print(json.dumps({"device": board.row.device, **line}, ensure_ascii=False), flush=True)
            elif line.get("event") in _EVENTS:
                self._screen.show(board.row.device, _happened(line))
            elif line.get("event") == "result":
                self._screen.ended(board.row.device, _result_line(line))

    def tell(self, text: str) -> None:
        with self._lock:
            print(text, file=sys.stderr, flush=True)

    def close(self) -> None:
        if self._screen is not None:
            self._screen.close()


def _start(board: Board, arguments: argparse.Namespace, shown: _Shown) -> None:
    row = board.row
    words = [sys.executable, "-m", "quanho", "--lang", lang.current(), "flash", arguments.bundle, "--yes", "--json", "--port", board.port]
    words += ["--device", row.device, "--site", row.site, *passed_on(arguments)]
    if row.board or arguments.board:
        words += ["--board", row.board or arguments.board]
    if arguments.label:
        words += ["--label", str(arguments.label)]
    board.program = subprocess.Popen(
        words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    )
    board.reader = threading.Thread(target=_read, args=(board, shown), name=f"tray-{row.device}", daemon=True)
    board.reader.start()


def passed_on(arguments: argparse.Namespace) -> list[str]:
    """Return the options of the tray that hold for each of its boards."""
    words: list[str] = []
    for name in _SWITCHES:
        words += [f"--{name.replace('_', '-')}"] if getattr(arguments, name) else []
    for name in _VALUES:
        value = getattr(arguments, name)
        words += [f"--{name.replace('_', '-')}={value}"] if value else []
    return words + [f"--decoder-option={option}" for option in arguments.decoder_option]


def _read(board: Board, shown: _Shown) -> None:
    """Pass on what the flash of one board says, until it ends."""
    assert board.program is not None  # noqa: S101 -- it was started
    assert board.program.stdout is not None  # noqa: S101
    assert board.program.stderr is not None  # noqa: S101
    came_to = "untouched"
    with board.program.stdout, board.program.stderr:
        for line in board.program.stdout:
            with suppress(ValueError):
                said = json.loads(line)
                if isinstance(said, dict):
                    came_to = board_after(said, came_to)
                    shown.line(board, said)
        complaint = board.program.stderr.read().strip()
    if not board.result:
        said = {
            "event": "result",
            "ok": False,
            "cause": "",
            "board": came_to,
            "text": complaint.splitlines()[-1] if complaint else "it ended",
        }
        shown.line(board, said)


def board_after(said: dict[str, Any], before: str) -> str:
    """Return how a board is after this line of its flash, for one whose flash is killed before it can say so itself."""
    event = str(said.get("event"))
    return _CAME_TO.get((event, str(said.get("text" if event == "note" else "step"))), before)


def _stop(boards: Sequence[Board]) -> None:
    """Pass Ctrl-C on and wait: each flash ends its program and says how its board is."""
    programs = [board.program for board in boards if board.program is not None and board.code is None]
    for program in programs:
        program.terminate()  # not SIGINT, which what a shell began with & ignores
    for program in programs:
        with suppress(subprocess.TimeoutExpired):
            program.wait(_END_S)
        if program.poll() is None:
            program.kill()
    for board in boards:
        if board.reader is not None:
            board.reader.join()
        if board.program is not None and board.code is None:
            board.code = board.program.wait()
            board.took_s = time.monotonic() - board.began_s


def _happened(line: dict[str, Any]) -> Happened:
    event: Literal["begin", "progress", "done", "note"] = line["event"]
    progress = Progress(line["phase"], line["done_bytes"], line["total_bytes"]) if event == "progress" else None
    return Happened(event, str(line.get("step", "")), progress, str(line.get("text", "")))


def _result_line(line: dict[str, Any]) -> str:
    if line.get("ok"):
        readings = "; ".join(
            f"{one['measurement']}: " + ", ".join(f"{name} {value}" for name, value in one["values"].items()) for one in line["readings"]
        )
        done = say("đã xong từ trước", "done before") if line.get("was_done") else say("xong", "done")
        return coloured("✓", "good") + f" {done} {readings}".rstrip()
    text = line.get("text") or board_words(str(line.get("board", "untouched")))
    word = str(line.get("cause", ""))
    words = _WORDS.get(word)
    return coloured("✗", "bad") + f" {words.what if words else word} ({word}): {text}"


def _print_table(boards: Sequence[Board], *, as_json: bool) -> None:
    rows = [
        {
            "device": board.row.device,
            "port": board.port or board.row.port,
            "ok": board.code == 0,
            "exit_code": board.code,
            "cause": board.result.get("cause", ""),
            "board": board.result.get("board", "untouched"),
            "took_s": round(board.took_s, 1),
        }
        for board in boards
    ]
    if as_json:
        print(json.dumps({"event": "tray", "ok": all(row["ok"] for row in rows), "boards": rows}, ensure_ascii=False), flush=True)
        return
    width = max((len(str(row["device"])) for row in rows), default=0)
    for row in rows:
        mark = coloured("✓", "good") if row["ok"] else coloured("✗", "bad")
        print(f"{mark} {row['device']:<{width}}  {row['took_s']:>6.1f} s  {row['cause'] or row['board']:<14}  {row['port']}")
        if not row["ok"]:
            print(f"    {board_words(str(row['board']))}")
        if words := _WORDS.get(str(row["cause"])):
            print(f"    → {words.do}")
    done = sum(1 for row in rows if row["ok"])
    print(say(f"{done}/{len(rows)} bo mạch đã xong", f"{done} of {len(rows)} boards are done"))

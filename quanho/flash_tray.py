"""A tray of boards: each is flashed by a `quanho flash` of its own, so that one that fails, hangs or is pulled out stops no other.

The tray is a CSV file with a head: device, site, port ("next": whatever is plugged in next) and perhaps board. Rows with a port begin at
once; rows with "next" are given out in the order of the file as ports appear. The same tray again passes over what is done.
"""

import csv
import os
import subprocess
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

from firmware_bridge.flash.causes import Cause
from firmware_bridge.flash.ports import list_ports
from firmware_bridge.flash.target import TARGETS, targets
from quanho.flash_run import name_problem
from quanho.lang import say
from telemetry.errors import ConfigError, Problem
from telemetry.nearest import instead_of

NEXT = "next"
_NEEDED = ("device", "site", "port")
_KNOWN = {*_NEEDED, "board"}
_ROWS = 1000
_SEPARATORS = (",", ";", "\t")


@dataclass(frozen=True, slots=True)
class Row:
    """One board of the tray."""

    device: str
    site: str
    port: str
    board: str = ""


@dataclass(slots=True)
class Board:
    """What becomes of a row. `code` None: not begun, or under way."""

    row: Row
    port: str = ""
    code: int | None = None
    result: dict[str, Any] = field(default_factory=dict)
    began_s: float = 0.0
    took_s: float = 0.0
    program: "subprocess.Popen[str] | None" = None
    reader: threading.Thread | None = None


def read_tray(path: Path, *, is_kept_by_board: bool = True) -> list[Row]:
    """Return the rows of the tray. ConfigError lists everything that is wrong with it.

    Separated by commas, semicolons (Excel in Vietnam) or tabs, whichever the head has; lines of empty cells are passed over.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            head = file.readline()
            separator = max(_SEPARATORS, key=head.count)
            names = [name.strip().lower() for name in next(csv.reader([head], delimiter=separator), [])]
            reader = csv.reader(file, delimiter=separator, skipinitialspace=True)
            table = list(islice(((reader.line_num + 1, cells) for cells in reader if any(map(str.strip, cells))), _ROWS + 1))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise ConfigError([Problem(str(path), "", f"cannot be read: {getattr(error, 'strerror', None) or error}")]) from error
    if not table or len(table) > _ROWS or not set(_NEEDED) <= set(names) <= _KNOWN or len(set(names)) < len(names):
        text = f"needs the columns {', '.join(_NEEDED)} (and perhaps board), and 1 to {_ROWS} rows below them"
        found = f"; the first line names {', '.join(names)[:100] or 'none'}, and {len(table)} rows follow"
        raise ConfigError([Problem(str(path), "", text + found)])
    problems: list[Problem] = []
    rows: list[Row] = []
    for number, cells in table:
        line = dict(zip(names, cells, strict=False))
        row = Row(*(line.get(name, "").strip() for name in ("device", "site", "port", "board")))
        wrong = _wrong(row, rows, is_kept_by_board=is_kept_by_board)
        wrong += ["has more cells than the first line has names"] if any(cells[len(names) :]) else []
        problems += [Problem(str(path), f"line {number}", text) for text in wrong]
        rows.append(row)
    if problems:
        raise ConfigError(problems)
    return rows


def _wrong(row: Row, before: Sequence[Row], *, is_kept_by_board: bool) -> list[str]:
    found = [f"{name} is missing" for name, value in (("device", row.device), ("site", row.site), ("port", row.port)) if not value]
    found += filter(None, (name_problem(name, is_kept_by_board=is_kept_by_board) for name in (row.device, row.site)))
    if row.board and row.board not in TARGETS:
        found.append(f"no board family is called {row.board}: {instead_of(row.board, TARGETS)}")
    if row.device and any(row.device == other.device for other in before):
        found.append(f"device {row.device} stands twice")
    if row.port not in ("", NEXT) and any(os.path.realpath(row.port) == os.path.realpath(other.port) for other in before):
        found.append(f"port {row.port} stands twice")
    return found


def plugged_in() -> list[str]:
    """Return the USB ports that are there now."""
    return [port.path for port in list_ports(targets()) if port.usb_id]


class Tray:
    """Runs the rows, `at_once` at a time. `ports` tells which ports are there, `start` begins a row on a port."""

    def __init__(
        self,
        rows: Sequence[Row],
        start: Callable[[Board], None],
        ports: Callable[[], Sequence[str]],
        at_once: int,
        wait_s: float,
        tell: Callable[[str], None],
    ) -> None:
        self.boards = [Board(row) for row in rows]
        self._start = start
        self._ports = ports
        self._at_once = at_once
        self._wait_s = wait_s
        self._tell = tell
        self._seen = {*ports(), *(row.port for row in rows if row.port != NEXT)}
        self._fresh: list[str] = []
        self._asked: Board | None = None
        self._moved_s = time.monotonic()

    def turn(self) -> bool:
        """Look at what ended and was plugged in, begin what can be begun; tell whether the tray is done."""
        for board in self.boards:
            if board.program is not None and board.code is None and board.program.poll() is not None:
                self._ended(board)
        self._look_for_ports()
        for board in self.boards:
            if board.code is None and board.program is None and self._running() < self._at_once:
                self._begin(board)
        self._give_up()
        return all(board.code is not None for board in self.boards)

    def _begin(self, board: Board) -> None:
        if board.row.port != NEXT:
            board.port = board.row.port
        elif self._fresh:
            board.port = self._fresh.pop(0)
        elif self._asked in (None, board) or self._asked.program is not None or self._asked.code is not None:
            if self._asked is not board:
                self._asked = board
                self._tell(say(f"cắm bo mạch cho {board.row.device} …", f"plug in the board for {board.row.device} …"))
            return
        else:
            return
        board.began_s = self._moved_s = time.monotonic()
        self._start(board)

    def _look_for_ports(self) -> None:
        there = list(self._ports())
        fixed = {board.row.port for board in self.boards if board.row.port != NEXT}
        busy = {board.port for board in self.boards if board.program is not None and board.code is None}
        self._fresh = [port for port in self._fresh if port in there]
        self._fresh += [port for port in there if port not in self._seen]
        self._seen = (self._seen & {*there, *busy}) | set(there) | fixed

    def _ended(self, board: Board) -> None:
        assert board.program is not None  # noqa: S101 -- it ended
        if board.reader is not None:
            board.reader.join()
        board.code = board.program.returncode
        board.took_s = time.monotonic() - board.began_s
        self._moved_s = time.monotonic()

    def _running(self) -> int:
        return sum(1 for board in self.boards if board.program is not None and board.code is None)

    def _give_up(self) -> None:
        if not self._running() and time.monotonic() - self._moved_s > self._wait_s:
            for board in self.boards:
                if board.code is None:
                    board.code = Cause.PORT_MISSING.value
                    text = f"nobody plugged a board in for {self._wait_s:g} s"
                    board.result = {"cause": Cause.PORT_MISSING.word, "text": text, "board": "untouched"}

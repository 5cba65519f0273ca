"""Trays: several boards, each on its own."""

import subprocess
import sys
import time
from collections.abc import Sequence
from functools import reduce
from pathlib import Path

import pytest

from firmware_bridge.flash.causes import Cause
from quanho.flash_tray import Board, Row, Tray, read_tray
from quanho.flash_tray_run import board_after
from telemetry.errors import ConfigError
from tests.stand_ins.flashing import FlashCommand, json_lines
from tests.waiting import eventually


class Bench:
    """A tray whose boards are programs that end when they are told, and ports that are plugged in by the test."""

    def __init__(self, rows: Sequence[Row], at_once: int = 4, wait_s: float = 60.0) -> None:
        self.ports: list[str] = ["/dev/mouse"]
        self.told: list[str] = []
        self.tray = Tray(rows, self._start, lambda: self.ports, at_once, wait_s, self.told.append)

    def _start(self, board: Board) -> None:
        board.program = subprocess.Popen([sys.executable, "-c", "import sys; sys.exit(int(input()))"], stdin=subprocess.PIPE, text=True)

    def running(self) -> list[tuple[str, str]]:
        return [(board.row.device, board.port) for board in self.tray.boards if board.program is not None and board.code is None]

    def end(self, device: str, code: int = 0) -> None:
        (board,) = [board for board in self.tray.boards if board.row.device == device]
        assert board.program is not None
        board.program.communicate(f"{code}\n")

    def turn(self) -> bool:
        return self.tray.turn()


def test_boards_are_taken_in_order_as_they_are_plugged_in_and_one_that_fails_stops_no_other() -> None:
    bench = Bench([Row("a", "s", "next"), Row("b", "s", "next"), Row("c", "s", "/dev/fixed")])
    bench.turn()
    assert bench.running() == [("c", "/dev/fixed")]
    assert len(bench.told) == 1
    bench.ports += ["/dev/new"]
    bench.turn()
    assert bench.running() == [("a", "/dev/new"), ("c", "/dev/fixed")]
    bench.end("a", 24)
    eventually(lambda: not bench.turn() and bench.running() == [("c", "/dev/fixed")])
    bench.ports.remove("/dev/new")
    bench.turn()
    bench.ports.append("/dev/new")  # another board in the same socket
    bench.turn()
    assert bench.running() == [("b", "/dev/new"), ("c", "/dev/fixed")]
    bench.end("b")
    bench.end("c")
    eventually(bench.turn)
    assert [board.code for board in bench.tray.boards] == [24, 0, 0]


def test_a_port_that_vanishes_while_its_board_is_flashed_is_not_the_next_one_when_it_returns() -> None:
    bench = Bench([Row("a", "s", "next"), Row("b", "s", "next")])
    bench.ports += ["/dev/new"]
    bench.turn()
    bench.ports.remove("/dev/new")
    bench.turn()
    bench.ports.append("/dev/new")
    bench.turn()
    assert bench.running() == [("a", "/dev/new")]
    bench.end("a")
    eventually(lambda: bench.turn() or not bench.running())


def test_no_more_than_so_many_at_once() -> None:
    bench = Bench([Row(name, "s", f"/dev/{name}") for name in "abc"], at_once=2)
    bench.turn()
    assert [device for device, _ in bench.running()] == ["a", "b"]
    bench.end("a")
    eventually(lambda: not bench.turn() and [device for device, _ in bench.running()] == ["b", "c"])
    for name in "bc":
        bench.end(name)
    eventually(bench.turn)


def test_a_tray_that_nobody_fills_ends_by_itself() -> None:
    bench = Bench([Row("a", "s", "next")], wait_s=0.1)
    began_s = time.monotonic()
    eventually(bench.turn)
    assert time.monotonic() - began_s < 5.0
    assert bench.tray.boards[0].code == Cause.PORT_MISSING.value
    assert "nobody plugged" in bench.tray.boards[0].result["text"]


def test_a_tray_whose_bundle_is_refused_says_so_to_programs_too(tmp_path: Path) -> None:
    tray = tmp_path / "tray.csv"
    tray.write_text("device,site,port\na,b,next\n")
    done = FlashCommand(tmp_path, "-").run(tmp_path / "none.qhb", "--tray", tray, "--yes", "--json")
    assert done.returncode == Cause.BUNDLE_REFUSED.value, done.stderr
    assert json_lines(done.stdout)[-1]["cause"] == "bundle-refused"


@pytest.mark.parametrize(
    ("lines", "board"),
    [
        ([{"event": "begin", "step": "plan"}], "untouched"),
        ([{"event": "begin", "step": "write"}, {"event": "progress", "step": "write"}], "half-written"),
        ([{"event": "begin", "step": "write"}, {"event": "done", "step": "write"}], "written"),
        ([{"event": "begin", "step": "confirm"}, {"event": "note", "step": "confirm", "text": "goes-on"}], "written"),
        ([{"event": "begin", "step": "confirm"}, {"event": "note", "step": "confirm", "text": "another-board"}], "untouched"),
        ([{"event": "done", "step": "write"}, {"event": "begin", "step": "record"}], "proven"),
    ],
)
def test_of_a_flash_that_is_killed_the_tray_says_how_its_board_is(lines: list[dict[str, str]], board: str) -> None:
    assert reduce(lambda before, line: board_after(line, before), lines, "untouched") == board


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "columns"),
        ("device,site\na,b\n", "columns"),
        ("device,site,port,colour\na,b,next,red\n", "columns"),
        ("device,site,port\na,b,\n", "line 2: port is missing"),
        ("device,site,port\na,b,next\na,b,next\n", "line 3: device a stands twice"),
        ("device,site,port\na,b,/dev/x\nc,b,/dev/x\n", "port /dev/x stands twice"),
        ("device,site,port\ntrạm 7,b,next\n", "line 2"),
        (f"device,site,port\na,b,next\n\n{'c' * 33},b,next\n", "line 4: .* a board keeps 32 at most|bo mạch giữ nhiều nhất 32"),
        ("device,site,port,board\na,b,next,esp23\n", "did you mean 'esp32'"),
        ("device,site,port\na,b,next,esp32\n", "line 2: has more cells"),
        ("device,site,device,port\na,b,c,next\n", "columns"),
    ],
)
def test_what_is_wrong_with_a_tray_is_told_by_line(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "tray.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError, match=said):
        read_tray(path)


def test_a_spreadsheets_csv_is_read(tmp_path: Path) -> None:
    path = tmp_path / "tray.csv"
    path.write_bytes("﻿device, site, port, board\r\ntram-07, bac-ninh, next, esp32\r\n".encode())
    assert read_tray(path) == [Row("tram-07", "bac-ninh", "next", "esp32")]
    path.write_bytes(b"\xef\xbb\xbfDevice;Site;Port\r\ntram-07;bac-ninh;next\r\n;;\r\n")  # as Excel saves it in Vietnam
    assert read_tray(path) == [Row("tram-07", "bac-ninh", "next")]

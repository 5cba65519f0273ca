"""Trays: several boards, each on its own."""

import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from functools import reduce
from pathlib import Path

import pytest

from firmware_bridge.board.build import build
from firmware_bridge.bundle.manifest import FieldExpected, SensorExpected
from firmware_bridge.flash.causes import Cause
from quanho.flash_tray import Board, Row, Tray, read_tray
from quanho.flash_tray_run import board_after
from telemetry.errors import ConfigError
from tests.simavr.build import cached_file
from tests.simavr.optiboot import bootloader
from tests.stand_ins.avr_board import AvrBoard
from tests.stand_ins.bundles import manifest_of
from tests.stand_ins.flashing import FlashCommand, json_lines, written
from tests.waiting import eventually

WEATHER = SensorExpected(
    name="air",
    measurement="weather",
    interval_ms=1000,
    fields=(FieldExpected(name="temperature", unit="Cel", lowest=-10, highest=60), FieldExpected(name="humidity", unit="%")),
)
POWER = SensorExpected(
    name="battery", measurement="power", interval_ms=1000, fields=(FieldExpected(name="voltage", unit="V", lowest=1, highest=5),)
)


def reference(folder: Path) -> Path:
    """A bundle of the reference firmware for an Uno, built once."""
    defines = {"FW_VERSION": '"1.2.0"', "FW_INTERVAL_MS": "1000"}

    def make(out: Path) -> None:
        hex_file = out.with_suffix(".hex")
        build("reference", "atmega328p", hex_file, defines)
        hex_file.replace(out)

    sources = sorted(path for path in Path(build.__globals__["_HERE"]).rglob("*") if path.suffix in (".c", ".h"))
    code = cached_file(repr((defines, [path.read_bytes() for path in sources])), "reference-1.2.0", make).read_bytes()
    return written(folder, manifest_of({"app.hex": code}, sensors=(WEATHER, POWER), flash_bytes=32_768), {"app.hex": code})


@pytest.mark.server
@pytest.mark.skipif(shutil.which("avrdude") is None or shutil.which("avr-gcc") is None, reason="avrdude or gcc-avr is not installed")
def test_a_blank_uno_is_proven_by_its_readings_while_the_boards_beside_it_fail(tmp_path: Path) -> None:
    bundle = reference(tmp_path)
    with AvrBoard(tmp_path / "uno", bootloader=bootloader("atmega328p"), reset_on_open=True) as uno:
        uno.dht("PD3", 27.4, 81.5)
        uno.adc(0, 2530)
        tray = tmp_path / "tray.csv"
        tray.write_text(f"device,site,port\ntram-07,bac-ninh,{uno.port}\ntram-08,bac-ninh,{tmp_path}/gone\n")
        done = FlashCommand(tmp_path, "-").run(bundle, "--tray", tray, "--yes", "--json", "--blank")
        lines = json_lines(done.stdout)
        assert done.returncode == Cause.SOME_FAILED.value, done.stdout + done.stderr
        rows = {row["device"]: row for row in lines[-1]["boards"]}
        assert (rows["tram-07"]["ok"], rows["tram-08"]["cause"]) == (True, "port-missing"), done.stdout
        (result,) = [line for line in lines if line["event"] == "result" and line["device"] == "tram-07"]
        values = {name: value for reading in result["readings"] for name, value in reading["values"].items()}
        assert (values["temperature"], values["humidity"]) == (27.4, 81.5)
        assert values["voltage"] == pytest.approx(2.53, abs=0.01)
        assert b"tram-07" in uno.eeprom()
        assert result["unique_id"], "a blank board draws its id while it is flashed"
        assert bytes.fromhex(result["unique_id"]) in uno.eeprom(), "the id that the blank board drew is in label and record"
        assert len(list((tmp_path / "outbox").glob("*.json"))) == 1


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

"""`quanho link` on a pseudo-terminal with a board in software."""

import json
import os
import pty
import re
import select
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from firmware_bridge.link.commands import Code
from firmware_bridge.link.events import Frame, Opened
from firmware_bridge.link.messages import Hello, SensorField, SensorSet, StrangeHello, wire
from firmware_bridge.link.records import INTEGER, Record
from quanho import lang
from quanho.cli import main
from quanho.link_account import Account
from quanho.link_send import order_of
from tests.stand_ins.link_board import HELLO, LinkBoard
from tests.stand_ins.serial_line import SerialLine
from tests.waiting import eventually


@pytest.fixture(autouse=True)
def _language(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lang, "_chosen", {"now": "en"})


@pytest.fixture
def board(tmp_path: Path) -> Iterator[LinkBoard]:
    with LinkBoard(tmp_path / "board") as made:
        yield made


def _events(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_monitor_tells_who_the_board_is_and_what_it_measures(board: LinkBoard, capsys: pytest.CaptureFixture[str]) -> None:
    code = main(["link", "monitor", str(board.line.path), "--seconds", "1.2", "--json"])

    events = _events(capsys)
    opened = next(event for event in events if event["event"] == "opened")
    readings = [event for event in events if event["event"] == "reading"]
    account = events[-1]
    assert code == 0
    assert (opened["board"], opened["firmware"], opened["version"], opened["uid"]) == ("atmega328p-uno", "reference", "1.2.0", "1e950f")
    assert opened["sets"][0]["fields"] == {"temperature": "°C", "humidity": "%"}
    assert readings[0]["fields"] == {"temperature": 25.1, "humidity": 80.0}
    assert len(readings) == account["readings"] > 5
    assert {"event": "log", "level": "info", "text": "ready"}.items() <= next(e for e in events if e["event"] == "log").items()


def test_monitor_leaves_the_readings_on_the_board_and_take_does_not(board: LinkBoard, capsys: pytest.CaptureFixture[str]) -> None:
    main(["link", "monitor", str(board.line.path), "--seconds", "0.8", "--json"])
    first = _events(capsys)
    main(["link", "monitor", str(board.line.path), "--seconds", "0.8", "--json", "--take"])
    second = _events(capsys)
    main(["link", "monitor", str(board.line.path), "--seconds", "0.8", "--json"])
    third = _events(capsys)

    times = [[event["time"] for event in events if event["event"] == "reading"] for events in (first, second, third)]
    assert first[-1]["kept_on_board"] > 0
    assert second[-1]["kept_on_board"] <= 1
    assert len(times[1]) > len(times[0]) > 0
    assert min(times[2]) > max(times[0])


def test_lines_for_people_have_units_and_say_what_stays_on_the_board(board: LinkBoard, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["link", "monitor", str(board.line.path), "--seconds", "0.8"]) == 0

    out = capsys.readouterr().out
    assert "atmega328p-uno · reference 1.2.0 · uid 1e950f · tram-03 @ bac-ninh" in out
    assert re.search(r"\d\d:\d\d:\d\d  weather  temperature=25\.\d °C  humidity=80 %", out)
    assert "the board keeps what is shown here for the agent" in out


def test_log_only_prints_the_log_and_nothing_else(board: LinkBoard, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["link", "monitor", str(board.line.path), "--seconds", "1.2", "--log-only"]
    later = threading.Timer(0.8, lambda: board.board.log(2, "sợi dây\x1b[2J lỏng"))
    later.start()

    assert main(words) == 0
    later.join()

    assert [line.split(" ", 1)[1] for line in capsys.readouterr().out.splitlines()] == ["info: ready", "warning: sợi dây\ufffd[2J lỏng"]


def test_a_terminal_shows_a_table_and_ctrl_c_ends_it_with_the_account(board: LinkBoard) -> None:
    master, slave = pty.openpty()
    words = [sys.executable, "-m", "quanho", "--lang", "en", "link", "monitor", str(board.line.path)]
    shown = b""
    with subprocess.Popen(words, stdin=slave, stdout=slave, stderr=slave, env={**os.environ, "TERM": "xterm", "COLUMNS": "120"}) as process:
        os.close(slave)
        end_s = time.monotonic() + 20
        while b"weather.humidity" not in shown or b"80 %" not in shown:
            assert time.monotonic() < end_s, shown
            if select.select([master], [], [], 0.1)[0]:
                shown += os.read(master, 65_536)
        process.send_signal(signal.SIGINT)
        while select.select([master], [], [], 5)[0]:
            try:
                shown += os.read(master, 65_536)
            except OSError:
                break
        assert process.wait(10) == 0
    os.close(master)

    assert b"frames, 0 damaged" in shown
    assert b"Traceback" not in shown


@pytest.mark.parametrize(
    ("says", "word"),
    [
        (lambda _: b"", "nothing was heard"),
        (lambda data: bytes(each ^ 0x55 for each in data) * 8 + b"\0", "another baud rate"),
        (lambda data: wire(StrangeHello(3, 4)) if data else b"", "the board speaks 3 to 4, this gateway 1"),
    ],
)
def test_a_board_that_is_not_understood_is_explained(tmp_path: Path, capsys: pytest.CaptureFixture[str], says: Any, word: str) -> None:
    with LinkBoard(tmp_path / "board", on_said=says) as board:
        board.board.log(1, "x" * 200)
        code = main(["link", "monitor", str(board.line.path), "--seconds", "1.5", "--plain"])

    assert code == 1
    assert word in capsys.readouterr().out


def test_a_board_that_does_not_hear_us_is_explained(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with SerialLine(tmp_path / "board") as line:
        later = threading.Timer(0.4, lambda: line.send(b"\0" + wire(HELLO)))
        later.start()
        code = main(["link", "monitor", str(line.path), "--seconds", "0.8", "--plain"])
        later.join()

    assert code == 1
    assert "does not hear us" in capsys.readouterr().out


def test_a_port_that_is_in_use_is_told_with_who_has_it(board: LinkBoard, capsys: pytest.CaptureFixture[str]) -> None:
    words = [sys.executable, "-m", "quanho", "link", "monitor", str(board.line.path), "--json"]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout is not None
        holder.stdout.readline()
        code = main(["link", "monitor", str(board.line.path), "--seconds", "1"])
        holder.terminate()

    said = capsys.readouterr().err
    assert code == 2
    assert "in use by" in said
    assert "systemctl stop quanho-edge" in said


def test_a_port_that_is_not_there_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["link", "send", str(tmp_path / "none"), "identify"]) == 2

    assert "no such port" in capsys.readouterr().err


@pytest.mark.parametrize(("port", "words"), [("ttyNONE9", "/dev/ttyNONE9: no such port"), ("/etc/passwd", "this is no serial port")])
def test_what_is_no_port_is_told_with_its_name(port: str, words: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["link", "monitor", port, "--seconds", "1"]) == 2

    assert words in capsys.readouterr().err


@pytest.mark.parametrize("words", [[], ["monitor"], ["monitor", ""], ["monitor", "x", "--baud", "1"], ["monitor", "x", "--seconds", "0"]])
def test_wrong_usage_ends_with_2(words: list[str]) -> None:
    try:
        code = main(["link", *words])
    except SystemExit as error:
        code = int(error.code or 0)
    assert code == 2


def test_an_unplugged_board_is_told_and_watched_again_when_it_is_back(tmp_path: Path) -> None:
    words = [sys.executable, "-m", "quanho", "--lang", "en", "link", "monitor", str(tmp_path / "board"), "--json"]
    with LinkBoard(tmp_path / "board"):
        process = subprocess.Popen(words, stdout=subprocess.PIPE, text=True)
        assert process.stdout is not None
        _line_with(process, '"opened"')
    _line_with(process, '"port"')
    with LinkBoard(tmp_path / "board"):
        _line_with(process, '"closed"')
        _line_with(process, '"opened"')
        process.send_signal(signal.SIGINT)
        rest = process.stdout.read()
        assert process.wait(10) == 0
        process.stdout.close()
    assert json.loads(rest.splitlines()[-1])["understood"]


def _line_with(process: subprocess.Popen[str], word: str) -> str:
    assert process.stdout is not None
    return next(line for line in process.stdout if word in line)


# send


def test_commands_are_done_and_answered(board: LinkBoard, capsys: pytest.CaptureFixture[str]) -> None:
    port = str(board.line.path)

    assert main(["link", "send", port, "identify", "3"]) == 0
    assert main(["link", "send", port, "interval", "60", "0"]) == 0
    assert main(["link", "send", port, "custom", "130", "01ff"]) == 0

    out = capsys.readouterr().out
    assert [(order.code, order.set_index, order.ms) for order in board.ordered] == [
        (Code.IDENTIFY, 255, 3000),
        (Code.SET_INTERVAL, 0, 60_000),
    ]
    assert "done (every 60 s)" in out
    assert "done (01ff)" in out


def test_read_prints_what_is_measured_from_then_on(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with LinkBoard(tmp_path / "board", every_s=0) as board:
        board.board.reading(0, {"temperature": 1, "humidity": 1}, time.monotonic() - 60)
        assert main(["link", "send", str(board.line.path), "read", "--json"]) == 0

    answer, *readings = _events(capsys)
    assert (answer["name"], answer["status"]) == ("done", 0)
    assert [reading["fields"]["humidity"] for reading in readings] == [80.0]


def test_an_identity_is_written_and_a_restart_happens(board: LinkBoard, capsys: pytest.CaptureFixture[str]) -> None:
    port = str(board.line.path)
    assert main(["link", "send", port, "identity", "tram-7", "ha-noi"]) == 0
    assert main(["link", "send", port, "read", "--json"]) == 0

    *_, answer = [event for event in _events_of(capsys) if event["event"] == "answer"]
    assert (answer["board"]["device"], answer["board"]["site"]) == ("tram-7", "ha-noi")
    boot = board.board.hello(time.monotonic()).boot
    assert main(["link", "send", port, "restart"]) == 0
    eventually(lambda: board.board.hello(time.monotonic()).boot == boot + 1)


def _events_of(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in capsys.readouterr().out.splitlines() if line.startswith("{")]


def test_a_board_that_says_no_or_nothing_is_told_by_exit_code_and_words(board: LinkBoard, capsys: pytest.CaptureFixture[str]) -> None:
    port = str(board.line.path)

    assert main(["link", "send", port, "custom", "131"]) == 1
    assert main(["link", "send", port, "custom", "200"]) == 1
    said = capsys.readouterr().err
    assert "busy" in said
    assert "does not know this command" in said


def test_send_to_nobody_ends_in_time(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with LinkBoard(tmp_path / "board", on_said=lambda _: b"") as board:
        assert main(["link", "send", str(board.line.path), "identify", "--timeout", "0.5"]) == 1

    said = capsys.readouterr().err
    assert "does not answer" in said
    assert "nothing was heard" in said


@pytest.mark.parametrize(
    "words",
    [
        ["dance"],
        ["identify", "0"],
        ["identify", "66"],
        ["identify", "nan"],
        ["identify", "1e999"],
        ["interval"],
        ["interval", "x"],
        ["interval", "5", "31"],
        ["interval", "5", "²"],
        ["read", "-1"],
        ["identity", "only"],
        ["identity", "", "site"],
        ["identity", "a\nb", "site"],
        ["identity", "x" * 33, "site"],
        ["identity", "trạm-7", "site"],
        ["custom", "5"],
        ["custom", "130", "xy"],
        ["restart", "now"],
    ],
)
def test_words_that_make_no_command_are_refused(words: list[str]) -> None:
    with pytest.raises(ValueError, match=r"."):
        order_of(words[0], words[1:])


def test_arguments_are_laid_out_as_the_spec_says() -> None:
    assert order_of("interval", ["0.5"]).arguments == b"\xff\xf4\x01\x00\x00"
    assert order_of("identity", ["a", "ha-noi"]).arguments == b"\x01a\x06ha-noi"
    assert order_of("identify", []).arguments == b"\x88\x13"
    assert order_of("custom", ["255", "00 ff"]).arguments == b"\x00\xff"


def test_a_board_that_invents_names_in_each_session_fills_no_memory() -> None:
    account = Account(0.0)
    for number in range(50):
        sensor = SensorSet(0, "reading", (SensorField(INTEGER, f"n{number}"), SensorField(INTEGER, "n")))
        account.note(Opened(Hello(number), (sensor,)))
        account.note(Frame(number, 0, 0, (Record(0, 0.0, {f"n{number}": 1, "n": 2}),)))
    assert sorted(account.latest) == [(0, "n"), (0, "n49")]
    assert account.latest[0, "n"].count == 50

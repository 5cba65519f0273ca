"""`quanho bus` on a pseudo-terminal with slaves in software."""

import json
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from edge.framers.rtu import Options, RtuFramer
from edge.modbus.frame import open_rtu, rtu
from tests.stand_ins.serial_line import SerialLine


class Slaves(threading.Thread):
    """2 answers, 3 refuses, 4 is damaged; all others are not there."""

    def __init__(self, line: SerialLine) -> None:
        super().__init__(daemon=True)
        self._line = line

    def run(self) -> None:
        framer = RtuFramer(Options())
        while True:
            try:
                frames = framer.feed(self._line.heard())
                for frame in frames:
                    self._say(frame)
            except OSError:
                return

    def _say(self, frame: bytes) -> None:
        pdu = open_rtu(frame)
        if pdu.unit == 2:
            self._line.send(rtu(2, bytes((pdu.function, 2, 0, 7))))
        elif pdu.unit == 3:
            self._line.send(rtu(3, bytes((pdu.function | 0x80, 2))))
        elif pdu.unit == 4:
            self._line.send(rtu(4, bytes((pdu.function, 2, 0, 7)))[:-1] + b"\x00")


@pytest.fixture
def line(tmp_path: Path) -> Iterator[SerialLine]:
    with SerialLine(tmp_path / "usb-rs485") as made:
        Slaves(made).start()
        yield made


def bus(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "quanho", "--lang", "en", "bus", *words], capture_output=True, text=True, check=False, timeout=60
    )


def test_scan_finds_who_answers_and_how(line: SerialLine) -> None:
    done = bus("scan", str(line.path), "--baud", "9600", "--ids", "1-5", "--json")
    found = {one["id"]: one["answers"] for one in json.loads(done.stdout)}
    assert found == {
        2: "answer to read holding registers 0",
        3: "exception to read holding registers 0",
        4: "damaged",
    }
    assert done.returncode == 0


def test_scan_prints_the_beginning_of_a_config(line: SerialLine) -> None:
    done = bus("scan", str(line.path), "--baud", "9600", "--ids", "2")
    assert done.stdout.startswith("id   2  9600 baud, none")
    assert 'kind = "modbus"' in done.stderr


def test_nobody_is_exit_code_1_and_no_line_is_2(line: SerialLine, tmp_path: Path) -> None:
    assert bus("scan", str(line.path), "--baud", "9600", "--ids", "9").returncode == 1
    done = bus("scan", str(tmp_path / "none"), "--ids", "1")
    assert done.returncode == 2
    assert "No such file" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("words", [("--ids", "0-5"), ("--ids", "x"), ("--parity", "some"), ("--baud", "fast")])
def test_wrong_words_are_named(words: tuple[str, str]) -> None:
    done = bus("scan", "/dev/null", *words)
    assert done.returncode == 2
    assert words[0] in done.stderr


def test_watch_counts_and_says_what_to_do(line: SerialLine) -> None:
    done = bus("watch", str(line.path), "--ids", "2,4", "--every", "0.01", "--seconds", "4", "--json")
    account = json.loads(done.stdout)
    of = {one["id"]: one for one in account["slaves"]}
    assert of[2]["answered"] == of[2]["asked"] >= 5
    assert of[4]["damaged"] == of[4]["asked"]
    assert any(hint.startswith("4: only ever a wrong CRC") for hint in account["hints"])


def test_ctrl_c_ends_a_watch_with_its_account(line: SerialLine) -> None:
    words = [sys.executable, "-m", "quanho", "--lang", "en", "bus", "watch", str(line.path), "--ids", "2", "--every", "0.05"]
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(3)
        process.send_signal(signal.SIGINT)
        out, errors = process.communicate(timeout=30)
    assert (process.returncode, "Traceback" in errors) == (0, False)
    assert out.splitlines()[1].split()[0] == "2"

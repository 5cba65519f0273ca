"""`quanho bus` on a pseudo-terminal with slaves in software."""

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import tomllib
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from edge.config import ModbusSource
from edge.modbus.frame import Span, mbap, read_request, rtu, split_mbap
from quanho.bus_trouble import holders
from tests.stand_ins.modbus_slaves import SoftBus, SoftSlave
from tests.stand_ins.serial_line import SerialLine
from tests.waiting import eventually

HOLDS_ONE = {3: {0: 7}, 4: {0: 7}}
IDENTITY = b"\x0e\x01\x01\x00\x00\x03\x00\x04Acme\x01\x09\x1b[31mX-1\0\x02\x03V2."
SLAVES = {
    2: SoftSlave(HOLDS_ONE, is_polite=True),
    3: SoftSlave({3: {900: 1}}, is_polite=True),
    4: SoftSlave(HOLDS_ONE, is_damaged=True),
    7: SoftSlave({4: {1: 285, 2: 613}}),  # an XY-MD02: it leaves function 3 without an answer
    8: SoftSlave({4: dict(enumerate((2302, 1500, 0, 3400, 0, 12345, 0, 500, 98, 0)))}),  # a PZEM-004T
    9: SoftSlave(HOLDS_ONE, says={43: IDENTITY}, is_polite=True),
    10: SoftSlave(HOLDS_ONE, times=2),
    11: SoftSlave({1: {}}, is_polite=False),  # only knows coils
}


@pytest.fixture
def line(tmp_path: Path) -> Iterator[SerialLine]:
    with SerialLine(tmp_path / "usb-rs485") as made:
        SoftBus(made, SLAVES).start()
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
    assert bus("scan", str(line.path), "--baud", "9600", "--ids", "20").returncode == 1
    for command in ("scan", "watch"):
        done = bus(command, str(tmp_path / "none"), "--ids", "1")
        assert (done.returncode, "No such file" in done.stderr, "Traceback" in done.stderr) == (2, True, False)


@pytest.mark.parametrize("words", [("--ids", "0-5"), ("--ids", "x"), ("--parity", "some"), ("--baud", "fast")])
def test_wrong_words_are_named(words: tuple[str, str]) -> None:
    done = bus("scan", "/dev/null", *words)
    assert done.returncode == 2
    assert words[0] in done.stderr


def test_watch_counts_and_says_what_to_do(line: SerialLine) -> None:
    done = bus("watch", str(line.path), "--ids", "2,4", "--every", "0.01", "--timeout", "0.1", "--seconds", "2", "--json")
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


def test_who_only_knows_input_registers_is_found_and_its_map_is_named(line: SerialLine) -> None:
    done = bus("scan", str(line.path), "--baud", "9600", "--ids", "7,8", "--json")
    found = {one["id"]: one for one in json.loads(done.stdout)}
    assert {unit: one["answers"] for unit, one in found.items()} == {
        7: "exception to read input registers 0",
        8: "answer to read input registers 0",
    }
    assert [found[unit]["templates"][0]["template"] for unit in (7, 8)] == ["xy_md02", "pzem004t"]
    assert "frequency 50 Hz" in str(found[8]["templates"][0]["evidence"]) or "voltage 230.2 V" in found[8]["templates"][0]["evidence"]


def test_a_quick_scan_asks_one_thing(line: SerialLine) -> None:
    done = bus("scan", str(line.path), "--baud", "9600", "--ids", "2,7,9", "--quick", "--json")
    assert [set(one) for one in json.loads(done.stdout)] == [{"port", "baud", "parity", "id", "answers", "latency_ms"}] * 2


def test_a_thorough_scan_finds_who_only_knows_coils(line: SerialLine) -> None:
    assert bus("scan", str(line.path), "--baud", "9600", "--ids", "11").returncode == 1
    done = bus("scan", str(line.path), "--baud", "9600", "--ids", "11", "--thorough", "--json")
    assert [one["answers"] for one in json.loads(done.stdout)] == ["exception to read coils 0"]


def test_a_device_says_what_it_is_and_cannot_paint_the_terminal(line: SerialLine) -> None:
    done = bus("scan", str(line.path), "--baud", "9600", "--ids", "9")
    assert "calls itself: Acme [31mX-1 V2." in done.stdout
    assert "\x1b" not in done.stdout + done.stderr


def test_the_suggested_config_is_one(line: SerialLine) -> None:
    done = bus("scan", str(line.path), "--baud", "9600", "--ids", "7,8,10")
    tables = tomllib.loads(done.stderr.partition("→")[0])
    assert [slave["template"] for slave in tables["source"][0]["slave"]][:2] == ["xy_md02", "pzem004t"]
    source = ModbusSource.model_validate({**tables["source"][0], "slave": tables["source"][0]["slave"][:2]})
    assert (source.port, source.baudrate, len(source.slave)) == (str(line.path), 9600, 2)
    assert "→ 10: answers twice" in done.stderr


def test_ctrl_c_ends_a_scan_with_what_was_found(line: SerialLine) -> None:
    words = [sys.executable, "-m", "quanho", "--lang", "en", "bus", "scan", str(line.path), "--ids", "2-247"]
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout
        first = process.stdout.readline()
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=30)
    assert (first[:6], process.returncode, "Traceback" in errors) == ("id   2", 130, False)
    assert "[[source.slave]]\nid = 2" in errors


@pytest.mark.parametrize(
    "words", [("scan", "--ids", "2-4"), ("watch", "--ids", "2,4", "--seconds", "0.6", "--timeout", "0.1", "--every", "0.05")]
)
def test_a_terminal_gets_a_display_that_moves_and_a_pipe_does_not(line: SerialLine, words: tuple[str, ...]) -> None:
    command = [sys.executable, "-m", "quanho", "--lang", "en", "bus", words[0], str(line.path), *words[1:]]
    shown = on_terminal(*command)
    assert ("9600 baud, none id 3" in shown) if words[0] == "scan" else ("\x1b[?1049h" in shown)
    assert "Traceback" not in shown
    if words[0] == "watch":
        assert "\x1b" not in on_terminal(*command, "--plain")
    piped = bus(words[0], str(line.path), *words[1:])
    assert "\x1b" not in piped.stdout + piped.stderr


def on_terminal(*words: str) -> str:
    """Run a command on a pseudo-terminal of its own; return what it showed."""
    ours, theirs = os.openpty()
    shown = b""
    environment = {**os.environ, "TERM": "xterm", "COLUMNS": "100"}
    with subprocess.Popen(words, stdin=theirs, stdout=theirs, stderr=theirs, env=environment, start_new_session=True) as process:
        os.close(theirs)
        with suppress(OSError):
            while chunk := os.read(ours, 65_536):
                shown += chunk
        process.wait(30)
    os.close(ours)
    return shown.decode()


def test_a_listener_says_nothing_and_counts_by_slave(tmp_path: Path) -> None:
    one, two = (rtu(unit, read_request(Span(3, 0, 1))) for unit in (1, 2))
    answer = rtu(1, b"\x03\x02\x00\x07")
    words = [sys.executable, "-m", "quanho", "--lang", "en", "bus", "watch", str(tmp_path / "bus"), "--listen", "--json", "--seconds", "2"]
    with SerialLine(tmp_path / "bus") as made, subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as process:
        eventually(lambda: bool(holders(str(made.path))), within_s=30)
        for _ in range(8):
            for frame in (one, answer, two):
                made.send(frame)
        made.send(one)
        account = json.loads(process.communicate(timeout=30)[0])
        assert not made.has_heard_anything()
    of = {row["id"]: row for row in account["slaves"]}
    assert process.returncode == 0
    assert (of[1]["answered"], of[2]["asked"], of[2]["timeouts"]) == (8, 8, 8)
    assert any(hint.startswith("2: never answers") for hint in account["hints"])


def test_the_config_of_the_site_says_how_and_whom_to_ask(line: SerialLine, tmp_path: Path) -> None:
    config = tmp_path / "site.toml"
    config.write_text(SITE.replace("PORT", str(line.path)), encoding="utf-8")
    done = bus("watch", "--config", str(config), "--seconds", "1", "--every", "0.1", "--json")
    assert {(row["device"], row["answered"] == row["asked"] > 0) for row in json.loads(done.stdout)["slaves"]} == {
        ("air", True),
        ("meter", True),
    }
    done = bus("scan", "--config", str(config), "--ids", "7", "--quick")
    assert done.returncode == 1
    done = bus("watch", "--config", str(config), "--source", "other")
    assert (done.returncode, "bus (modbus)" in done.stderr) == (2, True)


SITE = """
gateway = { id = "gw", site = "bac-ninh", state_dir = "/run/quanho" }
uplink = { kind = "file", folder = "/media/usb" }
[[source]]
id = "bus"
kind = "modbus"
port = "PORT"
slave = [{ id = 7, device = "air", template = "xy_md02" }, { id = 8, device = "meter", template = "pzem004t" }]
"""


def test_a_port_in_use_names_who_has_it(line: SerialLine) -> None:
    words = [sys.executable, "-m", "quanho", "bus", "watch", str(line.path)]
    with subprocess.Popen(words, stdout=subprocess.PIPE) as process:
        eventually(lambda: bool(holders(str(line.path))), within_s=30)
        done = bus("scan", str(line.path), "--ids", "2")
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=30)
    assert (done.returncode, f"(pid {process.pid})" in done.stderr, "systemctl stop" in done.stderr) == (2, True, True)


@pytest.mark.parametrize(
    ("where", "said"),
    [
        ("/dev/nonesuch", "no such port"),
        ("/dev/null", "/dev/null"),
        ("/etc/passwd", "no serial port"),
        ("127.0.0.1:1", "nobody listens there"),
        ("no-such-host.invalid", "no host of the name"),
        ("127.0.0.1:99999", "no TCP port"),
        ("a..b", "neither a path"),
    ],
)
def test_a_line_that_cannot_be_had_says_why(where: str, said: str) -> None:
    done = bus("scan", where, "--ids", "1")
    assert (done.returncode, "Traceback" in done.stderr) == (2, False)
    assert said in done.stderr


@pytest.mark.parametrize("words", [("scan",), ("watch",), ("watch", "127.0.0.1", "--listen"), ("scan", "/dev/null", "--config", "x")])
def test_words_that_make_no_sense_together(words: tuple[str, ...]) -> None:
    assert bus(*words).returncode == 2


@pytest.mark.parametrize(("exception", "found"), [(b"\x83\x0b", 0), (b"\x83\x02", 12)])
def test_over_tcp_a_gateway_says_who_is_not_there(exception: bytes, found: int) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        threading.Thread(target=gateway, args=(server, exception), daemon=True).start()
        done = bus("scan", f"127.0.0.1:{server.getsockname()[1]}", "--ids", "1-12", "--timeout", "2", "--json")
    assert len(json.loads(done.stdout)) == found


def gateway(server: socket.socket, exception: bytes) -> None:
    """Answer each request with `exception`, whatever function and unit it is of."""
    with suppress(OSError):
        while True:
            connection, _ = server.accept()
            with connection:
                while frames := split_mbap(connection.recv(1024)):
                    for transaction, pdu in frames:
                        connection.sendall(mbap(transaction, pdu.unit, bytes((pdu.function | 0x80,)) + exception[1:]))


def test_a_plain_serial_server_passes_rtu_frames_on() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        threading.Thread(target=serial_server, args=(server,), daemon=True).start()
        done = bus("scan", f"127.0.0.1:{server.getsockname()[1]}", "--rtu", "--ids", "3-4", "--quick")
    assert done.stdout.startswith("id   3  127.0.0.1:")
    assert 'tcp_framing = "rtu"' in done.stderr


def serial_server(server: socket.socket) -> None:
    """Device 3 answers in RTU frames."""
    connection, _ = server.accept()
    with connection, suppress(OSError):
        while request := connection.recv(1024):
            if request[0] == 3:
                connection.sendall(rtu(3, b"\x03\x02\x00\x07"))


def test_a_slow_device_and_one_that_is_damaged_now_and_then_are_found_and_named(tmp_path: Path) -> None:
    slaves = {5: SoftSlave(HOLDS_ONE, latency_s=0.35), 6: SoftSlave(HOLDS_ONE, is_damaged_once=True)}
    with SerialLine(tmp_path / "bus") as made:
        SoftBus(made, slaves).start()
        done = bus("scan", str(made.path), "--baud", "9600", "--ids", "6,5", "--quick")
    assert [line[:6] for line in done.stdout.splitlines()] == ["id   6", "id   5"]
    assert "→ 6: wrong CRCs" in done.stderr
    assert "→ 5: slow" in done.stderr


def test_a_slow_device_is_found_over_tcp_too() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        threading.Thread(target=slow_server, args=(server, threading.Event()), daemon=True).start()
        done = bus("scan", f"127.0.0.1:{server.getsockname()[1]}", "--ids", "5-6", "--quick")
    assert done.stdout.startswith("id   5  127.0.0.1:")
    assert "→ 5: slow" in done.stderr
    assert "no map fits" not in done.stderr  # nobody has looked


def slow_server(server: socket.socket, never: threading.Event) -> None:
    """Device 5 takes twice as long as a scan waits."""
    connection, _ = server.accept()
    with connection, suppress(OSError):
        while frames := split_mbap(connection.recv(1024)):
            for transaction, pdu in frames:
                if pdu.unit == 5:
                    never.wait(0.3)
                    connection.sendall(mbap(transaction, 5, b"\x03\x02\x00\x07"))

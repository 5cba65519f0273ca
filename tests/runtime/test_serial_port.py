"""Real pseudo-terminals: what breaks when a device is pulled is the kernel's doing, not ours."""

import errno
import os
import termios
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import serial

from runtime.serial_port import PortState, SerialPort, choose_port, matching_ports
from runtime.serial_settings import SerialSettings
from telemetry.errors import TransientError
from tests.stand_ins.serial_line import SerialLine
from tests.waiting import eventually


@pytest.fixture
def line(tmp_path: Path) -> Iterator[SerialLine]:
    with SerialLine(tmp_path / "usb-gauge") as plugged:
        yield plugged


def settings(path: Path | str, **more: object) -> SerialSettings:
    quick = {"read_timeout_s": 0.05, "reopen_first_s": 0.01, "reopen_ceiling_s": 0.02, "write_timeout_s": 0.2}
    return SerialSettings.model_validate({"port": str(path), **quick, **more})


@pytest.fixture
def port(line: SerialLine) -> Iterator[SerialPort]:
    opened = SerialPort(settings(line.path))
    eventually(lambda: opened.read() or opened.state().is_open)
    yield opened
    opened.close()


def gather(port: SerialPort, count: int) -> bytes:
    data = bytearray()

    def enough() -> bool:
        data.extend(port.read())
        return len(data) >= count

    eventually(enough)
    return bytes(data)


def test_building_a_port_opens_nothing(line: SerialLine) -> None:
    assert SerialPort(settings(line.path)).state() == PortState()


def test_bytes_go_both_ways(line: SerialLine, port: SerialPort) -> None:
    line.send(bytes(range(256)))
    assert gather(port, 256) == bytes(range(256))
    port.write(b"M 300\r\n")
    assert line.heard() == b"M 300\r\n"
    assert (port.state().read_bytes, port.state().written_bytes) == (256, 7)


def test_burst_is_read_in_few_wake_ups(line: SerialLine, port: SerialPort) -> None:
    line.send(b"x" * 1000)
    assert len(port.read()) == 1000


def test_silence_returns_nothing_and_keeps_the_port_open(port: SerialPort) -> None:
    assert port.read() == b""
    assert port.state().is_open


def test_port_survives_being_unplugged_and_plugged_in_again(line: SerialLine, port: SerialPort) -> None:
    line.send(b"before")
    assert gather(port, 6) == b"before"
    line.unplug()
    eventually(lambda: port.read() == b"" and not port.state().is_open)
    assert port.state().last_error
    line.plug_in()
    eventually(lambda: port.read() == b"" and port.state().is_open)
    line.send(b"after")
    assert gather(port, 5) == b"after"
    assert (port.state().open_count, port.state().last_error) == (2, "")


@pytest.mark.parametrize("fault", [serial.SerialException("gone"), OSError(errno.EIO, "gone"), termios.error(errno.EIO, "gone")])
def test_device_that_goes_in_the_middle_of_a_read_costs_no_byte_that_came(
    line: SerialLine, port: SerialPort, monkeypatch: pytest.MonkeyPatch, fault: Exception
) -> None:
    """Which of the three comes depends on the call that meets the closed line; here all come from asking what waits."""

    def gone(_: serial.Serial) -> int:
        raise fault

    monkeypatch.setattr(serial.Serial, "in_waiting", property(gone))
    line.send(b"1")
    assert port.read() == b"1"
    assert not port.state().is_open
    assert "gone" in port.state().last_error
    monkeypatch.undo()
    eventually(lambda: port.read() == b"" and port.state().is_open)
    line.send(b"23")
    assert gather(port, 2) == b"23"


def test_port_that_is_unplugged_before_the_start_is_opened_when_it_comes(tmp_path: Path) -> None:
    line = SerialLine(tmp_path / "usb-late")
    port = SerialPort(settings(line.path))
    assert port.read() == b""
    assert "No such file" in port.state().last_error
    with line:
        eventually(lambda: port.read() == b"" and port.state().is_open)
        port.close()


@pytest.mark.parametrize("parity", ["even", "odd"])
def test_pty_that_refuses_parity_the_second_time_is_reopened(line: SerialLine, parity: str) -> None:
    for _ in range(3):
        port = SerialPort(settings(line.path, parity=parity))
        eventually(lambda port=port: port.read() == b"" and port.state().is_open, within_s=2, what=port.state().last_error)
        port.close()


def test_second_opener_is_told_what_to_do(line: SerialLine, port: SerialPort) -> None:
    second = SerialPort(settings(line.path))
    assert second.read() == b""
    assert "in use by another program" in second.state().last_error
    assert f"fuser -v {line.path}" in second.state().last_error
    port.close()
    eventually(lambda: second.read() == b"" and second.state().is_open)
    second.close()


def test_trouble_that_goes_on_is_logged_once(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    port = SerialPort(settings(tmp_path / "none"))
    eventually(lambda: [port.read() for _ in range(5)])
    assert caplog.text.count("serial.unavailable") == 1


def test_writing_to_a_closed_port_says_why_it_is_closed(tmp_path: Path) -> None:
    port = SerialPort(settings(tmp_path / "none"))
    port.read()
    with pytest.raises(TransientError, match=r"is not open.*No such file"):
        port.write(b"x")


def test_writing_to_a_device_that_takes_nothing_ends_in_time(port: SerialPort) -> None:
    with pytest.raises(TransientError, match="took nothing"):
        port.write(b"x" * 100_000)


def test_writing_to_a_device_that_is_gone_is_a_transient_error(line: SerialLine, port: SerialPort) -> None:
    line.unplug()
    with pytest.raises(TransientError):
        port.write(b"x")


def test_interrupt_ends_a_read_at_once(line: SerialLine) -> None:
    port = SerialPort(settings(line.path, read_timeout_s=60))
    done = threading.Event()

    def read() -> None:
        port.read()
        done.set()

    thread = threading.Thread(target=read)
    thread.start()
    eventually(lambda: port.state().is_open)
    eventually(lambda: port.interrupt() or done.is_set(), within_s=5)
    thread.join()
    port.close()


def test_pattern_finds_the_one_port_that_fits(tmp_path: Path) -> None:
    (tmp_path / "usb-FTDI_A1").symlink_to("/dev/null")
    (tmp_path / "usb-Prolific").symlink_to("/dev/zero")
    assert matching_ports(f"{tmp_path}/usb-FTDI*") == [f"{tmp_path}/usb-FTDI_A1"]


def test_two_names_of_one_device_are_one_match(tmp_path: Path) -> None:
    for name in ("usb-A", "usb-B"):
        (tmp_path / name).symlink_to("/dev/null")
    assert matching_ports(f"{tmp_path}/usb-*") == [f"{tmp_path}/usb-A"]


def test_name_with_brackets_that_exists_is_taken_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "usb[1]"
    path.touch()
    assert matching_ports(str(path)) == [str(path)]


def test_pattern_must_fit_exactly_one() -> None:
    with pytest.raises(TransientError, match=r"plugged in\?"):
        choose_port("/dev/serial/by-id/*", [])
    with pytest.raises(TransientError, match=r"2 ports fit .*: a, b; set port"):
        choose_port("*", ["a", "b"])


def test_file_that_is_no_port_is_an_error_of_the_port(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    port = SerialPort(settings(tmp_path / "file"))
    assert port.read() == b""
    assert "Could not configure port" in port.state().last_error


def test_port_of_another_group_names_the_group_to_join(line: SerialLine) -> None:
    line.path.resolve().chmod(0)
    port = SerialPort(settings(line.path.resolve()))
    with _not_root():
        port.read()
    assert "dialout" in port.state().last_error


@contextmanager
def _not_root() -> Iterator[None]:
    """Root may open every port: be nobody for a while where the tests run as root."""
    was_root = os.geteuid() == 0
    if was_root:
        os.seteuid(65534)
    try:
        yield
    finally:
        if was_root:
            os.seteuid(0)


def test_a_read_may_wait_less_than_usual_and_finds_a_device_that_went(line: SerialLine) -> None:
    port = SerialPort(settings(line.path, read_timeout_s=20.0))
    assert port.open()
    assert port.read_within(0.01) == b""
    line.send(b"\x01\x02")
    assert port.read_within(5.0) == b"\x01\x02"
    line.unplug()
    eventually(lambda: port.read_within(0.01) == b"" and not port.state().is_open)
    port.close()


def test_a_wait_for_bytes_ends_with_the_first_of_them_or_with_a_wake(line: SerialLine, port: SerialPort) -> None:
    line.send(b"abc")
    assert port.read_or_wake(30.0) == b"abc"
    port.interrupt()
    assert port.read_or_wake(30.0) == b""
    waker = threading.Timer(0.05, port.interrupt)
    waker.start()
    assert port.read_or_wake(30.0) == b""
    waker.join()
    assert port.read_or_wake(0.0) == b""
    line.send(b"d")
    assert gather(port, 1) == b"d"


def test_a_wait_for_bytes_of_a_device_that_is_pulled_ends(line: SerialLine, port: SerialPort) -> None:
    line.unplug()
    eventually(lambda: port.read_or_wake(0.01) == b"" and not port.state().is_open)

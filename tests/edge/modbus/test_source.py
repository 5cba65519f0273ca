"""The Modbus source on a real pseudo-terminal, with slaves that misbehave, and over TCP."""

import socket
import threading
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path

import pytest

from edge.config import ModbusSource
from edge.decoders.table import build_decoder
from edge.framers.rtu import Options, RtuFramer
from edge.modbus.frame import mbap, open_rtu, read_span, rtu, split_mbap
from edge.sources.modbus import ModbusInput
from runtime.clock import SystemClock
from tests.stand_ins.recording_intake import RecordingIntake
from tests.stand_ins.serial_line import SerialLine
from tests.waiting import eventually

GOOD, DEAD, LATE, LIAR, TORN, FLOOD, TWICE, MISCOUNTS, ECHO = range(1, 10)
TEMPERATURE, HUMIDITY = 285, 613
ANSWER = b"\x04\x04" + TEMPERATURE.to_bytes(2, "big") + HUMIDITY.to_bytes(2, "big")


class Bus(threading.Thread):
    """The slaves at the other end of a line: one answers, one is dead, one answers the request before, one for another, one by half;
    one talks on for a while, one answers twice, one with another number of bytes, and one is heard behind the echo of its request."""

    def __init__(self, line: SerialLine) -> None:
        super().__init__(daemon=True)
        self._line = line
        self._owed = b""
        self._ended = threading.Event()

    def run(self) -> None:
        framer = RtuFramer(Options())
        while not self._ended.is_set():
            try:
                frames = framer.feed(self._line.heard())
            except OSError:
                return
            for frame in frames:
                self._say(open_rtu(frame).unit, frame)

    def end(self) -> None:
        self._ended.set()

    def _say(self, unit: int, request: bytes) -> None:
        owed, self._owed = self._owed, b""
        if owed:
            self._line.send(owed)  # late: into the next request
        if unit == GOOD:
            self._line.send(rtu(GOOD, ANSWER))
        elif unit == LATE:
            self._owed = rtu(LATE, ANSWER)
        elif unit == LIAR:
            self._line.send(rtu(GOOD, b"\x04\x04\xff\xff\xff\xff"))
        elif unit == TORN:
            self._line.send(rtu(TORN, ANSWER)[:5])
        elif unit == FLOOD:
            threading.Thread(target=self._flood, daemon=True).start()
        elif unit == TWICE:
            self._line.send(rtu(TWICE, ANSWER) * 2)
        elif unit == MISCOUNTS:
            self._line.send(rtu(MISCOUNTS, b"\x04\x02\x00\x00"))
        elif unit == ECHO:
            self._line.send(request + rtu(ECHO, ANSWER))

    def _flood(self) -> None:
        for _ in range(100):
            with suppress(OSError):
                self._line.send(bytes(8))
            self._ended.wait(0.005)


def settings(line: str = "", more_slaves: Sequence[tuple[int, str]] = (), **more: object) -> ModbusSource:
    slaves = [
        {"id": unit, "device": name, "template": "xy_md02", "every_s": 0.2, "timeout_s": 0.1}
        for unit, name in ((GOOD, "good"), (DEAD, "dead"), (LATE, "late"), (LIAR, "liar"), (TORN, "torn"), *more_slaves)
    ]
    given = {"id": "bus", "kind": "modbus", "slave": slaves, "reopen_first_s": 0.01, "reopen_ceiling_s": 0.02, **more}
    return ModbusSource.model_validate({**given, "port": line} if line else given)


@pytest.fixture
def line(tmp_path: Path) -> Iterator[SerialLine]:
    with SerialLine(tmp_path / "usb-rs485") as made:
        yield made


def test_slaves_that_misbehave_cost_nobody_else_a_reading(line: SerialLine) -> None:
    intake, bus = RecordingIntake(), Bus(line)
    source = ModbusInput(settings(str(line.path)), intake, SystemClock())
    bus.start()
    source.start()
    try:
        eventually(lambda: intake.rounds()["good"] >= 20, within_s=30)
        eventually(lambda: "not:" in source.state().detail and "dead" in source.state().detail, within_s=30)
    finally:
        bus.end()
        source.stop(5)
    decoder = build_decoder("modbus", dict(source_decoder(line)))
    readings = [reading for device, payload in intake.taken for reading in decoder.decode(device, payload).readings]
    assert {reading.tags["device"] for reading in readings} == {"good"}
    assert all(reading.fields == {"temperature": 28.5, "humidity": 61.3} for reading in readings)
    assert any(topic == "torn" for topic, _, _ in intake.refused)
    assert any(loss.reason == "device offline" and "dead" in loss.detail for loss in intake.losses)


def test_who_floods_repeats_miscounts_or_echoes_is_told_apart(line: SerialLine) -> None:
    intake, bus = RecordingIntake(), Bus(line)
    more = ((FLOOD, "flood"), (TWICE, "twice"), (MISCOUNTS, "miscounts"), (ECHO, "echo"))
    source = ModbusInput(settings(str(line.path), more), intake, SystemClock())
    bus.start()
    source.start()
    try:
        eventually(lambda: min(intake.rounds()[name] for name in ("good", "twice", "echo")) >= 12, within_s=60)
    finally:
        bus.end()
        source.stop(5)
    assert set(intake.rounds()) == {"good", "twice", "echo"}
    assert all(payload.endswith(rtu(payload[0], ANSWER)) for _, payload in intake.taken)


def source_decoder(line: SerialLine) -> dict[str, object]:
    table = dict(settings(str(line.path)).decoder)
    table.pop("kind")
    return table


def test_a_line_that_is_plugged_in_late_is_read(tmp_path: Path) -> None:
    intake, made = RecordingIntake(), SerialLine(tmp_path / "late")
    source = ModbusInput(settings(str(made.path)), intake, SystemClock())
    source.start()
    try:
        eventually(lambda: "No such file" in source.state().last_error)
        with made:
            bus = Bus(made)
            bus.start()
            eventually(lambda: intake.rounds()["good"] >= 2, within_s=30)
            bus.end()
            source.stop(5)
    finally:
        source.stop(5)


def test_over_tcp(tmp_path: Path) -> None:  # noqa: ARG001
    intake = RecordingIntake()
    with socket.create_server(("127.0.0.1", 0)) as server:
        source = ModbusInput(settings(host="127.0.0.1", tcp_port=server.getsockname()[1]), intake, SystemClock())
        source.start()
        try:
            connection, _ = server.accept()
            with connection:
                connection.settimeout(10)
                for _ in range(40):
                    frames = split_mbap(connection.recv(1024)) or []
                    for transaction, pdu in frames:
                        assert read_span(pdu)
                        if pdu.unit == GOOD:
                            connection.sendall(mbap(transaction + 1, GOOD, ANSWER) + mbap(transaction, GOOD, ANSWER))
                    if intake.rounds()["good"] >= 3:
                        break
        finally:
            source.stop(5)
    assert intake.rounds()["good"] >= 3
    assert set(intake.rounds()) == {"good"}


def test_a_slow_row_is_asked_for_less_often_than_the_others(tmp_path: Path) -> None:
    file = tmp_path / "meter.toml"
    rows = '[{ name = "fast", function = 3, address = 0 }, { name = "slow", function = 3, address = 9, every_s = 3600 }]'
    file.write_text(f'name = "m"\nvi = "x"\nen = "x"\nsource = "x"\nmeasurement = "own"\nfield = {rows}')
    intake, asked = RecordingIntake(), Counter[int]()
    with socket.create_server(("127.0.0.1", 0)) as server:
        slaves = [{"id": GOOD, "device": "good", "template": str(file), "every_s": 0.1, "timeout_s": 2}]
        source = ModbusInput(settings(host="127.0.0.1", tcp_port=server.getsockname()[1], slave=slaves), intake, SystemClock())
        source.start()
        try:
            connection, _ = server.accept()
            with connection:
                connection.settimeout(10)
                while asked[0] < 5:
                    ((transaction, pdu),) = split_mbap(connection.recv(1024)) or []
                    span = read_span(pdu)
                    assert span is not None
                    asked[span.address] += 1
                    connection.sendall(mbap(transaction, GOOD, b"\x03\x02\x00\x07"))
                eventually(lambda: intake.rounds()["good"] >= 5)
        finally:
            source.stop(5)
    assert asked == {0: 5, 9: 1}


def test_nothing_is_left_open(line: SerialLine) -> None:
    before = len(list(Path("/proc/self/fd").iterdir()))
    source = ModbusInput(settings(str(line.path)), RecordingIntake(), SystemClock())
    source.start()
    eventually(lambda: source.state().connected)
    source.stop(5)
    assert len(list(Path("/proc/self/fd").iterdir())) == before

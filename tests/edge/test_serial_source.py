"""The serial source on real pseudo-terminals, with an intake that writes down what it gets."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Self

import pytest

from edge.sources.serial import SerialInput
from edge.sources.serial_settings import SerialSourceSettings
from tests.stand_ins.moved_clock import MovedClock
from tests.stand_ins.recording_intake import RecordingIntake
from tests.stand_ins.serial_line import SerialLine
from tests.waiting import eventually


class Street:
    """A plugged-in line, a source reading it, and where its messages go."""

    def __init__(self, line: SerialLine, clock: MovedClock, talk: object = None, **framing: object) -> None:
        quick = {"read_timeout_s": 0.05, "reopen_first_s": 0.01, "reopen_ceiling_s": 0.02}
        settings = SerialSourceSettings.model_validate(
            {"port": str(line.path), "topic": "gauge-1", "framing": framing, "talk": talk, **quick}
        )
        self.line, self.clock, self.intake, self._settings = line, clock, RecordingIntake(), settings
        self.memory = line.path.with_name("talk-gauge.json")
        self.source = SerialInput("gauge", settings, self.intake, clock, memory=self.memory)

    def restarted(self) -> Self:
        """The same source in a process that has just begun."""
        self.intake = RecordingIntake()
        self.source = SerialInput("gauge", self._settings, self.intake, self.clock, memory=self.memory)
        return self

    def begin(self) -> None:
        self.source.start()
        self.wait_open()

    def wait_open(self) -> None:
        """Wait until the port is open and the line has then been silent for a second."""
        eventually(lambda: self.clock.advance(1) or self.source.state().connected)
        self.clock.advance(1)

    def wait_frames(self, count: int) -> list[bytes]:
        eventually(lambda: len(self.intake.taken) >= count, what=f"{count} frames, have {self.intake.frames}")
        return self.intake.frames


@pytest.fixture
def street(tmp_path: Path) -> Iterator[Callable[..., Street]]:
    built: list[Street] = []

    def build(talk: object = None, **framing: object) -> Street:
        line = SerialLine(tmp_path / "usb-gauge")
        line.plug_in()
        built.append(Street(line, MovedClock(), talk, **framing))
        return built[-1]

    yield build
    for each in built:
        each.intake.gate.set()
        each.source.stop(5)
        each.line.unplug()


def test_lines_arrive_in_order_under_the_topic(street: Callable[..., Street]) -> None:
    gauge = street()
    gauge.begin()
    gauge.line.send(b"level=1.21\r\nlevel=1.22\r\n")
    assert gauge.wait_frames(2) == [b"level=1.21", b"level=1.22"]
    assert gauge.intake.taken[0][0] == "gauge-1"
    eventually(lambda: gauge.source.state().received == 2)


def test_line_that_comes_one_byte_at_a_time_is_one_message(street: Callable[..., Street]) -> None:
    gauge = street()
    gauge.begin()
    for byte in b"level=1.21\n":
        gauge.line.send(bytes([byte]))
    assert gauge.wait_frames(1) == [b"level=1.21"]


def test_garbage_between_lines_costs_no_good_line(street: Callable[..., Street]) -> None:
    gauge = street(max_line_bytes=64)
    gauge.begin()
    gauge.line.send(b"level=1.21\n" + b"\x00\xff\xfe" * 500 + b"\nlevel=1.22\n")
    assert gauge.wait_frames(2) == [b"level=1.21", b"level=1.22"]
    assert (gauge.source.framing().overlong, gauge.source.framing().dropped_bytes) == (1, 1500)


def test_a_line_that_is_too_long_is_accounted_for(street: Callable[..., Street]) -> None:
    one = street(max_line_bytes=64)
    one.begin()
    one.line.send(b"a" * 500 + b"\nL=1\n" + b"b" * 65 + b"\nL=2\n")
    assert one.wait_frames(2) == [b"L=1", b"L=2"]
    eventually(lambda: sum(loss.count or 0 for loss in one.intake.losses) == 2)
    assert {(loss.reason, loss.source) for loss in one.intake.losses} == {("frame too long", "gauge")}


def test_more_damaged_frames_than_can_be_named_are_counted(street: Callable[..., Street]) -> None:
    gauge = street(kind="header", shapes=[{"header": "aa55", "size": 4, "checksum": "sum8"}], max_frame_bytes=4)
    gauge.begin()
    damaged = bytes.fromhex("aa550001")
    for _ in range(8):
        gauge.line.send(50 * damaged)
    gauge.line.send(bytes.fromhex("aa5500ff"))
    gauge.wait_frames(1)
    eventually(lambda: len(gauge.intake.refused) + sum(loss.count or 0 for loss in gauge.intake.losses) == 400)
    assert {loss.reason for loss in gauge.intake.losses} <= {"decoder rejected"}


def test_half_lines_before_and_after_a_replug_are_not_joined(street: Callable[..., Street]) -> None:
    gauge = street()
    gauge.begin()
    gauge.line.send(b"level=1.21\nlevel=1")
    gauge.wait_frames(1)
    gauge.line.unplug()
    eventually(lambda: not gauge.source.state().connected)
    assert gauge.source.state().last_error
    gauge.line.plug_in()
    gauge.wait_open()
    gauge.line.send(b"9.99\nlevel=1.22\n")
    assert gauge.wait_frames(3) == [b"level=1.21", b"9.99", b"level=1.22"]
    assert gauge.intake.restarts == [1]
    assert gauge.source.framing().dropped_bytes == len("level=1")


def test_line_that_was_under_way_when_the_port_opened_is_dropped(street: Callable[..., Street]) -> None:
    gauge = street()
    gauge.source.start()
    eventually(lambda: gauge.source.state().connected)  # the clock stands: no silence since the port opened
    gauge.line.send(b"3.5\nlevel=1.22\n")
    assert gauge.wait_frames(1) == [b"level=1.22"]


def test_unfinished_line_before_a_long_silence_is_dropped_when_asked_for(street: Callable[..., Street]) -> None:
    gauge = street(idle_reset_s=5)
    gauge.begin()
    gauge.line.send(b"ready\nlevel=1")
    gauge.wait_frames(1)
    gauge.clock.advance(6)
    eventually(lambda: gauge.source.framing().dropped_bytes == len("level=1"))
    gauge.line.send(b"level=1.22\n")
    assert gauge.wait_frames(2) == [b"ready", b"level=1.22"]


def test_source_that_starts_before_its_device_connects_when_it_comes(tmp_path: Path) -> None:
    line = SerialLine(tmp_path / "late")
    late = Street(line, MovedClock())
    late.source.start()
    eventually(lambda: "No such file" in late.source.state().last_error)
    with line:
        late.wait_open()
        line.send(b"level=1.21\n")
        assert late.wait_frames(1) == [b"level=1.21"]
        late.source.stop(5)


def test_intake_that_breaks_does_not_end_the_source(street: Callable[..., Street]) -> None:
    gauge = street()
    gauge.intake.faults.append(ValueError("a decoder bug"))
    gauge.begin()
    gauge.line.send(b"lost\n")
    eventually(lambda: not gauge.intake.faults)
    eventually(lambda: not gauge.source.state().connected)
    gauge.wait_open()
    gauge.line.send(b"level=1.21\n")
    assert gauge.wait_frames(1) == [b"level=1.21"]


def test_drained_source_hands_on_what_it_read_and_reads_no_more(street: Callable[..., Street]) -> None:
    gauge = street()
    gauge.begin()
    gauge.intake.gate.clear()
    gauge.line.send(b"level=1.21\n")
    eventually(lambda: gauge.source.framing().frames == 1)
    gauge.source.drain()
    gauge.line.send(b"level=1.22\n")
    gauge.intake.gate.set()
    eventually(lambda: not gauge.source.state().connected)
    assert gauge.intake.frames == [b"level=1.21"]


def test_stop_releases_the_port_for_the_next_program(street: Callable[..., Street]) -> None:
    gauge = street()
    gauge.begin()
    gauge.source.stop(5)
    assert not gauge.source.state().connected
    second = Street(gauge.line, MovedClock())
    second.begin()
    second.source.stop(5)

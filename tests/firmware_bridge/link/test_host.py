"""The gateway's end alone: when it is silent, what credit it gives, and commands that are done once."""

import pytest

from firmware_bridge.link import frame
from firmware_bridge.link.commands import QUEUED, TRIES, Code, Status
from firmware_bridge.link.events import Answered, Closed, Frame, LogLine, Opened
from firmware_bridge.link.frame import Kind
from firmware_bridge.link.host import HostEnd
from firmware_bridge.link.messages import Answer, Command, Data, Hello, LogText, read_ack, read_command, wire
from telemetry.errors import RejectedError
from tests.firmware_bridge.link.bad_line import BYTE_S, Bench, dropping, duplicating


def _said(host: HostEnd, now_s: float) -> list[tuple[int, bytes]]:
    return [found for piece in host.outgoing(now_s).split(b"\0") if piece and (found := frame.decode(piece)) is not None]


def _kinds(host: HostEnd, now_s: float) -> list[int]:
    return [kind for kind, _ in _said(host, now_s)]


def _host(at_s: float = 0.0) -> HostEnd:
    """An end with an open session 9, at `at_s`."""
    host = HostEnd(new_session=lambda: 9, byte_s=0.0)
    host.received(wire(Hello(1)), at_s)
    host.outgoing(at_s)
    assert isinstance(host.received(wire(Hello(1, session=9)), at_s)[0], Opened)
    host.outgoing(at_s)
    return host


def test_a_port_that_was_just_opened_hears_nothing_of_us_while_a_bootloader_may_listen() -> None:
    host = HostEnd(new_session=lambda: 9, byte_s=0.0)

    assert [host.outgoing(tick / 10) for tick in range(25)] == [b""] * 25
    assert host.due_s() == pytest.approx(2.5)
    assert _kinds(host, 2.5) == [Kind.ASK]


def test_a_board_that_talks_already_is_asked_at_once_who_it_is() -> None:
    host = HostEnd(new_session=lambda: 9, byte_s=0.0)
    host.outgoing(0.0)

    host.received(wire(Data(3, 0, b"")), 0.2)

    assert host.due_s() == pytest.approx(0.2)
    assert _kinds(host, 0.2) == [Kind.ASK]
    host.received(wire(Data(4, 0, b"")), 0.3)
    assert _kinds(host, 0.3) == []


def test_a_silent_board_is_asked_every_ten_seconds_and_given_up_after_35() -> None:
    host = _host()
    asked, closed = [], []

    for tick in range(700):
        closed += [(tick / 10, event) for event in host.received(b"", tick / 10)]
        asked += [tick / 10 for kind in _kinds(host, tick / 10) if kind == Kind.ASK]

    assert asked == pytest.approx([10, 20, 30, 45, 55, 65], abs=0.2)
    assert [(at_s, type(event)) for at_s, event in closed] == [(35.0, Closed)]
    assert not host.state.is_open


def test_after_an_ordered_restart_nothing_is_said_until_hello() -> None:
    for code in (Code.RESTART, Code.BOOTLOADER):
        host = _host()
        host.command(code)
        assert _kinds(host, 1.0) == [Kind.COMMAND]
        host.received(wire(Answer(9, 1, Status.DONE)) + wire(Data(0, 0, b"")), 1.1)
        host.command(Code.READ)

        assert [host.outgoing(1.1 + tick / 10) for tick in range(24)] == [b""] * 24
        host.received(wire(Hello(2)), 3.0)
        assert _kinds(host, 3.0) == [Kind.OPEN]


def test_held_means_no_credit_at_once_and_taking_again_is_said_at_once() -> None:
    host = _host()
    host.hold(is_held=True)
    ((_, held),) = _said(host, 1.0)
    host.hold(is_held=True)
    assert _said(host, 1.1) == []
    host.hold(is_held=False)
    ((_, free),) = _said(host, 1.2)

    assert (read_ack(held).credit, read_ack(free).credit) == (0, 32)


def test_a_board_that_is_held_keeps_its_readings_and_sends_them_later() -> None:
    bench = Bench()
    bench.run(3, lambda: bench.opened)
    bench.host.hold(is_held=True)
    bench.run(0.1)
    for _ in range(5):
        bench.measure()
        bench.run(3)
    assert bench.spool.stored == []
    bench.host.hold(is_held=False)

    assert bench.run(3, bench.is_settled)
    assert bench.spool.stored == [1, 2, 3, 4, 5]


def test_an_acknowledgement_goes_within_20_ms_or_after_the_second_frame() -> None:
    host = _host()

    host.received(wire(Data(0, 0, b"")), 1.0)
    assert host.due_s() == pytest.approx(1.02)
    host.received(wire(Data(1, 0, b"")), 1.01)
    assert host.due_s() <= 1.01
    assert read_ack(_said(host, 1.01)[0][1]).next == 2
    host.received(wire(Data(4, 0, b"")) + wire(Data(3, 0, b"")), 1.5)
    ack = read_ack(_said(host, 1.5)[0][1])
    assert (ack.next, ack.have) == (2, 0b11)


def test_what_is_received_and_not_durable_is_said_again_each_second_while_the_board_talks() -> None:
    host = _host()
    host.received(wire(Data(0, 0, b"")), 1.0)

    acks = [tick / 10 for tick in range(10, 80) if _kinds(host, tick / 10)]
    host.durable(1, 1)
    last = read_ack(_said(host, 8.0)[0][1])

    assert acks == pytest.approx([1.1, 2.1, 3.1, 4.1])
    assert last.durable == 1
    assert _kinds(host, 9.0) == []


def test_frames_that_never_came_and_are_gone_do_not_stop_the_link() -> None:
    host = _host()
    host.received(wire(Data(3, 0, b"")), 1.0)

    events = host.received(wire(Hello(1, session=9, oldest=3, next=4, uptime_ms=1000)), 1.1)
    assert [type(event) for event in events] == [Closed]
    host.outgoing(1.2)
    host.received(wire(Hello(1, session=host.state.session, oldest=3, next=4, uptime_ms=1200)), 1.3)

    assert [type(event) for event in host.received(wire(Data(3, 0, b"")), 1.4)] == [Frame]


def test_nothing_is_due_that_is_then_not_said() -> None:
    host = HostEnd(new_session=lambda: 9, byte_s=0.0)
    host.received(wire(Hello(1, set_count=1)), 0.0)
    host.outgoing(0.0)
    host.received(wire(Hello(1, session=9, set_count=1)), 0.0)
    host.hold(is_held=True)
    host.command(Code.READ)

    assert host.outgoing(0.1) == b""
    assert host.due_s() == pytest.approx(0.5)


def test_log_lines_and_strange_kinds_are_taken_without_a_session() -> None:
    host = HostEnd(new_session=lambda: 9, byte_s=0.0)

    events = host.received(frame.encode(0x33, b"later") + wire(LogText(2, "quạt kẹt")), 5.0)

    assert events == [LogLine(2, "quạt kẹt", 5.0)]
    assert host.state.counts.unknown_kinds == 1


# commands


def test_a_command_is_repeated_with_its_id_until_it_is_answered() -> None:
    host = _host()
    first, second = host.command(Code.IDENTIFY, b"\x10\x00"), host.command(Code.READ, b"\xff")
    said = [body for tick in range(20) for kind, body in _said(host, 1.0 + tick / 10) if kind == Kind.COMMAND]

    assert {read_command(body) for body in said} == {Command(9, first, Code.IDENTIFY, b"\x10\x00")}
    assert len(said) == 4
    assert host.received(wire(Answer(8, first, 0)) + wire(Answer(9, second, 0)), 3.0) == []
    assert host.received(wire(Answer(9, first, 0)), 3.0) == [Answered(first, 0, b"")]
    assert read_command(_said(host, 3.0)[0][1]).id == second


def test_a_command_that_nobody_answers_ends_after_ten_tries() -> None:
    host = _host()
    command = host.command(Code.READ, b"\xff")
    said, events = 0, []

    for tick in range(80):
        host.received(wire(LogText(0, "")), 1.0 + tick / 10)
        said += _kinds(host, 1.0 + tick / 10).count(Kind.COMMAND)
        events += host.received(b"", 1.0 + tick / 10)

    assert said == TRIES
    assert events == [Answered(command, None)]


def test_a_command_under_way_when_the_session_ends_is_not_sent_again() -> None:
    host = _host()
    under_way, waiting = host.command(Code.RESTART), host.command(Code.READ, b"\xff")
    assert _kinds(host, 1.0) == [Kind.COMMAND]

    assert host.received(wire(Hello(2)), 1.2)[0] == Answered(under_way, None)
    host.outgoing(1.2)
    session = host.state.session
    host.received(wire(Hello(2, session=session)), 1.3)

    assert [read_command(body).id for kind, body in _said(host, 1.3) if kind == Kind.COMMAND] == [waiting]


def test_arguments_that_the_board_has_no_room_for_are_told_and_not_sent() -> None:
    host = HostEnd(new_session=lambda: 9, byte_s=0.0)
    host.received(wire(Hello(1, frame_max=32)), 0.0)
    host.outgoing(0.0)
    host.received(wire(Hello(1, session=9, frame_max=32)), 0.0)
    host.outgoing(0.0)
    fits, does_not = host.command(200, bytes(23)), host.command(200, bytes(24))

    assert len(_said(host, 1.0)[0][1]) + 5 == 32
    assert host.received(wire(Answer(9, fits, 0)), 1.0) == [Answered(fits, 0)]
    assert _kinds(host, 1.0) == []
    assert host.received(b"", 1.0) == [Answered(does_not, Status.BAD_ARGUMENT)]


def test_more_commands_than_can_wait_are_refused() -> None:
    host = HostEnd(new_session=lambda: 9, byte_s=0.0)
    for _ in range(QUEUED):
        host.command(Code.READ, b"\xff")

    with pytest.raises(RejectedError, match="wait"):
        host.command(Code.READ, b"\xff")
    with pytest.raises(RejectedError, match="0 to 255"):
        host.command(256)


def test_the_board_does_a_command_once_however_often_it_comes() -> None:
    bench = Bench(to_host=dropping(0.4), to_board=duplicating(0.5), byte_s=BYTE_S)
    bench.run(5, lambda: bench.opened)
    for ms in range(1, 21):
        bench.host.command(Code.SET_INTERVAL, b"\xff" + ms.to_bytes(4, "little"))
        assert bench.run(20, lambda ms=ms: len(_answers(bench)) == ms)  # type: ignore[misc]

    assert [order.ms for order in bench.ordered] == list(range(1, 21))
    assert [answer.returned for answer in _answers(bench)] == [ms.to_bytes(4, "little") for ms in range(1, 21)]


def test_an_interval_that_was_set_is_the_one_that_the_gateway_knows() -> None:
    bench = Bench()
    bench.run(3, lambda: bench.opened)
    bench.host.command(Code.SET_INTERVAL, b"\x00\xe8\x03\x00\x00")

    assert bench.run(3, lambda: bench.host.state.sensors[0].interval_ms == 1000)


@pytest.mark.parametrize(
    ("code", "arguments", "status"),
    [
        (Code.SET_INTERVAL, b"\x07" + bytes(4), Status.BAD_ARGUMENT),
        (Code.SET_INTERVAL, b"\x00\x01", Status.BAD_ARGUMENT),
        (Code.READ, b"\x00", Status.DONE),
        (Code.SET_IDENTITY, b"\x03abc\x05hanoi", Status.DONE),
        (Code.SET_IDENTITY, b"\x03ab", Status.BAD_ARGUMENT),
        (99, b"", Status.UNKNOWN),
    ],
)
def test_the_board_answers_what_came_of_a_command(code: int, arguments: bytes, status: Status) -> None:
    bench = Bench()
    bench.run(3, lambda: bench.opened)
    bench.host.command(code, arguments)

    assert bench.run(3, lambda: _answers(bench))
    assert _answers(bench)[0].status == status
    bench.run(0.2)
    hello = bench.host.state.hello
    assert hello is not None
    assert (hello.device, hello.site) == (("abc", "hanoi") if status == 0 and code == Code.SET_IDENTITY else ("", ""))


def _answers(bench: Bench) -> list[Answered]:
    return [event for event in bench.events if isinstance(event, Answered)]

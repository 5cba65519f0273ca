"""The gateway's end against stalls of its own, boards that change places, and a board that keeps to nothing."""

from dataclasses import replace

from firmware_bridge.link.events import Event, Frame
from firmware_bridge.link.host import HostEnd
from firmware_bridge.link.messages import Data, Hello, SensorField, SensorSet, wire
from firmware_bridge.link.reception import NOT_DURABLE_FRAMES
from firmware_bridge.link.records import INTEGER, encode_values

_SET = SensorSet(0, "reading", (SensorField(INTEGER, "n"),), 1000)


def _records(number: int) -> bytes:
    head, rest = encode_values(_SET, {"n": number})
    return bytes((head, 0)) + rest


def _data(seq: int, number: int | None = None) -> bytes:
    return wire(Data(seq, 0, _records(seq if number is None else number)))


def _opened(host: HostEnd, hello: Hello, at_s: float) -> list[Event]:
    """The board says `hello` without a session, takes the one that it is offered and describes itself."""
    events = host.received(wire(hello), at_s)
    host.outgoing(at_s)
    return events + host.received(wire(replace(hello, session=_session(host))) + wire(_SET), at_s)


def _session(host: HostEnd) -> int:
    return host.state.session


def _frames(events: list[Event]) -> list[tuple[int, int]]:
    return [(event.boot, event.seq) for event in events if isinstance(event, Frame)]


def _host() -> HostEnd:
    numbers = iter(range(100, 60_000))
    return HostEnd(new_session=lambda: next(numbers), byte_s=0.0)


def _hello(boot: int = 1, uid: bytes = b"A", **changes: int) -> Hello:
    return Hello(boot, set_count=1, uid=uid, **changes)


def test_what_a_stalled_gateway_reads_late_is_not_taken_for_another_start_and_stored_twice() -> None:
    host = _host()
    _opened(host, _hello(), 0.0)
    host.outgoing(0.0)
    assert _frames(host.received(_data(0) + _data(1), 0.1)) == [(1, 0), (1, 1)]
    host.outgoing(0.1)

    # for 12 s nobody ran here; the board, which waits for an acknowledgement, had said HELLO 2 s after its last frame
    late = Hello(1, session=_session(host), oldest=0, next=2, uptime_ms=2100, set_count=1, uid=b"A")
    events = host.received(wire(late), 12.1)
    host.durable(1, 2)
    events += _opened(host, _hello(next=2, uptime_ms=12_200), 12.2) if not host.state.is_open else []
    host.outgoing(12.3)
    events += host.received(_data(0) + _data(1) + _data(2), 12.4)

    assert _frames(events) == [(1, 2)]


def test_frames_of_a_board_that_gave_its_place_to_another_meanwhile_are_not_handed_on_twice() -> None:
    host = _host()
    _opened(host, _hello(7, b"A"), 0.0)
    host.outgoing(0.0)
    host.received(_data(0) + _data(1), 0.1)
    _opened(host, _hello(3, b"B"), 1.0)

    _opened(host, _hello(7, b"A", session=100, next=2, uptime_ms=2000), 2.0)
    host.outgoing(2.0)

    assert _frames(host.received(_data(0) + _data(1) + _data(2), 2.1)) == [(7, 2)]


def test_durable_of_a_board_that_left_says_nothing_of_one_with_the_same_boot_number() -> None:
    host = _host()
    _opened(host, _hello(7, b"A"), 0.0)
    host.outgoing(0.0)
    host.received(_data(0) + _data(1), 0.1)
    _opened(host, _hello(3, b"B"), 1.0)
    host.outgoing(1.0)

    _opened(host, _hello(7, b"C", next=2, uptime_ms=500), 2.0)
    assert not host.state.is_open
    assert host.state.is_waiting

    host.durable(7, 2)  # A's
    host.outgoing(2.0)
    _opened(host, _hello(7, b"C", next=2, uptime_ms=600), 2.1)
    host.outgoing(2.1)
    assert _frames(host.received(_data(0) + _data(1), 2.2)) == [(7, 0), (7, 1)]
    assert host.state.not_durable == 2


def test_a_board_that_sends_what_it_has_no_credit_for_fills_no_memory() -> None:
    host = _host()
    _opened(host, _hello(), 0.0)
    host.outgoing(0.0)
    handed = 0
    for seq in range(NOT_DURABLE_FRAMES * 3):
        handed += len(_frames(host.received(_data(seq), 0.1)))
        host.outgoing(0.1)
    assert handed <= NOT_DURABLE_FRAMES + 32

    for is_held_before in (True, False):
        host = _host()
        host.hold(is_held=is_held_before)
        _opened(host, _hello(), 0.0)
        host.hold(is_held=True)
        host.outgoing(0.0)
        handed = sum(len(_frames(host.received(_data(seq), 0.1))) for seq in range(200))
        assert handed == (0 if is_held_before else 32)


def test_boards_that_come_and_go_while_the_disk_takes_nothing_wait_before_they_fill_memory() -> None:
    host = _host()
    handed = 0
    for boot in range(1, 200):
        _opened(host, _hello(boot), boot * 1.0)
        host.outgoing(boot * 1.0)
        handed += len(_frames(host.received(b"".join(map(_data, range(32))), boot + 0.1)))

    assert handed <= 5 * 32
    assert host.state.is_waiting
    for boot in range(1, 200):
        host.durable(boot, 32)
    assert not host.state.is_waiting

"""A session ends at every moment: gateway killed, board reset, line dead. Nothing is stored twice, nothing durable missing."""

from collections.abc import Callable

import pytest

from firmware_bridge.link.events import Closed, Frame, Opened
from firmware_bridge.link.host import HostEnd
from firmware_bridge.link.messages import Data, Hello, wire
from tests.firmware_bridge.link.bad_line import Bench, dropping

_MOMENTS = [moment * 0.0047 for moment in range(90)]


def _host(bench: Bench) -> None:
    bench.restart_host()


def _board(bench: Bench) -> None:
    bench.restart_board()


def _board_with_its_boot_number_again(bench: Bench) -> None:
    bench.restart_board(boot=bench.boot)


def _both(bench: Bench) -> None:
    bench.restart_board()
    bench.restart_host()


def _line(bench: Bench) -> None:
    bench.line_up.clear()
    bench.line_down.clear()
    bench.host.line_opened(bench.now_s)


def _begun(moment_s: float, fsync_s: float) -> Bench:
    """A bench that measured every 7 ms until `moment_s`."""
    bench = Bench(fsync_s=fsync_s, to_host=dropping(0.1), to_board=dropping(0.1), seed=round(moment_s * 1e6))
    end_s = bench.now_s + moment_s
    while bench.now_s < end_s:
        bench.measure()
        bench.run(min(0.007, end_s - bench.now_s))
    return bench


@pytest.mark.parametrize("end", [_host, _board, _board_with_its_boot_number_again, _both, _line])
@pytest.mark.parametrize("fsync_s", [0.0, 0.03])
def test_a_session_that_ends_at_any_moment_costs_at_most_what_the_board_forgot(end: Callable[[Bench], None], fsync_s: float) -> None:
    for moment_s in _MOMENTS:
        bench = _begun(moment_s, fsync_s)
        end(bench)
        for _ in range(10):
            bench.measure()
            bench.run(0.007)
        assert bench.run(60, bench.is_settled)
        bench.run(2 * fsync_s)

        stored = bench.spool.stored
        assert stored == sorted(set(stored)), "in order, once"
        assert {n for n, _ in bench.taken} - set(stored) <= bench.wiped
        assert bench.refused == bench.spool.lost == 0


@pytest.mark.parametrize("fsync_s", [0.0, 0.03])
def test_a_gateway_that_dies_again_and_again_stores_everything_once(fsync_s: float) -> None:
    bench = _begun(0.2, fsync_s)
    for count in range(60):
        bench.restart_host()
        bench.measure()
        bench.run(0.005 * (count % 25))

    assert bench.run(60, bench.is_settled)
    assert bench.spool.stored == [n for n, _ in bench.taken]


def test_a_line_that_is_dead_for_a_minute_goes_on_where_it_was() -> None:
    bench = _begun(0.2, 0.03)
    healthy = bench.to_host, bench.to_board
    bench.to_host = bench.to_board = dropping(1.0)
    for _ in range(60):
        bench.measure()
        bench.run(1.0)
    assert any(isinstance(event, Closed) for event in bench.events)
    bench.to_host, bench.to_board = healthy

    assert bench.run(30, bench.is_settled)
    assert bench.spool.stored == [n for n, _ in bench.taken]


def test_another_gateway_takes_over_a_board_that_has_a_session_within_seconds() -> None:
    bench = _begun(0.2, 100.0)
    bench.restart_host()
    bench.spool.fsync_s = 0.0

    assert bench.run(3.5, bench.is_settled)


def _open(host: HostEnd, hello: Hello, at_s: float) -> list[object]:
    host.received(wire(hello), at_s)
    host.outgoing(at_s)
    session = host.state.session
    return list(host.received(wire(Hello(hello.boot, session, hello.oldest, uid=hello.uid, uptime_ms=hello.uptime_ms + 10)), at_s + 0.01))


def _end(known: Callable[..., bool] = lambda _: False) -> HostEnd:
    return HostEnd(new_session=lambda: 9, byte_s=0.0, quiet_s=0.0, known=known)


def test_a_new_session_of_the_same_start_hands_out_nothing_again_and_confirms_it_once_it_is_durable() -> None:
    host = _end()
    _open(host, Hello(5, uid=b"a", uptime_ms=60_000), 1.0)
    assert host.received(wire(Data(0, 0, b"")), 2.0) == [Frame(5, 0, 0, ())]

    another_gateway = 77
    (opened, *_) = _open(host, Hello(5, another_gateway, uid=b"a", uptime_ms=62_000), 3.0)
    assert host.received(wire(Data(0, 100, b"")), 3.5) == []
    assert host.state.not_durable == 1
    host.durable(5, 1)

    assert host.state.not_durable == 0
    assert isinstance(opened, Opened)


def test_other_readings_under_a_boot_number_that_came_before_are_handed_out() -> None:
    seen = []
    host = _end(known=lambda identity: bool(seen.append(identity)) or identity.body_hash == 0)
    _open(host, Hello(5, uid=b"a", uptime_ms=0), 1.0)

    assert host.received(wire(Data(0, 0, b"")), 2.0) == []
    (frame,) = host.received(wire(Data(1, 0, b"\x1f\x00\x05\x00")), 2.1)

    assert isinstance(frame, Frame)
    assert frame.records[0].lost is not None
    assert [(identity.uid, identity.boot, identity.seq) for identity in seen] == [(b"a", 5, 0), (b"a", 5, 1)]


def test_a_board_with_the_boot_number_of_frames_that_are_not_durable_waits_until_they_are() -> None:
    host = _end()
    _open(host, Hello(5, uid=b"a", uptime_ms=60_000), 1.0)
    host.received(wire(Data(0, 0, b"")), 2.0)

    assert Closed in {type(event) for event in host.received(wire(Hello(5, uid=b"b")), 3.0)}
    assert host.state.is_waiting
    assert host.outgoing(3.1) == b""
    host.durable(5, 1)
    assert not host.state.is_waiting
    assert host.due_s() <= 3.2
    assert host.outgoing(3.2)
    opened = host.received(wire(Hello(5, host.state.session, uid=b"b", uptime_ms=200)), 3.3)
    assert isinstance(opened[0], Opened)
    assert host.received(wire(Data(0, 0, b"")), 3.4) == [Frame(5, 0, 0, ())]


def test_durable_of_another_start_changes_nothing() -> None:
    host = _end()
    _open(host, Hello(5, uid=b"a"), 1.0)
    host.received(wire(Data(0, 0, b"")), 2.0)

    host.durable(4, 1)
    host.durable(5, 0)
    assert host.state.not_durable == 1
    host.durable(5, 1)
    host.durable(5, 1)
    assert host.state.not_durable == 0

"""Both ends against each other: whatever the line does, every reading that a board kept is stored once, in order, at its time."""

import itertools
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from firmware_bridge.link import frame
from firmware_bridge.link.host import HostEnd
from firmware_bridge.link.messages import Ack, Hello, Open, wire
from tests.firmware_bridge.link.bad_line import (
    BYTE_S,
    Bench,
    Fault,
    all_of,
    clean,
    delaying,
    dropping,
    duplicating,
    flipping,
    noisy,
    splitting,
)

_FAULTS = {
    "clean": clean,
    "drops": dropping(0.2),
    "flips": flipping(0.2),
    "duplicates": duplicating(0.3),
    "delays": delaying(0.3),
    "splits": splitting,
    "noise": noisy(0.3),
    "everything": all_of(dropping(0.1), flipping(0.1), duplicating(0.1), delaying(0.1), splitting, noisy(0.1)),
}


def _measured(bench: Bench, count: int, every_s: float) -> None:
    for _ in range(count):
        bench.measure()
        bench.run(every_s)


def _all_arrive(bench: Bench, within_s: float = 120) -> None:
    assert bench.run(within_s, bench.is_settled), "the board waits"
    assert bench.spool.stored == [n for n, _ in bench.taken]


@pytest.mark.parametrize("name", _FAULTS)
@pytest.mark.parametrize("fsync_s", [0.0, 0.05])
def test_every_reading_arrives_once_and_in_order_over_a_bad_line(name: str, fsync_s: float) -> None:
    bench = Bench(to_host=_FAULTS[name], to_board=_FAULTS[name], fsync_s=fsync_s)

    _measured(bench, 100, 0.02)

    _all_arrive(bench)


@settings(max_examples=60, deadline=None)
@given(
    up=st.sampled_from(sorted(_FAULTS)),
    down=st.sampled_from(sorted(_FAULTS)),
    fsync_s=st.sampled_from([0.0, 0.01, 0.3]),
    every_s=st.sampled_from([0.0, 0.001, 0.03, 0.4]),
    store_bytes=st.sampled_from([150, 400, 1200]),
    first_seq=st.sampled_from([0, 65_530]),
    seed=st.integers(0, 1 << 32),
)
def test_stored_and_counted_as_lost_is_what_the_board_measured(
    up: str, down: str, fsync_s: float, every_s: float, store_bytes: int, first_seq: int, seed: int
) -> None:
    bench = Bench(to_host=_FAULTS[up], to_board=_FAULTS[down], fsync_s=fsync_s, store_bytes=store_bytes, first_seq=first_seq, seed=seed)

    _measured(bench, 40, every_s)
    bench.run(120, bench.is_settled)
    bench.measure()  # what was lost is told in front of the next reading

    _all_arrive(bench)
    assert bench.spool.lost == bench.refused == bench.board.store.lost_count
    assert len(bench.spool.stored) + bench.spool.lost == bench.number


def _losing(pattern: Iterator[bool]) -> Fault:
    return lambda data, _: [] if next(pattern, False) else [(0.0, data)]


def test_no_loss_of_the_first_frames_in_either_direction_loses_a_reading_or_stops_the_link() -> None:
    for up, down in itertools.product(itertools.product((False, True), repeat=5), repeat=2):
        bench = Bench(to_host=_losing(iter(up)), to_board=_losing(iter(down)))
        _measured(bench, 3, 0.0)
        _all_arrive(bench, within_s=30)


@pytest.mark.parametrize("size", [1, 2, 3])
def test_no_loss_behind_the_opening_loses_a_reading_or_stops_the_link(size: int) -> None:
    for up, down in itertools.product(itertools.product((False, True), repeat=4), repeat=2):
        bench = Bench(fsync_s=0.03)
        bench.run(3, lambda bench=bench: bench.opened)  # type: ignore[misc]
        bench.to_host, bench.to_board = _losing(iter(up)), _losing(iter(down))
        for _ in range(3):
            _measured(bench, size, 0.0)
            bench.run(0.025)
        _all_arrive(bench, within_s=30)


def test_sequence_numbers_wrap_without_a_seam() -> None:
    bench = Bench(to_host=dropping(0.1), to_board=dropping(0.1), first_seq=65_500)

    _measured(bench, 100, 0.03)

    _all_arrive(bench)
    assert bench.board.store.oldest < 100


def test_a_frame_like_one_a_whole_turn_ago_is_another_frame() -> None:
    host = HostEnd(new_session=lambda: 9, byte_s=BYTE_S, quiet_s=0.0)
    host.received(wire(Hello(1)), 1.0)
    host.outgoing(1.0)
    handed_count = len(host.received(wire(Hello(1, session=9)), 1.0))

    for count in range(0x10000 + 5):
        handed_count += len(host.received(frame.encode(3, (count & 0xFFFF).to_bytes(2, "little") + bytes(4)), 1.0))
        host.durable(1, (count + 1) & 0xFFFF)
        host.outgoing(1.0)

    assert handed_count == 1 + 0x10000 + 5  # and Opened


def test_readings_have_the_time_at_which_they_were_taken() -> None:
    bench = Bench(to_host=dropping(0.3), to_board=dropping(0.3), fsync_s=0.05)

    _measured(bench, 100, 0.02)

    _all_arrive(bench)
    for stored_s, (_, taken_s) in zip(bench.spool.times_s, bench.taken, strict=True):
        assert stored_s == pytest.approx(taken_s, abs=0.003)


def test_the_line_stays_busy_while_every_fsync_takes_50_ms() -> None:
    bench = Bench(fsync_s=0.05)
    bench.run(3, lambda: bench.opened)
    began_s, before = bench.now_s, len(bench.spool.stored)

    while bench.now_s < began_s + 5:
        while bench.board.store.room_bytes > 20:
            bench.measure()
        bench.run(0.001)

    per_s = (len(bench.spool.stored) - before) / 5
    assert per_s * 4 > 0.8 / BYTE_S  # a record of this counter is 4 bytes: head, after, two of value
    assert bench.board.resent_count == 0


def test_what_was_received_is_not_sent_again_however_long_fsync_takes() -> None:
    bench = Bench(fsync_s=20.0)

    _measured(bench, 20, 0.05)

    _all_arrive(bench)
    assert bench.host.state.counts.again == 0


def test_a_board_whose_store_overflows_says_how_many_readings_it_lost_and_when() -> None:
    bench = Bench(fsync_s=5.0, store_bytes=200)

    _measured(bench, 200, 0.05)
    bench.run(60, bench.is_settled)
    bench.measure()

    _all_arrive(bench)
    assert bench.refused > 50
    assert bench.spool.lost == bench.refused


@settings(max_examples=60, deadline=None)
@given(st.lists(st.one_of(st.binary(max_size=300), st.tuples(st.integers(0, 255), st.binary(max_size=249))), max_size=30), st.booleans())
def test_whatever_arrives_neither_end_raises_and_the_link_recovers(pieces: list[bytes | tuple[int, bytes]], is_open: bool) -> None:
    bench = Bench()
    if is_open:
        bench.run(3, lambda: bench.opened)
    for piece in pieces:
        data = piece if isinstance(piece, bytes) else frame.encode(*piece)
        bench.host.received(data, bench.now_s)
        bench.board.received(data, bench.now_s)
        bench.run(0.01)
    bench.host.received(b"\0", bench.now_s)
    bench.board.received(b"\0", bench.now_s)
    bench.events.clear()
    bench.number = len(bench.spool.stored)

    bench.run(60, lambda: bench.host.state.is_open)
    bench.measure()

    assert bench.run(60, lambda: bench.number in bench.spool.stored)


def test_a_flood_of_readings_that_never_become_durable_ends_with_no_credit() -> None:
    host = HostEnd(new_session=lambda: 9, byte_s=BYTE_S, quiet_s=0.0)
    host.received(wire(Hello(1)), 1.0)
    host.outgoing(1.0)
    host.received(wire(Hello(1, session=9)), 1.1)
    seq = 0
    for _ in range(2000):
        host.received(frame.encode(3, (seq & 0xFFFF).to_bytes(2, "little") + bytes(4)), 2.0)
        host.outgoing(2.0)
        seq += host.state.credit > 0

    assert host.state.credit == 0
    assert host.state.not_durable <= 1024 + 32


def test_an_open_for_an_earlier_start_of_the_board_is_not_taken() -> None:
    bench = Bench()

    bench.board.received(wire(Open(5, bench.boot - 1)), bench.now_s)
    assert bench.board.session == 0
    bench.board.received(wire(Open(5, bench.boot)), bench.now_s)
    assert bench.board.session == 5


def test_an_ack_of_another_session_or_time_makes_the_board_forget_nothing() -> None:
    bench = Bench(fsync_s=100)
    _measured(bench, 3, 0.5)
    session, kept = bench.board.session, bench.kept_numbers()
    oldest = bench.board.store.oldest

    for ack in (
        Ack(session + 1, oldest + 3, oldest + 3, 32),
        Ack(session, oldest + 9, oldest + 3, 32),
        Ack(session, oldest + 1, oldest + 2, 32),
    ):
        bench.board.received(wire(ack), bench.now_s)
    bench.board.received(wire(Ack(session, (oldest - 1) & 0xFFFF, (oldest - 1) & 0xFFFF, 32)), bench.now_s)

    assert bench.kept_numbers() == kept == [1, 2, 3]

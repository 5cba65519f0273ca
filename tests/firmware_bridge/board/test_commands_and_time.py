"""What the C board does for commands, what it makes of clocks that wrap, and that nothing it hears hurts it."""

import hashlib
import os
import struct
from collections.abc import Iterator

import pytest

from firmware_bridge.link.events import Answered, Frame, PictureOffered
from firmware_bridge.link.frame import Cutter, RawFrame, encode
from firmware_bridge.link.messages import Ack, Ask, Chunk, Command, Hello, Open, read_answer, read_data, read_hello, wire
from tests.firmware_bridge.board.c_board import STORES, CBoard
from tests.firmware_bridge.board.test_against_the_gateway import CBench, c_bench

DAY_S = 86_400.0
FUZZ_ROUNDS = int(os.environ.get("QUANHO_FUZZ_ROUNDS", "1600000"))
"""For a long run: QUANHO_FUZZ_ROUNDS=100000000."""


@pytest.fixture
def bench() -> Iterator[CBench]:
    with c_bench() as opened:
        opened.run(3, lambda: opened.opened > 0)
        yield opened


def _said(board: CBoard, now_s: float, seconds: float = 0.0) -> list[RawFrame]:
    """What the board says within `seconds`, if nobody talks to it."""
    cutter, end_s, frames = Cutter(), now_s + seconds, []
    while now_s <= end_s:
        frames += cutter.feed(board.outgoing(now_s))
        now_s = max(board.due_s(), now_s + 0.0001)
    return frames


def _answers(bench: CBench) -> list[tuple[int | None, bytes]]:
    return [(event.status, event.returned) for event in bench.events if isinstance(event, Answered)]


@pytest.mark.parametrize(
    ("arguments", "answer"),
    [
        (struct.pack("<BI", 1, 2500), (0, struct.pack("<I", 2500))),
        (struct.pack("<BI", 1, 5), (0, struct.pack("<I", 100))),
        (struct.pack("<BI", 1, 0), (0, struct.pack("<I", 100))),
        (struct.pack("<BI", 0, 0), (0, struct.pack("<I", 0))),
        (struct.pack("<BI", 255, 7000), (0, struct.pack("<I", 7000))),
        (struct.pack("<BI", 2, 7000), (2, b"")),
        (b"\x01\x02", (2, b"")),
        (b"", (2, b"")),
    ],
)
def test_an_interval_is_set_held_to_the_least_and_answered(bench: CBench, arguments: bytes, answer: tuple[int, bytes]) -> None:
    bench.host.command(1, arguments)
    bench.run(2)

    assert _answers(bench) == [answer]


def test_a_reading_is_due_at_the_start_in_its_interval_and_when_asked_for() -> None:
    with CBoard(boot=1) as board:
        due_ms = []
        for ms in range(0, 25_000, 10):
            board.tick(ms / 1000)
            due_ms += [ms] if board.is_due(1) else []
        assert due_ms == [0, 10_000, 20_000]
        assert board.is_due(0)
        assert not board.is_due(0)
        board.received(wire(Open(9, 1)) + wire(Command(9, 1, 2, b"\x00")), 25.0)
        assert (board.is_due(0), board.is_due(0), board.is_due(1)) == (True, False, False)


def test_a_command_that_comes_again_is_answered_again_and_done_once() -> None:
    with CBoard(boot=1) as board:
        board.received(wire(Open(9, 1)), 0.1)
        _said(board, 0.1, 1)
        answers = []
        for now_s in (2.0, 2.5, 3.0):
            board.received(wire(Command(9, 4, 200, b"abc")), now_s)
            answers += [read_answer(frame.body) for frame in _said(board, now_s, 0.3) if frame.kind == 5]

        assert [(answer.id, answer.status, answer.returned) for answer in answers] == [(4, 0, b"abc")] * 3
        assert board.commanded() == [(200, b"abc")]


def test_a_command_returns_no_more_than_the_board_has_room_for() -> None:
    with CBoard(boot=1) as board:
        board.received(wire(Open(9, 1)) + wire(Command(9, 4, 200, bytes(range(40)))), 0.1)
        (answer,) = [read_answer(frame.body) for frame in _said(board, 0.1, 1) if frame.kind == 5]

        assert answer.returned == bytes(range(8))


def test_a_restart_begins_once_its_answer_has_left(bench: CBench) -> None:
    for code in (4, 5):
        bench.host.command(code)
        bench.run(1)
        assert bench.board.commanded() == [(code, b""), (code | 0x80, b"")]


def test_a_frame_that_is_leaving_stays_whole_when_it_becomes_durable_meanwhile() -> None:
    with CBoard(boot=1, store_bytes=150) as board:
        board.received(wire(Open(9, 1)) + wire(Ack(9, 0, 0, 32)), 0.1)
        for number in range(5):
            board.reading(0, {"n": number}, 0.2)
        first = [frame.body for frame in _said(board, 1.3, 0.05) if frame.kind == 3]
        board.tick(1.7)  # nobody answered: it leaves again
        data = board.first_bytes(12)
        board.received(wire(Ack(9, 1, 1, 0)), 1.7)
        for number in range(100):
            board.reading(0, {"n": 1000 + number}, 1.7)
        data += board.first_bytes(30)
        again = [frame.body for frame in Cutter().feed(data) if frame.kind == 3]
        assert [read_data(body).records for body in again] == [read_data(body).records for body in first] != []
        assert board.store.oldest == 1


def test_a_frame_that_is_leaving_stays_whole_when_the_one_before_it_is_forgotten_meanwhile() -> None:
    with CBoard(boot=1, store_bytes=150) as board:
        board.received(wire(Open(9, 1)) + wire(Ack(9, 0, 0, 32)), 0.1)
        for number in range(15):
            board.reading(0, {"n": 1000 + number}, 0.2)
        before = [frame.body for frame in _said(board, 1.3, 0.05) if frame.kind == 3]
        assert [read_data(body).seq for body in before] == [0, 1]
        board.received(wire(Ack(9, 1, 0, 32)), 1.35)
        board.tick(1.7)  # frame 1 leaves again
        data = board.first_bytes(12)
        board.received(wire(Ack(9, 1, 1, 32)), 1.7)
        for number in range(25):
            board.reading(0, {"n": 2000 + number}, 1.7)
        data += board.first_bytes(60)

        again = [read_data(frame.body) for frame in Cutter().feed(data) if frame.kind == 3]
        assert [(frame.seq, frame.records) for frame in again[:1]] == [(1, read_data(before[1]).records)]
        assert board.store.oldest == 1


def test_a_board_without_credit_sends_no_readings() -> None:
    with CBoard(boot=1) as board:
        board.received(wire(Open(9, 1)) + wire(Ack(9, 0, 0, 32)), 0.1)
        board.reading(0, {"n": 1}, 0.2)
        assert [frame.kind for frame in _said(board, 1.3, 0.05)].count(3) == 1
        board.received(wire(Ack(9, 1, 1, 0)), 1.4)
        board.reading(0, {"n": 2}, 1.5)
        assert [frame.kind for frame in _said(board, 1.5, 3)].count(3) == 0
        board.received(wire(Ack(9, 1, 1, 1)), 5.0)
        assert [frame.kind for frame in _said(board, 5.0, 0.05)].count(3) == 1


def test_a_frame_that_is_missing_behind_one_that_came_is_sent_again_before_its_time_out() -> None:
    with CBoard(boot=1) as board:
        board.received(wire(Open(9, 1)) + wire(Ack(9, 0, 0, 32)), 0.1)
        for number in range(100):
            board.reading(0, {"n": 1000 + number}, 0.2)
        assert [read_data(frame.body).seq for frame in _said(board, 1.3, 0.05) if frame.kind == 3] == [0, 1]
        board.received(wire(Ack(9, 0, 0, 32, 1)), 1.36)
        assert [read_data(frame.body).seq for frame in _said(board, 1.36, 0.1) if frame.kind == 3] == [0]


def test_a_board_whose_readings_are_acknowledged_says_no_hello_however_seldom_they_come() -> None:
    with CBoard(boot=1) as board:
        board.received(wire(Open(9, 1)) + wire(Ack(9, 0, 0, 32)), 0.1)
        _said(board, 0.1, 1)
        for number in range(8):
            now_s = 10.0 + 11.3 * number
            board.tick(now_s - 0.01)
            board.reading(0, {"n": number}, now_s)
            assert [frame.kind for frame in _said(board, now_s, 1.1)] == [3]
            board.received(wire(Ack(9, number + 1, number + 1, 32)), now_s + 1.2)


def test_an_identity_is_kept_and_said() -> None:
    with CBoard(boot=1) as board:
        board.received(wire(Open(9, 1)), 0.1)
        _said(board, 0.1, 1)
        for number, identity in enumerate((b"\x05pump1\x07Ha Long", b"\x05pump", b"\x21" + b"x" * 33 + b"\x01a", b"\x00")):
            board.received(wire(Command(9, number + 1, 6, identity)), 2.0 + number)
            frames = _said(board, 2.0 + number, 0.5)
            (answer,) = [read_answer(frame.body) for frame in frames if frame.kind == 5]
            assert answer.status == (0 if number == 0 else 2)
            hellos = [read_hello(frame.body) for frame in frames if frame.kind == 1]
            if number == 0:
                assert isinstance(hellos[0], Hello)
                assert (hellos[0].device, hellos[0].site) == ("pump1", "Ha Long")


def test_an_identity_that_comes_while_hello_leaves_waits_and_hello_stays_whole() -> None:
    with CBoard(boot=1) as board:
        board.received(wire(Open(9, 1)), 0.1)
        _said(board, 0.1, 1)
        board.received(wire(Command(9, 7, 6, b"\x05pump1\x07Ha Long")), 1.5)
        _said(board, 1.5, 0.4)
        board.received(wire(Ask(what=1)), 2.0)
        begun = board.first_bytes(20)
        board.received(wire(Command(9, 1, 6, b"\x01a\x01b")), 2.0)
        frames = Cutter().feed(begun + board.outgoing(2.0))
        board.received(wire(Command(9, 1, 6, b"\x01a\x01b")), 2.5)
        frames += _said(board, 2.5, 0.5)
        hellos = [read_hello(frame.body) for frame in frames if frame.kind == 1]
        assert [hello.device for hello in hellos if isinstance(hello, Hello)] == ["pump1", "a"]
        assert [read_answer(frame.body).status for frame in frames if frame.kind == 5] == [0]


def test_it_takes_only_an_open_that_is_meant_for_it() -> None:
    with CBoard(boot=0x01020304) as board:
        for wrong in (
            wire(Open(9, 0x01020305)),
            wire(Open(0, 0x01020304)),
            wire(Open(9, 0x01020304, version=2)),
            encode(0x42, b"QX\x01\x09\0\x04\x03\x02\x01"),
        ):
            board.received(wrong, 0.1)
            assert board.session == 0
        board.received(wire(Open(9, 0x01020304)), 0.1)
        assert board.session == 9


def test_it_answers_ask_with_hello_and_with_every_sensor_set() -> None:
    with CBoard(boot=1) as board:
        _said(board, 0.0, 0.5)
        board.received(wire(Ask(what=1)), 0.6)
        assert [frame.kind for frame in _said(board, 0.6, 0.2)] == [1]
        board.received(wire(Ask(what=3)), 0.9)
        assert [frame.kind for frame in _said(board, 0.9, 0.2)] == [1, 2, 2]


@pytest.mark.parametrize("before_wrap_s", [1.5, 0.4])
def test_times_are_right_across_the_wrap_of_the_clock(before_wrap_s: float) -> None:
    with c_bench() as bench:
        wrap_s = bench.now_s + 2**32 / 1000
        bench.now_s = wrap_s - before_wrap_s
        bench.board.tick(bench.now_s)
        bench.host = bench.new_host()
        for _ in range(40):
            bench.measure()
            bench.run(0.1)
        assert bench.run(20, bench.is_settled)

        assert bench.spool.stored == [n for n, _ in bench.taken]
        for stored_s, (_, taken_s) in zip(bench.spool.times_s, bench.taken, strict=True):
            assert stored_s == pytest.approx(taken_s, abs=0.004)


@pytest.mark.parametrize(
    ("days", "age_ms"), [(1, 86_400_000), (40, 40 * 86_400_000), (49.6, 0xFFFFFFFF), (60, 0xFFFFFFFF), (300, 0xFFFFFFFF)]
)
def test_a_reading_that_waited_longer_than_the_clock_counts_is_said_to_be_that_old_or_older(days: float, age_ms: int) -> None:
    with CBoard(boot=1) as board:
        board.reading(0, {"n": 1}, 0.0)
        for hour in range(int(days * 24) + 1):
            board.tick(hour * 3600.0)
        now_s = days * DAY_S
        board.received(wire(Open(9, 1)) + wire(Ack(9, 0, 0, 32)), now_s)
        (data,) = [read_data(frame.body) for frame in _said(board, now_s, 0.1) if frame.kind == 3]

        assert data.age_ms == pytest.approx(age_ms, abs=100)


def test_what_was_lost_over_more_than_the_clock_counts_is_one_record_and_the_next_reading_has_its_time() -> None:
    with c_bench(store_bytes=150) as bench:
        began_s = bench.now_s
        for hour in range(60 * 24):
            bench.now_s = began_s + hour * 3600.0
            bench.measure()
        bench.host = bench.new_host()
        bench.run(20, lambda: bench.board.store.room_bytes == 150)
        bench.measure()
        assert bench.run(20, bench.is_settled)

        assert bench.spool.lost == bench.refused > 1300
        assert bench.spool.stored == [n for n, _ in bench.taken]
        assert bench.spool.times_s[-1] == pytest.approx(bench.taken[-1][1], abs=0.01)


def test_a_picture_arrives_whole_beside_readings_and_is_forgotten_when_it_is_durable(bench: CBench) -> None:
    picture = hashlib.shake_256(b"picture").digest(20_000)
    got = bytearray()
    bench.board.offer(7, picture, hashlib.sha256(picture).digest())
    bench.run(2)
    (offer,) = [event for event in bench.events if isinstance(event, PictureOffered)][:1]
    assert (offer.picture, offer.size_bytes, offer.sha256) == (7, len(picture), hashlib.sha256(picture).digest())

    for number in range(60):
        if len(got) == len(picture):
            break
        bench.measure()
        bench.events.clear()
        bench.host.want(7, len(got), 3 if number % 2 else 20)
        bench.run(0.5)
        for event in bench.events:
            if isinstance(event, Chunk) and event.offset == len(got):
                got += event.data
    assert bytes(got) == picture
    assert bench.board.has_picture()
    bench.host.want(7, len(picture), 0)
    bench.run(1)
    assert not bench.board.has_picture()
    assert bench.run(20, bench.is_settled)
    assert bench.spool.stored == [n for n, _ in bench.taken]


@pytest.mark.parametrize("store_bytes", STORES)
@pytest.mark.parametrize("seed", [1, 2])
def test_no_frame_hurts_the_board(store_bytes: int, seed: int) -> None:
    with CBoard(boot=seed, store_bytes=store_bytes) as board:
        board.fuzz(seed, FUZZ_ROUNDS // (2 * len(STORES)))
        assert board.fits()


def test_a_board_that_heard_anything_at_all_opens_again() -> None:
    with CBoard(boot=3) as board:
        board.fuzz(99, 20_000)
        board.restart(4)
        board.received(wire(Open(9, 4)), 1.0)
        assert board.session == 9


def test_a_log_of_any_length_fits_a_frame() -> None:
    with CBoard(boot=1) as board:
        board.log(1, "x" * 255)
        board.received(wire(Open(9, 1)), 0.1)
        (frame,) = [frame for frame in _said(board, 0.1, 1) if frame.kind == 4]
        assert frame.body == b"\x01" + b"x" * 248


def test_frames_of_the_board_are_never_longer_than_the_spec_allows(bench: CBench) -> None:
    for _ in range(200):
        bench.measure()
    bench.run(10, bench.is_settled)

    sizes = [len(event.records) for event in bench.events if isinstance(event, Frame)]
    assert max(sizes) > 50
    assert bench.host.state.cut.damaged == 0

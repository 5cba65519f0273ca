"""What is open and when it closes: close policy, window guess and batcher."""

import threading
from collections import deque

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.batching.batcher import Batcher, Closed
from edge.batching.chunk import Chunk
from edge.batching.close_policy import Cause, ClosePolicy, Filling, closes
from edge.batching.window_guess import WindowGuess
from edge.spool.set_aside import SetAside
from edge.spool.spool import Loss
from telemetry.batch import Priority
from tests.edge.batching_steps import Counted, chunk_of
from tests.stand_ins.moved_clock import MovedClock
from tests.waiting import eventually

POLICY = ClosePolicy(age_s=1.0, raw_bytes=1000, idle_s=0.001)


class TestClosePolicy:
    def test_a_batch_closes_on_its_age(self) -> None:
        assert closes(Filling(10.0, 10.5, 999, 5, None), POLICY) == (11.0, Cause.AGE)

    def test_a_batch_closes_at_once_on_its_bytes(self) -> None:
        assert closes(Filling(10.0, 10.5, 1000, 5, None), POLICY) == (10.5, Cause.BYTES)

    def test_a_full_window_closes_on_an_idle_line(self) -> None:
        assert closes(Filling(10.5, 10.5, 10, 20, 20), POLICY) == (10.501, Cause.IDLE)

    def test_a_line_is_not_idle_while_the_next_read_may_be_in_work(self) -> None:
        assert closes(Filling(10.5, 10.5, 10, 20, 20, work_s=0.25), POLICY) == (11.0, Cause.IDLE)

    def test_a_line_is_not_idle_for_a_gap_of_its_own_pace(self) -> None:
        assert closes(Filling(10.0, 10.5, 10, 100, 20), POLICY) == (10.55, Cause.IDLE)

    def test_a_window_with_room_does_not(self) -> None:
        assert closes(Filling(10.0, 10.5, 10, 19, 20), POLICY) == (11.0, Cause.AGE)

    def test_age_goes_first_where_it_comes_first(self) -> None:
        assert closes(Filling(10.0, 10.9995, 10, 200, 20), POLICY) == (11.0, Cause.AGE)


class TestWindowGuess:
    def test_two_silent_batches_answered_at_once_are_a_window_of_the_lesser_count(self) -> None:
        guess = WindowGuess()
        guess.settled(7, 1.0, Cause.AGE, stalled=True)
        guess.arrived(1.01)
        assert guess.window is None
        guess.settled(9, 2.0, Cause.AGE, stalled=True)
        guess.arrived(2.01)
        assert guess.window == 7

    def test_a_window_that_was_thought_larger_is_corrected(self) -> None:
        guess = WindowGuess(20)
        guess.settled(7, 1.0, Cause.AGE, stalled=True)
        guess.arrived(1.01)
        assert guess.window == 7

    def test_batches_that_filled_to_the_end_prove_nothing(self) -> None:
        guess = WindowGuess()
        for second in range(10):
            guess.settled(7, float(second), Cause.AGE, stalled=False)
            guess.arrived(second + 0.01)
        assert guess.window is None

    def test_answers_that_take_their_time_prove_nothing(self) -> None:
        guess = WindowGuess()
        for second in range(10):
            guess.settled(7, float(second), Cause.AGE, stalled=True)
            guess.arrived(second + 0.2)
        assert guess.window is None

    def test_a_window_that_overflows_now_and_then_is_kept(self) -> None:
        guess = WindowGuess(20)
        for second, size in enumerate((20, 400, 1019, 84, 1019)):
            guess.settled(size, float(second), Cause.IDLE, stalled=False)
            guess.arrived(second + 0.01)
        assert guess.window == 20

    def test_a_line_gone_calm_ends_the_guess(self) -> None:
        guess = WindowGuess(20)
        for second in range(5):
            assert guess.window == 20
            guess.settled(20, float(second), Cause.IDLE, stalled=False)
            guess.arrived(second + 0.5)
        assert guess.window is None

    def test_a_full_window_that_answers_at_once_stays(self) -> None:
        guess = WindowGuess(20)
        for second in range(50):
            guess.settled(20, float(second), Cause.IDLE, stalled=False)
            guess.arrived(second + 0.01)
        assert guess.window == 20


class Street:
    """A batcher on a clock that the test moves."""

    def __init__(self, memory_bytes: int = 1 << 20, window: int | None = None, raw_bytes: int = 1000) -> None:
        self.clock = MovedClock()
        self.wakes = 0
        policy = ClosePolicy(1.0, raw_bytes)
        self.batcher = Batcher("street", Priority.NORMAL, policy, memory_bytes, self.clock, self.wake, window)

    def wake(self) -> None:
        self.wakes += 1

    @property
    def now_s(self) -> float:
        return self.clock.monotonic_s()


def test_nothing_is_taken_before_it_is_due() -> None:
    street = Street()
    street.batcher.add(chunk_of("a"))
    assert street.batcher.take(street.now_s) is None
    street.clock.advance(1.0)
    closed = street.batcher.take(street.now_s)
    assert closed is not None
    assert (closed.cause, [chunk.lines for chunk in closed.chunks]) == (Cause.AGE, [["a"]])
    assert street.batcher.take(street.now_s, at_once=True) is None


def test_what_is_asked_for_at_once_comes_at_once() -> None:
    street = Street()
    street.batcher.add(chunk_of("a"))
    assert street.batcher.take(street.now_s, at_once=True) is not None


def test_the_writer_is_woken_when_its_deadline_changes_and_not_otherwise() -> None:
    street = Street()
    street.batcher.add(chunk_of("a"))
    assert street.wakes == 1
    street.batcher.add(chunk_of("b"))
    assert street.wakes == 1
    street.batcher.add(chunk_of("c" * 1000))
    assert street.wakes == 2


def test_memory_is_held_until_the_batch_is_durable() -> None:
    street = Street(memory_bytes=10)
    assert street.batcher.add(chunk_of("x" * 20))
    closed = street.batcher.take(street.now_s, at_once=True)
    assert closed is not None
    assert street.batcher.waiting_bytes > 21
    assert not street.batcher.add(chunk_of("refused"))
    street.batcher.settled(closed)
    assert street.batcher.waiting_bytes == 0
    assert street.batcher.add(chunk_of("taken"))


def test_a_chunk_that_is_acknowledged_waits_for_memory() -> None:
    street = Street(memory_bytes=10)
    street.batcher.add(chunk_of("x" * 20))
    taken: list[bool] = []
    waiting = threading.Thread(target=lambda: taken.append(street.batcher.add(chunk_of("y", acknowledgement=Counted()))))
    waiting.start()
    closed = street.batcher.take(street.now_s, at_once=True)
    assert closed is not None
    assert taken == []
    street.batcher.settled(closed)
    waiting.join(10)
    assert taken == [True]


def test_closing_lets_go_of_whoever_waits() -> None:
    street = Street(memory_bytes=10)
    street.batcher.add(chunk_of("x" * 20))
    taken: list[bool] = []
    waiting = threading.Thread(target=lambda: taken.append(street.batcher.add(chunk_of("y", acknowledgement=Counted()))))
    waiting.start()
    street.batcher.close()
    eventually(lambda: taken == [False])
    waiting.join(10)
    assert street.batcher.take(street.now_s, at_once=True) is not None, "what was taken in before is still written"


@given(window=st.integers(1, 60), known=st.sampled_from([None, 20]), sync_s=st.floats(0.001, 3.0))
def test_any_strict_window_is_used_in_full_after_a_few_batches(window: int, known: int | None, sync_s: float) -> None:
    """The broker keeps exactly `window` messages on their way: after learning, no batch waits for its age any more."""
    street = Street(window=known, raw_bytes=1 << 20)
    causes: list[Cause] = []
    for _ in range(8):
        for _ in range(window):
            street.batcher.add(chunk_of("x", acknowledgement=Counted()))
            street.clock.advance(0.0001)
        due_s = street.batcher.due_s()
        assert due_s is not None
        street.clock.advance(max(0.0, due_s - street.now_s) + 1e-6)
        closed = street.batcher.take(street.now_s)
        assert closed is not None
        causes.append(closed.cause)
        street.clock.advance(sync_s)
        street.batcher.settled(closed)
        street.clock.advance(0.002)
    assert set(causes[4:]) == {Cause.IDLE}


@given(st.lists(st.sampled_from(["add", "take", "settle", "age"]), max_size=60), st.integers(10, 200))
def test_every_chunk_comes_out_once_and_in_order(steps: list[str], memory_bytes: int) -> None:
    street = Street(memory_bytes=memory_bytes)
    put: list[str] = []
    got: list[str] = []
    taken: deque[Closed] = deque()
    for number, step in enumerate([*steps, "age", "take"]):
        if step == "add" and street.batcher.add(chunk_of(f"line {number}")):
            put.append(f"line {number}")
        elif step == "take" and (closed := street.batcher.take(street.now_s)):
            got += [line for chunk in closed.chunks for line in chunk.lines]
            taken.append(closed)
        elif step == "settle" and taken:
            street.batcher.settled(taken.popleft())
        elif step == "age":
            street.clock.advance(1.0)
    assert got == put
    for closed in taken:
        street.batcher.settled(closed)
    assert street.batcher.waiting_bytes == 0


@pytest.mark.parametrize("payload_bytes", [0, 2000])
def test_refused_messages_count_as_memory_too(payload_bytes: int) -> None:
    street = Street(memory_bytes=2000)
    chunk = chunk_of("x")
    if payload_bytes:
        chunk.refuse(SetAside(0, "street", "no JSON", topic="a", payload=bytes(payload_bytes)))
    street.batcher.add(chunk)
    assert street.batcher.waiting_bytes > payload_bytes
    assert street.batcher.add(chunk_of("y")) is (payload_bytes == 0)


def test_messages_that_are_only_counted_fill_memory_too() -> None:
    """100,000 of them, one a read, took 43 MiB while nothing was counted."""
    street = Street(memory_bytes=1 << 20)
    taken = 0
    while street.batcher.add(Chunk(messages=1, losses=[Loss("decoder rejected", "street", 1, 1, 1)])):
        taken += 1
        assert taken < 5000


def test_what_the_writer_takes_out_of_a_chunk_does_not_upset_the_account_of_memory() -> None:
    street = Street()
    chunk = chunk_of("x")
    chunk.refuse(SetAside(0, "street", "no JSON", topic="a", payload=b"{"))
    chunk.lose(Loss("decoder rejected", "street", 1, 1, 1))
    street.batcher.add(chunk)
    closed = street.batcher.take(street.now_s, at_once=True)
    assert closed is not None
    chunk.refused, chunk.losses = [], []
    street.batcher.settled(closed)
    assert street.batcher.waiting_bytes == 0


def test_losses_of_one_chunk_are_added_up_by_source_and_reason() -> None:
    chunk = chunk_of("x")
    for loss in (Loss("a", "s", 1, 5, 5), Loss("b", "s", 1, 6, 6), Loss("a", "s", 2, 3, 9), Loss("b", "s", None, None, None)):
        chunk.lose(loss)
    assert chunk.losses == [Loss("a", "s", 3, 3, 9), Loss("b", "s", None, 6, 6)]

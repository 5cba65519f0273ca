"""The uplink on a real spool: what each answer does to the records, and what goes first."""

import errno
import random
import threading
import zlib
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from edge.spool.set_aside import read_set_aside
from edge.spool.settings import SpoolSettings
from edge.spool.spool import Loss, Spool
from edge.uplink.pacing import Budget
from edge.uplink.probe import Patience
from edge.uplink.sender import Uplink
from edge.uplink.state import UplinkState
from runtime.backoff import Backoff
from runtime.clock import SystemClock
from runtime.influx_answers import Action, Answer
from runtime.influx_causes import Cause, TypeConflict
from telemetry.batch import Batch, Priority
from telemetry.errors import TransientError
from tests.edge.batching_steps import lines_in, text_of
from tests.faults.real_disk import FullDisk
from tests.waiting import eventually

ACCEPTED = Answer(Action.ACCEPT, "accepted", status=204)
DOWN = Answer(Action.RETRY, "connection")
HELD = Answer(Action.HOLD, "unauthorized", words="no such token", status=401)
REFUSED = Answer(Action.SPLIT, "refused", words="bad line", status=400)
QUICK = Patience(Backoff(0.01, 0.02), hold_s=0.02)


class Store:
    """A store that answers as told, and otherwise takes every line but the bad ones."""

    def __init__(self) -> None:
        self.answers: deque[Answer] = deque()
        self.is_reachable = True
        self.bad: set[str] = set()
        self.before_answer: Callable[[Sequence[str]], None] = lambda _: None
        self.requests: list[list[str]] = []
        self.bodies: list[bytes] = []
        self.stored: list[str] = []
        self.connect_count = 0
        self.is_closed = False
        self.round_trip_s = 0.0

    def connect(self) -> str:
        self.connect_count += 1
        if not self.is_reachable:
            raise TransientError("nobody there")
        return "a store"

    def send(self, body: bytes) -> Answer:
        lines = text_of(body)
        self.requests.append(lines)
        self.bodies.append(body)
        self.before_answer(lines)
        answer = self.answers.popleft() if self.answers else REFUSED if self.bad & set(lines) else ACCEPTED
        if answer.action is Action.ACCEPT:
            self.stored += lines
        return answer

    def close(self) -> None:
        self.is_closed = True


class Desk:
    """A spool, an uplink and its store; `patience` as short as a test likes."""

    def __init__(self, folder: Path, **options: object) -> None:
        self.folder, self.store, self.disk = folder, Store(), FullDisk(".jsonl")
        self.losses: list[Loss] = []
        self.causes: list[Cause | None] = []
        self.deaths: list[str] = []
        self.spool = Spool(folder, SpoolSettings(), self.losses.append, self.disk)
        settings: dict[str, object] = {"patience": QUICK, **options}
        hearers = (self.losses.append, self.causes.append, self.deaths.append)
        self.uplink = Uplink(self.spool, lambda: self.store, SystemClock(), *hearers, **settings)  # type: ignore[arg-type]

    def append(self, *lines: str, source: str = "street", priority: Priority = Priority.NORMAL) -> None:
        text = "".join(line + "\n" for line in lines).encode()
        packer = zlib.compressobj(6, zlib.DEFLATED, 31)
        body = packer.compress(text) + packer.flush()
        self.spool.append([Batch(source, priority, len(lines), 100, 200, body, len(text))])
        self.uplink.wake()

    def set_aside(self) -> list[tuple[object, object, object]]:
        return [(entry["source"], entry["line"], entry["reason"]) for entry in read_set_aside(self.folder / "set-aside")]

    def wait_stored(self, *lines: str) -> None:
        eventually(lambda: sorted(self.store.stored) == sorted(lines), what=f"{lines} stored, there is {self.store.stored}")


@pytest.fixture
def desks(tmp_path: Path) -> Iterator[Callable[..., Desk]]:
    made: list[Desk] = []

    def make(**options: object) -> Desk:
        made.append(Desk(tmp_path / "spool", **options))
        return made[-1]

    yield make
    for desk in made:
        desk.store.before_answer = lambda _: None
        desk.disk.is_full = False
        if desk.uplink.is_alive:
            desk.uplink.stop(5)
        desk.spool.close()


def test_what_is_accepted_is_delivered_once(desks: Callable[..., Desk]) -> None:
    desk = desks()
    desk.append("a", "b")
    desk.uplink.start()
    desk.append("c")
    desk.wait_stored("a", "b", "c")
    eventually(lambda: desk.uplink.state().delivered_lines == 3)
    assert lines_in(desk.spool) == []
    assert desk.uplink.state().is_up


@pytest.mark.parametrize("answer", [DOWN, HELD, Answer(Action.RETRY, "overloaded", retry_after_s=0.05, status=429)])
def test_what_is_not_taken_now_is_sent_again_with_the_same_bytes(desks: Callable[..., Desk], answer: Answer) -> None:
    desk = desks()
    desk.store.answers.extend([answer] * 3)
    desk.append("a", "b")
    desk.uplink.start()
    desk.wait_stored("a", "b")
    assert len(set(desk.store.bodies)) == 1
    assert (desk.losses, desk.set_aside()) == ([], [])
    eventually(lambda: desk.uplink.state().trouble == "")


def test_a_held_uplink_says_so_with_the_words_of_the_store(desks: Callable[..., Desk]) -> None:
    desk = desks(patience=Patience(Backoff(0.01, 0.02), hold_s=60.0))
    desk.store.answers.append(HELD)
    desk.append("a")
    desk.uplink.start()
    state = eventually(lambda: (state := desk.uplink.state()).is_held and state)
    assert (desk.uplink.state().trouble, desk.uplink.state().is_up) == ("unauthorized: no such token", False)
    assert state
    desk.uplink.stop(5)
    assert lines_in(desk.spool) == ["a"]


def test_the_time_the_store_asks_for_is_waited(desks: Callable[..., Desk]) -> None:
    desk = desks()
    desk.store.answers.append(Answer(Action.RETRY, "overloaded", retry_after_s=60.0, status=429))
    desk.append("a")
    desk.uplink.start()
    eventually(lambda: desk.uplink.state().trouble)
    desk.append("b")
    desk.uplink.stop(1)
    assert desk.store.requests == [["a"]]
    assert sorted(lines_in(desk.spool)) == ["a", "b"]


def test_an_unreachable_store_is_waited_for(desks: Callable[..., Desk]) -> None:
    desk = desks()
    desk.store.is_reachable = False
    desk.append("a")
    desk.uplink.start()
    eventually(lambda: desk.store.connect_count > 3)
    assert "nobody there" in desk.uplink.state().trouble
    desk.store.is_reachable = True
    desk.wait_stored("a")


def test_the_newest_readings_go_first_after_an_outage(desks: Callable[..., Desk]) -> None:
    desk = desks(limits=(1, 1 << 20))
    old = [f"old {number}" for number in range(40)]
    for line in old:
        desk.append(line)
    later = iter(["new 0", "new 1"])

    def meanwhile(_: Sequence[str]) -> None:
        if line := next(later, None):
            desk.append(line)

    desk.store.before_answer = meanwhile
    desk.uplink.start()
    eventually(lambda: len(desk.store.stored) == 42)
    assert desk.store.stored == [*old[-16:], "new 0", "new 1", *old[:-16]]


def test_a_large_record_goes_in_slices_as_long_as_the_link_may_be_slow_and_the_newest_line_first(desks: Callable[..., Desk]) -> None:
    desk = desks()
    rng = random.Random(7)
    lines = [f"line {number} {rng.random()}" for number in range(3000)]
    desk.append(*lines)
    desk.uplink.start()
    desk.wait_stored(*lines)
    assert len(desk.store.bodies[0]) <= 4000
    assert desk.store.requests[0][-1] == lines[-1]
    eventually(lambda: desk.uplink.state().delivered_lines == 3000)
    assert lines_in(desk.spool) == []


def test_live_readings_go_between_the_slices_of_a_backlog_record(desks: Callable[..., Desk]) -> None:
    desk = desks()
    rng = random.Random(7)
    old = [f"old {number} {rng.random()}" for number in range(3000)]
    desk.append(*old)
    desk.append("newest")
    later = iter(["new 0", "new 1"])

    def meanwhile(sent: Sequence[str]) -> None:
        if sent[0].startswith("old") and (line := next(later, None)):
            desk.append(line)

    desk.store.before_answer = meanwhile
    desk.uplink.start()
    desk.wait_stored("newest", "new 0", "new 1", *old)
    assert [request for request in desk.store.requests if not request[0].startswith("old")] == [["newest"], ["new 0"], ["new 1"]]
    assert desk.store.requests.index(["new 1"]) < len(desk.store.requests) - 1


def test_one_bad_line_in_a_sliced_record_is_set_aside_alone(desks: Callable[..., Desk]) -> None:
    desk = desks()
    rng = random.Random(7)
    lines = [f"line {number} {rng.random()}" for number in range(3000)]
    desk.store.bad = {lines[100], lines[2900]}
    desk.append(*lines)
    desk.uplink.start()
    eventually(lambda: desk.uplink.state().refused_lines == 2)
    assert sorted(set(desk.store.stored)) == sorted(set(lines) - desk.store.bad)
    assert {line for _, line, _ in desk.set_aside()} == desk.store.bad
    assert lines_in(desk.spool) == []


def test_a_slow_record_of_the_backlog_goes_on_where_it_was_when_the_link_came_back(desks: Callable[..., Desk]) -> None:
    desk = desks()
    rng = random.Random(7)
    lines = [f"line {number} {rng.random()}" for number in range(3000)]
    desk.append(*lines)
    desk.append("newest")
    desk.store.answers.extend([ACCEPTED, ACCEPTED, ACCEPTED, DOWN])
    desk.uplink.start()
    desk.wait_stored("newest", *lines)
    assert desk.store.requests[4] == desk.store.requests[3][: len(desk.store.requests[4])]


def test_what_is_not_paced_goes_whole(desks: Callable[..., Desk]) -> None:
    desk = desks(budget=Budget(is_paced=False))
    rng = random.Random(7)
    lines = [f"line {number} {rng.random()}" for number in range(3000)]
    desk.append(*lines)
    desk.uplink.start()
    desk.wait_stored(*lines)
    assert desk.store.requests == [lines]


def test_the_state_tells_how_fast_the_link_is_and_when_the_backlog_ends(desks: Callable[..., Desk]) -> None:
    desk = desks()
    desk.append("a")
    desk.uplink.start()
    state = eventually(lambda: (state := desk.uplink.state()).link_bytes_per_s and state)
    assert isinstance(state, UplinkState)
    assert state.backlog_bytes_per_s
    assert state.backlog_eta_s == 0.0


def test_high_priority_goes_first(desks: Callable[..., Desk]) -> None:
    desk = desks(limits=(1, 1 << 20))
    desk.append("bulk", priority=Priority.BULK)
    desk.append("normal")
    desk.append("high", priority=Priority.HIGH)
    desk.uplink.start()
    eventually(lambda: len(desk.store.stored) == 3)
    assert desk.store.stored == ["high", "normal", "bulk"]


def test_one_bad_line_is_set_aside_with_its_reason_and_its_neighbours_are_stored(desks: Callable[..., Desk]) -> None:
    desk = desks()
    desk.store.bad = {"line 7"}
    desk.append(*(f"line {number}" for number in range(20)))
    desk.uplink.start()
    eventually(lambda: desk.uplink.state().refused_lines == 1)
    assert sorted(set(desk.store.stored)) == sorted({f"line {number}" for number in range(20)} - {"line 7"})
    assert desk.set_aside() == [("street", "line 7", "bad line")]
    assert desk.losses == [Loss("refused by the store", "street", 1, 100, 200).of("normal", 1)]
    assert desk.uplink.state().delivered_lines == 19
    assert lines_in(desk.spool) == []


def test_refused_lines_are_charged_to_the_source_they_came_from(desks: Callable[..., Desk]) -> None:
    desk = desks()
    desk.store.bad = {"g1", "s2"}
    desk.append("s1", "s2", source="street")
    desk.append("g1", "g2", source="gauge")
    desk.uplink.start()
    eventually(lambda: desk.uplink.state().refused_lines == 2)
    assert desk.store.requests[0] == ["s1", "s2", "g1", "g2"]
    assert {(source, line) for source, line, _ in desk.set_aside()} == {("street", "s2"), ("gauge", "g1")}
    assert {(loss.source, loss.count) for loss in desk.losses} == {("street", 1), ("gauge", 1)}


def test_a_store_that_goes_down_in_the_search_for_a_bad_line_gets_the_whole_request_again(desks: Callable[..., Desk]) -> None:
    desk = desks()
    desk.store.bad = {"line 3"}
    desk.append(*(f"line {number}" for number in range(8)))
    desk.store.answers.extend([REFUSED, ACCEPTED, DOWN])
    desk.uplink.start()
    eventually(lambda: desk.uplink.state().refused_lines == 1)
    assert desk.store.requests[3] == desk.store.requests[0]
    assert desk.set_aside() == [("street", "line 3", "bad line")]


def test_causes_are_handed_on_to_whoever_stops_such_lines_earlier(desks: Callable[..., Desk]) -> None:
    desk = desks()
    conflict = TypeConflict("air", "n", "float", 1)
    desk.store.answers.append(Answer(Action.SET_ASIDE, "refused", words="field type conflict", status=400, cause=conflict))
    desk.append("air n=1.5 1", "air t=1 2")
    desk.uplink.start()
    eventually(lambda: desk.uplink.state().refused_lines == 1)
    assert conflict in desk.causes
    assert desk.set_aside() == [("street", "air n=1.5 1", "field type conflict")]
    assert desk.store.stored == ["air t=1 2"]


def test_nothing_counts_as_refused_until_the_disk_has_it(desks: Callable[..., Desk]) -> None:
    desk = desks()
    desk.store.bad = {"bad"}
    desk.disk.error, desk.disk.is_full = errno.EIO, True
    desk.append("bad", "good")
    desk.uplink.start()
    eventually(lambda: "set-aside" in desk.uplink.state().trouble)
    assert desk.losses == []
    desk.disk.is_full = False
    eventually(lambda: desk.uplink.state().refused_lines == 1)
    assert desk.set_aside() == [("street", "bad", "bad line")]
    assert desk.uplink.state().trouble == ""


def test_stopping_delivers_what_is_left_bad_lines_included(desks: Callable[..., Desk]) -> None:
    desk = desks()
    desk.store.bad = {"bad"}
    arrived, go_on = threading.Event(), threading.Event()

    def hold(_: Sequence[str]) -> None:
        arrived.set()
        go_on.wait(10)

    desk.store.before_answer = hold
    desk.append("a", "bad", "c")
    desk.uplink.start()
    assert arrived.wait(10)
    desk.append("d")
    stopping = threading.Thread(target=desk.uplink.stop, args=(10,))
    stopping.start()
    go_on.set()
    stopping.join(20)
    assert sorted(desk.store.stored) == ["a", "c", "d"]
    assert [line for _, line, _ in desk.set_aside()] == ["bad"]
    assert desk.store.is_closed


def test_stopping_while_the_store_is_down_ends_at_once_and_keeps_everything(desks: Callable[..., Desk]) -> None:
    desk = desks(patience=Patience(Backoff(600.0, 600.0), hold_s=600.0))
    desk.store.is_reachable = False
    desk.append("a")
    desk.uplink.start()
    eventually(lambda: desk.uplink.state().trouble)
    desk.uplink.stop(10)
    assert not desk.uplink.is_alive
    assert lines_in(desk.spool) == ["a"]


def test_a_store_that_answers_pings_and_refuses_writes_is_not_up(desks: Callable[..., Desk]) -> None:
    desk = desks()
    desk.store.answers = deque([Answer(Action.RETRY, "overloaded", status=503)] * 8)
    seen: list[bool] = []
    desk.store.before_answer = lambda _: seen.append(desk.uplink.state().is_up)
    desk.append("a")
    desk.uplink.start()
    desk.wait_stored("a")
    eventually(lambda: desk.uplink.state().is_up)
    assert seen == [False] * 9


def test_a_request_that_hangs_does_not_hold_up_the_end(desks: Callable[..., Desk]) -> None:
    desk = desks()
    hanging, let_go = threading.Event(), threading.Event()

    def hang(_: Sequence[str]) -> None:
        hanging.set()
        let_go.wait(30.0)

    desk.store.before_answer = hang
    desk.append("a")
    desk.uplink.start()
    assert hanging.wait(10.0)
    assert not desk.uplink.stop(0.05)
    let_go.set()
    eventually(lambda: not desk.uplink.is_alive)
    assert desk.spool.state()[Priority.NORMAL].records_unsent == 1


def test_what_a_left_request_held_is_sent_by_the_uplink_that_follows(desks: Callable[..., Desk]) -> None:
    desk, hanging, let_go = desks(), threading.Event(), threading.Event()

    def hang(_: Sequence[str]) -> None:
        hanging.set()
        let_go.wait(20)

    desk.store.before_answer = hang
    desk.uplink.start()
    desk.append("a n=1 1")
    eventually(hanging.is_set)
    assert not desk.uplink.stop(0.05)
    follower, ignored = Store(), (lambda _: None)
    uplink = Uplink(desk.spool, lambda: follower, SystemClock(), ignored, ignored, desk.deaths.append, patience=QUICK)
    uplink.start()
    desk.append("a n=2 2")
    eventually(lambda: follower.stored == ["a n=2 2"])
    let_go.set()
    eventually(lambda: sorted(follower.stored) == ["a n=1 1", "a n=2 2"])
    assert uplink.stop(5)

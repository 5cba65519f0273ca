"""One update, carried out: what `course.py` says next is written to the journal, done, and its result written. Begins and resumes alike.

Between any two lines the power may go. What is written down is enough to go on: `Update(...).run()` on the same journal.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from firmware_bridge.ota.course import Course, Do, Ended, Limits, Mark, Noted, Outcome, Step, Which, course_of, what_next
from firmware_bridge.ota.expected import expected_sets
from firmware_bridge.ota.firmware import Firmware, Piece
from firmware_bridge.ota.hands import Board, FlashFailed, Greeted, Hands
from firmware_bridge.ota.images import ImageStore
from firmware_bridge.ota.journal import Journal, Order
from firmware_bridge.ota.watch import SetReading, Watch
from telemetry.errors import RejectedError


@dataclass(frozen=True, slots=True)
class Patience:
    """Seconds: for a HELLO after a flash and before the first one; for that of a stranger before one is tried again; beyond the intervals
    of a watch; between two tries, and between two looks."""

    hello_s: float = 30.0
    said_s: float = 15.0
    stranger_s: float = 4.0
    grace_s: float = 5.0
    again_s: float = 2.0
    look_s: float = 0.5


@dataclass(frozen=True, slots=True)
class Progress:
    """What an update is doing. `is_absent`: it waits for the board to be plugged in; `count` of `of` readings while it watches."""

    do: Do | None = None
    is_absent: bool = False
    count: int = 0
    of: int = 0


_Sensors = Sequence[Mapping[str, Any]]
LIMITS = Limits()
PATIENCE = Patience()


class Update:
    """One update of one board. One thread runs it; `needed` says which images unfinished updates need."""

    def __init__(
        self,
        journal: Journal,
        store: ImageStore,
        board: Board,
        hands: Hands,
        now_s: Callable[[], float],
        needed: Callable[[], frozenset[str]] = frozenset,
        on_progress: Callable[[Progress], None] = lambda _: None,
        limits: Limits = LIMITS,
        patience: Patience = PATIENCE,
    ) -> None:
        self._journal = journal
        self._store = store
        self._board = board
        self._hands = hands
        self._now_s = now_s
        self._needed = needed
        self._on_progress = on_progress
        self._limits = limits
        self._patience = patience
        self._is_unsure = True  # which board is at the port: nobody looked since

    def run(self) -> Ended:
        """Carry the update to its end. Raises Interrupted; OSError when the disk takes no entry; RejectedError for a journal without an
        order. After each of them the same journal can be run again."""
        self._is_unsure = True
        while True:
            written = self._journal.read()
            if written.order is None:
                raise RejectedError(f"{self._journal.path} holds no order that can be read; nothing is done by it")
            course = course_of(written.entries, self._limits)
            todo = what_next(course, self._limits)
            if isinstance(todo, Ended):
                if course.ended is None:
                    if todo.outcome is Outcome.KEPT:
                        self._store.know(written.order.new)
                    self._journal.write(todo)
                return todo
            self._is_unsure |= self._wait_there(todo) > 0 or course.begun.get(todo, 0) > 0
            self._journal.write(Noted(todo.step, todo.which, Mark.BEGUN))
            self._on_progress(Progress(todo))
            result = self._result(todo, course, written.order)
            self._is_unsure = False
            self._journal.write(result)
            if result.mark is Mark.FAILED and todo.step in (Step.PREPARE, Step.FLASH):
                self._board.rest(self._patience.again_s)

    def _result(self, todo: Do, course: Course, order: Order) -> Noted:
        steps = {Step.PREPARE: self._prepare, Step.FLASH: self._flash, Step.HELLO: self._hello, Step.WATCH: self._watch}
        failed = Noted(todo.step, todo.which, Mark.FAILED)
        try:
            return steps[todo.step](todo, course, order)
        except _Failed as error:
            return replace(failed, why=str(error), data={"is_another": True} if error.is_another else {})
        except FlashFailed as error:
            return replace(failed, why=error.why, data={"is_written": error.is_written, "is_final": error.is_final})

    # -- the steps -----------------------------------------------------------------------------------------------------

    def _prepare(self, todo: Do, _course: Course, order: Order) -> Noted:
        if not self._store.has_all_of(order.new):
            raise _Failed(f"the images of {order.new} are not in the image store, or damaged")
        self._board.listen()
        greeted = self._greeting(todo, self._patience.said_s)
        if greeted is not None:
            if greeted.said.board != order.new.board:
                raise _Failed(f"the board says that it is {greeted.said.board}, the firmware is for {order.new.board}")
            if not order.is_despite and (why := self._watched(todo, greeted, (), 1, (greeted.said, greeted.uid))):
                raise _Failed(f"its readings are not right before the update: {why}")
            previous = self._store.find(greeted.said) or self._dumped(greeted.said)
        elif order.rescue is not None and self._store.has_all_of(order.rescue):
            previous = order.rescue
        else:
            raise _Failed("the board does not speak, and nobody knows what ran there; flash it by hand: quanho flash")
        uid = greeted.uid if greeted is not None else ""
        return Noted(todo.step, todo.which, Mark.DONE, data={"previous": previous.to_json(), "uid": uid})

    def _dumped(self, said: Firmware) -> Firmware:
        """Read the images of what runs from the chip into the store."""
        pieces: list[Piece] = []
        for piece, data in self._hands.dump():
            try:
                kept = frozenset(each.sha256 for each in pieces)
                pieces.append(replace(piece, size_bytes=len(data), sha256=self._store.put(data, self._needed() | kept)))
            except (RejectedError, OSError) as error:
                raise _Failed(f"the way back cannot be kept: {error}") from error
        if not pieces:
            raise _Failed("nothing could be read from the chip, so there would be no way back")
        return replace(said, pieces=tuple(pieces))

    def _flash(self, todo: Do, course: Course, order: Order) -> Noted:
        firmware = _firmware(todo, course, order)
        if course.uid and self._is_unsure:  # it was unplugged or we were off: is it still the board that was meant?
            self._board.listen()
            greeted = self._greeting(todo, self._patience.stranger_s, is_fresh=True)
            if greeted is not None:
                _check_same(greeted, course.uid)
        if todo.which is Which.NEW and course.previous is not None and not self._store.has_all_of(course.previous):
            raise FlashFailed("the way back is damaged in the image store", is_written=False, is_final=True)
        pieces = [(piece, self._store.get(piece.sha256)) for piece in firmware.pieces]
        whole = [(piece, data) for piece, data in pieces if data is not None]
        if len(whole) < len(pieces) or not pieces:
            raise FlashFailed(f"an image of {firmware} is damaged in the image store", is_written=False, is_final=True)
        self._hands.write(whole)
        return Noted(todo.step, todo.which, Mark.DONE)

    def _hello(self, todo: Do, course: Course, order: Order) -> Noted:
        expected = _firmware(todo, course, order)
        self._board.listen()
        greeted = self._greeting(todo, self._patience.hello_s, expected)
        if greeted is None or not (greeted.is_fresh or expected.is_said_by(greeted.said)):
            raise _Failed(f"no hello within {self._patience.hello_s:g} s")
        _check_said(greeted, expected, course.uid)
        return Noted(todo.step, todo.which, Mark.DONE)

    def _watch(self, todo: Do, course: Course, order: Order) -> Noted:
        expected = _firmware(todo, course, order)
        self._board.listen()
        greeted = self._greeting(todo, self._patience.hello_s, expected)
        if greeted is None:
            raise _Failed("it does not say hello any more")
        _check_said(greeted, expected, course.uid)
        sensors = order.sensors if todo.which is Which.NEW else ()
        if why := self._watched(todo, greeted, sensors, order.intervals, (expected, course.uid)):
            raise _Failed(why)
        return Noted(todo.step, todo.which, Mark.DONE)

    # -- hearing the board ---------------------------------------------------------------------------------------------

    def _greeting(self, todo: Do, within_s: float, expected: Firmware | None = None, *, is_fresh: bool = False) -> Greeted | None:
        """Return the first greeting of what is expected, else the last of something else, None when there was none. `is_fresh`: a session
        that was open before is only believed when no other opens, for its board may be gone."""
        last: Greeted | None = None
        left_s = within_s
        while left_s > 0:
            self._wait_there(todo)
            since_s = self._now_s()
            for event in self._board.events(min(left_s, self._patience.look_s)):
                if isinstance(event, Greeted):
                    last = event
                    if (event.is_fresh or not is_fresh) and (expected is None or expected.is_said_by(event.said)):
                        return event
            left_s -= self._now_s() - since_s
        return last

    def _watched(self, todo: Do, greeted: Greeted, sensors: _Sensors, intervals: int, expected: tuple[Firmware, str] | None = None) -> str:
        """Watch the readings; return why they prove nothing, "" when they do."""
        sets, wrong = expected_sets(sensors, greeted.announced)
        if wrong:
            return wrong
        watch = Watch(sets, intervals, self._now_s(), self._patience.grace_s)
        watch.greeted(greeted.boot)
        while (verdict := watch.verdict(self._now_s())) is None:
            watch.paused(self._wait_there(todo))
            for event in self._board.events(self._patience.look_s):
                if isinstance(event, SetReading):
                    watch.heard(event, self._now_s())
                    continue
                if expected is not None:
                    _check_said(event, *expected)
                watch.greeted(event.boot)
            self._on_progress(Progress(todo, count=watch.progress[0], of=watch.progress[1]))
        return verdict

    def _wait_there(self, todo: Do) -> float:
        """Return once the board's port is there, and how many seconds that took."""
        since_s = self._now_s()
        if self._board.is_there():
            return 0.0
        self._on_progress(Progress(todo, is_absent=True))
        while not self._board.is_there():
            self._board.rest(self._patience.look_s)
        self._on_progress(Progress(todo))
        return self._now_s() - since_s


class _Failed(Exception):
    """A step that did not come to what was asked. `is_another`: somebody put another board at the port; it must not be flashed."""

    def __init__(self, why: str, *, is_another: bool = False) -> None:
        super().__init__(why)
        self.is_another = is_another


def _check_same(greeted: Greeted, uid: str) -> None:
    """Raise _Failed unless the board spoke that the update began with."""
    if uid and greeted.uid and greeted.uid != uid:
        raise _Failed(f"another board is at its port, or its memory was wiped (unique id {greeted.uid}, not {uid})", is_another=True)


def _check_said(greeted: Greeted, expected: Firmware, uid: str) -> None:
    """Raise _Failed unless the expected firmware spoke, on that board."""
    _check_same(greeted, uid)
    if not expected.is_said_by(greeted.said):
        raise _Failed(f"it says that it is {greeted.said}, not {expected}")


def _firmware(todo: Do, course: Course, order: Order) -> Firmware:
    if todo.which is Which.NEW:
        return order.new
    assert course.previous is not None  # noqa: S101 (nothing is flashed before PREPARE is done)
    return course.previous


def still_needed(order: Order, course: Course) -> frozenset[str]:
    """Return the hashes that an update may still have to flash: both firmwares, until it has ended on a running one."""
    if course.ended is not None and course.ended.outcome is not Outcome.NEEDS_A_HAND:
        return frozenset()
    both = [order.new, *filter(None, (course.previous, order.rescue))]
    return frozenset().union(*(firmware.shas for firmware in both))


def ran_last(order: Order, course: Course) -> Firmware | None:
    """Return what is the way back for the next update, should the board not speak then: the firmware that ran last for certain."""
    if course.ended is not None and course.ended.outcome is Outcome.KEPT:
        return order.new
    return course.previous or order.rescue

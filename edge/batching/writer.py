"""The spool writer: one thread that makes closed batches durable and only then lets their sources acknowledge.

Everything due is written in one group: one write and one sync a priority. The account of what was refused in it goes first, so that
no acknowledgement overtakes the ledger; it names the records that will answer for it, so that the next start can take it back when
the process dies between the two. While the disk does not take a group, it is kept and
tried again; sources that can wait do, the others account for what they drop.
"""

import random
import threading
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from edge.batching.batcher import Batcher, Closed
from edge.batching.compose import Part, parts
from edge.spool.loss import Loss
from edge.spool.segment import NO_ROOM
from edge.spool.spool import Spool
from runtime.backoff import Backoff, next_delay
from runtime.clock import Clock
from runtime.logs import Log
from runtime.vital_thread import VitalThread
from telemetry.batch import Batch, Priority
from telemetry.errors import SpoolFull

_LOG = Log("edge.writer")
_RETRY = Backoff(first_s=0.5, ceiling_s=5.0)
_BEAT_S = 5.0


@dataclass(slots=True)
class WriterState:
    """What the writer did. `trouble` is why the disk does not take readings, empty when it does."""

    commits: int = 0
    lines: int = 0
    last_commit_s: float = 0.0
    trouble: str = ""


@dataclass(frozen=True, slots=True)
class _Ready:
    """A closed batch, composed; `parts` are those that are not durable yet."""

    closed: Closed
    parts: list[Part]


@dataclass(frozen=True, slots=True)
class _Parked:
    """Batches of one priority that the disk does not take: they are tried again at `retry_s` (monotonic seconds)."""

    group: Sequence[_Ready]
    failures: int
    retry_s: float
    reason: str


class SpoolWriter:
    """See the module.

    `account` is called once with the losses of each group; it brings the ledger's batch up to date and returns it, to be written with
    the group.
    `on_durable` hears of every group that became readable, with its lines by source.
    """

    def __init__(
        self,
        spool: Spool,
        clock: Clock,
        account: Callable[[Sequence[Loss]], Batcher],
        on_durable: Callable[[Sequence[Closed]], None],
        on_death: Callable[[str], None],
    ) -> None:
        self.state = WriterState()
        self._spool = spool
        self._clock = clock
        self._account = account
        self._on_durable = on_durable
        self._rng = random.Random()  # noqa: S311 (jitter, not a secret)
        self._batchers: tuple[Batcher, ...] = ()  # replaced, never changed: any thread may walk it
        self._leaving: tuple[Batcher, ...] = ()
        self._attaching = threading.Lock()
        self._parked: dict[Priority, _Parked] = {}
        self.beat_s = clock.monotonic_s()  # when the thread last came round; it does every few seconds unless it hangs
        self._work = threading.Condition()
        self._woken = False
        self._stopping = threading.Event()
        self._flushing = threading.Event()
        self._thread = VitalThread("spool-writer", self._run, on_death)

    def attach(self, batcher: Batcher) -> None:
        """Write this source's batches too. Any thread."""
        with self._attaching:
            self._batchers = (*self._batchers, batcher)

    def detach(self, batcher: Batcher) -> None:
        """Forget a closed batcher once all that it holds is durable. Any thread."""
        with self._attaching:
            self._leaving = (*self._leaving, batcher)
        self.wake()

    def wake(self) -> None:
        """Look at the deadlines again."""
        with self._work:
            self._woken = True
            self._work.notify()

    def flush(self) -> None:
        """Write what is open now, whatever its age."""
        self._flushing.set()
        self.wake()

    def start(self) -> None:
        self._thread.start()

    @property
    def is_alive(self) -> bool:
        return self._thread.is_alive()

    def stop(self, timeout_s: float) -> bool:
        """Write what is open, then end; False when the disk did not take it within `timeout_s`."""
        self._stopping.set()
        self.wake()
        self._thread.join(timeout_s)
        return not self._thread.is_alive()

    def _run(self) -> None:
        while True:
            stopping = self._stopping.is_set()
            if not stopping:
                self._wait(self._next_due())
            self.beat_s = now_s = self._clock.monotonic_s()
            at_once = stopping or self._flushing.is_set()
            self._flushing.clear()
            fresh = self._take(now_s, at_once=at_once)
            group = self._again(now_s, at_once=stopping, with_high=bool(fresh)) + fresh
            if group:
                self._commit(group)
            if self._leaving:
                self._forget_spent()
            if stopping and (not group or any(parked.failures > 1 for parked in self._parked.values())):
                return

    def _forget_spent(self) -> None:
        with self._attaching:
            spent = [batcher for batcher in self._leaving if batcher.is_spent]
            self._batchers = tuple(batcher for batcher in self._batchers if batcher not in spent)
            self._leaving = tuple(batcher for batcher in self._leaving if batcher not in spent)

    def _wait(self, until_s: float | None) -> None:
        with self._work:
            if not self._woken:
                wait_s = _BEAT_S if until_s is None else min(_BEAT_S, until_s - self._clock.monotonic_s())
                self._work.wait(max(0.0, wait_s))
            self._woken = False

    def _next_due(self) -> float | None:
        dues = [batcher.due_s() for batcher in self._batchers if batcher.priority not in self._parked]
        dues += [parked.retry_s for parked in self._parked.values()]
        return min((due for due in dues if due is not None), default=None)

    def _take(self, now_s: float, *, at_once: bool) -> list[_Ready]:
        free = [batcher for batcher in self._batchers if batcher.priority not in self._parked]
        taken = [closed for batcher in free if (closed := batcher.take(now_s, at_once=at_once))]
        group = [_Ready(closed, parts(closed)) for closed in taken]
        if group and (ledger := self._account(self._losses(group)).take(now_s, at_once=True)):
            group.append(_Ready(ledger, parts(ledger)))
        return group

    def _losses(self, group: Sequence[_Ready]) -> list[Loss]:
        """Return the losses of a group with the sequences of the records that will answer for them: parked ones are not in it."""
        losses = []
        for priority in Priority:
            sequence = self._spool.next_sequence(priority)
            for part in (part for ready in group if ready.closed.priority is priority for part in ready.parts):
                losses += [loss.of(priority.value, sequence) for loss in part.losses]
                sequence += 1
        return losses

    def _again(self, now_s: float, *, at_once: bool, with_high: bool) -> list[_Ready]:
        """Return what was parked and is to be tried now; what is high is tried whenever anything is (`with_high`)."""
        due = {priority for priority, parked in self._parked.items() if at_once or parked.retry_s <= now_s}
        if due or with_high:
            due.add(Priority.HIGH)
        return [ready for priority, parked in self._parked.items() if priority in due for ready in parked.group]

    def _commit(self, group: Sequence[_Ready]) -> None:
        """Make a group durable, high first, and settle it.

        What the disk does not take is parked by priority, and what comes with another priority goes on: room may be found for it.
        Only when high is refused do the others wait, since the ledger's word on them must be durable before they are.
        """
        began = self._clock.monotonic_s()
        for priority in Priority:
            part = [ready for ready in group if ready.closed.priority is priority]
            if not part:
                continue
            high = self._parked.get(Priority.HIGH) if priority is not Priority.HIGH else None
            refusal = high.reason if high else self._write(part)
            if refusal:
                self._park(priority, part, refusal)
            else:
                self._parked.pop(priority, None)
        self.state.commits += 1
        self.state.last_commit_s = self._clock.monotonic_s() - began
        self._tell_trouble()

    def _write(self, part: Sequence[_Ready]) -> str:
        """Make batches of one priority durable and settle them; return why the disk does not take them, or an empty text.

        What was refused goes first. Where only that finds no room it is given up, counted, rather than hold the readings back.
        """
        closed = [ready.closed for ready in part]
        try:
            has_room = self._set_aside(closed)
            self._append(part)
            if not has_room:
                self._set_aside(closed, give_up=True)
        except (SpoolFull, OSError) as error:
            return str(error)
        self._settle(closed)
        return ""

    def _append(self, part: Sequence[_Ready]) -> None:
        """Write batches in pieces of a segment at most: a larger one could not be given up for room piece by piece. Raises OSError."""
        waiting = deque((ready, each.batch) for ready in part for each in ready.parts)
        while waiting:
            piece, size = [waiting.popleft()], 0
            while waiting:
                size += _size(piece[-1][1])
                if size + _size(waiting[0][1]) > self._spool.piece_bytes:
                    break
                piece.append(waiting.popleft())
            self._spool.append([batch for _, batch in piece])
            for ready, batch in piece:
                del ready.parts[0]
                self.state.lines += batch.count

    def _set_aside(self, part: Sequence[Closed], *, give_up: bool = False) -> bool:
        """Make refused messages durable; False for want of room. Raises OSError."""
        chunks = [chunk for closed in part for chunk in closed.chunks if chunk.refused]
        try:
            self._spool.set_aside.add((item for chunk in chunks for item in chunk.refused), give_up=give_up)
        except OSError as error:
            if error.errno not in NO_ROOM:
                raise
            return False
        for chunk in chunks:
            chunk.refused = []
        return True

    def _park(self, priority: Priority, part: Sequence[_Ready], reason: str) -> None:
        before = self._parked.get(priority)
        failures = before.failures + 1 if before else 1
        retry_s = self._clock.monotonic_s() + next_delay(_RETRY, failures, self._rng)
        self._parked[priority] = _Parked(part, failures, retry_s, reason)

    def _settle(self, part: Sequence[Closed]) -> None:
        for closed in part:
            for chunk in closed.chunks:
                if chunk.acknowledgement:
                    chunk.acknowledgement.settle()
            if closed.owner:
                closed.owner.settled(closed)
        self._on_durable(part)

    def _tell_trouble(self) -> None:
        trouble = "; ".join(dict.fromkeys(parked.reason for parked in self._parked.values()))
        if trouble and trouble != self.state.trouble:
            _LOG.error("spool.refuses", reason=trouble, waiting=[priority.value for priority in self._parked])
        self.state.trouble = trouble


def _size(batch: Batch) -> int:
    return len(batch.body) + len(batch.receipts)

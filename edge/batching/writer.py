"""The spool writer: one thread that makes closed batches durable and only then lets their sources acknowledge.

Everything due is written in one group: one write and one sync a priority. The account of what was refused in it goes first, so that
no acknowledgement overtakes the ledger. While the disk does not take a group, it is kept and
tried again; sources that can wait do, the others account for what they drop.
"""

import random
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from edge.batching.batcher import Batcher, Closed
from edge.batching.compose import compose
from edge.spool.spool import Spool
from runtime.backoff import Backoff, next_delay
from runtime.clock import Clock
from runtime.logs import Log
from runtime.vital_thread import VitalThread
from telemetry.batch import Priority
from telemetry.errors import SpoolFull

_LOG = Log("edge.writer")
_RETRY = Backoff(first_s=0.5, ceiling_s=5.0)


@dataclass(slots=True)
class WriterState:
    """What the writer did. `trouble` is why the disk does not take readings, empty when it does."""

    commits: int = 0
    lines: int = 0
    last_commit_s: float = 0.0
    trouble: str = ""


class SpoolWriter:
    """See the module.

    `account` is called once with each group; it brings the ledger's batch up to date and returns it, to be written with the group.
    `on_durable` hears of every group that became readable, with its lines by source.
    """

    def __init__(
        self,
        spool: Spool,
        clock: Clock,
        account: Callable[[Sequence[Closed]], Batcher],
        on_durable: Callable[[Sequence[Closed]], None],
        on_death: Callable[[str], None],
    ) -> None:
        self.state = WriterState()
        self._spool = spool
        self._clock = clock
        self._account = account
        self._on_durable = on_durable
        self._rng = random.Random()  # noqa: S311 (jitter, not a secret)
        self._batchers: list[Batcher] = []
        self._work = threading.Condition()
        self._woken = False
        self._stopping = threading.Event()
        self._flushing = threading.Event()
        self._thread = VitalThread("spool-writer", self._run, on_death)

    def attach(self, batcher: Batcher) -> None:
        """Write this source's batches too. Before `start`."""
        self._batchers.append(batcher)

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
        failures = 0
        stuck: list[Closed] = []
        while True:
            stopping = self._stopping.is_set()
            if not stuck and not stopping:
                self._wait(self._next_due())
            at_once = stopping or self._flushing.is_set()
            self._flushing.clear()
            group = stuck or self._take(at_once=at_once)
            if not group:
                if stopping:
                    return
                continue
            try:
                self._commit(group)
                stuck, failures, self.state.trouble = [], 0, ""
            except (SpoolFull, OSError) as error:
                stuck, failures = group, failures + 1
                self._complain(str(error))
                if stopping and failures > 1:
                    return
                self._stopping.wait(next_delay(_RETRY, failures, self._rng))

    def _wait(self, until_s: float | None) -> None:
        with self._work:
            if not self._woken:
                self._work.wait(None if until_s is None else max(0.0, until_s - self._clock.monotonic_s()))
            self._woken = False

    def _next_due(self) -> float | None:
        return min((due for batcher in self._batchers if (due := batcher.due_s()) is not None), default=None)

    def _take(self, *, at_once: bool) -> list[Closed]:
        now = self._clock.monotonic_s()
        group = [closed for batcher in self._batchers if (closed := batcher.take(now, at_once=at_once))]
        if group and (ledger := self._account(group).take(now, at_once=True)):
            group.append(ledger)
        return group

    def _commit(self, group: list[Closed]) -> None:
        """Make a group durable, then settle it. Whatever became durable leaves `group`, so that a retry does not write it twice."""
        began = self._clock.monotonic_s()
        for priority in Priority:
            part = [closed for closed in group if closed.priority is priority]
            if not part:
                continue
            self._set_aside(part)
            batches = [batch for closed in part for batch in compose(closed)]
            if batches:
                self._spool.append(batches)
            for closed in part:
                group.remove(closed)
            self._settle(part)
            self.state.lines += sum(batch.count for batch in batches)
        self.state.commits += 1
        self.state.last_commit_s = self._clock.monotonic_s() - began

    def _set_aside(self, part: list[Closed]) -> None:
        chunks = [chunk for closed in part for chunk in closed.chunks if chunk.refused]
        self._spool.set_aside.add(item for chunk in chunks for item in chunk.refused)
        for chunk in chunks:
            chunk.refused = []

    def _settle(self, part: list[Closed]) -> None:
        owners = {batcher.source: batcher for batcher in self._batchers}
        for closed in part:
            for chunk in closed.chunks:
                if chunk.acknowledgement:
                    chunk.acknowledgement.settle()
            owners[closed.source].settled(closed)
        self._on_durable(part)

    def _complain(self, trouble: str) -> None:
        if trouble != self.state.trouble:
            _LOG.error("spool.refuses", reason=trouble)
        self.state.trouble = trouble

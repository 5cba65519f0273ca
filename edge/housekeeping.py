"""The agent's own readings: its health at a fixed pace, and the ledger's entries, put into the spool like any other."""

import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from edge.batching.batcher import Batcher
from edge.batching.chunk import Chunk
from edge.clock.agent_time import AgentTime
from edge.clock.stamp import Stamp
from edge.encode import Encoder
from edge.ledger import Ledger
from edge.self_metrics import Identity, Totals, Vitals, gateway_point, marked
from edge.spool.loss import Loss
from edge.spool.provisional import dump
from edge.spool.spool import Spool
from edge.storage_meter import StorageLook
from runtime.clock import Clock
from runtime.logs import Log
from runtime.vital_thread import VitalThread
from telemetry import quality
from telemetry.batch import Priority
from telemetry.point import Point

_LOG = Log("edge.housekeeping")
_LEDGER_EVERY_S = 5.0
_TICK_S = 1.0
_LOOK_S = 0.1


class _Reported:
    """The acknowledgement of a report of the ledger: what it says is durable (edge/batching/chunk.py)."""

    token = 0
    packet_ids: Sequence[int] = ()
    hashes: Sequence[int] = ()

    def __init__(self, spool: Spool, ledger: Ledger, marks: Mapping[Priority, int], points: Sequence[Point]) -> None:
        self._spool = spool
        self._ledger = ledger
        self._marks = marks
        self._ended = [str(point.fields["gap_id"]) for point in points if point.fields.get("state") == "closed"]
        self.is_durable = threading.Event()

    def settle(self) -> None:
        self._spool.accounted(self._marks)
        self._ledger.forget(self._ended)
        self.is_durable.set()


class Housekeeping:
    """One thread. `totals` and `is_uplink_up` say how things stand; `batchers` are those of sources `gateway` and `ledger`."""

    def __init__(
        self,
        identity: Identity,
        state_dir: Path,
        every_s: float,
        spool: Spool,
        ledger: Ledger,
        batchers: tuple[Batcher, Batcher],
        totals: Callable[[], Totals],
        is_uplink_up: Callable[[], bool],
        clock: Clock,
        time: AgentTime,
        on_death: Callable[[str], None],
        lag_s: Callable[[], float | None] = lambda: None,
        flush: Callable[[], None] = lambda: None,
        is_writing: Callable[[], bool] = lambda: True,
        on_tick: Callable[[], None] = lambda: None,
        storage: Callable[[], StorageLook | None] = lambda: None,
    ) -> None:
        """`lag_s` is how old the newest reading of the last delivery was (seconds), None before one; `flush` has the writer write at once,
        and `is_writing` tells whether it still does. `on_tick` is called every second or so; `storage` looks at
        the card.
        """
        self._identity = identity
        self._state_dir = state_dir
        self._every_s = every_s
        self._spool = spool
        self._ledger = ledger
        self._health_batcher, self._ledger_batcher = batchers
        self._totals = totals
        self._is_uplink_up = is_uplink_up
        self._clock = clock
        self._time = time
        self._storage = storage
        self._lag_s = lag_s
        self._flush = flush
        self._is_writing = is_writing
        self._on_tick = on_tick
        self._encoder = Encoder()
        self._before = totals()
        self._looked_s = clock.monotonic_s()
        self._reporting = threading.Lock()
        self._report: _Reported | None = None
        self._unwritten = 0  # points of our own health that memory had no room for
        self._stopping = threading.Event()
        self._thread = VitalThread("housekeeping", self._run, on_death)

    def start(self) -> None:
        self._thread.start()

    def stop(self, timeout_s: float) -> None:
        """Report a last time, then end."""
        self._stopping.set()
        self._thread.join(timeout_s)

    def _run(self) -> None:
        health_due = self._clock.monotonic_s() + self._every_s
        report_due = self._clock.monotonic_s() + _LEDGER_EVERY_S
        while not self._stopping.wait(min(self._every_s, _TICK_S)):
            self._time.look()
            self._on_tick()
            self._ledger.save_gaps()
            if self._clock.monotonic_s() >= report_due:
                report_due += _LEDGER_EVERY_S
                self.report_losses()
            if self._clock.monotonic_s() >= health_due:
                health_due += self._every_s
                self.report_health()
        now_ns = self._time.trusted_ns()
        for gap in self._ledger.open_gaps() if now_ns is not None else ():
            self._ledger.close_gap(gap.gap_id, now_ns or gap.from_ns, None)
        self.report_health()
        self.report_losses()

    def report_health(self) -> None:
        """Put a look at the agent into its batch. Any thread."""
        now_s, totals = self._clock.monotonic_s(), self._totals()
        vitals = Vitals(
            self._time.best_ns(),
            now_s - self._looked_s,
            totals,
            self._before,
            self._spool.state(),
            self._is_uplink_up(),
            self._state_dir,
            self._lag_s(),
            self._storage(),
            str(self._spool.epoch),
            _is_sure(self._time.stamp()),
        )
        with self._reporting:
            self._before, self._looked_s = totals, now_s
            stamp = self._time.stamp()
            chunk = self._chunk([gateway_point(self._identity, vitals)._replace(time_ns=stamp.ns)], stamp)
            if self._unwritten:
                chunk.produced += self._unwritten
                span = (None, None) if chunk.is_provisional else (chunk.first_ns, chunk.last_ns)
                chunk.lose(Loss("memory full", self._health_batcher.source, self._unwritten, *span))
            if self._health_batcher.add(chunk):
                self._unwritten = 0
            else:
                self._unwritten += 1
                _LOG.warning("report.lost", source=self._health_batcher.source)

    def report_losses(self) -> Batcher:
        """Put what the ledger noted since the last call into its batch, and return that. Any thread.

        While memory is full it stays with the ledger: the writer itself calls this, and must not wait for room.
        """
        with self._reporting:
            if not self._ledger_batcher.is_full:
                marks = self._spool.marks()
                stamp = self._time.stamp()
                points = self._ledger.points(stamp.ns)
                if points:
                    chunk = self._chunk(points, stamp)
                    chunk.acknowledgement = self._report = _Reported(self._spool, self._ledger, marks, points)
                    self._ledger_batcher.add(chunk)
        return self._ledger_batcher

    def report_durably(self, timeout_s: float) -> bool:
        """Report losses and wait until the report is on the disk; False when it is not within `timeout_s`. Not on the writer's thread."""
        if self._ledger_batcher.is_full:
            return False
        self.report_losses()
        report = self._report
        deadline_s = self._clock.monotonic_s() + timeout_s
        while report and not report.is_durable.is_set():
            self._flush()
            if not report.is_durable.wait(_LOOK_S) and (not self._is_writing() or self._clock.monotonic_s() > deadline_s):
                return False
        return True

    def _chunk(self, points: Sequence[Point], stamp: Stamp) -> Chunk:
        """Encode points that were made at `stamp`, one caller at a time: the encoder is for one thread."""
        points = [marked(point, stamp.bits) for point in points]
        boot_id, is_provisional = self._time.boot_id, not stamp.is_trusted
        lines = [dump(point, boot_id) if is_provisional else self._encoder.line(point) for point in points]
        times = [point.time_ns for point in points]
        size = sum(map(len, lines)) + len(lines)
        return Chunk(lines, size, 0, min(times), max(times), produced=len(points), is_provisional=is_provisional)


def _is_sure(stamp: Stamp) -> bool:
    """Tell whether a time is trusted and not doubted: what is made without trust waits in the spool, so a store sees only the doubt."""
    return stamp.is_trusted and not stamp.bits & quality.CLOCK_ESTIMATED

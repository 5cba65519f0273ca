"""The agent's own readings: its health at a fixed pace, and the ledger's entries, put into the spool like any other."""

import threading
from collections.abc import Callable
from pathlib import Path

from edge.batching.batcher import Batcher
from edge.batching.chunk import Chunk
from edge.clock.agent_time import AgentTime
from edge.encode import Encoder
from edge.ledger import Ledger
from edge.self_metrics import Totals, Vitals, gateway_point, marked
from edge.spool.provisional import dump
from edge.spool.spool import Spool
from edge.storage_meter import StorageLook
from runtime.clock import Clock
from runtime.logs import Log
from runtime.vital_thread import VitalThread
from telemetry.point import Point

_LOG = Log("edge.housekeeping")
_LOOK_EVERY_S = 1.0
_LEDGER_EVERY_S = 5.0


class Housekeeping:
    """One thread. `totals` and `is_uplink_up` say how things stand; `batchers` are those of sources `gateway` and `ledger`."""

    def __init__(
        self,
        identity: tuple[str, str],
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
        storage: Callable[[], StorageLook | None] = lambda: None,
    ) -> None:
        """`lag_s` is how old the newest reading of the last delivery was (seconds), None before one; `storage` looks at the card."""
        self._site, self._gateway = identity
        self._state_dir = state_dir
        self._every_s = every_s
        self._spool = spool
        self._ledger = ledger
        self._health_batcher, self._ledger_batcher = batchers
        self._totals = totals
        self._is_uplink_up = is_uplink_up
        self._clock = clock
        self._time = time
        self._lag_s = lag_s
        self._storage = storage
        self._encoder = Encoder()
        self._before = totals()
        self._looked_s = clock.monotonic_s()
        self._reporting = threading.Lock()
        self._stopping = threading.Event()
        self._thread = VitalThread("housekeeping", self._run, on_death)

    def start(self) -> None:
        self._thread.start()

    def stop(self, timeout_s: float) -> None:
        """Report a last time, then end."""
        self._stopping.set()
        self._thread.join(timeout_s)

    def _run(self) -> None:
        began_s = self._clock.monotonic_s()
        health_due, ledger_due = began_s + self._every_s, began_s + _LEDGER_EVERY_S
        while not self._stopping.wait(_LOOK_EVERY_S):
            self._time.look()
            now_s = self._clock.monotonic_s()
            if now_s >= ledger_due:
                ledger_due += _LEDGER_EVERY_S
                self.report_losses()
            if now_s >= health_due:
                health_due += self._every_s
                self.report_health()
        self.report_health()
        self.report_losses()

    def report_health(self) -> None:
        """Put a look at the agent into its batch. Any thread."""
        self._put(self._health_batcher, self._health)

    def _health(self, now_ns: int) -> list[Point]:
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
        )
        self._before, self._looked_s = totals, now_s
        return [gateway_point(self._site, self._gateway, vitals)._replace(time_ns=now_ns)]

    def report_losses(self) -> Batcher:
        """Put what the ledger noted since the last call into its batch, and return that. Any thread."""
        self._put(self._ledger_batcher, self._ledger.points)
        return self._ledger_batcher

    def _put(self, batcher: Batcher, make: Callable[[int], list[Point]]) -> None:
        """Put the points that `make` returns for a moment into a batch, one caller at a time: the encoder is for one thread."""
        with self._reporting:
            stamp = self._time.stamp()
            points = [marked(point, stamp.bits) for point in make(stamp.ns)]
            if not points:
                return
            boot_id, is_provisional = self._time.boot_id, not stamp.is_trusted
            lines = [dump(point, boot_id) if is_provisional else self._encoder.line(point) for point in points]
            times = [point.time_ns for point in points]
            size, count = sum(map(len, lines)) + len(lines), len(points)
            if not batcher.add(Chunk(lines, size, 0, min(times), max(times), produced=count, is_provisional=is_provisional)):
                _LOG.warning("report.lost", source=batcher.source, points=len(points))

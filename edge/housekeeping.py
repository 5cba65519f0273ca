"""The agent's own readings: its health at a fixed pace, and the ledger's entries, put into the spool like any other."""

import threading
from collections.abc import Callable
from pathlib import Path

from edge.batching.batcher import Batcher
from edge.batching.chunk import Chunk
from edge.encode import Encoder
from edge.ledger import Ledger
from edge.self_metrics import Totals, Vitals, gateway_point
from edge.spool.spool import Spool
from edge.storage_meter import StorageLook
from runtime.clock import Clock
from runtime.logs import Log
from runtime.vital_thread import VitalThread
from telemetry.point import Point

_LOG = Log("edge.housekeeping")
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
        health_due = self._clock.monotonic_s() + self._every_s
        while not self._stopping.wait(min(self._every_s, _LEDGER_EVERY_S)):
            self.report_losses()
            if self._clock.monotonic_s() >= health_due:
                health_due += self._every_s
                self.report_health()
        self.report_health()
        self.report_losses()

    def report_health(self) -> None:
        """Put a look at the agent into its batch. Any thread."""
        self._put(self._health_batcher, self._health)

    def _health(self) -> list[Point]:
        now_s, totals = self._clock.monotonic_s(), self._totals()
        vitals = Vitals(
            self._clock.wall_ns(),
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
        return [gateway_point(self._site, self._gateway, vitals)]

    def report_losses(self) -> Batcher:
        """Put what the ledger noted since the last call into its batch, and return that. Any thread."""
        self._put(self._ledger_batcher, lambda: self._ledger.points(self._clock.wall_ns()))
        return self._ledger_batcher

    def _put(self, batcher: Batcher, make: Callable[[], list[Point]]) -> None:
        """Put the points that `make` returns into a batch, one caller at a time: the encoder is for one thread."""
        with self._reporting:
            points = make()
            if not points:
                return
            lines = [self._encoder.line(point) for point in points]
            times = [point.time_ns for point in points]
            if not batcher.add(Chunk(lines, sum(map(len, lines)) + len(lines), 0, min(times), max(times))):
                _LOG.warning("report.lost", source=batcher.source, points=len(points))

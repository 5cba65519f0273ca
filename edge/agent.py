"""The agent: builds the parts, starts them from the store backwards to the sources, and stops them the other way round.

source → SourceIntake (decode, normalise, encode) → Batcher → SpoolWriter → Spool → Uplink → store
"""

import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from importlib import import_module

from edge.absence import absence
from edge.batching.batcher import Batcher, Closed
from edge.batching.close_policy import ClosePolicy
from edge.batching.writer import SpoolWriter
from edge.config import RESERVED_SOURCES, AgentConfig, FileUplink, SourceSettings
from edge.control import ControlServer, Request
from edge.decoders.table import build_decoder
from edge.field_blocks import FieldBlocks
from edge.gap_file import GapFile, LeftBehind
from edge.housekeeping import Housekeeping
from edge.intake import SourceIntake
from edge.ledger import Ledger
from edge.normalise import Normaliser
from edge.refusal_budget import RefusalBudget
from edge.self_metrics import Totals
from edge.silence_watch import SilentSources
from edge.sources.source import SOURCES, Source, SourceContext
from edge.spool.files import DiskFiles, Files
from edge.spool.lock import SpoolLock
from edge.spool.spool import Loss, Spool
from edge.status import agent_status, last_values
from edge.tail import Tail
from edge.uplink.sender import PATIENCE, Patience, Uplink
from edge.uplink.target import Target
from runtime.clock import Clock, SystemClock
from runtime.logs import Log
from telemetry.batch import Priority

_LOG = Log("edge.agent")
_WRITER_HANGS_S = 120.0  # an SD card may take a minute over a sync
_REPORT_S = 60.0
_SETTLE_S = 10.0
_UPLINK_HANGS_S = 1800.0  # a store may take its time-out, and ask for 15 minutes of patience


class Agent:
    """A service (runtime/service.py): build → start → drain → stop. The constructor does no I/O."""

    name = "agent"

    def __init__(
        self,
        config: AgentConfig,
        clock: Clock | None = None,
        files: Files | None = None,
        patience: Patience = PATIENCE,
        on_death: Callable[[str], None] = lambda _: None,
    ) -> None:
        """`on_death` is told when a thread that everything hangs on broke: the process should end."""
        self.config = config
        self._files = files
        self._patience = patience
        self._on_death = on_death
        self._gap_file = GapFile(files or DiskFiles(), config.gateway.state_dir)
        self._left = LeftBehind()
        self.ledger = Ledger(config.gateway.site, config.gateway.id, self._gap_file.write)
        self.tail = Tail()
        self.sources: list[Source] = []
        self.intakes: list[SourceIntake] = []
        self.clock = clock or SystemClock()
        self.started_s = self.clock.monotonic_s()
        self._lock = SpoolLock(config.spool_dir)
        self._blocks = FieldBlocks(self.clock, self._watch_blocks)
        self._batchers: list[Batcher] = []
        self._undo: list[tuple[Callable[[float], object], float]] = []

    def start(self) -> None:
        """Start everything. Raises TransientError when the spool is another agent's, or its folder cannot be used."""
        self._lock.take()
        self._undo.append((lambda _: self._lock.release(), 0.0))
        self.spool = Spool(self.config.spool_dir, self.config.spool, self.ledger.note, self._files)
        self._undo.append((lambda _: self._close_spool(), 0.0))
        self._left = self._gap_file.read()
        self.ledger.adopt(self._left.gaps)
        self._gap_file.write(self._left.gaps)
        self.account_for_absence(self.clock.wall_ns())
        self.writer = SpoolWriter(self.spool, self.clock, self._account, self._durable, self._on_death)
        target = partial(build_target, self.config, self.clock)
        hearers = (self.ledger.note, self._blocks.note, self._on_death)
        limits = self.config.uplink.request_limits
        self.uplink = Uplink(self.spool, target, self.clock, *hearers, limits=limits, patience=self._patience, on_refused=self._refused)
        for settings in self.config.source:
            self._add_source(settings)
        expected = {settings.id: settings.expect_every_s for settings in self.config.source}
        self.silences = SilentSources(self.intakes, expected, self.ledger, self.clock)
        self._housekeeping = self._build_housekeeping()
        commands = {
            "status": self._status,
            "values": self._values,
            "tail": self._tail,
            "replay": self._replay,
            "settle": self._settle,
        }
        control = ControlServer(self.config.control_socket, commands)
        self._begin(control.start, control.stop, 0.05)
        self._begin(self.uplink.start, self._stop_uplink, 0.3)
        self._begin(self.writer.start, self._stop_writer, 0.3)
        self._begin(self._housekeeping.start, self._housekeeping.stop, 0.05)
        self._begin(self._start_sources, self._stop_sources, 0.3)
        _LOG.info("agent.started", gateway=self.config.gateway.id, sources=len(self.sources), spool_epoch=self.spool.epoch)

    def account_for_absence(self, now_ns: int) -> None:
        """Tell the ledger how long the gateway was off, and close the gaps that a killed process left open. Once time can be trusted."""
        newest_ns = self.spool.newest_found(RESERVED_SOURCES)
        for gap in self._left.gaps:
            self.ledger.close_gap(gap.gap_id, newest_ns or gap.from_ns, None)
        if off := absence(self._left, newest_ns, now_ns, self.config.gateway.metrics_every_s):
            self.ledger.close_gap(self.ledger.open_gap("gateway", "gateway off", off.from_ns), off.to_ns, None)

    def drain(self, timeout_s: float) -> None:
        """Take nothing more in; what is in memory becomes durable and is acknowledged."""
        for source in self.sources:
            source.drain()
        deadline_s = self.clock.monotonic_s() + timeout_s
        while any(batcher.waiting_bytes for batcher in self._batchers) and self.clock.monotonic_s() < deadline_s:
            self.writer.flush()
            time.sleep(0.02)

    def stop(self, timeout_s: float) -> None:
        """End every thread, sources first, and close what is open. A part that fails to end does not keep the others from it."""
        self.tail.close()
        while self._undo:
            undo, share = self._undo.pop()
            try:
                undo(share * timeout_s)
            except Exception:  # noqa: BLE001 (the spool must be closed whatever else breaks)
                _LOG.exception("agent.stop_failed", part=getattr(undo, "__qualname__", undo))
        _LOG.info("agent.stopped", gateway=self.config.gateway.id)

    def _begin(self, start: Callable[[], None], stop: Callable[[float], object], share: float) -> None:
        """Start a part; `share` of the time for stopping is its own."""
        start()
        self._undo.append((stop, share))

    def _start_sources(self) -> None:
        for source in self.sources:
            source.start()

    def _stop_sources(self, timeout_s: float) -> None:
        """Stop them all at once: each may have a connection to wait for. While the disk takes nothing they wait for memory: let go."""
        batchers = [batcher for batcher in self._batchers if batcher.source not in RESERVED_SOURCES]
        if self.writer.state.trouble:
            for batcher in batchers:
                batcher.close()
        threads = [threading.Thread(target=source.stop, args=(0.8 * timeout_s,), daemon=True) for source in self.sources]
        for thread in threads:
            thread.start()
        deadline_s = self.clock.monotonic_s() + timeout_s
        for thread in threads:
            thread.join(max(0.0, deadline_s - self.clock.monotonic_s()))
        for intake in self.intakes:
            intake.pay()
        for batcher in batchers:
            batcher.close()

    def _stop_writer(self, timeout_s: float) -> None:
        if not self.writer.stop(timeout_s):
            _LOG.error("spool.unwritten", reason=self.writer.state.trouble)

    def _stop_uplink(self, timeout_s: float) -> None:
        if not self.uplink.stop(timeout_s):
            _LOG.warning("uplink.left", reason="the store does not answer; what it did not take is sent after the next start")

    def _close_spool(self) -> None:
        self._gap_file.write(self.ledger.open_gaps(), ended_ns=self.clock.wall_ns())
        try:
            self.spool.close()
        except OSError as error:
            _LOG.warning("spool.unsaved", reason=error)

    def totals(self) -> Totals:
        """Counters over all sources since the start."""
        counts = [intake.counts for intake in self.intakes]
        return Totals(
            sum(each.messages for each in counts),
            self.writer.state.lines,
            sum(each.refused for each in counts),
            self.uplink.state().delivered_lines,
        )

    def _add_source(self, settings: SourceSettings) -> None:
        kind = dict(settings.decoder)
        decoder = build_decoder(str(kind.pop("kind")), kind, settings.topic_patterns)
        gateway = self.config.gateway
        normaliser = Normaliser(settings.id, gateway.site, gateway.id, settings.normalise, settings.max_series)
        batcher = self._batcher(settings.id, settings.priority, settings.window)
        budget = RefusalBudget(settings.refusals_per_minute)
        intake = SourceIntake(settings.id, decoder, normaliser, batcher, budget, self.clock, self.ledger.note)
        client_id = f"{gateway.id}-{self.spool.epoch.hex[:12]}-{settings.id}"
        context = SourceContext(client_id, gateway.state_dir, intake, self.spool.receipts(settings.id), self.clock)
        self.intakes.append(intake)
        self.sources.append(import_module(SOURCES[settings.kind]).build(settings, context))

    def _batcher(self, source: str, priority: Priority, window: int | None = None) -> Batcher:
        spool = self.config.spool
        policy = ClosePolicy(spool.batch_age_ms / 1000, int(spool.batch_raw_bytes))
        batcher = Batcher(source, priority, policy, int(spool.memory_bytes), self.clock, self.writer.wake, window)
        self.writer.attach(batcher)
        self._batchers.append(batcher)
        return batcher

    def _build_housekeeping(self) -> Housekeeping:
        gateway = self.config.gateway
        batchers = self._batcher("gateway", Priority.NORMAL), self._batcher("ledger", Priority.HIGH)
        return Housekeeping(
            (gateway.site, gateway.id),
            gateway.state_dir,
            gateway.metrics_every_s,
            self.spool,
            self.ledger,
            batchers,
            self.totals,
            lambda: self.uplink.state().is_up,
            self.clock,
            self._on_death,
            lag_s=lambda: self.uplink.state().lag_s,
            flush=self.writer.flush,
            is_writing=lambda: self.writer.is_alive,
            on_tick=self._tick,
        )

    def _tick(self) -> None:
        self.silences.look()
        for intake in self.intakes:
            intake.pay()

    def _refused(self, losses: Sequence[Loss]) -> bool:
        """Account for refused lines; True once that is on the disk. On the uplink's thread."""
        for loss in losses:
            self.ledger.note(loss)
        return self._housekeeping.report_durably(_REPORT_S)

    def _watch_blocks(self) -> None:
        for intake in self.intakes:
            intake.normaliser.is_blocked = self._blocks.is_blocked

    def is_alive(self) -> bool:
        """Tell whether the threads that everything hangs on still come round (for the watchdog)."""
        now_s = self.clock.monotonic_s()
        return now_s - self.writer.beat_s < _WRITER_HANGS_S and now_s - self.uplink.beat_s < _UPLINK_HANGS_S

    def _account(self, losses: Sequence[Loss]) -> Batcher:
        for loss in losses:
            self.ledger.note(loss)
        return self._housekeeping.report_losses()

    def _durable(self, group: Sequence[Closed]) -> None:
        self.uplink.wake()
        if self.tail.has_listeners:
            self.tail.put([line for closed in group for chunk in closed.chunks for line in chunk.lines])

    # -- commands of the control socket --------------------------------------------------------------------------------

    def _status(self, _request: Request) -> Iterator[Mapping[str, object]]:
        yield agent_status(self)

    def _values(self, _request: Request) -> Iterator[Mapping[str, object]]:
        yield {"ok": True, "values": last_values(self.intakes)}

    def _tail(self, _request: Request) -> Iterator[Mapping[str, object]]:
        for lines in self.tail.listen():
            yield {"ok": True, "lines": list(lines)}

    def _replay(self, request: Request) -> Iterator[Mapping[str, object]]:
        lines = self.spool.replay(int(str(request["from_ns"])), int(str(request["to_ns"])))
        self.uplink.wake()
        yield {"ok": True, "lines": lines}

    def _settle(self, _request: Request) -> Iterator[Mapping[str, object]]:
        """Make durable what is in memory, save what is delivered, and say what counts now (quanho edge account)."""
        is_settled = self._housekeeping.report_durably(_SETTLE_S)
        self.spool.save()
        horizons = self.spool.horizons()
        counted = {each.value: {"next": now.next_sequence, "done": list(now.done)} for each, now in horizons.items()}
        pages = [page.to_json() for page in self.spool.pages_waiting()]
        yield {"ok": True, "settled": is_settled, "queues": counted, "pages": pages}


def build_target(config: AgentConfig, clock: Clock) -> Target:
    """Return where this config delivers to; imports the client only now."""
    if isinstance(config.uplink, FileUplink):
        from edge.uplink.file_target import FileTarget

        return FileTarget(config.uplink.folder, clock.wall_ns)
    from edge.uplink.influx_target import InfluxTarget

    return InfluxTarget(config.uplink)

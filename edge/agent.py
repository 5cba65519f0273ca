"""The agent: builds the parts, starts them from the store backwards to the sources, and stops them the other way round.

source → SourceIntake (decode, normalise, encode) → Batcher → SpoolWriter → Spool → Uplink → store
"""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from importlib import import_module
from types import MappingProxyType
from typing import TYPE_CHECKING, cast

from edge.apply.plan import Plan
from edge.batching.batcher import Batcher, Closed
from edge.batching.close_policy import ClosePolicy
from edge.batching.writer import SpoolWriter
from edge.boards.commands import update_commands
from edge.boards.updater import BoardUpdater
from edge.clock.agent_time import AgentTime
from edge.config import RESERVED_SOURCES, AgentConfig, FileUplink, SourceSettings
from edge.control import Command, ControlServer, Request
from edge.decoders.self_decoded import SELF_DECODED
from edge.decoders.table import build_decoder
from edge.field_blocks import FieldBlocks
from edge.gap_file import GapFile, LeftBehind
from edge.gateway_off import gateway_off
from edge.housekeeping import Housekeeping
from edge.intake import SourceIntake
from edge.ledger import Ledger
from edge.link.commands import board_commands
from edge.link.lend_command import lend_command
from edge.link.namesake_watch import NamesakeWatch
from edge.maintenance import Maintenance
from edge.normalise import Normaliser
from edge.paces import paces
from edge.refusal_budget import RefusalBudget
from edge.self_metrics import Identity, Totals
from edge.silence_watch import SilentSources
from edge.source_set import SourceSet, SourceUnit
from edge.sources.source import SOURCES, Source, SourceContext
from edge.spool.counted_files import CountedFiles
from edge.spool.files import DiskFiles, Files
from edge.spool.lock import SpoolLock
from edge.spool.spool import Loss, Spool
from edge.status import agent_status, last_values
from edge.storage_meter import StorageMeter
from edge.tail import Tail
from edge.uplink.pacing import NEWEST_BYTES, NEWEST_RECORDS
from edge.uplink.pause import UplinkPause
from edge.uplink.probe import PATIENCE, Patience
from edge.uplink.sender import Uplink
from edge.uplink.target import Target
from runtime import host
from runtime.clock import Clock, SystemClock
from runtime.http_date import Evidence
from runtime.logs import Log
from telemetry.batch import Priority

if TYPE_CHECKING:
    from edge.sources.link import LinkInput

_LOG = Log("edge.agent")
_WRITER_HANGS_S = 120.0  # an SD card may take a minute over a sync
_SOURCE_DRAIN_S, _SOURCE_STOP_S, _UPLINK_STOP_S = 90.0, 5.0, 5.0  # in a running agent; the others go on meanwhile
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
        more_commands: Mapping[str, Command] = MappingProxyType({}),
        more_status: Callable[[], Mapping[str, object]] = dict,
    ) -> None:
        """`on_death` is told when a thread that everything hangs on broke: the process should end.

        `more_commands` are offered on the control socket, and `more_status` stands in the status, for whoever runs the agent.
        """
        self.config = config
        self.more_status = more_status
        self._more_commands = more_commands
        self._files = CountedFiles(files or DiskFiles())
        self._patience = patience
        self._on_death = on_death
        self._gap_file = GapFile(self._files, config.gateway.state_dir)
        self._left = LeftBehind()
        self._is_absence_told = False
        self.ledger = Ledger(config.gateway.site, config.gateway.id, self._gap_file.write)
        self.tail = Tail()
        self.clock = clock or SystemClock()
        self.started_s, self._began_boot_ns = self.clock.monotonic_s(), self.clock.boot_ns()
        gateway = config.gateway
        self.time = AgentTime(self.clock, config.clock, gateway.state_dir, self.ledger.note, files)
        self.storage = StorageMeter(self._files, gateway.state_dir, self.clock, asks_kernel=not isinstance(config.uplink, FileUplink))
        self.source_set = SourceSet(self._build_source, lambda: self.writer, self.clock)
        self.uplink_pause = UplinkPause(self.clock)
        self.maintenance = Maintenance(gateway.state_dir, self.clock, lambda: self.source_set.units)
        self.boards = BoardUpdater(config.boards, gateway.state_dir, self.clock, self._link_source)
        self._namesakes = NamesakeWatch(lambda: self.sources)
        self._own_batchers: tuple[Batcher, ...] = ()
        self._delivered_before = 0  # by uplinks that were replaced
        self._lock = SpoolLock(config.spool_dir)
        self._blocks = FieldBlocks(self.clock, self._watch_blocks)
        self._undo: list[tuple[Callable[[float], object], float]] = []

    def start(self) -> None:
        """Start everything. Raises TransientError when the spool is another agent's, or its folder cannot be used."""
        self._lock.take()
        self._undo.append((lambda _: self._lock.release(), 0.0))
        self.storage.start()
        self.maintenance.load()
        self.spool = Spool(self.config.spool_dir, self.config.spool, self.ledger.note, self._files, self.time.place)
        self._undo.append((lambda _: self._close_spool(), 0.0))
        self.time.load(self.spool.newest_found(RESERVED_SOURCES), self.spool.boot_lengths(), self.spool.newest_found())
        self._undo.append((lambda _: self.time.close(), 0.0))
        self._left = self._gap_file.read()
        self.ledger.adopt(self._left.gaps)
        self._gap_file.write(self._left.gaps)
        self._account_for_absence()
        self.writer = SpoolWriter(self.spool, self.clock, self._account, self._durable, self._on_death)
        self.uplink = self._build_uplink()
        self.time.on_trusted = self._time_is_trusted
        self.source_set.build(self.config.source)
        self.silences = SilentSources(self.intakes, self._expected(), self.ledger, self.clock)
        self.housekeeping = self._build_housekeeping()
        commands: dict[str, Command] = {
            "status": self._status,
            "values": self._values,
            "tail": self._tail,
            "pause_uplink": self.uplink_pause.command,
            "replay": self._replay,
            "maintenance": self.maintenance.command,
            "settle": self._settle,
            **board_commands(lambda: self.sources, self.boards.by_board),
            **update_commands(self.boards, lambda: self.sources),
            "lend": lend_command(lambda: self.sources, self.boards.by_board),
            **self._more_commands,
        }
        control = ControlServer(self.config.control_socket, commands)
        self._begin(control.start, control.stop, 0.05)
        self._begin(self.uplink.start, self._stop_uplink, 0.3)
        self._begin(self.writer.start, self._stop_writer, 0.3)
        self._begin(self.housekeeping.start, self.housekeeping.stop, 0.05)
        self._begin(self.boards.start, self.boards.stop, 0.2)  # before a port is opened: an update may want it first
        self._begin(self.source_set.start, self.source_set.stop, 0.3)
        _LOG.info("agent.started", gateway=self.config.gateway.id, sources=len(self.sources), spool_epoch=self.spool.epoch)

    def _account_for_absence(self) -> None:
        """Tell the ledger how long the gateway was off, and close the gaps that a killed process left open, once time is trusted."""
        began_ns = self.time.at_boot_ns(self._began_boot_ns)
        if began_ns is None or self._is_absence_told:
            return
        self._is_absence_told = True
        newest_ns = self.spool.newest_found()
        newest_ns = min(newest_ns, began_ns) if newest_ns is not None else None  # a device's clock may be ahead of ours
        for gap in self._left.gaps:
            self.ledger.close_gap(gap.gap_id, newest_ns or gap.from_ns, None)
        if off := gateway_off(self._left, newest_ns, began_ns, self.config.gateway.metrics_every_s):
            self.ledger.close_gap(self.ledger.open_gap("gateway", "gateway off", off.from_ns), off.to_ns, None)

    def drain(self, timeout_s: float) -> None:
        """Take nothing more in; what is in memory becomes durable and is acknowledged."""
        self.boards.stop(timeout_s / 2)  # first: the silence of a source that takes nothing in says nothing of its board
        self.source_set.drain()
        deadline_s = self.clock.monotonic_s() + timeout_s
        while (
            self.source_set.waiting_bytes or any(each.waiting_bytes for each in self._own_batchers)
        ) and self.clock.monotonic_s() < deadline_s:
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

    def reconfigure(self, config: AgentConfig, plan: Plan) -> None:
        """Go over to `config` by a plan that does not restart the agent: only what it names stops and starts."""
        self.source_set.remove({*plan.stops, *plan.restarts}, _SOURCE_DRAIN_S, _SOURCE_STOP_S)
        self.config = config
        if plan.reconnects_uplink:
            self._stop_uplink(_UPLINK_STOP_S)
            self._delivered_before += self.uplink.state().delivered_lines
            self.uplink = self._build_uplink()
            self.uplink.start()
        wanted = {*plan.starts, *plan.restarts}
        made = self.source_set.build([settings for settings in config.source if settings.id in wanted])
        self.source_set.order([settings.id for settings in config.source])
        self.silences.watch(self.intakes, self._expected())
        for unit in made:
            unit.source.start()

    def report_now(self) -> None:
        """Put the agent's own health, and whatever else is open, on its way to the store."""
        self.housekeeping.report_health()
        self.writer.flush()

    def _begin(self, start: Callable[[], None], stop: Callable[[float], object], share: float) -> None:
        """Start a part; `share` of the time for stopping is its own."""
        start()
        self._undo.append((stop, share))

    def _stop_writer(self, timeout_s: float) -> None:
        if not self.writer.stop(timeout_s):
            _LOG.error("spool.unwritten", reason=self.writer.state.trouble)

    def _stop_uplink(self, timeout_s: float) -> None:
        if not self.uplink.stop(timeout_s):
            _LOG.warning("uplink.left", reason="the store does not answer; what it did not take is sent after the next start")

    def _close_spool(self) -> None:
        now_ns = self.time.trusted_ns()
        self._gap_file.write(self.ledger.open_gaps(), ended_ns=self._left.ended_ns if now_ns is None else now_ns)
        try:
            self.spool.close()
        except OSError as error:
            _LOG.warning("spool.unsaved", reason=error)

    def totals(self) -> Totals:
        """Counters over all sources since the start."""
        counts = [intake.counts for intake in self.intakes]
        return Totals(
            self.source_set.gone_messages + sum(each.messages for each in counts),
            self.writer.state.lines,
            self.source_set.gone_refused + sum(each.refused for each in counts),
            self._delivered_before + self.uplink.state().delivered_lines,
        )

    @property
    def sources(self) -> list[Source]:
        return [unit.source for unit in self.source_set.units]

    @property
    def intakes(self) -> list[SourceIntake]:
        return [unit.intake for unit in self.source_set.units]

    def _build_uplink(self) -> Uplink:
        target = self.uplink_pause.over(partial(build_target, self.config, self.time))
        hearers = (self.ledger.note, self._blocks.note, self._on_death)
        uplink = self.config.uplink
        return Uplink(
            self.spool,
            target,
            self.clock,
            *hearers,
            limits=uplink.request_limits,
            budget=uplink.budget,
            patience=self._patience,
            now_ns=self.time.best_ns,
            is_time_wanted=lambda: self.time.trusted_ns() is None,
            on_refused=self._refused,
        )

    def _build_source(self, settings: SourceSettings) -> SourceUnit:
        kind = dict(settings.decoder)
        decoder = build_decoder(str(kind.pop("kind")), kind, settings.topic_patterns) if kind else SELF_DECODED
        gateway = self.config.gateway
        normaliser = Normaliser(
            settings.id,
            gateway.site,
            gateway.id,
            settings.normalise,
            settings.max_series,
            device_window_ns=settings.device_window_ns,
            is_warm_up_told=settings.is_warm_up_told,
        )
        normaliser.series.seed(paces(self.spool.last_bodies(settings.id)))
        age_s = self.config.spool.age_s(acknowledged=settings.is_acknowledged)
        batcher = self._batcher(settings.id, settings.priority, age_s, settings.window)
        budget = RefusalBudget(settings.refusals_per_minute)
        intake = SourceIntake(settings.id, decoder, normaliser, batcher, budget, self.clock, self.ledger.note, self.time)
        intake.maintained_until_ns = self.maintenance.until_ns(settings.id)
        client_id = f"{gateway.id}-{self.spool.epoch.hex[:12]}-{settings.id}"
        receipts, trusted_ns = self.spool.receipts(settings.id), self.time.trusted_ns
        context = SourceContext(client_id, gateway.state_dir, intake, receipts, self.clock, trusted_ns)
        if self._blocks.is_active:
            normaliser.is_blocked = self._blocks.is_blocked
        return SourceUnit(settings, import_module(SOURCES[settings.kind]).build(settings, context), intake, batcher)

    def _batcher(self, source: str, priority: Priority, age_s: float, window: int | None = None) -> Batcher:
        spool = self.config.spool
        policy = ClosePolicy(age_s, int(spool.batch_raw_bytes))
        batcher = Batcher(source, priority, policy, int(spool.memory_bytes), self.clock, self.writer.wake, window)
        self.writer.attach(batcher)
        return batcher

    def _build_housekeeping(self) -> Housekeeping:
        gateway = self.config.gateway
        spool = self.config.spool
        self._own_batchers = (
            self._batcher("gateway", Priority.NORMAL, spool.age_s(acknowledged=False)),
            self._batcher("ledger", Priority.HIGH, spool.age_s(acknowledged=True)),
        )
        return Housekeeping(
            Identity(gateway.site, gateway.id, gateway.position, host.installed_version()),
            gateway.state_dir,
            gateway.metrics_every_s,
            self.spool,
            self.ledger,
            self._own_batchers,
            self.totals,
            lambda: self.uplink.state().is_up,
            self.clock,
            self.time,
            self._on_death,
            lag_s=lambda: self.uplink.state().lag_s,
            flush=self.writer.flush,
            is_writing=lambda: self.writer.is_alive,
            on_tick=self._tick,
            storage=self.storage.look,
        )

    def _time_is_trusted(self) -> None:
        """What waited for the time may go now, behind what comes from now on; and how long the gateway was off can be told."""
        self._account_for_absence()
        self.spool.split_lanes(NEWEST_RECORDS, NEWEST_BYTES)
        self.uplink.wake()

    def _link_source(self, name: str) -> "LinkInput | None":
        """Return the link source of that id as it is now."""
        found = (unit.source for unit in self.source_set.units if unit.settings.id == name and unit.settings.kind == "link")
        return cast("LinkInput | None", next(found, None))

    def _expected(self) -> Mapping[str, float | None]:
        return {settings.id: settings.expected_s for settings in self.config.source}

    def _tick(self) -> None:
        now_ns = self.time.trusted_ns()
        if now_ns is not None:
            self.silences.look(now_ns)
        self._namesakes.look()
        for intake in self.intakes:
            intake.pay()

    def _refused(self, losses: Sequence[Loss]) -> bool:
        """Account for refused lines; True once that is on the disk. On the uplink's thread."""
        for loss in losses:
            self.ledger.note(loss)
        return self.housekeeping.report_durably(_REPORT_S)

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
        return self.housekeeping.report_losses()

    def _durable(self, group: Sequence[Closed]) -> None:
        self.uplink.wake()
        if self.tail.has_listeners:
            self.tail.put([line for closed in group for chunk in closed.chunks for line in chunk.lines])

    # -- commands of the control socket --------------------------------------------------------------------------------

    def _status(self, _request: Request) -> Iterator[Mapping[str, object]]:
        yield agent_status(self)

    def _values(self, _request: Request) -> Iterator[Mapping[str, object]]:
        yield {"ok": True, "values": last_values(self.intakes, self.time.best_ns())}

    def _tail(self, _request: Request) -> Iterator[Mapping[str, object]]:
        for lines in self.tail.listen():
            yield {"ok": True, "lines": list(lines)}

    def _replay(self, request: Request) -> Iterator[Mapping[str, object]]:
        lines = self.spool.replay(int(str(request["from_ns"])), int(str(request["to_ns"])))
        self.uplink.wake()
        yield {"ok": True, "lines": lines}

    def _settle(self, _request: Request) -> Iterator[Mapping[str, object]]:
        """Make durable what is in memory, save what is delivered, and say what counts now (quanho edge account)."""
        is_settled = self.housekeeping.report_durably(_SETTLE_S)
        self.spool.save()
        horizons = self.spool.horizons()
        counted = {each.value: {"next": now.next_sequence, "done": list(now.done)} for each, now in horizons.items()}
        pages = [page.to_json() for page in self.spool.pages_waiting()]
        yield {"ok": True, "settled": is_settled, "queues": counted, "pages": pages}


def build_target(config: AgentConfig, time: AgentTime) -> Target:
    """Return where this config delivers to; imports the client only now."""
    if isinstance(config.uplink, FileUplink):
        from edge.uplink.file_target import FileTarget

        return FileTarget(config.uplink.folder, time.best_ns)
    from edge.uplink.influx_target import InfluxTarget

    return InfluxTarget(config.uplink, time.trusted_ns, partial(_hear_date, time))


def _hear_date(time: AgentTime, evidence: Evidence) -> None:
    """A date outside the certificate's own is no evidence: that certificate vouches for nothing then."""
    if evidence.not_before_ns <= evidence.date_ns <= evidence.not_after_ns:
        time.date_seen(evidence.date_ns, evidence.sent_boot_ns, evidence.answered_boot_ns)

"""A Modbus line as a source: the devices on it are read in turns (edge/modbus/schedule.py), on one thread.

A round of reads becomes one message, the requests and answers as they were on the line, and the decoder `modbus` reads it by the device's
register map: the same path as for a line that another master polls. An answer that is damaged or an exception is set aside with its
reason. A device that stops answering is told to the ledger when that is noticed, and again, with the whole span, when it is back.
"""

import threading
import time

from edge.config import ModbusSource
from edge.modbus.frame import Span
from edge.modbus.master import Exchange, Master, SlaveCounts
from edge.modbus.plan import Rounds
from edge.modbus.schedule import Schedule, SlaveState
from edge.modbus.template import load_template
from edge.modbus.wires import SerialWire, TcpWire
from edge.sources.modbus_settings import SlaveSettings
from edge.sources.source import Intake, Source, SourceContext, SourceState
from edge.spool.spool import Loss
from runtime.clock import Clock
from runtime.tls import TrustedTime
from runtime.worker import Worker
from telemetry.errors import TransientError

_AWAY_S = 0.2  # how often it is looked for while it is gone
_NAMED = 10  # slaves, in one line of status
_BITS_A_CHARACTER = 11
_BYTES_AROUND = 8 + 5  # the request, and unit, function, count and CRC of the answer


def build(settings: ModbusSource, context: SourceContext) -> Source:
    """Return the source, its line not yet open."""
    return ModbusInput(settings, context.intake, context.clock, context.trusted_ns)


class ModbusInput:
    """Reads the devices of one line."""

    def __init__(self, settings: ModbusSource, intake: Intake, clock: Clock, trusted_ns: TrustedTime | None = None) -> None:
        self.name = settings.id
        self._settings = settings
        self._intake = intake
        self._clock = clock
        self._wire: SerialWire | TcpWire
        templates = {slave.id: load_template(slave.template) for slave in settings.slave}
        quiet_s = max(template.effects.connect_s for template in templates.values())
        self._wire = TcpWire(settings.host, settings.tcp_port, clock, quiet_s) if settings.host else SerialWire(settings, clock)
        self._master = Master(self._wire, clock.monotonic_s, is_tcp=settings.is_tcp)
        self._slaves = {slave.id: slave for slave in settings.slave}
        self._rounds = {slave.id: Rounds(templates[slave.id], slave.every_s) for slave in settings.slave}
        self._gaps_s = {slave.id: max(slave.gap_s, templates[slave.id].effects.gap_s) for slave in settings.slave}
        self._schedule: Schedule | None = None
        self._trusted_ns = trusted_ns or clock.wall_ns
        self._down_ns: dict[int, int | None] = {}
        self._is_open = False
        self._received = 0
        self._worker = Worker(f"modbus {self.name}", self._run, clock=clock)

    def start(self) -> None:
        self._worker.start()

    def drain(self) -> None:
        """Ask nothing more."""
        self._worker.ask_to_stop()
        self._wire.interrupt()

    def stop(self, timeout_s: float) -> None:
        self.drain()
        self._worker.stop(timeout_s)

    def state(self) -> SourceState:
        """Return the state now: how many answer, and who does not. Any thread."""
        slaves = self._schedule.slaves if self._schedule else []
        silent = [self._slaves[slave.id].name for slave in slaves if slave.is_open]
        detail = f"{len(self._slaves) - len(silent)} of {len(self._slaves)} answer"
        if silent:
            detail += f", not: {', '.join(silent[:_NAMED])}"
        troubled = [
            f"{self._slaves[unit].name} {words}" for unit, counts in list(self._master.counts.items()) if (words := _trouble(counts))
        ]
        if troubled:
            detail += f"; {'; '.join(troubled[:_NAMED])}"
        return SourceState(self._is_open, detail, self._received, self._wire.error() or self._worker.last_error)

    def _run(self, stopping: threading.Event) -> None:
        self._schedule = schedule = Schedule([self._slave_state(one) for one in self._settings.slave], self._clock.monotonic_s())
        try:
            while not stopping.is_set():
                self._is_open = self._wire.open()
                if not self._is_open:
                    stopping.wait(_AWAY_S)
                    continue
                turn = schedule.next(self._clock.monotonic_s())
                if isinstance(turn, float):
                    stopping.wait(min(turn, 1.0))
                else:
                    self._take_turn(schedule, turn.slave, turn.wait_s)
        finally:
            self._wire.close()

    def _slave_state(self, one: SlaveSettings) -> SlaveState:
        reads = self._rounds[one.id].most
        on_wire = 0 if self._settings.host else max(_BYTES_AROUND + span.byte_count for span in reads)
        wire_s = on_wire * _BITS_A_CHARACTER / self._settings.baudrate
        return SlaveState(one.id, one.every_s, one.timeout_s, len(reads), wire_s=wire_s, gap_s=self._gaps_s[one.id])

    def _take_turn(self, schedule: Schedule, state: SlaveState, wait_s: float) -> None:
        slave, rounds = self._slaves[state.id], self._rounds[state.id]
        was_open = state.is_open
        began_s = self._clock.monotonic_s()
        reads = rounds.due(began_s)
        transcript, latencies = b"", []
        failed: Exchange | None = None
        held_s = 0.0
        try:
            for span in reads[: 1 if was_open else None]:
                exchange = self._ask(slave, span, wait_s)
                if exchange.is_failure:
                    failed = exchange
                    break
                if exchange.outcome == "held":
                    held_s = exchange.again_s
                    break
                rounds.took(span, began_s)
                transcript += exchange.transcript
                latencies.append(exchange.latency_s)
        except TransientError:
            schedule.done(state, self._clock.monotonic_s(), [], answered=state.failures == 0)  # the line is gone, not the slave
            return
        if transcript:
            self._intake.messages([(slave.name, transcript)])
            self._received += 1
        if failed is not None and failed.noise:
            self._intake.refuse(slave.name, f"slave {slave.id}: no whole answer with a right CRC", payload=failed.noise)
        if failed is None and not held_s:
            rounds.finished()
        if transcript or failed is not None or not reads:
            is_noisy = failed is not None and failed.outcome == "damaged"
            schedule.done(state, self._clock.monotonic_s(), latencies, answered=failed is None, is_noisy=is_noisy)
        if held_s:
            schedule.hold(state, held_s)
        self._account(slave, state, was_open=was_open)

    def _ask(self, slave: SlaveSettings, span: Span, wait_s: float) -> Exchange:
        if gap_s := self._gaps_s[slave.id]:
            time.sleep(gap_s)
        return self._master.ask(slave.id, span, wait_s)

    def _account(self, slave: SlaveSettings, state: SlaveState, *, was_open: bool) -> None:
        """Tell the ledger of a device that stopped answering, and of one that is back."""
        now_ns = self._trusted_ns()
        if state.failures == 0:
            since_ns = self._down_ns.pop(slave.id, None)
            if was_open:
                detail = f"{slave.name} (slave {slave.id}) answers again"
                self._intake.lose(Loss("device offline", self.name, None, since_ns, now_ns, detail=detail))
            return
        self._down_ns.setdefault(slave.id, now_ns)
        if state.is_open and not was_open:
            detail = f"{slave.name} (slave {slave.id}) does not answer"
            self._intake.lose(Loss("device offline", self.name, None, self._down_ns[slave.id], now_ns, detail=detail))


def _trouble(counts: SlaveCounts) -> str:
    """Return what went wrong with a slave that does answer, in a few words."""
    if not counts.answered:
        return ""
    kinds = {"time-outs": counts.timeouts, "damaged": counts.damaged, "exceptions": counts.exceptions, "late": counts.late}
    bad = ", ".join(f"{count} {kind}" for kind, count in kinds.items() if count)
    return f"{bad} of {counts.asked}" if bad else ""

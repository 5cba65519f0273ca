"""A board on a serial line that speaks the link (docs/specs/link.md): port ↔ gateway's end → feed → intake.

Two threads: one has the port and never waits for the disk, so that every frame is dated when it arrives and the line is never silent; the
other hands frames to the intake (edge/link/feed.py). What is durable is told to the board by the first. The clock of the link is the one
that counts from the boot and goes on while the machine sleeps.
"""

import random
import threading
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from edge.config import LinkSource
from edge.intake import SourceIntake
from edge.link.board_view import board_view, detail, link_reading
from edge.link.described import Described
from edge.link.feed import Feed, told_before
from edge.link.identity import device_of, shown
from edge.link.known import DurableFrames
from edge.link.lending import Lending
from edge.link.picture_files import PictureFiles
from edge.refusal_budget import RefusalBudget
from edge.sources.source import Source, SourceContext, SourceState
from edge.spool.loss import Loss
from firmware_bridge.link.events import Answered, Closed, Event, Frame, LogLine, Opened, Refused
from firmware_bridge.link.host import HostEnd
from firmware_bridge.link.messages import VERSION, Hello
from runtime.clock import Clock
from runtime.logs import Log
from runtime.serial_port import SerialPort, choose_port, matching_ports
from runtime.worker import Worker
from telemetry.errors import RejectedError, TransientError
from telemetry.identifiers import is_id

_BITS_A_BYTE = 10
_LONGEST_WAIT_S = 0.5
_LENT_LOOK_S = 0.05
_VIEW_EVERY_S = 0.5
_COUNTS_EVERY_S = 60.0
_LOG_LINES_A_MINUTE = 20
_LOG_CHARACTERS = 240
_WARNING = 2

_LOG = Log("edge.sources.link")


def build(settings: LinkSource, context: SourceContext) -> Source:
    """Return the source, its port not yet open."""
    return LinkInput(settings, context)


Hearer = Callable[[Event], None]


@dataclass(frozen=True, slots=True)
class _Hear:
    """Somebody wants to hear the board, or nobody any more."""

    hearer: Hearer | None


@dataclass(slots=True)
class _Asked:
    """A command that somebody waits for."""

    code: int
    arguments: bytes
    is_done: threading.Event = field(default_factory=threading.Event)
    answer: Answered | None = None
    trouble: str = ""


@dataclass(frozen=True, slots=True)
class _GivenUp:
    """Nobody waits for it any more: it must not be done later, to who knows which board."""

    asked: _Asked


_Posted = tuple[int, int] | tuple[int, int, int] | _Asked | _GivenUp | _Hear


class LinkInput:
    """See the module. `view`, `command` and `lend` are for whoever has to do with the board (edge/link/commands.py). Any thread."""

    def __init__(self, settings: LinkSource, context: SourceContext) -> None:
        self.name = settings.id
        self._settings = settings
        self._intake: SourceIntake = context.intake
        self._clock: Clock = context.clock
        self._port = SerialPort(settings, self._clock)
        self._known = DurableFrames(context.receipts)
        rng = random.SystemRandom()
        self._host = HostEnd(new_session=lambda: rng.randrange(1, 1 << 16), byte_s=_BITS_A_BYTE / settings.baudrate, known=self._known)
        pictures = settings.pictures
        files = (PictureFiles(context.state_dir, self.name, pictures), pictures) if pictures else None
        told = told_before(context.receipts)
        self._feed = Feed(self._intake, self._clock, settings.age_believed_s, files, self._durable, self._want, told)
        self._reading = Worker(f"link {self.name}", self._run, clock=self._clock)
        self._feeding = Worker(f"link {self.name} feed", self._feed.run, clock=self._clock)
        self._lending = Lending(self.name, context.state_dir / "boards" / f"{self.name}.lent", self._clock, self._port.interrupt)
        self.same_as: tuple[str, tuple[str, ...]] | None = None  # what it shares with other sources (edge/link/namesake_watch.py)
        self._posted: deque[tuple[int, int] | tuple[int, int, int] | _Asked | _GivenUp | _Hear] = (
            deque()
        )  # by other threads, for the port's
        self._waiting: dict[int, _Asked] = {}
        self._hearer: Hearer | None = None
        self._is_draining = False
        self._log_budget = RefusalBudget(_LOG_LINES_A_MINUTE)
        self._muted = 0
        self._received = 0
        self._trouble = ""
        self._hello: Hello | None = None  # of the start that was heard last
        self._heard_ns = 0
        self._described: Described | None = None
        self._faults: tuple[str, ...] = ()
        self._open_count = 0
        self._was_lent = self._is_lent_elsewhere = False
        self._view_s, self._counted_s = float("-inf"), self._now_s()
        self._view: Mapping[str, object] = {}
        self._look()

    def start(self) -> None:
        self._feeding.start()
        self._reading.start()

    def drain(self) -> None:
        """Take no more readings; what came is handed on and acknowledged when it is durable. Returns at once."""
        self._is_draining = True
        self._port.interrupt()

    def stop(self, timeout_s: float) -> None:
        self.drain()
        self._feeding.ask_to_stop()
        self._feed.wake()
        self._feeding.stop(timeout_s * 0.5)
        self._reading.ask_to_stop()
        self._port.interrupt()
        self._reading.stop(timeout_s * 0.5)

    def state(self) -> SourceState:
        port, view = self._port.state(), self._view
        same = f"its {self.same_as[0]} is also that of {', '.join(self.same_as[1])}" if self.same_as else ""
        error = port.last_error or self._trouble or same or self._reading.last_error or self._feeding.last_error
        words = "lent for flashing" if self._is_lent else detail(view)
        return SourceState(port.is_open and bool(view["is_open"]), words, self._received, error, view)

    def view(self) -> Mapping[str, object]:
        """Return what is known of the board."""
        return {**self._view, "is_lent": self._is_lent, "same_as": self.same_as}

    def command(self, code: int, arguments: bytes, timeout_s: float) -> Answered:
        """Have the board do something and return its answer. TransientError where it has no session or does not answer in time."""
        asked = _Asked(code, arguments)
        self._posted.append(asked)
        self._port.interrupt()
        if not asked.is_done.wait(timeout_s):
            self._posted.append(_GivenUp(asked))
            self._port.interrupt()
            raise TransientError(f"the board of {self.name} did not answer within {timeout_s:g} s")
        if asked.answer is None:
            raise TransientError(f"the board of {self.name}: {asked.trouble}")
        if asked.answer.status is None:
            raise TransientError(f"the board of {self.name} did not answer; whether it did what was asked, nobody knows")
        return asked.answer

    def hear(self, hearer: Hearer | None) -> None:
        """Tell `hearer` of sessions and frames from now on, the session that is open first. On the thread of the port: it must be quick."""
        self._posted.append(_Hear(hearer))
        self._port.interrupt()

    def try_out(self, is_on_trial: bool) -> None:
        """Mark readings from now on (quality bit 64), or no more: the board's firmware is on trial. Any thread."""
        self._intake.is_on_trial = is_on_trial

    @property
    def is_plugged(self) -> bool:
        """Whether the port is there, open or lent."""
        return any(Path(path).exists() for path in matching_ports(self._settings.port))

    @property
    def is_held(self) -> bool:
        """Whether the board has to keep its readings, because the disk takes none."""
        return self._feed.is_held or self._is_draining

    @contextmanager
    def lend(self, seconds: float) -> Iterator[str]:
        """Close and unlock the port inside the block, `seconds` at most; gives its path. The silence becomes a ledger entry, no alarm.

        Raises TransientError where the port is not there, is lent already, or is not let go.
        """
        wanted = self._settings.port
        path = self._port.state().device or choose_port(wanted, matching_ports(wanted))
        with self._lending.lend(seconds):
            yield path

    @property
    def _is_lent(self) -> bool:
        return self._lending.is_lent or self._is_lent_elsewhere

    # on the thread of the port

    def _run(self, stopping: threading.Event) -> None:
        try:
            while not stopping.is_set():
                if self._lending.is_lent:
                    self._stay_away(stopping)
                elif not self._port.state().is_open and self._lending.is_lent_elsewhere():
                    self._wait_for_return(stopping)
                else:
                    self._come_round()
        finally:
            self._say()  # the last acknowledgements
            self._port.close()
            for asked in [*self._waiting.values(), *(one for one in self._posted if isinstance(one, _Asked))]:
                asked.trouble = "the source stops"
                asked.is_done.set()

    def _come_round(self) -> None:
        data = self._port.read_or_wake(self._wait_s())
        now_s = self._now_s()
        self._note_opening(now_s)
        for event in self._host.received(data, now_s):
            try:
                self._on(event, now_s)
                if self._hearer is not None:
                    self._hearer(event)
            except Exception:  # noqa: BLE001 (frames behind it are handed out only once, and must not be lost for it)
                _LOG.exception("link.event_failed", source=self.name, event_kind=type(event).__name__)
        self._do_posted()
        self._host.hold(self._is_draining or self._feed.is_held)
        self._say()
        if now_s - self._view_s >= _VIEW_EVERY_S:
            self._look()
        if now_s - self._counted_s >= _COUNTS_EVERY_S and self._described and not self._is_draining:
            self._counted_s = now_s
            self._feed.put_own(link_reading(self._described.device, self._host.state))

    def _wait_s(self) -> float:
        now_s = self._now_s()
        return min(max(0.0, self._host.due_s() - now_s), _LONGEST_WAIT_S)

    def _note_opening(self, now_s: float) -> None:
        open_count = self._port.state().open_count
        if open_count != self._open_count:
            self._host.line_opened(now_s)
            if self._open_count and not self._was_lent:
                self._feed.put_replugged()
            self._open_count = open_count

    def _say(self) -> None:
        now_s = self._now_s()
        if not self._port.state().is_open:
            return
        data = self._host.outgoing(now_s)
        if data:
            try:
                self._port.write(data)
            except TransientError as error:
                _LOG.debug("link.unsaid", source=self.name, reason=error)  # it is said again, as anything that a line loses

    def _do_posted(self) -> None:
        while self._posted:
            one = self._posted.popleft()
            if isinstance(one, _Asked):
                self._ask(one)
            elif isinstance(one, _GivenUp):
                self._give_up(one.asked)
            elif isinstance(one, _Hear):
                self._begin_to_tell(one.hearer)
            elif len(one) == 2:
                self._host.durable(*one)
            else:
                self._host.want(*one)

    def _ask(self, asked: _Asked) -> None:
        if self._is_lent:
            asked.trouble = "it is being flashed"
            asked.is_done.set()
            return
        if not self._host.state.is_open:
            asked.trouble = self._trouble or "it has no session; is it plugged in, and its firmware running?"
            asked.is_done.set()
            return
        try:
            self._waiting[self._host.command(asked.code, asked.arguments)] = asked
        except RejectedError as error:
            asked.trouble = error.reason
            asked.is_done.set()

    def _give_up(self, asked: _Asked) -> None:
        for command_id in [each for each, waiting in self._waiting.items() if waiting is asked]:
            if self._host.forget(command_id):
                del self._waiting[command_id]

    def _begin_to_tell(self, hearer: Hearer | None) -> None:
        self._hearer = hearer
        state = self._host.state
        if hearer is not None and state.is_open and state.hello is not None:
            hearer(Opened(state.hello, state.sensors))

    def _on(self, event: Event, now_s: float) -> None:
        if isinstance(event, Frame):
            self._on_frame(event)
        elif isinstance(event, Opened):
            self._on_opened(event, now_s)
        elif isinstance(event, Closed):
            self._log_session("link.closed", reason=event.why)
            self._feed.put_session_over()
        elif isinstance(event, Refused):
            self._on_refused(event)
        elif isinstance(event, LogLine):
            self._on_log_line(event)
        elif isinstance(event, Answered):
            self._on_answered(event)
        elif not self._is_draining:
            self._feed.put_picture(event)
        if not isinstance(event, Closed):
            self._heard_ns = self._clock.boot_ns()
        if not isinstance(event, Frame):
            self._look()

    def _on_frame(self, frame: Frame) -> None:
        hello, described = self._hello, self._described
        if self._is_draining or hello is None or described is None:
            return  # it is not acknowledged, so it comes again
        self._received += 1
        self._feed.put_frame(hello.uid, described, frame)

    def _on_opened(self, event: Opened, now_s: float) -> None:
        hello, before = event.hello, self._hello
        self._known.opened(hello.uid, hello.boot, hello.oldest, hello.next)
        tags = self._settings.normalise.tags
        configured = self._settings.device or (tags["device"] if is_id(tags.get("device", "")) else "")
        device = device_of(hello, self.name, configured)
        described = Described(event.sensors, self._settings.normalise, device)
        self._feed.put_described(device, described.faults if described.faults != self._faults else ())
        if before is not None and not self._was_lent and _is_another_start(before, hello):
            self._tell_restart(before, hello, device, now_s)
        self._hello, self._described, self._faults, self._trouble, self._was_lent = hello, described, described.faults, "", False
        self._intake.told_every_s = described.expected_s
        names = {"firmware": hello.firmware, "version": hello.version, "board": hello.board}
        self._log_session("link.opened", device=device, uid=shown(hello.uid.hex()), **{key: shown(text) for key, text in names.items()})

    def _log_session(self, event: str, **words: str) -> None:
        if self._log_budget.allows(event, self._clock.monotonic_s()):
            _LOG.info(event, source=self.name, **words)

    def _tell_restart(self, before: Hello, hello: Hello, device: str, now_s: float) -> None:
        """What the board had not sent yet is gone, nobody knows how much."""
        started_ns = max(self._heard_ns, round((now_s - hello.uptime_ms / 1000) * 1e9))
        what = "another board took its place" if before.uid != hello.uid else f"start {before.boot} became {hello.boot}"
        if (before.uid, before.boot) == (hello.uid, hello.boot):
            what = f"it started again with the number {hello.boot} of its last start"
        from_ns, to_ns = self._intake.time_of(self._heard_ns), self._intake.time_of(started_ns)
        self._intake.lose(Loss("board restarted", self.name, None, from_ns, to_ns, detail=f"{device}: {what}"))

    def _on_refused(self, event: Refused) -> None:
        self._trouble = (
            f"the board speaks versions {event.board_min} to {event.board_max} of the link, this gateway {VERSION};"
            " flash the board or update the gateway"
        )
        if self._log_budget.allows("link.refused", self._clock.monotonic_s()):
            _LOG.error("link.refused", source=self.name, reason=self._trouble)

    def _on_answered(self, event: Answered) -> None:
        if asked := self._waiting.pop(event.id, None):
            asked.answer = event
            asked.is_done.set()

    def _on_log_line(self, line: LogLine) -> None:
        if not self._log_budget.allows("log", self._clock.monotonic_s()):
            self._muted += 1
            return
        words = {
            "source": self.name,
            "device": self._described.device if self._described else "",
            "text": shown(line.text, _LOG_CHARACTERS),
        }
        if self._muted:
            words["muted"] = str(self._muted)
            self._muted = 0
        (_LOG.warning if line.level >= _WARNING else _LOG.info)("board.says", **words)

    def _stay_away(self, stopping: threading.Event) -> None:
        """Leave the port to who borrowed it."""
        from_ns = self._clock.boot_ns()
        self._intake.is_excused = self._was_lent = True
        self._port.close()
        while self._lending.is_lent and not stopping.is_set():
            self._lending.gave()  # maybe to the next one
            self._do_posted()
            stopping.wait(_LENT_LOOK_S)
        self._intake.is_excused = False
        from_to = self._intake.time_of(from_ns), self._intake.time_of(self._clock.boot_ns())
        self._intake.lose(Loss("board being flashed", self.name, None, *from_to, detail="the port was lent"))

    def _wait_for_return(self, stopping: threading.Event) -> None:
        """The source that was here before, or another agent, lent the port: it is being flashed."""
        self._intake.is_excused = self._was_lent = self._is_lent_elsewhere = True
        while self._lending.is_lent_elsewhere() and not self._lending.is_lent and not stopping.wait(_LENT_LOOK_S):
            self._do_posted()
        self._intake.is_excused = self._is_lent_elsewhere = False

    def _look(self) -> None:
        self._view_s = self._now_s()
        port = self._port.state().device or self._settings.port
        device = self._described.device if self._described else ""
        self._view = board_view(self.name, port, device, self._host.state, self._described, self._trouble)

    def _now_s(self) -> float:
        return self._clock.boot_ns() / 1e9

    # from other threads

    def _durable(self, boot: int, next_seq: int) -> None:
        self._posted.append((boot, next_seq))
        self._port.interrupt()

    def _want(self, picture: int, offset: int, chunks: int) -> None:
        self._posted.append((picture, offset, chunks))
        self._port.interrupt()


def _is_another_start(before: Hello, hello: Hello) -> bool:
    has_gone_back = (hello.uptime_ms - before.uptime_ms) & 0xFFFF_FFFF >= 1 << 31
    return has_gone_back or (before.uid, before.boot) != (hello.uid, hello.boot)

"""The gateway's end of the link (docs/specs/link.md): bytes in, events out; bytes to write when they are due. No I/O.

`now_s` and `at_s` are one monotonic clock. One thread at a time. Whatever arrives, nothing is raised and memory stays bounded:
255 bytes of a frame, 32 frames out of order, 4,096 hashes of frames handed out, 16 commands.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

from firmware_bridge.link.body import Malformed
from firmware_bridge.link.commands import Code, Commands
from firmware_bridge.link.events import (
    Answered,
    Closed,
    Event,
    Known,
    LogLine,
    Opened,
    PictureOffered,
    Refused,
    nothing_known,
)
from firmware_bridge.link.frame import END, OVERHEAD_BYTES, CutCounts, Cutter, Kind, RawFrame
from firmware_bridge.link.messages import (
    EVERY_SENSOR,
    FROM_BOARD,
    NO_SESSION,
    VERSION,
    WHOLE_HELLO,
    Ack,
    Answer,
    Ask,
    Chunk,
    Data,
    Hello,
    LogText,
    Message,
    Open,
    Picture,
    Refuse,
    SensorSet,
    StrangeHello,
    Want,
    read_hello,
    wire,
)
from firmware_bridge.link.reception import HostCounts, Reception
from firmware_bridge.link.varint import is_before

QUIET_S = 2.5  # after the port was opened, or a restart was ordered: a bootloader takes what we say for a programmer
OPEN_AGAIN_S = 0.3
ASK_AGAIN_S = 2.5  # while something is heard of a board that has no session with us
SILENT_S = 10.0
CLOSED_AFTER_S = 35.0
SENSORS_AGAIN_S = 0.5
ACK_WITHIN_S = 0.02
ACK_EVERY_FRAMES = 2
ACK_AGAIN_S = 1.0
TALKS_S = 2.5  # a board that said nothing for longer may be in its bootloader; one that waits says so within 2 s
REFUSE_AGAIN_S = 1.0
WAKE_S = 1.0  # after such a silence of ours, a 0x00 goes first
_COMMAND_HEAD_BYTES = 4
_NEVER = float("inf")
_RESTARTS = (Code.RESTART, Code.BOOTLOADER)


@dataclass(frozen=True, slots=True)
class HostState:
    """The link now. `not_durable`: frames that are received and not durable; `is_waiting`: a session must wait until earlier frames are."""

    hello: Hello | None
    sensors: tuple[SensorSet, ...]
    is_open: bool
    session: int
    heard_s: float
    credit: int
    not_durable: int
    is_waiting: bool
    counts: HostCounts
    cut: CutCounts


class HostEnd:
    """The gateway's end. `byte_s` is what a byte takes on the line (10 / baud); `new_session` draws u16 numbers."""

    def __init__(
        self,
        *,
        new_session: Callable[[], int],
        byte_s: float,
        known: Known = nothing_known,
        versions: tuple[int, int] = (VERSION, VERSION),
        quiet_s: float = QUIET_S,
    ) -> None:
        self._new_session = new_session
        self._byte_s = byte_s
        self._versions = versions
        self._quiet_s = quiet_s
        self._cutter = Cutter()
        self._counts = HostCounts()
        self._reception = Reception(known, self._counts)
        self._commands = Commands()
        self._happened: list[Event] = []  # what time brought, for the next `received`
        self._session = NO_SESSION
        self._last_session = NO_SESSION
        self._hello: Hello | None = None
        self._start: tuple[Hello, float] | None = None  # of the newest start of a board: its last HELLO, and when that came
        self._was_confirmed = False
        self._is_confirmed = self._is_open = self._is_held = False
        self._sensors: dict[int, SensorSet] = {}
        self._credit_said = 0
        self._unacknowledged = 0
        self._wants: dict[int, Want] = {}
        self._refused: tuple[int, int] | None = None
        self._is_refusal_due = False
        self._started_s: float | None = None
        self._heard_s = -_NEVER
        self._wrote_s = self._asked_s = -_NEVER
        self._is_quiet_over_at_a_frame = False
        self._quiet_until_s = self._ask_s = self._open_s = self._refuse_s = self._sensors_s = -_NEVER
        self._ack_s = _NEVER

    # what the owner says

    def received(self, data: bytes, at_s: float) -> list[Event]:
        """Take `data`, whose last byte arrived at `at_s` (b"": only time passed), and return what happened since the last call."""
        self._look(at_s)
        events, self._happened = self._happened, []
        for raw in self._cutter.feed(data):
            arrived_s = at_s - raw.bytes_behind * self._byte_s
            events += self._frame(raw, arrived_s, arrived_s - raw.wire_bytes * self._byte_s)
        return events

    def line_opened(self, now_s: float) -> None:
        """The port was opened, for the first time or again: a board that this resets is left in peace until a frame comes of it."""
        self._look(now_s)
        self._quiet_until_s, self._is_quiet_over_at_a_frame = now_s + self._quiet_s, True
        self._ask_s = min(self._ask_s, self._quiet_until_s)
        self._cutter.begin_anew()

    def outgoing(self, now_s: float) -> bytes:
        """Return everything to write now, b"" if nothing is due."""
        self._look(now_s)
        said = b"".join(map(wire, self._due_messages(now_s)))
        if not said:
            return b""
        wake = END if now_s - self._wrote_s >= WAKE_S else b""
        self._wrote_s = now_s
        return wake + said

    def due_s(self) -> float:
        """Return when `outgoing` next has something, on the clock of its argument; infinite: never, unless something arrives."""
        if self._started_s is None:
            return -_NEVER
        if self._is_refusal_due:
            return max(self._refuse_s, self._quiet_until_s)
        if not self._is_confirmed:
            return max(min(self._ask_s, self._open_s if self._may_open() else _NEVER), self._quiet_until_s)
        due = [self._ask_s, self._heard_s + CLOSED_AFTER_S]
        if not self._is_open:
            due.append(self._sensors_s)
        else:
            due += [self._ack_s, self._commands.due_s(), -_NEVER if self._wants else _NEVER]
        return max(min(due), self._quiet_until_s)

    def durable(self, boot: int, next_seq: int) -> None:
        """Every frame before `next_seq` that was handed out under `boot` is fsynced; late and repeated calls do no harm."""
        self._reception.durable(boot, next_seq)
        self._advance()

    def hold(self, is_held: bool) -> None:
        """Take no more readings (the spool is full), or take them again. What is under way, 32 frames at most, is still handed out."""
        if is_held != self._is_held:
            self._is_held = is_held
            self._ack_s = -_NEVER

    def command(self, code: int, arguments: bytes = b"") -> int:
        """Queue a command for the next open session and return its id, which `Answered` carries. RejectedError where too many wait."""
        return self._commands.add(code, arguments)

    def forget(self, command_id: int) -> bool:
        """Do not send a command that still waits; False where it was sent already, or is over."""
        return self._commands.forget(command_id)

    def want(self, picture: int, offset: int, chunks: int = 0) -> None:
        """Ask for chunks of a picture; with `offset` its size or `NOT_WANTED`, let the board forget it. Nothing without a session."""
        if self._is_open and len(self._wants) < 16:
            self._wants[picture] = Want(self._session, picture, offset, chunks)

    @property
    def state(self) -> HostState:
        return HostState(
            hello=self._hello,
            sensors=tuple(self._sensors[index] for index in sorted(self._sensors)),
            is_open=self._is_open,
            session=self._session,
            heard_s=self._heard_s,
            credit=self._credit_said,
            not_durable=self._reception.not_durable if self._is_open else 0,
            is_waiting=self._reception.is_waiting,
            counts=replace(self._counts),
            cut=replace(self._cutter.counts),
        )

    # what the board says

    def _frame(self, raw: RawFrame, arrived_s: float, departed_s: float) -> list[Event]:
        self._counts.frames += 1
        self._heard_s = max(self._heard_s, arrived_s)
        if self._is_quiet_over_at_a_frame:
            self._quiet_until_s = min(self._quiet_until_s, arrived_s)
        if self._hello is not None or self._refused is not None:
            self._ask_s = self._heard_s + SILENT_S
        else:
            self._ask_s = min(self._ask_s, max(arrived_s, self._asked_s + ASK_AGAIN_S))
        try:
            if raw.kind == Kind.HELLO:
                return self._on_hello(read_hello(raw.body, *self._versions), arrived_s)
            read = FROM_BOARD.get(raw.kind)  # type: ignore[call-overload]
            if read is None:
                self._counts.unknown_kinds += 1
                return []
            return self._on_message(read(raw.body), arrived_s, departed_s)
        except Malformed:
            self._counts.malformed += 1
            return []

    def _on_message(self, message: Message, arrived_s: float, departed_s: float) -> list[Event]:
        if isinstance(message, LogText):
            return [LogLine(message.level, message.text, arrived_s)]
        if isinstance(message, SensorSet):
            return self._on_sensor(message, arrived_s)
        if not self._is_open:
            self._counts.stray += 1
            return []
        if isinstance(message, Data):
            return self._on_data(message, arrived_s, departed_s)
        if isinstance(message, Answer) and message.session == self._session:
            return self._on_answer(message, arrived_s)
        if isinstance(message, Picture):
            taken_s = departed_s - message.age_ms / 1000
            return [PictureOffered(message.picture, message.size_bytes, message.sha256, message.format, taken_s)]
        return [message] if isinstance(message, Chunk) else []

    def _on_hello(self, hello: Hello | StrangeHello, at_s: float) -> list[Event]:
        self._quiet_until_s = min(self._quiet_until_s, at_s)  # it runs
        if isinstance(hello, StrangeHello):
            return self._on_strange(hello, at_s)
        self._refused, self._is_refusal_due = None, False
        events: list[Event] = []
        is_same = self._is_same_start(hello, at_s)
        if not is_same:
            events += self._close("the board started again, or it is another board")
            self._was_confirmed = False
            self._reception.board_started(hello.uid, hello.boot, goes_on=hello.session != NO_SESSION)
        elif self._is_confirmed and hello.session != self._session:
            events += self._close("the board has no session, or another")
        elif self._is_confirmed and is_before(self._reception.next, hello.oldest):
            events += self._close("the board forgot frames that never came")  # waiting for them would be for ever
        self._hello, self._start = hello, (hello, at_s)
        self._ask_s = at_s + SILENT_S
        if self._session == NO_SESSION:
            self._draw_session(hello)
            self._open_s = -_NEVER
        elif self._is_confirmed:
            self._ack_s = -_NEVER if self._is_open else self._ack_s  # it may have missed one
        elif hello.session == self._session and not self._reception.is_waiting:
            self._confirmed(hello, at_s)
            events += self._opened_if_complete()
        elif self._open_s == _NEVER:
            self._open_s = -_NEVER
        return events

    def _on_strange(self, hello: StrangeHello, at_s: float) -> list[Event]:
        events = self._close(f"the board speaks versions {hello.min_version} to {hello.max_version} now")
        self._hello, self._ask_s = None, at_s + SILENT_S
        self._is_refusal_due = True
        versions = (hello.min_version, hello.max_version)
        if versions != self._refused:
            self._refused = versions
            events.append(Refused(*versions))
        return events

    def _is_same_start(self, hello: Hello, at_s: float) -> bool:
        """Whether this HELLO is of the start that the last one was of: same numbers, and it has been up for as long (a board's clock may be
        5 % off). A restart is told by both; a start that cannot be told apart is told by the hashes of its frames."""
        if self._start is None:
            return False
        last, last_s = self._start
        has_forgotten = self._was_confirmed and hello.session == NO_SESSION  # a board that runs on does not
        if (last.uid, last.boot) != (hello.uid, hello.boot) or has_forgotten:
            return False
        if hello.session == self._last_session != NO_SESSION and (hello.uptime_ms - last.uptime_ms) & 0xFFFF_FFFF < 1 << 31:
            return True  # whatever the clocks say: we may have read it long after it came
        passed_ms = (at_s - last_s) * 1000
        early_ms = int(last.uptime_ms + passed_ms - hello.uptime_ms) & 0xFFFF_FFFF
        return early_ms >= 1 << 31 or early_ms <= 1000 + 0.05 * passed_ms

    def _draw_session(self, hello: Hello) -> None:
        drawn = self._new_session() & 0xFFFF
        while drawn in (NO_SESSION, self._last_session, hello.session):
            drawn = (drawn + 1) & 0xFFFF
        self._session = self._last_session = drawn

    def _confirmed(self, hello: Hello, at_s: float) -> None:
        self._is_confirmed = self._was_confirmed = True
        self._counts.sessions += 1
        self._sensors = {}
        self._reception.session_began(hello.oldest, is_held=self._is_held)
        self._credit_said = self._unacknowledged = 0
        self._sensors_s = at_s + SENSORS_AGAIN_S
        self._ask_s = at_s + SILENT_S
        self._ack_s = _NEVER

    def _on_sensor(self, sensor: SensorSet, at_s: float) -> list[Event]:
        known = self._sensors.get(sensor.index)
        if self._is_open and known is not None and replace(sensor, interval_ms=known.interval_ms) == known:
            self._sensors[sensor.index] = sensor  # another interval was set
            return []
        if not self._is_confirmed or self._is_open or self._hello is None or sensor.set_count != self._hello.set_count:
            self._counts.stray += 1
            return []
        self._sensors[sensor.index] = sensor
        self._sensors_s = at_s + SENSORS_AGAIN_S
        return self._opened_if_complete()

    def _opened_if_complete(self) -> list[Event]:
        if self._hello is None or len(self._sensors) < self._hello.set_count:
            return []
        self._is_open = True
        self._ack_s = -_NEVER
        return [Opened(self._hello, self.state.sensors)]

    def _on_data(self, data: Data, arrived_s: float, departed_s: float) -> list[Event]:
        self._unacknowledged += 1
        is_due = self._unacknowledged >= ACK_EVERY_FRAMES
        self._ack_s = -_NEVER if is_due else min(self._ack_s, arrived_s + ACK_WITHIN_S)
        frames = self._reception.data(data, departed_s, self._sensors)
        self._advance()
        return list(frames)

    def _on_answer(self, answer: Answer, at_s: float) -> list[Event]:
        ended = self._commands.answered(answer)
        if ended is None:
            self._counts.stray += 1
            return []
        code, event = ended
        if code in _RESTARTS and event.status == 0:
            self._quiet_until_s, self._is_quiet_over_at_a_frame = at_s + self._quiet_s, False
        return [event]

    # what is due

    def _look(self, now_s: float) -> None:
        """What time alone brings."""
        if self._started_s is None:
            self._started_s, self._ask_s = now_s, _NEVER
            self.line_opened(now_s)
        if self._is_confirmed and now_s - self._heard_s >= CLOSED_AFTER_S:
            self._happened += self._close(f"nothing was heard of the board for {CLOSED_AFTER_S:g} s")
            self._hello = None
            self._ask_s = now_s + SILENT_S

    def _due_messages(self, now_s: float) -> list[Message]:
        due: list[Message] = []
        if now_s < self._quiet_until_s:
            return due
        if self._is_refusal_due and now_s >= self._refuse_s:
            self._is_refusal_due, self._refuse_s = False, now_s + REFUSE_AGAIN_S
            due.append(Refuse(*self._versions))
        if now_s >= self._ask_s:
            self._asked_s, self._ask_s = now_s, now_s + SILENT_S
            due.append(Ask(WHOLE_HELLO, *self._versions))
        if not self._is_confirmed:
            if self._may_open() and now_s >= self._open_s and self._hello is not None:
                self._open_s = now_s + OPEN_AGAIN_S if now_s - self._heard_s < SILENT_S else _NEVER
                due.append(Open(self._session, self._hello.boot, min(self._versions[1], self._hello.max_version)))
            return due
        if not self._is_open:
            if now_s >= self._sensors_s:
                self._sensors_s = now_s + SENSORS_AGAIN_S
                due.append(Ask(EVERY_SENSOR, *self._versions))
            return due
        if now_s >= self._ack_s:
            due.append(self._ack(now_s))
        due += self._due_command(now_s)
        due += self._wants.values()
        self._wants = {}
        return due

    def _may_open(self) -> bool:
        return self._hello is not None and not self._reception.is_waiting

    def _due_command(self, now_s: float) -> list[Message]:
        room = self._hello.frame_max - OVERHEAD_BYTES - _COMMAND_HEAD_BYTES if self._hello is not None else 0
        command, ended = self._commands.outgoing(now_s, self._session, room)
        if ended is not None:
            self._happened.append(ended)
        return [command] if command is not None else []

    def _ack(self, now_s: float) -> Ack:
        self._unacknowledged = 0
        ack = self._reception.ack(self._session, is_held=self._is_held)
        self._credit_said = ack.credit
        is_awaited = self._reception.not_durable > 0 and now_s - self._heard_s < TALKS_S
        self._ack_s = now_s + ACK_AGAIN_S if is_awaited else _NEVER
        return ack

    def _advance(self) -> None:
        if self._is_open and self._reception.advance():
            self._ack_s = -_NEVER

    def _close(self, why: str) -> list[Event]:
        was_open, self._is_open = self._is_open, False
        self._is_confirmed, self._session, self._ack_s, self._wants = False, NO_SESSION, _NEVER, {}
        self._sensors = {}
        ended: Answered | None = self._commands.closed()
        return [*([ended] if ended is not None else []), *([Closed(why)] if was_open else [])]

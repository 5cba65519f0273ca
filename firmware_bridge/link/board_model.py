"""The board's end of the link as a Python model: the rules of docs/specs/link.md with a byte-limited store.

For tests, benchmarks and simulated boards; real ones run the C library of firmware_bridge/board, which follows the same rules.
`now_s` is the board's own clock. It says one frame at a time and waits until that has left (`byte_s` a byte).
"""

import hashlib
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from firmware_bridge.link import records
from firmware_bridge.link.board_pictures import Pictures
from firmware_bridge.link.board_store import Kept, Store
from firmware_bridge.link.body import Cursor, Malformed
from firmware_bridge.link.commands import Code, Status
from firmware_bridge.link.frame import END, OVERHEAD_BYTES, WIRE_OVERHEAD_BYTES, Cutter
from firmware_bridge.link.messages import (
    ALL_SETS,
    EVERY_SENSOR,
    FROM_GATEWAY,
    NO_SESSION,
    RECORDS_BYTES,
    WHOLE_HELLO,
    Ack,
    Answer,
    Ask,
    Command,
    Hello,
    LogText,
    Message,
    Open,
    SensorSet,
    Want,
    wire,
)
from firmware_bridge.link.varint import ahead

HELLO_AGAIN_S = 1.0
WAIT_S = 2.0  # without a frame of the gateway, in a session
RESEND_S, RESEND_CEILING_S, RESEND_FRAMES = 0.25, 2.0, 3
LOGS = 4
WAKE_S = 1.0
_NEVER = float("inf")

Own = Callable[[int, bytes], tuple[int, bytes]]
"""A firmware's own command: code and arguments → status and what it returns."""


@dataclass(frozen=True, slots=True)
class Ordered:
    """A command that the firmware has to do something about; the answer is on its way already."""

    code: int
    set_index: int = ALL_SETS
    ms: int = 0


def _no_own(_code: int, _arguments: bytes) -> tuple[int, bytes]:
    return Status.UNKNOWN, b""


class BoardEnd:
    """A board that started at `started_s`. `hello` says who it is (its boot number too); session, frames and counts are filled in."""

    def __init__(
        self,
        hello: Hello,
        sensors: Sequence[SensorSet],
        *,
        byte_s: float,
        started_s: float,
        store_bytes: int = 1200,
        records_bytes: int = RECORDS_BYTES,
        own: Own = _no_own,
    ) -> None:
        self.store = Store(store_bytes, hello.oldest, records_bytes)
        self.intervals_ms = {sensor.index: sensor.interval_ms for sensor in sensors}
        self.restart_due: Code | None = None  # set when the answer to the order has left
        self.malformed_count = 0
        self.resent_count = 0
        self._hello = hello
        self._sensors = [replace(sensor, set_count=len(sensors)) for sensor in sensors]
        self._byte_s = byte_s
        self._started_s = started_s
        self._own = own
        self._cutter = Cutter()
        self._session = NO_SESSION
        self._pictures = Pictures()
        self._answers: deque[Answer] = deque(maxlen=1)
        self._last_command: tuple[int, Answer] | None = None
        self._restart: Code | None = None
        self._logs: deque[LogText] = deque(maxlen=LOGS)
        self._sensors_due: list[SensorSet] = []
        self._hello_s = -_NEVER
        self._heard_s = -_NEVER
        self._free_s = -_NEVER
        self._wrote_s = -_NEVER
        self._limit = self.store.oldest  # frames before it may be sent
        self._order = 0
        self._resend_s = self._first_resend_s = max(RESEND_S, RESEND_FRAMES * 256 * byte_s)

    @property
    def session(self) -> int:
        return self._session

    @property
    def is_offering(self) -> bool:
        """Whether a picture is not forgotten yet."""
        return self._pictures.is_offering

    # what the firmware says

    def reading(self, set_index: int, values: Mapping[str, records.Value], now_s: float, quality: int = 0) -> bool:
        """Keep a reading; False where the store had no room, which is counted."""
        return self.store.add(*records.encode_values(self._sensors[set_index], values, quality), self._ms(now_s))

    def log(self, level: int, text: str) -> None:
        """Have a line read; of many the newest four."""
        self._logs.append(LogText(level, text))

    def offer(self, data: bytes, now_s: float, sha256: bytes | None = None) -> int:
        """Offer a picture until the gateway has it, in the place of one that is offered already; return its number."""
        return self._pictures.offer(data, hashlib.sha256(data).digest() if sha256 is None else sha256, now_s)

    # the line

    def received(self, data: bytes, now_s: float) -> list[Ordered]:
        """Take what came; return what the firmware is ordered to do."""
        ordered: list[Ordered] = []
        for raw in self._cutter.feed(data):
            read = FROM_GATEWAY.get(raw.kind)  # type: ignore[call-overload]
            if read is None or len(raw.body) + OVERHEAD_BYTES > self._hello.frame_max:
                continue
            self._heard_s = now_s
            try:
                ordered += self._on_message(read(raw.body), now_s)
            except Malformed:
                self.malformed_count += 1
        return ordered

    def outgoing(self, now_s: float) -> bytes:
        """Return the next frame if the line is free and something is due, else b""."""
        message = self._next_message(now_s) if now_s >= self._free_s else None
        if message is None:
            return b""
        said = wire(message)
        if now_s - self._wrote_s >= WAKE_S:
            said = END + said
        self._free_s = self._wrote_s = now_s + len(said) * self._byte_s
        if self._restart is not None and isinstance(message, Answer):
            self.restart_due = self._restart
        return said

    def due_s(self) -> float:
        """Return when `outgoing` next has something, if nothing comes."""
        if self._answers or self._sensors_due or self._logs:
            return self._free_s
        due = [self._next_hello_s()]
        if self._session != NO_SESSION:
            newest = self._newest_received()
            due += [self._data_due_s(kept, at, newest) for at, kept in enumerate(self.store.frames)]
            due.append(self._pictures.due_s())
        return max(self._free_s, min(due))

    def _next_hello_s(self) -> float:
        if self._session == NO_SESSION:
            return self._hello_s + HELLO_AGAIN_S
        if self._hello_s == -_NEVER:
            return -_NEVER
        return max(self._hello_s, self._heard_s) + WAIT_S if self.store.frames else _NEVER

    def _next_message(self, now_s: float) -> Message | None:
        if self._answers:
            return self._answers.popleft()
        if now_s >= self._next_hello_s():
            self._hello_s = now_s
            return self.hello(now_s)
        if self._sensors_due:
            return self._sensors_due.pop(0)
        if self._logs:
            return self._logs.popleft()
        if self._session == NO_SESSION:
            return None
        newest = self._newest_received()
        for at, kept in enumerate(self.store.frames):
            if now_s >= self._data_due_s(kept, at, newest):
                return self._send(kept, at, now_s)
        return self._pictures.next_message(now_s)

    def hello(self, now_s: float) -> Hello:
        """Return what the board says of itself now."""
        return replace(
            self._hello,
            session=self._session,
            oldest=self.store.oldest,
            next=self.store.next,
            uptime_ms=self._ms(now_s) & 0xFFFF_FFFF,
            lost=min(self.store.lost_count, 0xFFFF_FFFF),
            set_count=len(self._sensors),
        )

    def _newest_received(self) -> int:
        """Which sending was the last that is known to have arrived."""
        return max((kept.order for kept in self.store.frames if kept.is_received), default=0)

    def _data_due_s(self, kept: Kept, at: int, newest_received: int) -> float:
        """When a frame may go (again): at once while unsent or known to be missing, else after its time-out; never beyond credit."""
        if kept.is_received or not self._is_allowed(at):
            return _NEVER
        if kept.order == 0 or newest_received > kept.order:
            return -_NEVER
        return kept.sent_s + self._resend_s

    def _is_allowed(self, at: int) -> bool:
        return at < ahead(self._limit, self.store.oldest) < 0x8000

    def _send(self, kept: Kept, at: int, now_s: float) -> Message:
        if kept.order:
            self.resent_count += 1
            if now_s >= kept.sent_s + self._resend_s:
                self._resend_s = min(2 * self._resend_s, max(RESEND_CEILING_S, self._first_resend_s))
        self._order += 1
        kept.order = self._order
        data = self.store.data(at, self._ms(now_s))
        kept.sent_s = now_s + (len(data.records) + 6 + WIRE_OVERHEAD_BYTES) * self._byte_s
        return data

    # what the gateway says

    def _on_message(self, message: Message, now_s: float) -> list[Ordered]:
        if isinstance(message, Ask):
            self._hello_s = -_NEVER if message.what & WHOLE_HELLO else self._hello_s
            self._sensors_due = list(self._sensors) if message.what & EVERY_SENSOR else self._sensors_due
        elif isinstance(message, Open):
            self._on_open(message)
        elif self._session != NO_SESSION and getattr(message, "session", NO_SESSION) == self._session:
            if isinstance(message, Ack):
                self._on_ack(message)
            elif isinstance(message, Want):
                self._pictures.wanted(message, now_s)
            elif isinstance(message, Command):
                return self._on_command(message)
        return []

    def _on_open(self, opened: Open) -> None:
        if opened.boot != self._hello.boot or not self._hello.min_version <= opened.version <= self._hello.max_version:
            return
        self._hello_s = -_NEVER
        if opened.session == self._session:
            return
        self._session = opened.session
        self._limit = self.store.oldest
        self._resend_s = self._first_resend_s
        self._last_command = None
        self._answers.clear()
        self._sensors_due = list(self._sensors)
        self._pictures.session_began()
        self.store.all_unsent()

    def _on_ack(self, ack: Ack) -> None:
        store = self.store
        received, durable = ahead(ack.next, store.oldest), ahead(ack.durable, store.oldest)
        if received > len(store.frames) or durable > received:
            return  # of an earlier time, or of no time at all
        is_moved = durable > 0
        for at, kept in enumerate(store.frames):
            if kept.is_received or not kept.order:
                continue
            if at < received or (0 <= at - received - 1 < 32 and ack.have >> at - received - 1 & 1):
                kept.is_received = is_moved = True
        store.forget(durable)
        self._limit = (ack.next + ack.credit) & 0xFFFF
        if is_moved:
            self._resend_s = self._first_resend_s

    def _on_command(self, command: Command) -> list[Ordered]:
        if self._last_command is not None and self._last_command[0] == command.id:
            self._answers.append(self._last_command[1])
            return []
        status: int = Status.BAD_ARGUMENT
        returned, ordered = b"", list[Ordered]()
        try:
            status, returned, ordered = self._do(command.code, Cursor(command.arguments))
        except Malformed:
            self.malformed_count += 1
        answer = Answer(self._session, command.id, status, returned)
        self._answers.append(answer)
        self._last_command = (command.id, answer)
        return ordered

    def _do(self, code: int, arguments: Cursor) -> tuple[int, bytes, list[Ordered]]:
        if code == Code.SET_INTERVAL:
            index, ms = arguments.u8(), int.from_bytes(arguments.take(4), "little")
            chosen = self._chosen(index)
            self.intervals_ms.update(dict.fromkeys(chosen, ms))
            self._sensors = [replace(one, interval_ms=self.intervals_ms[one.index]) for one in self._sensors]
            self._sensors_due = list(self._sensors)
            return Status.DONE, ms.to_bytes(4, "little"), [Ordered(code, index, ms)]
        if code == Code.READ:
            index = arguments.u8()
            self._chosen(index)
            return Status.DONE, b"", [Ordered(code, index)]
        if code == Code.IDENTIFY:
            return Status.DONE, b"", [Ordered(code, ms=int.from_bytes(arguments.take(2), "little"))]
        if code in (Code.RESTART, Code.BOOTLOADER):
            self._restart = Code(code)
            return Status.DONE, b"", [Ordered(code)]
        if code == Code.SET_IDENTITY:
            self._hello = replace(self._hello, device=arguments.text8(), site=arguments.text8())
            self._hello_s = -_NEVER
            return Status.DONE, b"", [Ordered(code)]
        status, returned = self._own(code, arguments.rest())
        return status, returned, []

    def _chosen(self, index: int) -> list[int]:
        if index != ALL_SETS and index not in self.intervals_ms:
            raise Malformed(f"set {index}")
        return [index] if index != ALL_SETS else list(self.intervals_ms)

    def _ms(self, now_s: float) -> int:
        return round((now_s - self._started_s) * 1000)

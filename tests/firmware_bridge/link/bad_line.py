"""Both ends of a link on one simulated line: time is moved, each byte takes its time, and faults are chosen by the caller.

A fault is a function from the bytes of one `outgoing` and the random numbers to what arrives: [(delay_s, bytes), …], in order.
"""

import itertools
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random

from firmware_bridge.link import records
from firmware_bridge.link.board_model import BoardEnd, Ordered
from firmware_bridge.link.events import Event, Frame, FrameIdentity, Opened
from firmware_bridge.link.host import HostEnd
from firmware_bridge.link.messages import Hello, SensorField, SensorSet

BYTE_S = 10 / 115_200
COUNTER_SET = SensorSet(0, "count", (SensorField(0, "n"),))
Fault = Callable[[bytes, Random], list[tuple[float, bytes]]]


def clean(data: bytes, _: Random) -> list[tuple[float, bytes]]:
    return [(0.0, data)]


def dropping(share: float) -> Fault:
    return lambda data, rng: [] if rng.random() < share else [(0.0, data)]


def flipping(share: float) -> Fault:
    def flip(data: bytes, rng: Random) -> list[tuple[float, bytes]]:
        if rng.random() >= share:
            return [(0.0, data)]
        at = rng.randrange(len(data))
        return [(0.0, data[:at] + bytes((data[at] ^ 1 << rng.randrange(8),)) + data[at + 1 :])]

    return flip


def duplicating(share: float) -> Fault:
    return lambda data, rng: [(0.0, data)] * (2 if rng.random() < share else 1)


def delaying(most_s: float) -> Fault:
    return lambda data, rng: [(rng.uniform(0, most_s), data)]


def splitting(data: bytes, rng: Random) -> list[tuple[float, bytes]]:
    cuts = sorted({0, len(data), *(rng.randrange(len(data) + 1) for _ in range(3))})
    return [(0.0, data[a:b]) for a, b in itertools.pairwise(cuts)]


def noisy(share: float) -> Fault:
    return lambda data, rng: [(0.0, rng.randbytes(rng.randrange(1, 40)) if rng.random() < share else b""), (0.0, data)]


def all_of(*faults: Fault) -> Fault:
    def every(data: bytes, rng: Random) -> list[tuple[float, bytes]]:
        pieces = [(0.0, data)]
        for fault in faults:
            pieces = [(delay + more, piece) for delay, part in pieces if part for more, piece in fault(part, rng)]
        return pieces

    return every


@dataclass
class Spool:
    """A spool whose fsync takes `fsync_s`; what is durable survives the gateway's end, receipts too."""

    fsync_s: float = 0.0
    stored: list[int] = field(default_factory=list)
    times_s: list[float] = field(default_factory=list)
    lost: int = 0
    receipts: set[FrameIdentity] = field(default_factory=set)
    waiting: list[tuple[FrameIdentity, Frame]] = field(default_factory=list)
    syncing: list[tuple[FrameIdentity, Frame]] = field(default_factory=list)
    done_s: float = float("inf")

    def crash(self) -> None:
        self.waiting, self.syncing, self.done_s = [], [], float("inf")

    def take(self, uid: bytes, frame: Frame, now_s: float) -> None:
        self.waiting.append((FrameIdentity(uid, frame.boot, frame.seq, frame.body_hash), frame))
        self._begin(now_s)

    def _begin(self, now_s: float) -> None:
        if not self.syncing and self.waiting:
            self.syncing, self.waiting, self.done_s = self.waiting, [], now_s + self.fsync_s

    def look(self, now_s: float) -> list[FrameIdentity]:
        """Return the frames that became durable."""
        if now_s < self.done_s:
            return []
        done, self.syncing, self.done_s = self.syncing, [], float("inf")
        for identity, frame in done:
            self.receipts.add(identity)
            self.times_s += [record.taken_s for record in frame.records if record.lost is None]
            self.stored += [record.values["n"] for record in frame.records if record.lost is None]  # type: ignore[misc]
            self.lost += sum(record.lost.count for record in frame.records if record.lost is not None)
        self._begin(now_s)
        return [identity for identity, _ in done]


class Bench:
    """A board that counts, a line and a gateway."""

    def __init__(
        self,
        *,
        to_host: Fault = clean,
        to_board: Fault = clean,
        fsync_s: float = 0.0,
        store_bytes: int = 1200,
        seed: int = 1,
        first_seq: int = 0,
        boot: int = 7,
        byte_s: float = BYTE_S,
    ) -> None:
        self.now_s = 1000.0
        self.rng = Random(seed)
        self.to_host, self.to_board = to_host, to_board
        self.byte_s, self.store_bytes = byte_s, store_bytes
        self.spool = Spool(fsync_s)
        self.events: list[Event] = []
        self.ordered: list[Ordered] = []
        self.taken: list[tuple[int, float]] = []  # what the board kept: number and time
        self.refused = 0
        self.wiped: set[int] = set()  # what a board forgot by restarting: nobody promised it
        self.line_up: deque[tuple[float, bytes]] = deque()
        self.line_down: deque[tuple[float, bytes]] = deque()
        self.number = 0
        self.uid = b"board"
        self.boot = boot
        self.board = self.new_board(first_seq)
        self.host = self.new_host()

    def new_board(self, first_seq: int = 0) -> BoardEnd:
        hello = Hello(self.boot, oldest=first_seq, board="model", firmware="counter", version="1.0.0", uid=self.uid)
        return BoardEnd(hello, [COUNTER_SET], byte_s=self.byte_s, started_s=self.now_s, store_bytes=self.store_bytes)

    def new_host(self) -> HostEnd:
        known = self.spool.receipts.__contains__
        return HostEnd(new_session=lambda: self.rng.randrange(1 << 16), byte_s=self.byte_s, known=known, quiet_s=0.0)

    def restart_board(self, *, boot: int | None = None) -> None:
        self.wiped |= set(self.kept_numbers())
        self.line_up.clear()
        self.boot = self.boot + 1 if boot is None else boot
        self.board = self.new_board()

    def kept_numbers(self) -> list[int]:
        """What the board keeps now."""
        return [n for frame in self.board.store.frames for n in numbers(bytes(frame.records))]

    def restart_host(self) -> None:
        self.spool.crash()
        self.line_down.clear()
        self.host = self.new_host()

    def measure(self) -> bool:
        self.number += 1
        if self.board.reading(0, {"n": self.number}, self.now_s):
            self.taken.append((self.number, self.now_s))
            return True
        self.refused += 1
        return False

    def run(self, seconds: float, until: Callable[[], bool] = lambda: False) -> bool:
        """Let `seconds` pass, from event to event; stop and return True once `until` holds."""
        end_s = self.now_s + seconds
        while True:
            self._exchange()
            if until():
                return True
            if self.now_s >= end_s:
                return False
            self.now_s = min(end_s, max(self.now_s + 0.0005, self._next_s()))

    def _next_s(self) -> float:
        times = [self.board.due_s(), self.host.due_s(), self.spool.done_s]
        times += [line[0][0] for line in (self.line_up, self.line_down) if line]
        return min(times)

    def _exchange(self) -> None:
        while said := self.board.outgoing(self.now_s):
            self._put(self.line_up, said, self.to_host)
        if said := self.host.outgoing(self.now_s):
            self._put(self.line_down, said, self.to_board)
        assert min(self.host.due_s(), self.board.due_s()) > self.now_s, "due, and then nothing is said: its owner would spin"
        while self.line_up and self.line_up[0][0] <= self.now_s:
            at_s, data = self.line_up.popleft()
            self._happened(self.host.received(data, at_s))
        self._happened(self.host.received(b"", self.now_s))
        while self.line_down and self.line_down[0][0] <= self.now_s:
            _, data = self.line_down.popleft()
            kept = self.kept_numbers()
            self.ordered += self.board.received(data, self.now_s)
            forgotten = set(kept) - set(self.kept_numbers())
            assert forgotten <= set(self.spool.stored), "forgotten before it was durable"
        for done in self.spool.look(self.now_s):
            self.host.durable(done.boot, (done.seq + 1) & 0xFFFF)

    def _put(self, line: deque[tuple[float, bytes]], said: bytes, fault: Fault) -> None:
        for delay_s, piece in fault(said, self.rng):
            if piece:
                earliest_s = line[-1][0] if line else 0.0
                line.append((max(self.now_s + delay_s, earliest_s) + len(piece) * self.byte_s, piece))

    def _happened(self, events: list[Event]) -> None:
        self.events += events
        for event in events:
            if isinstance(event, Frame):
                self.spool.take(self.uid, event, self.now_s)

    @property
    def opened(self) -> int:
        return sum(isinstance(event, Opened) for event in self.events)

    def is_settled(self) -> bool:
        return not self.board.store.frames


def numbers(data: bytes) -> list[int]:
    """The counter values in the records of a frame."""
    found, _ = records.decode(data, 0, 0.0, {0: COUNTER_SET})
    return [record.values["n"] for record in found if record.lost is None]  # type: ignore[misc]

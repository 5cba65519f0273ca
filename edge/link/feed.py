"""From what a board sent to the intake, on a thread of its own: the disk may be slow, and the thread that reads the port must not wait.

Frames that came together go in together, with one acknowledgement; it is settled when they are durable, and only then does the board
hear of it. Pictures are written here too.
"""

import threading
import zlib
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import groupby

from edge.intake import SourceIntake, Taken
from edge.link.described import Described
from edge.link.known import token_of
from edge.link.picture_desk import SILENT_S, PictureGetter
from edge.link.picture_files import Finished, PictureFiles
from edge.sources.link_settings import PictureSettings
from edge.spool.loss import Loss
from edge.spool.receipts import Receipts
from firmware_bridge.link.events import Frame, PictureOffered
from firmware_bridge.link.messages import Chunk
from firmware_bridge.link.records import Lost, Record
from runtime.clock import Clock
from runtime.logs import Log
from telemetry import quality
from telemetry.point import FieldValue, Reading

_LOG = Log("edge.link")
_NUMBERS = 1 << 16
_MOST_FRAMES = 64  # in one chunk
_HELD_FRAMES, _FREE_FRAMES = 64, 16  # waiting for the intake: from so many on the board is held, until there are so few
_MOST_PICTURE_EVENTS = 32
_MOST_ITEMS = 1000  # of a board whose sessions come and go while the intake takes nothing
_URGENT_BYTES = 300  # not durable: a quarter of what a board with 2 KB of memory has for readings
_FRAME_BYTES, _RECORD_BYTES, _VALUE_BYTES = 12, 2, 2
_MOST_LOST = 10_000_000  # believed of one LOST record
_WAIT_S = 0.25
_PICTURES = zlib.crc32(b"pictures")  # token of their receipts


@dataclass(frozen=True, slots=True)
class _Came:
    """A frame, and what its board had said of its sets."""

    uid: bytes
    described: Described
    frame: Frame


@dataclass(frozen=True, slots=True)
class _Opened:
    """A session of `device`, and what cannot be stored of its description."""

    device: str
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Told:
    """The reading of a picture is durable."""

    sha256: str


@dataclass(frozen=True, slots=True)
class _Own:
    """A reading of the link itself."""

    reading: Reading


class _Replugged:
    """The board had no power in between."""


class _SessionOver:
    """What the board offered is not on offer any more."""


_Item = _Came | _Opened | _Own | _Told | PictureOffered | Chunk | _Replugged | _SessionOver


@dataclass(slots=True)
class _Pending:
    """The acknowledgement of the frames of one chunk (edge/batching/chunk.py)."""

    feed: "Feed"
    boot: int
    token: int
    packet_ids: Sequence[int]
    hashes: Sequence[int]
    size_bytes: int

    def settle(self) -> None:
        self.feed.settle(self.boot, (self.packet_ids[-1] + 1) % _NUMBERS, self.size_bytes)


@dataclass(slots=True)
class _PendingPicture:
    """The acknowledgement of the reading of a picture. Its receipt tells after a crash that the reading is stored."""

    feed: "Feed"
    sha256: str
    token: int = _PICTURES

    @property
    def packet_ids(self) -> Sequence[int]:
        return (_receipt(self.sha256)[0],)

    @property
    def hashes(self) -> Sequence[int]:
        return (_receipt(self.sha256)[1],)

    def settle(self) -> None:
        self.feed.put(_Told(self.sha256))


def told_before(receipts: Sequence[Receipts]) -> Callable[[str], bool]:
    """Return what tells whether the reading of a picture (by its hash) is in the spool, stored by an earlier process."""
    told = {pair for one in receipts if one.token == _PICTURES for pair in zip(one.packet_ids, one.hashes, strict=True)}
    return lambda sha256: _receipt(sha256) in told


def _receipt(sha256: str) -> tuple[int, int]:
    return int(sha256[:4], 16), int(sha256[4:12], 16)


class Feed:
    """`put…` are called by the thread of the port, `run` is the target of a thread, `settle` comes from the writer's.

    `on_durable(boot, next_seq)` and `on_want(picture, offset, chunks)` are told from other threads than the port's.
    """

    def __init__(
        self,
        intake: SourceIntake,
        clock: Clock,
        age_believed_s: float,
        files: tuple[PictureFiles, PictureSettings] | None,
        on_durable: Callable[[int, int], None],
        on_want: Callable[[int, int, int], None],
        told: Callable[[str], bool] = lambda _: False,
    ) -> None:
        self._intake = intake
        self._clock = clock
        self._age_believed_ns = round(age_believed_s * 1e9)
        self._on_durable = on_durable
        self._on_want = on_want
        self._items: deque[_Item] = deque()
        self._frame_count = self._picture_count = 0
        self._lock = threading.Condition()
        self._is_held = False
        self._not_durable_bytes = 0
        self._device = intake.source
        most_bytes = int(files[1].max_bytes) if files else 0
        self._pictures = PictureGetter(files[0] if files else None, most_bytes, self, self._picture_name, told)
        self._takes_pictures = True

    # by the thread of the port

    def put_frame(self, uid: bytes, described: Described, frame: Frame) -> None:
        with self._lock:
            self._frame_count += 1
        self.put(_Came(uid, described, frame))

    def put_described(self, device: str, faults: tuple[str, ...]) -> None:
        """A session began: its readings and pictures are those of `device`."""
        self.put(_Opened(device, faults))

    def put_own(self, reading: Reading) -> None:
        """A reading of the link itself, which is no sign of life of the board."""
        self.put(_Own(reading))

    def put_replugged(self) -> None:
        self.put(_Replugged())

    def put_picture(self, event: PictureOffered | Chunk) -> None:
        """What of it is too much is asked for again."""
        with self._lock:
            if self._picture_count >= _MOST_PICTURE_EVENTS:
                return
            self._picture_count += 1
        self.put(event)

    def put_session_over(self) -> None:
        self.put(_SessionOver())

    def put(self, item: _Item) -> None:
        with self._lock:
            if len(self._items) >= _MOST_ITEMS and isinstance(item, _Opened | _Own | _SessionOver | _Replugged):
                return
            self._items.append(item)
            self._lock.notify()

    def wake(self) -> None:
        """Look at `stopping` again."""
        with self._lock:
            self._lock.notify()

    @property
    def is_held(self) -> bool:
        """Whether the board must wait: the intake does not take what came."""
        with self._lock:
            self._is_held = self._frame_count >= (_FREE_FRAMES if self._is_held else _HELD_FRAMES)
            return self._is_held

    # by the writer's thread

    def settle(self, boot: int, next_seq: int, size_bytes: int) -> None:
        """Frames are durable, in order."""
        with self._lock:
            self._not_durable_bytes -= size_bytes
        self._on_durable(boot, next_seq)

    # its own thread

    def run(self, stopping: threading.Event) -> None:
        """Hand on until told to stop and nothing is left. What the intake breaks on stays first in line."""
        while True:
            with self._lock:
                if not self._items and not stopping.is_set():
                    self._lock.wait(min(_WAIT_S, SILENT_S) if self._pictures.is_busy else _WAIT_S)
                items = list(self._items)[:_MOST_FRAMES]
            if not items and stopping.is_set():
                return
            for is_frames, group in groupby(items, key=lambda item: isinstance(item, _Came)):
                self._hand_on(list(group), is_frames=is_frames)
            self._get_pictures(lambda: self._pictures.look(self._clock.monotonic_s()))

    def _hand_on(self, items: Sequence[_Item], *, is_frames: bool) -> None:
        if is_frames:
            came = [item for item in items if isinstance(item, _Came)]
            for _, alike in groupby(came, key=lambda one: (one.uid, one.frame.boot)):
                group = list(alike)
                self._take(group)
                self._done_with(len(group))
            return
        for item in items:
            if not isinstance(item, _Came):
                self._take_other(item)
            self._done_with(1)

    def _done_with(self, count: int) -> None:
        with self._lock:
            for _ in range(count):
                item = self._items.popleft()
                self._frame_count -= isinstance(item, _Came)
                self._picture_count -= isinstance(item, PictureOffered | Chunk)

    def _take(self, group: Sequence[_Came]) -> None:
        now_ns = self._clock.boot_ns()
        readings: list[Taken] = []
        losses: list[Loss] = []
        faults: list[str] = []
        size_bytes = 0
        for came in group:
            size_bytes += _FRAME_BYTES + sum(_RECORD_BYTES + _VALUE_BYTES * len(record.values) for record in came.frame.records)
            for record in came.frame.records:
                taken_ns = round(record.taken_s * 1e9)
                if record.lost:
                    losses.append(self._lost(record.lost, taken_ns))
                elif reading := came.described.reading(record):
                    readings.append(Taken(self._marked(reading, now_ns - taken_ns), taken_ns))
                elif record.values:
                    losses.append(self._left_out(record, taken_ns))
            if came.frame.fault:
                faults.append(f"frame {came.frame.seq} of boot {came.frame.boot}: {came.frame.fault}")
        first = group[0]
        seqs, hashes = [came.frame.seq for came in group], [came.frame.body_hash for came in group]
        pending = _Pending(self, first.frame.boot, token_of(first.uid, first.frame.boot), seqs, hashes, size_bytes)
        with self._lock:
            self._not_durable_bytes += size_bytes
            is_urgent = self._not_durable_bytes >= _URGENT_BYTES
        self._intake.taken(readings, len(group), pending, losses, faults, is_urgent=is_urgent)

    def _marked(self, reading: Reading, age_ns: int) -> Reading:
        """A board's oscillator is no clock: after long enough its count of milliseconds is an estimate. So is an age below 0."""
        is_estimated = age_ns > self._age_believed_ns or age_ns < 0
        return reading._replace(quality=reading.quality | quality.CLOCK_ESTIMATED) if is_estimated else reading

    def _lost(self, lost: Lost, from_ns: int) -> Loss:
        count = min(lost.count, _MOST_LOST)
        detail = f"{self._device}: its store was full for {lost.span_ms / 1000:.1f} s"
        if count < lost.count:
            detail += f"; the board says {lost.count} readings, which nobody believes"
        until_ns = min(from_ns + lost.span_ms * 1_000_000, self._clock.boot_ns())
        return Loss(
            "board store full", self._intake.source, count, self._intake.time_of(from_ns), self._intake.time_of(until_ns), detail=detail
        )

    def _left_out(self, record: Record, taken_ns: int) -> Loss:
        at_ns = self._intake.time_of(taken_ns)
        return Loss("decoder rejected", self._intake.source, 1, at_ns, at_ns, detail=f"no field of set {record.set_index} can be stored")

    def _take_other(self, item: "_Item") -> None:
        now_s = self._clock.monotonic_s()
        if isinstance(item, _Opened):
            self._device = item.device
            if item.reasons:
                self._intake.taken((), 0, faults=item.reasons)
        elif isinstance(item, _Own):
            self._intake.own((item.reading,))
        elif isinstance(item, _Replugged):
            self._intake.device_restarted()
        elif isinstance(item, PictureOffered):
            self._get_pictures(lambda: self._pictures.offered(item, now_s))
        elif isinstance(item, Chunk):
            self._get_pictures(lambda: self._pictures.came(item, now_s))
        elif isinstance(item, _Told):
            self._get_pictures(lambda: self._pictures.told(item.sha256))
        elif isinstance(item, _SessionOver):
            self._pictures.closed()

    # pictures (edge/link/picture_desk.py: Desk)

    def want(self, picture: int, offset: int, chunks: int) -> None:
        self._on_want(picture, offset, chunks)

    def finished(self, finished: Finished, offer: PictureOffered) -> None:
        fields: dict[str, FieldValue] = {
            "picture_bytes": float(finished.size_bytes),
            "picture": finished.file,
            "picture_sha256": finished.sha256,
        }
        reading = Reading("camera", {"device": self._device}, fields)
        taken_ns = round(offer.taken_s * 1e9)
        reading = self._marked(reading, self._clock.boot_ns() - taken_ns)
        if finished.shed:
            detail = "the oldest went for newer ones (pictures.keep_bytes, pictures.keep_count)"
            self._intake.lose(Loss("pictures shed", self._intake.source, finished.shed, None, None, detail=detail))
        self._intake.taken([Taken(reading, taken_ns)], 1, _PendingPicture(self, finished.sha256))

    def refused(self, reason: str) -> None:
        self._intake.lose(Loss("picture refused", self._intake.source, 1, None, None, detail=reason))

    def _picture_name(self, offer: PictureOffered) -> tuple[str, int]:
        taken_ns = self._intake.time_of(round(offer.taken_s * 1e9))
        return self._device, self._clock.wall_ns() if taken_ns is None else taken_ns

    def _get_pictures(self, step: Callable[[], None]) -> None:
        """What the disk does not take of a picture costs that picture, which is offered again, and no reading."""
        try:
            step()
        except OSError as error:
            self._pictures.closed()
            if self._takes_pictures:
                _LOG.warning("link.picture_failed", source=self._intake.source, reason=error)
            self._takes_pictures = False
        else:
            self._takes_pictures = True

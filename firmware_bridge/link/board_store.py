"""What a board keeps: frames of readings in a store of so many bytes, and the account of what had no room.

Model of the board library's own store (firmware_bridge/board): a frame is filled until it is sent for the first time or full, then its
records never change again, so that it is the same frame at each sending.
"""

from collections import deque
from dataclasses import dataclass

from firmware_bridge.link import records, varint
from firmware_bridge.link.messages import LARGEST_AGE_MS, RECORDS_BYTES, Data
from firmware_bridge.link.records import Lost

FRAME_BYTES = 8  # what a frame costs beside its records: length, time of the first record, which sending, when


@dataclass(slots=True)
class Kept:
    """A frame. `order` counts sendings: 0 means unsent in this session."""

    records: bytearray
    first_ms: int
    last_ms: int
    is_closed: bool = False
    order: int = 0
    sent_s: float = 0.0
    is_received: bool = False


class Store:
    """Frames from number `oldest` on."""

    def __init__(self, size_bytes: int, oldest: int = 0, frame_bytes: int = RECORDS_BYTES) -> None:
        self.oldest = oldest
        self.lost_count = 0
        self.frames: deque[Kept] = deque()
        self._size_bytes = size_bytes
        self._frame_bytes = frame_bytes
        self._used_bytes = 0
        self._lost: Lost | None = None
        self._lost_ms = 0

    @property
    def next(self) -> int:
        """The number of the frame that would be begun next."""
        return (self.oldest + len(self.frames)) & 0xFFFF

    @property
    def room_bytes(self) -> int:
        return self._size_bytes - self._used_bytes

    def add(self, head: int, rest: bytes, at_ms: int) -> bool:
        """Keep a record; where there is no room, count it. What was lost before is said in front of the first for which there is."""
        pieces = [(head, rest, at_ms)]
        if self._lost is not None:
            pieces.insert(0, (*records.encode_lost(self._lost), self._lost_ms))
        if self._cost_bytes(pieces) > self.room_bytes:
            self._count_lost(at_ms)
            return False
        for piece in pieces:
            self._put(*piece)
        self._lost = None
        return True

    def data(self, at: int, now_ms: int) -> Data:
        """Return frame `at` of those that are kept, as it leaves now; it does not grow any more."""
        kept = self.frames[at]
        kept.is_closed = True
        return Data((self.oldest + at) & 0xFFFF, min(max(0, now_ms - kept.first_ms), LARGEST_AGE_MS), bytes(kept.records))

    def forget(self, count: int) -> None:
        """Forget the `count` oldest frames."""
        for _ in range(count):
            kept = self.frames.popleft()
            self._used_bytes -= len(kept.records) + FRAME_BYTES
        self.oldest = (self.oldest + count) & 0xFFFF

    def all_unsent(self) -> None:
        """Another session: nothing was sent in it."""
        for kept in self.frames:
            kept.order, kept.is_received = 0, False

    def _cost_bytes(self, pieces: list[tuple[int, bytes, int]]) -> int:
        """Return what the records take at most: a frame begins where the last is closed or they may not all fit it."""
        size = sum(1 + len(rest) for _, rest, _ in pieces)
        last = self.frames[-1] if self.frames else None
        is_begun = last is None or last.is_closed
        afters = 0 if last is None else sum(len(varint.encode(_after_ms(at_ms, last))) for _, _, at_ms in pieces)
        is_full = last is not None and len(last.records) + size + afters > self._frame_bytes
        return size + (max(afters, len(pieces)) if not is_begun else len(pieces) * 2) + (FRAME_BYTES if is_begun or is_full else 0)

    def _put(self, head: int, rest: bytes, at_ms: int) -> None:
        last = self.frames[-1] if self.frames else None
        if last is not None and not last.is_closed:
            record = bytes((head,)) + varint.encode(_after_ms(at_ms, last)) + rest
            if len(last.records) + len(record) <= self._frame_bytes:
                last.records += record
                last.last_ms = at_ms
                self._used_bytes += len(record)
                return
            last.is_closed = True
        record = bytes((head, 0)) + rest
        if len(record) > RECORDS_BYTES:
            raise ValueError(f"a record of {len(record)} bytes does not fit a frame")
        self.frames.append(Kept(bytearray(record), at_ms, at_ms))
        self._used_bytes += len(record) + FRAME_BYTES

    def _count_lost(self, at_ms: int) -> None:
        self.lost_count += 1
        if self._lost is None:
            self._lost, self._lost_ms = Lost(1, 0), at_ms
        else:
            self._lost = Lost(self._lost.count + 1, at_ms - self._lost_ms)


def _after_ms(at_ms: int, last: Kept) -> int:
    return min(max(0, at_ms - last.last_ms), varint.LARGEST)

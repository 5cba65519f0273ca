"""Which frames came, which were handed out, which are durable: the bookkeeping of the gateway's end."""

from collections import OrderedDict, deque
from typing import Generic, TypeVar

from firmware_bridge.link.messages import WINDOW
from firmware_bridge.link.varint import ahead, is_before

T = TypeVar("T")
_REMEMBERED = 4096


class Window(Generic[T]):
    """Puts the frames of one session in order. Holds at most 32."""

    def __init__(self, first: int) -> None:
        self.next = first
        self._early: dict[int, T] = {}

    def put(self, seq: int, item: T) -> bool:
        """Keep a frame; False if it came before, or is further ahead than was allowed."""
        if ahead(seq, self.next) >= WINDOW or seq in self._early:
            return False
        self._early[seq] = item
        return True

    def in_order(self) -> list[tuple[int, T]]:
        """Return what can be handed on now, and count it as received."""
        ready = []
        while self.next in self._early:
            ready.append((self.next, self._early.pop(self.next)))
            self.next = (self.next + 1) & 0xFFFF
        return ready

    def have(self) -> int:
        """Return bit i for each frame next + 1 + i that came."""
        return sum(1 << ahead(seq, self.next) - 1 for seq in self._early)


class Handed:
    """The frames of one start of one board that were handed out, over all its sessions: none is handed out twice.

    Remembers the 4,096 newest; not durable are at most as many as credit allows.
    """

    def __init__(self, uid: bytes, boot: int) -> None:
        self.uid = uid
        self.boot = boot
        self._hashes: OrderedDict[int, int] = OrderedDict()
        self._pending: deque[int] = deque()
        self._is_pending: set[int] = set()

    @property
    def pending_count(self) -> int:
        """How many are not durable yet."""
        return len(self._pending)

    def add(self, seq: int, body_hash: int) -> bool:
        """Note a frame as handed out; False if it was already."""
        if self._hashes.get(seq) == body_hash:
            return False
        self._hashes[seq] = body_hash
        self._hashes.move_to_end(seq)
        if len(self._hashes) > _REMEMBERED:
            self._hashes.popitem(last=False)
        self._pending.append(seq)
        self._is_pending.add(seq)
        return True

    def durable(self, next_seq: int) -> None:
        """Every frame before `next_seq` is durable."""
        while self._pending and is_before(self._pending[0], next_seq):
            self._is_pending.discard(self._pending.popleft())

    def is_pending(self, seq: int) -> bool:
        """Whether a frame was handed out and is not durable yet."""
        return seq in self._is_pending

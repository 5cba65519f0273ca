"""What became of each QoS 1 message the broker gave us, and which acknowledgements may be sent (MQTT 5, section 4.3.2 and 4.4).

Rules, each against a loss or a doubled reading:

- A message is acknowledged only when it is durable, and only on a connection that delivered it (anew or again). The broker
  redelivers after a reconnect whatever it has no acknowledgement of, so nothing needs to be carried over, and an
  acknowledgement can never confirm somebody else's message.
- Acknowledgements leave in the order of delivery (a MUST of section 4.6), so one that is not durable holds back the later ones.
- Packet ids belong to a session. When the broker has forgotten it, the generation rises and older acknowledgements are discarded.
- A redelivery (DUP) is told from a reused id by its receipt. What is durable is remembered until the broker has proved, by
  answering a ping sent after the acknowledgement, that it knows: from then on the same id and bytes are another message.
"""

from array import array
from collections import deque
from collections.abc import Iterable, Sequence
from enum import Enum

_IDS = 65_536
_UNKNOWN, _DURABLE, _FENCED = 0, 1, 2  # fenced: durable, and its acknowledgement left before the ping that is under way
_RAISE_FENCE = bytes((_UNKNOWN, _FENCED, _FENCED)) + bytes(253)
_CONFIRM_FENCED = bytes((_UNKNOWN, _DURABLE, _UNKNOWN)) + bytes(253)
_LOWER_FENCE = bytes((_UNKNOWN, _DURABLE, _DURABLE)) + bytes(253)


class Seen(Enum):
    """What to do with a message: deliver it; drop it, its acknowledgement will come; drop it and acknowledge again."""

    NEW = "new"
    PENDING = "pending"
    DURABLE = "durable"


class AckWindow:
    """The window of one client's session. Not thread-safe; 0.4 MiB whatever the traffic."""

    def __init__(self) -> None:
        self.generation = 0
        self.pending_count = 0
        self._states = bytearray(_IDS)
        self._deliveries = bytearray(_IDS)  # times an id was delivered and not yet settled (the broker may reuse it)
        self._receipts = array("L" if array("I").itemsize != 4 else "I", bytes(4 * _IDS))
        self._order: deque[int] = deque()  # ids in order of delivery on this connection, not yet acknowledged

    def remember(self, receipts: Iterable[tuple[int, int]]) -> None:
        """Take over (packet id, receipt) of messages that an earlier run made durable. Call before the first connection."""
        for packet_id, receipt in receipts:
            self._states[packet_id] = _DURABLE
            self._receipts[packet_id] = receipt

    def connected(self, session_present: bool) -> None:
        """Begin a connection. Without its session the broker numbers anew: everything of the old generation is forgotten."""
        self._order.clear()
        self._states = self._states.translate(_LOWER_FENCE)
        if not session_present:
            self.generation += 1
            self.pending_count = 0
            self._states = bytearray(_IDS)
            self._deliveries = bytearray(_IDS)

    def classify(self, packet_id: int, dup: bool, receipt: int) -> Seen:
        """Enter a received message (QoS 1) and tell what to do with it."""
        self._order.append(packet_id)
        if dup and self._receipts[packet_id] == receipt:
            if self._deliveries[packet_id]:
                return Seen.PENDING
            if self._states[packet_id]:
                self._states[packet_id] = _DURABLE
                return Seen.DURABLE
        self._receipts[packet_id] = receipt
        self._states[packet_id] = _UNKNOWN
        if self._deliveries[packet_id] < 255:
            self._deliveries[packet_id] += 1
            self.pending_count += 1
        return Seen.NEW

    def settle(self, generation: int, packet_ids: Sequence[int]) -> int:
        """Note that messages are durable; return how many of them are of no use (another generation, or not pending)."""
        if generation != self.generation:
            return len(packet_ids)
        settled = 0
        deliveries, states = self._deliveries, self._states
        for packet_id in packet_ids:
            if deliveries[packet_id]:
                deliveries[packet_id] -= 1
                settled += 1
                if not deliveries[packet_id]:
                    states[packet_id] = _DURABLE
        self.pending_count -= settled
        return len(packet_ids) - settled

    def forget(self, packet_ids: Iterable[int]) -> None:
        """Take back messages that could not be delivered: their redelivery, on another connection, is new."""
        for packet_id in packet_ids:
            self.pending_count -= self._deliveries[packet_id]
            self._deliveries[packet_id] = 0
            self._states[packet_id] = _UNKNOWN

    def due(self) -> list[int]:
        """Take the packet ids to acknowledge now, in order. Send them on the connection that is open, or not at all."""
        order, states = self._order, self._states
        ready = []
        while order and states[order[0]]:
            ready.append(order.popleft())
        return ready

    def raise_fence(self) -> None:
        """A ping leaves, behind every acknowledgement that `due` gave out: call right after sending those."""
        self._states = self._states.translate(_RAISE_FENCE)
        for packet_id in self._order:  # settled, but held back behind one that is not
            if self._states[packet_id] == _FENCED:
                self._states[packet_id] = _DURABLE

    def confirm_fence(self) -> None:
        """The answer to that ping came: the broker has had those acknowledgements, their ids are free for other messages."""
        self._states = self._states.translate(_CONFIRM_FENCED)

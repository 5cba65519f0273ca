"""What a session has received and may acknowledge, with its counters; safe to call from any thread."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from threading import Lock
from typing import NamedTuple

from runtime.mqtt_frames import Oversized, Publish
from runtime.mqtt_marker import MARKER_TOPICS, Marker
from runtime.mqtt_subscriptions import BROKER_DROPS
from runtime.mqtt_window import AckWindow, Seen


class MqttMessage(NamedTuple):
    """A message to deliver. QoS 0: `packet_id` and `receipt` are 0; QoS 1: `receipt` is the CRC-32 of topic and payload.

    `queued`: it came on a resumed session before our marker, so it may have waited at the broker since we were gone.
    """

    topic: str
    payload: bytes
    packet_id: int
    receipt: int
    retain: bool
    queued: bool = False


@dataclass(frozen=True, slots=True)
class SessionState:
    """A session at one moment. Counts are since the start of the process.

    `pending`: delivered and not yet acknowledged by us. `redelivered_*`: seen again while pending, or when durable already.
    `acks_discarded`: came too late for their session. `delivery_failures`: calls of `deliver` that raised.
    `broker_dropped`: messages the broker says it threw away. `receive_window`: unacknowledged messages we let the broker
    send; None in MQTT 3.1.1, where the broker's own limit holds (mosquitto: 20). `silent_s`: how long the broker had said nothing
    when the last connection was found to be lost.
    """

    connected: bool = False
    generation: int = 0
    session_present: bool = False
    last_error: str | None = None
    pending: int = 0
    received: int = 0
    oversized: int = 0
    redelivered_pending: int = 0
    redelivered_durable: int = 0
    acks_sent: int = 0
    acks_discarded: int = 0
    delivery_failures: int = 0
    broker_dropped: int = 0
    receive_window: int | None = None
    silent_s: float = 0.0


@dataclass
class Taken:
    """What to do about the messages of one socket read."""

    fresh: list[MqttMessage] = field(default_factory=list)
    drop_counters: list[bytes] = field(default_factory=list)  # payloads of the broker's own drop counter


class Intake:
    """The acknowledgement window and the counters of one session, behind one lock."""

    def __init__(self, receive_window: int | None, watch_broker_drops: bool) -> None:
        self._lock = Lock()
        self._window = AckWindow()
        self._state = SessionState(receive_window=receive_window)
        self._drops_topic = BROKER_DROPS if watch_broker_drops else None
        self._marker_ids: set[int] = set()  # of markers that are not acknowledged yet
        self._received = self._again_pending = self._again_durable = self._discarded = 0

    def state(self) -> SessionState:
        """Return the state now."""
        with self._lock:
            return replace(
                self._state,
                generation=self._window.generation,
                pending=self._window.pending_count,
                received=self._received,
                redelivered_pending=self._again_pending,
                redelivered_durable=self._again_durable,
                acks_discarded=self._discarded,
            )

    def note(self, **changes: object) -> None:
        """Change fields of the state that are not counted here."""
        with self._lock:
            self._state = replace(self._state, **changes)  # type: ignore[arg-type]

    def count(self, name: str, by: int = 1) -> None:
        """Add to one of the counters of the state."""
        with self._lock:
            self._state = replace(self._state, **{name: getattr(self._state, name) + by})

    def remember(self, receipts: Iterable[tuple[int, int]]) -> None:
        """See AckWindow.remember."""
        with self._lock:
            self._window.remember(receipts)

    def connected(self, session_present: bool) -> int:
        """Begin a connection and return its generation."""
        with self._lock:
            self._window.connected(session_present)
            self._marker_ids.clear()
            return self._window.generation

    @property
    def pending_count(self) -> int:
        """Messages that were delivered and are not durable."""
        with self._lock:
            return self._window.pending_count

    def take(self, packets: Sequence[Publish], marker: Marker) -> Taken:
        """Enter received messages; return those to deliver. Markers are told to `marker`, and go no further."""
        taken = Taken()
        fresh, classify, drops_topic = taken.fresh.append, self._window.classify, self._drops_topic
        queued = marker.is_queued
        with self._lock:
            for topic, payload, packet_id, receipt, dup, retain in packets:
                if topic.startswith(MARKER_TOPICS):
                    self._take_marker(topic, payload, packet_id, receipt, dup, marker)
                    queued = marker.is_queued
                    continue
                if packet_id:
                    seen = classify(packet_id, dup, receipt)
                    if seen is not Seen.NEW:
                        self._count_again(seen)
                        continue
                elif topic == drops_topic:
                    taken.drop_counters.append(payload)
                    continue
                fresh(MqttMessage(topic, payload, packet_id, receipt, retain, queued))
            self._received += len(taken.fresh)
        return taken

    def _take_marker(self, topic: str, payload: bytes, packet_id: int, receipt: int, dup: bool, marker: Marker) -> None:
        """Acknowledge a marker (in its turn) without delivering it. A copy with QoS 0 has overtaken the queue and says nothing."""
        if not packet_id:
            return
        if self._window.classify(packet_id, dup, receipt) is Seen.NEW:
            self._window.settle(self._window.generation, [packet_id])
        self._marker_ids.add(packet_id)
        marker.arrived(topic, payload)

    def take_oversized(self, packet: Oversized) -> bool:
        """Enter a message that was passed over; tell whether it is to be reported."""
        with self._lock:
            seen = self._window.classify(packet.packet_id, packet.dup, packet.receipt) if packet.packet_id else Seen.NEW
            if seen is not Seen.NEW:
                self._count_again(seen)
            return seen is Seen.NEW

    def settle(self, generation: int, packet_ids: Sequence[int]) -> None:
        """Note that messages are durable."""
        with self._lock:
            self._discarded += self._window.settle(generation, packet_ids)

    def forget(self, packet_ids: Iterable[int]) -> None:
        """Take back messages whose delivery failed."""
        with self._lock:
            self._window.forget(packet_ids)

    def due(self) -> tuple[list[int], int]:
        """Take the packet ids to acknowledge now on the open connection, and how many of them are of messages, not of markers."""
        with self._lock:
            due = self._window.due()
            if not self._marker_ids:
                return due, len(due)
            markers = self._marker_ids.intersection(due)
            self._marker_ids -= markers
            return due, len(due) - len(markers)

    def raise_fence(self) -> None:
        """See AckWindow.raise_fence."""
        with self._lock:
            self._window.raise_fence()

    def confirm_fence(self) -> None:
        """See AckWindow.confirm_fence."""
        with self._lock:
            self._window.confirm_fence()

    def _count_again(self, seen: Seen) -> None:
        if seen is Seen.PENDING:
            self._again_pending += 1
        else:
            self._again_durable += 1

"""The MQTT source: a session whose messages are acknowledged when their batch is durable, and not before.

A broker that comes back without our session has lost what it queued for us: how much, nobody knows, and the ledger says so.
When it comes back with it, what is `queued` (runtime/mqtt_marker.py) goes on with the absence during which it came to the broker.

What the decoder has to tell a device is published once its messages have been handed on; that it cannot be sent breaks nothing.
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass

from edge.absence import Absence
from edge.config import MqttSource
from edge.intake import SourceIntake
from edge.sources.replies import ReplyPace
from edge.sources.source import Source, SourceContext, SourceState
from edge.spool.receipts import Receipts
from edge.spool.spool import Loss
from runtime.clock import Clock
from runtime.mqtt_frames import Oversized
from runtime.mqtt_intake import MqttMessage
from runtime.mqtt_session import MqttSession, SessionState
from runtime.tls import TrustedTime


@dataclass(slots=True)
class _Pending:
    """The acknowledgement of one chunk (edge/batching/chunk.py)."""

    session: MqttSession
    generation: int
    token: int
    packet_ids: Sequence[int]
    hashes: Sequence[int]

    def settle(self) -> None:
        self.session.acknowledge(self.generation, self.packet_ids)


def build(settings: MqttSource, context: SourceContext) -> Source:
    """Return the source, not yet connected."""
    memory = settings.state_file or context.state_dir / f"mqtt-{settings.id}.json"
    settings = settings.model_copy(update={"state_file": memory})
    return MqttInput(settings, context.client_id, context.intake, context.receipts, context.clock, context.trusted_ns)


class MqttInput:
    """See the module. `client_id` must be this spool's alone; `known` is what the spool has of earlier messages."""

    def __init__(
        self,
        settings: MqttSource,
        client_id: str,
        intake: SourceIntake,
        known: Sequence[Receipts],
        clock: Clock,
        trusted_ns: TrustedTime | None = None,
    ) -> None:
        self.name = settings.id
        self._intake = intake
        self._clock = clock
        self._replies = ReplyPace()
        self._connected = False
        self._left_boot_ns: int | None = None  # the broker's last word to a connection that had caught up
        self._absence: Absence | None = None  # whose messages are still coming
        self._tokens = {0: known[-1].token if known else _new_token()}
        self._had_session = bool(known)
        self._generation = 0
        self._session = MqttSession(
            settings,
            client_id,
            self._deliver,
            self._changed,
            on_oversized=self._oversized,
            on_broker_drop=self._broker_dropped,
            on_caught_up=self._caught_up,
            trusted_ns=trusted_ns,
        )
        for receipts in known:
            if receipts.token == self._tokens[0]:
                self._session.remember(zip(receipts.packet_ids, receipts.hashes, strict=True))

    def start(self) -> None:
        self._session.start()

    def drain(self) -> None:
        """Take nothing more; acknowledgements still leave."""
        self._session.drain()

    def stop(self, timeout_s: float) -> None:
        self._session.stop(timeout_s)
        self._caught_up()  # the rest comes to the next run, with an absence of its own

    def state(self) -> SourceState:
        state = self._session.state()
        detail = f"session {'resumed' if state.session_present else 'new'}, {state.pending} unacknowledged" if state.connected else ""
        if state.connected and self._absence:
            detail += ", catching up"  # with what waited at the broker
        return SourceState(state.connected, detail, state.received, state.last_error or "")

    def _deliver(self, messages: Sequence[MqttMessage], generation: int) -> None:
        waiting = [message for message in messages if message.packet_id]
        pending = (
            self._pending(generation, [message.packet_id for message in waiting], [message.receipt for message in waiting])
            if waiting
            else None
        )
        absence = self._absence if any(message.queued for message in messages) else None
        self._intake.messages(messages, pending, absence)
        for reply in self._replies.due(self._intake.take_replies(), self._clock.monotonic_s()):
            if not self._session.publish(reply.topic, reply.payload):
                self._replies.give_back(reply)

    def _oversized(self, packet: Oversized, generation: int) -> None:
        pending = self._pending(generation, [packet.packet_id], [packet.receipt]) if packet.packet_id else None
        self._intake.refuse(packet.topic, f"message of {packet.size} bytes is above max_packet_bytes", pending)

    def _pending(self, generation: int, packet_ids: Sequence[int], hashes: Sequence[int]) -> _Pending:
        token = self._tokens.get(generation)
        if token is None:
            token = self._tokens[generation] = _new_token()
        return _Pending(self._session, generation, token, packet_ids, hashes)

    def _changed(self, state: SessionState) -> None:
        was_connected, self._connected = self._connected, state.connected
        if state.connected and not was_connected:
            self._welcomed(state)
        elif was_connected and not state.connected and self._absence is None:
            self._left_boot_ns = self._clock.boot_ns() - round(state.silent_s * 1e9)

    def _welcomed(self, state: SessionState) -> None:
        if not state.session_present:
            self._caught_up()
        else:
            self._absence = Absence(self._left_boot_ns, self._clock.boot_ns())
        if state.generation != self._generation and self._had_session:
            self._broker_dropped(None)
        self._generation, self._had_session = state.generation, True

    def _caught_up(self) -> None:
        absence, self._absence = self._absence, None
        if absence:
            self._intake.absence_over(absence)

    def _broker_dropped(self, count: int | None) -> None:
        self._intake.lose(Loss("broker", self.name, count, None, None))


def _new_token() -> int:
    return random.SystemRandom().getrandbits(32)

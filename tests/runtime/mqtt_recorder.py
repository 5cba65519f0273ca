"""A receiver for session tests: keeps what it is given and acknowledges when the test says so."""

import threading
from collections.abc import Sequence
from pathlib import Path

from runtime.mqtt_frames import Oversized
from runtime.mqtt_session import MqttMessage, MqttSession, SessionState
from runtime.mqtt_settings import MqttSettings
from runtime.tls import TrustedTime


class Recorder:
    """Owns a session with quick reconnects. With `at_once` every message is acknowledged as it comes."""

    def __init__(
        self,
        port: int,
        *,
        at_once: bool = True,
        version: str = "5",
        state_file: Path | None = None,
        trusted_ns: TrustedTime | None = None,
        **more: object,
    ) -> None:
        self.messages: list[MqttMessage] = []
        self.deliveries: list[tuple[int, list[int]]] = []  # generation, packet ids
        self.oversized: list[Oversized] = []
        self.states: list[SessionState] = []
        self.drops: list[int] = []
        self.caught_up_at: list[int] = []  # how many messages there were each time the queue had ended
        self.failures_left = 0  # deliveries that are to raise
        self.gate = threading.Event()  # clear it to make deliveries block
        self.gate.set()
        self._at_once = at_once
        fields: dict[str, object] = {
            "host": "127.0.0.1",
            "port": port,
            "topics": ("site/#",),
            "version": version,
            "reconnect_first_s": 0.02,
            "reconnect_ceiling_s": 0.05,
            "state_file": state_file,
        }
        self.session = MqttSession(
            MqttSettings.model_validate(fields | more),
            "edge-1",
            self._deliver,
            self.states.append,
            on_oversized=self._take_oversized,
            on_broker_drop=self.drops.append,
            on_caught_up=lambda: self.caught_up_at.append(len(self.messages)),
            trusted_ns=trusted_ns,
        )

    @property
    def payloads(self) -> list[bytes]:
        return [message.payload for message in self.messages]

    @property
    def queued(self) -> list[bytes]:
        """Payloads of the messages that are marked as having waited."""
        return [message.payload for message in self.messages if message.queued]

    def acknowledge(self, index: int) -> None:
        """Acknowledge one of `deliveries`."""
        self.session.acknowledge(*self.deliveries[index])

    def _deliver(self, messages: Sequence[MqttMessage], generation: int) -> None:
        self.gate.wait(30)
        if self.failures_left:
            self.failures_left -= 1
            raise RuntimeError("a decoder broke")
        self.messages.extend(messages)
        self._note(generation, [message.packet_id for message in messages if message.packet_id])

    def _take_oversized(self, packet: Oversized, generation: int) -> None:
        self.oversized.append(packet)
        self._note(generation, [packet.packet_id])

    def _note(self, generation: int, packet_ids: list[int]) -> None:
        self.deliveries.append((generation, packet_ids))
        if self._at_once:
            self.session.acknowledge(generation, packet_ids)

"""Where the messages of a source go in its tests."""

import threading
from collections import Counter
from collections.abc import Sequence

from edge.spool.spool import Loss
from telemetry.point import Reading


class RecordingIntake:
    """An intake that keeps what it is given, and blocks while its gate is closed."""

    def __init__(self) -> None:
        self.taken: list[tuple[str, bytes]] = []
        self.gate = threading.Event()
        self.gate.set()
        self.faults: list[Exception] = []
        self.losses: list[Loss] = []
        self.refused: list[tuple[str, str, bytes]] = []
        self.bits: list[int] = []
        self.own_readings: list[Reading] = []
        self.restarts: list[int] = []  # after how many messages

    def lose(self, loss: Loss) -> None:
        self.losses.append(loss)

    def refuse(self, topic: str, reason: str, acknowledgement: None = None, payload: bytes = b"") -> None:  # noqa: ARG002
        self.refused.append((topic, reason, payload))

    def device_restarted(self) -> None:
        self.restarts.append(len(self.taken))

    def own(self, readings: Sequence[Reading]) -> None:
        self.own_readings += readings

    def messages(self, messages: Sequence[tuple[str, bytes]], *, bits: int = 0) -> None:
        self.gate.wait(10)
        if self.faults:
            raise self.faults.pop()
        self.taken += messages
        self.bits.append(bits)

    def rounds(self) -> Counter[str]:
        """Return how many messages each topic had."""
        return Counter(topic for topic, _ in self.taken)

    @property
    def frames(self) -> list[bytes]:
        return [payload for _, payload in self.taken]

"""What the simulator has produced: counted when it left for good, by the source of the agent that has to bring it home."""

import threading
from collections import Counter

from quanho.demo.devices import Message


class Tally:
    """Counts messages as they leave; any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._readings: Counter[str] = Counter()
        self._faults: Counter[str] = Counter()

    def add(self, source: str, message: Message) -> None:
        with self._lock:
            self._readings[source] += message.readings
            self._faults[source] += message.faults

    @property
    def readings(self) -> dict[str, int]:
        """Readings that belong into the store, by source."""
        with self._lock:
            return dict(self._readings)

    @property
    def faults(self) -> dict[str, int]:
        """Bad values and messages, sent on purpose, that belong into the set-aside store, by source."""
        with self._lock:
            return dict(self._faults)

    @property
    def total(self) -> int:
        """Everything that was produced, good or bad."""
        with self._lock:
            return self._readings.total() + self._faults.total()

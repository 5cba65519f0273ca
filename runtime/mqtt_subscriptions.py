"""Which filters to subscribe and unsubscribe, what the broker granted, and the memory that this needs across restarts.

A broker that kept our session keeps its subscriptions too, also those that have left the config since; only we can know. The
memory is one small JSON file: {"server": "host:port", "client_id": "...", "filters": {filter: QoS}, "dropped": count or null,
"marker_returns": true, false or null}, where `dropped` is the broker's own counter when last seen, and `marker_returns` whether the
broker gave us our own marker (runtime/mqtt_marker.py). A missing or damaged file only means that nothing is remembered.
"""

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

BROKER_DROPS = "$SYS/broker/publish/messages/dropped"
_REFUSED = 0x80  # SUBACK codes from here on are refusals (MQTT 5, section 3.9.3)


@dataclass
class BrokerMemory:
    """What the broker holds for one client, kept in `path` across restarts if there is one."""

    path: Path | None
    server: str
    client_id: str
    filters: dict[str, int] = field(default_factory=dict)
    dropped: int | None = None
    marker_returns: bool | None = None
    is_marker_told: bool = False  # not kept, as the next one
    marker_losses: int = 0  # connections in a row that ended before the broker had acknowledged the marker

    def load(self) -> None:
        """Read the file, if it is about the same client of the same broker."""
        try:
            entry = json.loads(self.path.read_bytes()) if self.path else {}
            if (entry.get("server"), entry.get("client_id")) == (self.server, self.client_id):
                self.filters = {str(name): int(qos) for name, qos in entry["filters"].items()}
                self.dropped = entry.get("dropped") if isinstance(entry.get("dropped"), int) else None
                self.marker_returns = entry.get("marker_returns") if isinstance(entry.get("marker_returns"), bool) else None
        except (OSError, ValueError, TypeError, AttributeError, KeyError):
            self.filters = {}

    def save(self) -> None:
        """Write a new file that then takes the old one's name. Raises OSError."""
        if self.path:
            known = {"filters": self.filters, "dropped": self.dropped, "marker_returns": self.marker_returns}
            entry = {"server": self.server, "client_id": self.client_id, **known}
            fresh = self.path.with_name(self.path.name + ".new")
            with fresh.open("w", encoding="utf-8") as file:
                json.dump(entry, file, ensure_ascii=False)
                file.flush()
                os.fsync(file.fileno())
            fresh.replace(self.path)

    def count_drops(self, counter: int) -> int:
        """Note the broker's drop counter and return by how much it grew; a smaller one means the broker was restarted."""
        before, self.dropped = self.dropped, counter
        if before is None:
            return 0
        return counter - before if counter >= before else counter


@dataclass(frozen=True, slots=True)
class SubscriptionPlan:
    """What to send after CONNACK: filters to QoS, and filters."""

    subscribe: dict[str, int]
    unsubscribe: tuple[str, ...]


class Subscriptions:
    """The filters that are `wanted` (to QoS) against those that the broker has granted."""

    def __init__(self, wanted: Mapping[str, int], memory: BrokerMemory, mqtt5: bool) -> None:
        self._wanted = dict(wanted)
        self._memory = memory
        self._mqtt5 = mqtt5
        self.refused: dict[str, int] = {}  # filter to the broker's code

    def opened(self, session_present: bool) -> SubscriptionPlan:
        """Return what to do on a new connection.

        MQTT 5 subscribes to all each time: Retain Handling 1 makes that free of effect. In 3.1.1 every SUBSCRIBE sends the
        retained messages again, so only what is new is subscribed, and the drop counter, whose retained value we want.
        """
        if not session_present:
            self._memory.filters = {}
        known = self._memory.filters
        self.refused = {}
        subscribe = {name: qos for name, qos in self._wanted.items() if self._mqtt5 or name == BROKER_DROPS or known.get(name) != qos}
        return SubscriptionPlan(subscribe, tuple(name for name in known if name not in self._wanted))

    def answered(self, filters: Sequence[str], codes: Sequence[int]) -> None:
        """Take in a SUBACK: the granted QoS or the refusal for each filter."""
        for name, code in zip(filters, codes, strict=False):
            if code >= _REFUSED:
                self.refused[name] = code
                self._memory.filters.pop(name, None)
            else:
                self.refused.pop(name, None)
                self._memory.filters[name] = self._wanted[name]

    def unsubscribed(self, filters: Sequence[str]) -> None:
        """Take in an UNSUBACK."""
        for name in filters:
            self._memory.filters.pop(name, None)

    def again(self) -> dict[str, int]:
        """Return the refused filters, to be tried once more."""
        return {name: self._wanted[name] for name in self.refused}

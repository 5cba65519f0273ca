"""How often a device is told something: one message a topic in EVERY_S, the newest of those that came meanwhile. Bounded.

What has to wait leaves with a later call, so whoever calls does so with each delivery.
"""

from collections.abc import Sequence

from edge.decoders.decoder import Reply

EVERY_S = 30.0
MAX_TOPICS = 1_000


class ReplyPace:
    """Times are monotonic seconds."""

    def __init__(self) -> None:
        self._sent_s: dict[str, float] = {}  # oldest first
        self._waiting: dict[str, bytes] = {}

    def due(self, fresh: Sequence[Reply], now_s: float) -> list[Reply]:
        """Return what may be sent now, of `fresh` and of what waited."""
        if not fresh and not self._waiting:
            return []
        for topic, sent_s in list(self._sent_s.items()):
            if now_s - sent_s < EVERY_S:
                break
            del self._sent_s[topic]
        for reply in fresh:
            if reply.topic in self._waiting or len(self._waiting) < MAX_TOPICS:
                self._waiting[reply.topic] = reply.payload
        due: list[Reply] = []
        for topic in list(self._waiting):
            if len(self._sent_s) >= MAX_TOPICS:
                break
            if topic not in self._sent_s:
                self._sent_s[topic] = now_s
                due.append(Reply(topic, self._waiting.pop(topic)))
        return due

    def give_back(self, reply: Reply) -> None:
        """It was due and could not be sent: it waits on."""
        self._sent_s.pop(reply.topic, None)
        self._waiting.setdefault(reply.topic, reply.payload)

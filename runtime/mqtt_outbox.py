"""What we publish of our own: short requests to devices, QoS 1, not retained, each sent once.

Nothing here may harm what we are there for. The queue is bounded; at most MAX_UNANSWERED wait for their PUBACK; and a broker that cuts
the connection of a client that publishes what it must not is left alone after MAX_LOSSES connections that ended so, no answer between. A
request that was sent is not sent again on another connection.
"""

from collections import deque
from threading import Lock

MAX_QUEUED = 100
MAX_UNANSWERED = 10
MAX_LOSSES = 3


class Outbox:
    """`put` may be called by any thread; the rest by that of the session."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._queue: deque[tuple[str, bytes]] = deque()
        self._unanswered: dict[int, str] = {}  # request number to topic
        self._losses = 0

    def put(self, topic: str, payload: bytes) -> bool:
        """Queue a message; False if there is no room now. Where nothing is published any more it is forgotten."""
        if self._losses >= MAX_LOSSES:
            return True
        with self._lock:
            has_room = len(self._queue) < MAX_QUEUED
            if has_room:
                self._queue.append((topic, payload))
            return has_room

    def take(self) -> tuple[str, bytes] | None:
        """Return the next message that may leave now."""
        if not self._queue or len(self._unanswered) >= MAX_UNANSWERED or self._losses >= MAX_LOSSES:
            return None
        with self._lock:
            return self._queue.popleft()

    def sent(self, request: int, topic: str) -> None:
        """A message left as `request`."""
        self._unanswered[request] = topic

    def answered(self, request: int) -> str | None:
        """Return the topic of the message that the broker acknowledged or refused, None if it was none of ours."""
        topic = self._unanswered.pop(request, None)
        if topic is not None:
            self._losses = 0
        return topic

    def connection_ended(self) -> bool:
        """What has no answer will not get one; tell whether that was once too often."""
        if not self._unanswered:
            return False
        self._unanswered.clear()
        self._losses += 1
        return self._losses == MAX_LOSSES

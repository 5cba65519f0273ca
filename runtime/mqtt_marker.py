"""Our own message behind whatever waited for us at the broker: what comes before it arrived while we were away.

On each connection we publish a marker, QoS 1, to a topic that we subscribe to with QoS 1. A broker keeps the order of one
client's QoS 1 messages (MQTT 5, section 4.6), so on a resumed session the marker stands behind all that was queued. On a new
session nothing waits; there the marker only shows whether it comes back at all, which an access list may prevent without a word
(mosquitto grants every subscription and then withholds the messages).

While it is awaited it is published again each 30 s, because a broker with a full queue drops it as it would any message. Where it does
not come back, the wait ends when the line has been idle for 2 s with nothing unacknowledged; on a line that is
never idle 30 s after the connection if the topic is known to be refused, after 10 min if nothing is known of it, and after 1 h
in any case. Decisions are pure: they take now, in monotonic seconds.
"""

from urllib.parse import quote

MARKER_TOPICS = "quanho/marker/"
AGAIN_S = 30.0
IDLE_S = 2.0
REFUSED_S = 30.0
UNPROVEN_S = 600.0
LONGEST_S = 3600.0
_FAILURE = 0x80  # reason codes from here on (MQTT 5, section 2.4)
_NOBODY_LISTENS = 0x10


def marker_topic(client_id: str) -> str:
    """Return the topic of a client's markers; what could be a wildcard or a level is percent-encoded."""
    return MARKER_TOPICS + quote(client_id, safe="")


class Marker:
    """The marker of one connection. `nonce` is its payload; `returns` tells what is known of the topic: None is nothing."""

    def __init__(self, topic: str, nonce: bytes, returns: bool | None) -> None:
        self.topic = topic
        self.nonce = nonce
        self.returns = returns
        self.is_awaited = False
        self.is_queued = False  # what arrives now waited at the broker
        self._reached_broker = False
        self._refused = ""
        self._began_s = self._heard_s = self._sent_s = 0.0

    def sent(self, session_present: bool, now_s: float) -> None:
        """The marker was published on a connection that has just been opened."""
        self.is_awaited, self.is_queued = True, session_present
        self._began_s = self._heard_s = self._sent_s = now_s

    def again(self, now_s: float) -> bool:
        """Tell whether to publish it once more now."""
        is_due = self.is_awaited and self._reached_broker and not self._refused and now_s - self._sent_s >= AGAIN_S
        if is_due:
            self._sent_s = now_s
        return is_due

    @property
    def is_unanswered(self) -> bool:
        """Tell whether the broker has neither acknowledged nor returned the marker that was sent."""
        return self.is_awaited and not self._reached_broker

    def heard(self, now_s: float) -> None:
        """Messages arrived and were delivered."""
        self._heard_s = now_s

    def arrived(self, topic: str, payload: bytes) -> None:
        """A marker came, with QoS 1; one of an earlier connection or of another client ends nothing. Ours may come after we gave up."""
        if topic == self.topic and payload == self.nonce:
            self.is_awaited = self.is_queued = False
            self.returns, self._refused = True, ""

    def acknowledged(self, code: int) -> None:
        """The broker has the marker; `code` may say that nobody will get it."""
        self._reached_broker = True
        if code >= _FAILURE or code == _NOBODY_LISTENS:
            self.refuse(f"broker refuses our marker (code {code:#x})")

    def subscribed(self, granted: int) -> None:
        """The broker answered our subscription to the marker's topic."""
        if granted != 1:
            self.refuse(f"broker refuses the subscription to our marker (code {granted:#x})")

    def refuse(self, reason: str) -> None:
        if self.is_awaited:
            self._refused = self._refused or reason

    def give_up(self, now_s: float, pending_count: int) -> str | None:
        """Return why waiting ends now without the marker, or None. `pending_count`: messages that we have not acknowledged."""
        if not self.is_awaited:
            return None
        waited_s = now_s - self._began_s
        is_idle = self._reached_broker and not pending_count and now_s - self._heard_s >= IDLE_S
        if not (is_idle or waited_s >= self._patience_s):
            return None
        self.is_awaited = self.is_queued = self.returns = False
        return self._refused or f"our marker did not come back within {waited_s:.0f} s"

    @property
    def _patience_s(self) -> float:
        if self._refused or self.returns is False:
            return REFUSED_S
        return LONGEST_S if self.returns else UNPROVEN_S

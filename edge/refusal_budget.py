"""How many refused messages of a source are kept in full: a broken device must not fill the disk with its mistakes. Pure."""

from collections import OrderedDict

_WINDOW_S = 60.0
_MOST_TOPICS = 1000
_TOPICS_IN_FULL = 10


class RefusalBudget:
    """Allows `per_minute` a topic in each minute, and ten times as many over all topics: a device may invent topics.

    Remembers at most 1,000 topics, then the one unseen longest is forgotten.
    """

    def __init__(self, per_minute: int) -> None:
        self._per_minute = per_minute
        self._topics: OrderedDict[str, tuple[float, int]] = OrderedDict()
        self._began_s = float("-inf")
        self._kept = 0

    def allows(self, topic: str, now_s: float) -> bool:
        """Tell whether this refusal is kept in full; otherwise it is only counted."""
        if now_s - self._began_s >= _WINDOW_S:
            self._began_s, self._kept = now_s, 0
        if self._kept >= _TOPICS_IN_FULL * self._per_minute:
            return False
        began, count = self._topics.pop(topic, (now_s, 0))
        if now_s - began >= _WINDOW_S:
            began, count = now_s, 0
        self._topics[topic] = (began, count + 1)
        if len(self._topics) > _MOST_TOPICS:
            self._topics.popitem(last=False)
        is_kept = count < self._per_minute
        self._kept += is_kept
        return is_kept

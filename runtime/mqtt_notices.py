"""When a repeated event deserves another line in the log: a broker that is away for a night must not fill the disk."""

_AGAIN_S = 60.0


class Notices:
    """Decides for each event whether to log it: at once when its detail is new, then once a minute."""

    def __init__(self) -> None:
        self._last: dict[str, tuple[str, float]] = {}
        self._held: dict[str, int] = {}

    def due(self, event: str, detail: str, now_s: float) -> int:
        """Return how many occurrences the line to log now stands for, or 0 to keep quiet. `now_s` is monotonic."""
        before, at = self._last.get(event, ("", now_s - _AGAIN_S))
        self._held[event] = self._held.get(event, 0) + 1
        if detail == before and now_s - at < _AGAIN_S:
            return 0
        self._last[event] = (detail, now_s)
        return self._held.pop(event)

    def forget(self, event: str) -> None:
        """Let the next occurrence of `event` be logged: what ends a trouble that was logged must be, too."""
        self._last.pop(event, None)

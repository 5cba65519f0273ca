"""When something that is done again and again is due: on its grid as long as it is looked at in time, and never too soon after the last."""

_LATE = 0.1  # of the interval: so late, the grid is still kept


class Pace:
    """Due at the beginning and then every `every_s`. Two are never closer than nine tenths of that."""

    def __init__(self, every_s: float) -> None:
        self._every_s = every_s
        self._due_s = 0.0
        self._last_s = float("-inf")

    def begin(self, now_s: float) -> None:
        """A new grid begins now, no sooner after the last than that allows."""
        self._due_s = max(now_s, self._last_s + self._every_s)

    def is_due(self, now_s: float) -> bool:
        return now_s >= self._due_s

    def next(self, now_s: float) -> None:
        """It was done now."""
        is_in_time = now_s - self._due_s <= _LATE * self._every_s
        self._last_s = now_s
        self._due_s = (self._due_s if is_in_time else now_s) + self._every_s

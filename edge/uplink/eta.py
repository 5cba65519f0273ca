"""When the backlog will be empty, from how it shrank in the last minute."""

from collections import deque

_SPAN_S = 60.0
_LEAST_S = 10.0


class BacklogEta:
    """Looks at the number of records that wait; times are seconds of one clock that never steps."""

    def __init__(self) -> None:
        self._looks: deque[tuple[float, int]] = deque()

    def look(self, records: int, now_s: float) -> float | None:
        """Return the seconds until none is left; None when it does not shrink, or was not watched for long enough."""
        if self._looks and records > self._looks[-1][1]:  # another outage, or a replay
            self._looks.clear()
        self._looks.append((now_s, records))
        while now_s - self._looks[0][0] > _SPAN_S:
            self._looks.popleft()
        if not records:
            return 0.0
        seconds, gone = now_s - self._looks[0][0], self._looks[0][1] - records
        return records * seconds / gone if gone and seconds >= _LEAST_S else None

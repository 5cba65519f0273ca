"""Which records are delivered: a bounded set of closed intervals of sequences.

Without outages it is one interval. Each outage that is still draining adds one, because the newest readings go first. When there
are more than `limit`, the shortest is forgotten: those records are sent again, which is harmless.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator


class DoneSet:
    """Sequences that are accounted for (accepted, set aside, evicted or lost)."""

    def __init__(self, intervals: Iterable[tuple[int, int]] = (), limit: int = 240) -> None:
        self._first: list[int] = []
        self._last: list[int] = []
        self._limit = limit
        for first, last in intervals:
            self.add(first, last)

    def __contains__(self, sequence: int) -> bool:
        at = bisect_right(self._first, sequence) - 1
        return at >= 0 and sequence <= self._last[at]

    def __iter__(self) -> Iterator[tuple[int, int]]:
        return iter(list(zip(self._first, self._last, strict=True)))

    def add(self, first: int, last: int) -> None:
        """Add the closed interval; empty when last < first."""
        if last < first:
            return
        low = bisect_left(self._last, first - 1)
        high = bisect_right(self._first, last + 1)
        if low < high:
            first, last = min(first, self._first[low]), max(last, self._last[high - 1])
        self._first[low:high] = [first]
        self._last[low:high] = [last]
        self._forget_shortest(but=low)

    def remove(self, first: int, last: int) -> None:
        """Take the closed interval out, so that those records are sent again."""
        low = bisect_left(self._last, first)
        high = bisect_right(self._first, last)
        if low >= high or last < first:
            return
        left, right = (self._first[low], first - 1), (last + 1, self._last[high - 1])
        kept = [piece for piece in (left, right) if piece[0] <= piece[1]]
        self._first[low:high] = [piece[0] for piece in kept]
        self._last[low:high] = [piece[1] for piece in kept]
        self._forget_shortest(but=0)

    def next_open(self, sequence: int) -> int:
        """Return the lowest sequence >= `sequence` that is not in the set."""
        at = bisect_right(self._first, sequence) - 1
        return self._last[at] + 1 if at >= 0 and sequence <= self._last[at] else sequence

    def count(self, first: int, last: int) -> int:
        """Return how many sequences of the closed interval are in the set."""
        return sum(max(0, min(last, high) - max(first, low) + 1) for low, high in self)

    def missing(self, first: int, last: int) -> list[tuple[int, int]]:
        """Return the closed intervals between `first` and `last` that are not in the set."""
        holes = []
        for low, high in [*self, (last + 1, last + 1)]:
            if first > last:
                break
            if low > first:
                holes.append((first, min(low - 1, last)))
            first = max(first, high + 1)
        return holes

    @property
    def highest(self) -> int:
        """The highest sequence in the set, 0 when it is empty."""
        return self._last[-1] if self._last else 0

    def _forget_shortest(self, but: int) -> None:
        """Keep the first, on which all history rests, the one at `but`, which is being extended, and the last, the highest number used."""
        while len(self._first) > max(3, self._limit):
            others = (at for at in range(1, len(self._first) - 1) if at != but)
            shortest = min(others, key=lambda at: self._last[at] - self._first[at])
            del self._first[shortest], self._last[shortest]
            but -= shortest < but

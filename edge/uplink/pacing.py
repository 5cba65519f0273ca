"""How much may be sent, and when: live readings at once, the backlog beside them within its budget.

The budget is what the operator sets, or a share of the measured link; below it the scavenger (scavenger.py) looks for what the core has
to spare. Live requests are never held back, but like all others they are no larger than one second of the link, so that nothing
waits long behind anything. Pure: the caller sends, and tells what happened.
"""

from dataclasses import dataclass

from edge.uplink.link_meter import LinkMeter
from edge.uplink.scavenger import LEAST_REQUEST_BYTES, Scavenger

NEWEST_RECORDS, NEWEST_BYTES = 16, 4096  # of each priority, that go first of all when the link is back
_FIRST_REQUEST_S = 0.5  # of a link that is only assumed
_PASSED_OVER_S = 2.0  # a backlog that could go and was never let is, once, let go first
_LARGEST_REQUEST_S = 0.75  # a measurement may be high by a third before a request takes more than a second


@dataclass(frozen=True, slots=True)
class Budget:
    """For the backlog: `bytes_per_s` where it is set, else `share` of the measured link. `is_paced` False: as fast as it goes."""

    share: float = 0.8
    bytes_per_s: int | None = None
    is_paced: bool = True


class Pacer:
    """See the module. Sizes are bytes of a request's body, times seconds of one clock that never steps."""

    def __init__(self, budget: Budget) -> None:
        self._budget = budget
        self.found(0.0, 0.0)

    def found(self, round_trip_s: float, now_s: float) -> None:
        """The store was found again after it had been away: the link may be another one. `round_trip_s` is TCP's, without the store's."""
        self._meter, self._scavenger = LinkMeter(round_trip_s), Scavenger(round_trip_s)
        self._next_s = now_s

    def resumed(self, now_s: float) -> None:
        """The store that had asked for patience can be reached again."""
        self._next_s = max(self._next_s, now_s)

    @property
    def link_bytes_per_s(self) -> float | None:
        """The measured link, None before a measurement."""
        return self._meter.bytes_per_s if self._meter.is_known else None

    @property
    def budget_bytes_per_s(self) -> float | None:
        """The most that the backlog may take now; None when it may take everything."""
        return min(self._ceiling, self._scavenger.rate) if self._budget.is_paced else None

    def live_bytes(self) -> int | None:
        """Return the most bytes of a live request, None when any size will do."""
        if not self._budget.is_paced:
            return None
        seconds = _LARGEST_REQUEST_S if self._meter.is_known else _FIRST_REQUEST_S
        return max(LEAST_REQUEST_BYTES, int(seconds * self._meter.bytes_per_s))

    def backlog_bytes(self) -> int | None:
        """Return the most bytes of a backlog request, None when any size will do."""
        if not self._budget.is_paced:
            return None
        most = min(_LARGEST_REQUEST_S * self._meter.bytes_per_s, max(self._ceiling, LEAST_REQUEST_BYTES))
        return max(1, min(self._scavenger.request_bytes, int(most)))

    def backlog_wait_s(self, now_s: float) -> float:
        """Return the seconds until the next backlog request may go, 0 when it may go now."""
        return max(0.0, self._next_s - now_s) if self._budget.is_paced else 0.0

    def is_backlogs_turn(self, now_s: float) -> bool:
        """Tell whether a backlog request goes although live ones wait: where a round trip is longer than the next reading takes to come."""
        return self._budget.is_paced and now_s - self._next_s > _PASSED_OVER_S

    def answered(self, size: int, began_s: float, now_s: float, *, is_backlog: bool) -> None:
        """A request that began at `began_s` was taken, or refused for what is in it."""
        self._meter.answered(size, now_s - began_s)
        self._scavenger.answered(size, began_s, now_s, self._meter.bytes_per_s, self._ceiling, is_backlog=is_backlog)
        if is_backlog:
            rate = self._ceiling if self._scavenger.is_starting else min(self._ceiling, self._scavenger.rate)
            self._next_s = began_s + size / rate

    def refused(self, began_s: float, now_s: float) -> None:
        """The store was busy (429, 503)."""
        self._scavenger.refused(began_s, now_s)

    @property
    def _ceiling(self) -> float:
        return float(self._budget.bytes_per_s or self._budget.share * self._meter.bytes_per_s)

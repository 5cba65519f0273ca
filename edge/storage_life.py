"""How fast the card is written to and what that comes to in a year. Pure.

Rates are taken over a sliding window of an hour, or since the start; before a minute has passed there are none, because starting
writes more than running. An SD card takes some hundreds to some thousands of full overwrites, depending on its make.
"""

from collections import deque
from dataclasses import dataclass

YEAR_S = 365.25 * 86_400
_WINDOW_S = 3600.0
_LEAST_S = 60.0
_STEP_S = 30.0  # between two marks: 120 of them are kept


@dataclass(frozen=True, slots=True)
class Written:
    """Counters since the start: bytes and syncs of our own, and bytes by the kernel's account (by the page), where it has one."""

    own_bytes: int
    syncs: int
    kernel_bytes: int | None = None


@dataclass(frozen=True, slots=True)
class Rates:
    """`bytes_s` is the larger of our own and the kernel's account; both rates are per second, over `over_s` seconds."""

    bytes_s: float
    syncs_s: float
    over_s: float

    @property
    def year_bytes(self) -> int:
        return round(self.bytes_s * YEAR_S)


def overwrites_a_year(year_bytes: int, card_bytes: int) -> float:
    """Return how many times a year the whole card is written."""
    return year_bytes / card_bytes


class WriteWindow:
    """Marks of the last hour."""

    def __init__(self, now_s: float, written: Written) -> None:
        self._marks: deque[tuple[float, Written]] = deque([(now_s, written)])

    def rates(self, now_s: float, written: Written) -> Rates | None:
        """Note a look at `now_s` (monotonic seconds) and return the rates, None while it is too early."""
        if now_s - self._marks[-1][0] >= _STEP_S:
            self._marks.append((now_s, written))
        while len(self._marks) > 1 and now_s - self._marks[1][0] >= _WINDOW_S:
            self._marks.popleft()
        began_s, before = self._marks[0]
        span_s = now_s - began_s
        if span_s < _LEAST_S:
            return None
        grown = written.own_bytes - before.own_bytes
        if written.kernel_bytes is not None and before.kernel_bytes is not None:
            grown = max(grown, written.kernel_bytes - before.kernel_bytes)
        return Rates(grown / span_s, (written.syncs - before.syncs) / span_s, span_s)

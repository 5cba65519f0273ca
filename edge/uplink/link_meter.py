"""How fast the way to the store is, from requests alone.

A request of b bytes that takes d seconds shows at least b/d, and less than the link has: d holds the work of the server, and a round
trip, which is taken out as far as it is known. Hence the highest of the last requests that were large enough to show it (the
windowed maximum of BBR, Cardwell et al. 2016); small ones can raise the figure and never lower it. A large one that takes far too
long forgets them all: it is another link by now.
"""

from collections import deque

UNKNOWN_BYTES_PER_S = 8_000.0  # 64 kbit/s
_WINDOW = 16  # requests
_FULL_S = 0.25  # a request counts as large when the link, as believed, needs so long for it
_STALLED_S = 2.0
_LEAST_SHARE = 0.25  # of a request's time that is counted, however long the round trip was when it was measured


class LinkMeter:
    """Bytes a second that the link has shown; `UNKNOWN_BYTES_PER_S` before the first request."""

    def __init__(self, round_trip_s: float = 0.0) -> None:
        self._round_trip_s = round_trip_s
        self._rates: deque[float] = deque(maxlen=_WINDOW)

    @property
    def is_known(self) -> bool:
        return bool(self._rates)

    @property
    def bytes_per_s(self) -> float:
        return max(self._rates, default=UNKNOWN_BYTES_PER_S)

    def answered(self, size: int, seconds: float) -> None:
        """Take note of a request of `size` bytes that was answered, whatever the answer, after `seconds`."""
        seconds = max(seconds, 1e-4)
        self._round_trip_s = min(self._round_trip_s, seconds)
        before, rate = self.bytes_per_s, size / max(seconds - self._round_trip_s, _LEAST_SHARE * seconds)
        if seconds > _STALLED_S + self._round_trip_s and size > before / 2 and rate < before / 2:
            self._rates.clear()
        if not self._rates or rate > before or size >= _FULL_S * before:
            self._rates.append(rate)

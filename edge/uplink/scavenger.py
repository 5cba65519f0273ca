"""How fast the backlog may go without being in anybody's way: on a core that 500 gateways return to at once, slowly.

The backlog is a scavenger, like LEDBAT (RFC 6817): it takes what is free and gives way when answers take longer, long before
anything is refused. What is watched is how long an answer takes beyond its own transmission, in both lanes.

    start       one KiB; twice as much with each prompt answer, without a pause: a lone gateway is at full speed within ten requests
    prompt      within `PROMPT_S`: faster by `_STEP` a second; after `_CALM` prompt ones in a row by more and more
    later       between the limits: smaller steps up, and down by a share of the rate
    slow        beyond `PATIENT_S`: 0.7 of the rate, once for all requests that were under way
    refused     429, 503: half the rate

Equal steps up with proportional ones down make the rates of many equal (Chiu and Jain 1989). Nobody falls below `_LEAST`.

An answer's own transmission and the work for its own lines do not count as waiting, but for no more than half of its time; of two
requests right behind one another the quicker counts.

Both limits are longer where TCP itself needs long for a round trip. Not where answers do: who comes to a crowded core would take its
crowd for a long way, and push the others out (the latecomers of LEDBAT).
"""

PROMPT_S, PATIENT_S = 0.15, 0.3
REQUEST_S = 0.4  # a request carries what the rate gives in so many seconds
LEAST_REQUEST_BYTES = 1024
_LEAST = 256.0  # bytes a second
_LARGE_BYTES = 1 << 16  # requests have other limits, in lines and in text
_STEP = 256.0  # bytes a second, each second
_EASE = 0.2  # of the rate, each second, as answers come close to slow
_CLOSE_S = 0.05  # of two requests so close behind one another the quicker counts: one may have met a moment of the core's own housekeeping
_CALM = 8  # prompt answers in a row, before steps grow; they double with every other one
_FIRST = LEAST_REQUEST_BYTES / REQUEST_S
_CORE_BYTES_PER_S = 500_000.0  # what any core does of one request, about 25,000 lines a second
_MOST_OWN_SHARE = 0.5  # or a crowded core would pass for a slow link, and never for crowded
_MOST_DOUBLINGS = 20.0


class Scavenger:
    """The rate, in bytes a second; times are seconds of one clock that never steps."""

    def __init__(self, round_trip_s: float) -> None:
        self._far_s = max(0.0, 1.5 * round_trip_s - PROMPT_S / 2)
        self.rate = _FIRST
        self.is_starting = True
        self._best_link = 0.0
        self._waited_s, self._prompt_count = 0.0, 0
        self._lowered_s = self._changed_s = self._answered_s = float("-inf")

    @property
    def request_bytes(self) -> int:
        return max(LEAST_REQUEST_BYTES, int(self.rate * REQUEST_S))

    def answered(self, size: int, began_s: float, now_s: float, link: float, ceiling: float, *, is_backlog: bool) -> None:
        """Take note of an answer to `size` bytes sent at `began_s`; `link` and `ceiling` are in bytes a second."""
        seconds = now_s - began_s
        self._best_link = max(self._best_link, link)  # on a crowded core the measurement sinks with everything else
        own_s = size / self._best_link + (0.0 if self.is_starting else size / _CORE_BYTES_PER_S)
        waited_s = seconds - min(own_s, _MOST_OWN_SHARE * seconds)
        before_s = waited_s if self.is_starting or began_s - self._answered_s > _CLOSE_S else self._waited_s
        self._waited_s, self._answered_s = waited_s, now_s
        pressure = min(1.0, max(0.0, (min(before_s, waited_s) - self._far_s - PROMPT_S) / (PATIENT_S - PROMPT_S)))
        self._prompt_count = 0 if pressure else self._prompt_count + 1
        if pressure:
            self._end_start(now_s)
        if pressure == 1.0:
            self._lower(0.7, began_s, now_s)
        elif not self.is_starting:
            self._adjust(pressure, now_s)
        elif is_backlog and 2 * size >= min(self.request_bytes, _LARGE_BYTES):
            self.rate *= 2.0
        self.rate = max(_LEAST, min(self.rate, ceiling))

    def refused(self, began_s: float, now_s: float) -> None:
        """The store asked to be left alone."""
        self._lower(0.5, began_s, now_s)

    def _adjust(self, pressure: float, now_s: float) -> None:
        seconds = min(1.0, max(0.0, now_s - self._changed_s))
        doublings = min(_MOST_DOUBLINGS, max(0.0, (self._prompt_count - _CALM) / 2))
        self.rate += seconds * (_STEP * 2.0**doublings * (1.0 - pressure) - _EASE * self.rate * pressure)
        self._changed_s = now_s

    def _lower(self, share: float, began_s: float, now_s: float) -> None:
        self._end_start(now_s)
        if began_s >= self._lowered_s:
            self.rate = max(_LEAST, share * self.rate)
            self._lowered_s = self._changed_s = now_s

    def _end_start(self, now_s: float) -> None:
        if self.is_starting:
            self.is_starting = False
            self._changed_s = now_s

"""How long a fan has run: the laser and the fan of a dust sensor are what wears out. Seconds that never step."""


class Fan:
    """Adds up. What was open when nobody looked any more is closed at the last look."""

    def __init__(self) -> None:
        self._ran_s = 0.0  # in runs that are over
        self._since_s: float | None = None
        self._seen_s = float("-inf")

    @property
    def is_running(self) -> bool:
        return self._since_s is not None

    def add(self, seconds: float) -> None:
        """It ran so long before all this."""
        self._ran_s += seconds

    def seen(self, now_s: float) -> None:
        """Somebody looks: as far as is known, all is as it was."""
        self._seen_s = max(self._seen_s, now_s)

    def starts(self, now_s: float) -> None:
        if self._since_s is None:
            self._since_s = now_s
        self.seen(now_s)

    def stops(self, now_s: float) -> None:
        if self._since_s is not None:
            self._ran_s += max(0.0, now_s - self._since_s)
            self._since_s = None
        self.seen(now_s)

    def lost(self) -> None:
        """The sensor was out of sight since the last look: nothing is counted after that."""
        if self._since_s is not None:
            self.stops(self._seen_s)

    def ran_s(self, now_s: float) -> float:
        """Return how long it ran, the run in progress included."""
        return self._ran_s + (max(0.0, now_s - self._since_s) if self._since_s is not None else 0.0)

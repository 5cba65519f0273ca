"""A clock that stands still until a test moves it."""


class MovedClock:
    """See runtime/clock.py: Clock. All three clocks advance together."""

    boot_id = "00000000-0000-4000-8000-000000000001"

    def __init__(self, wall_ns: int = 1_700_000_000_000_000_000, boot_ns: int = 60_000_000_000) -> None:
        self._wall_ns = wall_ns
        self._boot_ns = boot_ns

    def wall_ns(self) -> int:
        return self._wall_ns

    def boot_ns(self) -> int:
        return self._boot_ns

    def monotonic_s(self) -> float:
        return self._boot_ns / 1e9

    def kernel_error_ns(self) -> int | None:
        return None

    def advance(self, seconds: float) -> None:
        self._wall_ns += round(seconds * 1e9)
        self._boot_ns += round(seconds * 1e9)

"""The system's clock, which a test may move forward: what waits for a deadline need not be waited for."""

from runtime.clock import SystemClock


class SkippingClock(SystemClock):
    """Real time plus what was skipped; the wall, boot time and the monotonic clock go together."""

    def __init__(self) -> None:
        self._skipped_s = 0.0

    def skip(self, seconds: float) -> None:
        self._skipped_s += seconds

    def wall_ns(self) -> int:
        return super().wall_ns() + int(self._skipped_s * 1e9)

    def boot_ns(self) -> int:
        return super().boot_ns() + int(self._skipped_s * 1e9)

    def monotonic_s(self) -> float:
        return super().monotonic_s() + self._skipped_s

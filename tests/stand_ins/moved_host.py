"""The clocks of a host that goes its real pace, and is moved, set, synchronised and started anew by a test."""

import time
import uuid


class MovedHost:
    """See runtime/clock.py: Clock. `true_ns` is what its wall ought to say."""

    def __init__(self, wall_ahead_ns: int = 0) -> None:
        self._moved_ns = 0
        self._wall_ahead_ns = wall_ahead_ns
        self._error_ns: int | None = None
        self._boot_at_ns = time.monotonic_ns() - 30_000_000_000
        self.boot_id = str(uuid.uuid4())

    def true_ns(self) -> int:
        return time.time_ns() + self._moved_ns

    def wall_ns(self) -> int:
        return self.true_ns() + self._wall_ahead_ns

    def boot_ns(self) -> int:
        return time.monotonic_ns() + self._moved_ns - self._boot_at_ns

    def monotonic_s(self) -> float:
        return (time.monotonic_ns() + self._moved_ns) / 1e9

    def kernel_error_ns(self) -> int | None:
        return self._error_ns

    def advance(self, seconds: float) -> None:
        """Time passes, for everybody."""
        self._moved_ns += round(seconds * 1e9)

    def set_wall(self, ahead_ns: int) -> None:
        """Somebody sets the clock; the kernel calls it unsynchronised then."""
        self._wall_ahead_ns, self._error_ns = ahead_ns, None

    def synchronise(self, error_ns: int = 5_000_000) -> None:
        """NTP has set the clock."""
        self._wall_ahead_ns, self._error_ns = 0, error_ns

    def reboot(self, off_s: float, wall_ahead_ns: int) -> None:
        """Power was off for a while; the wall comes up as it likes."""
        self.advance(off_s)
        self._boot_at_ns = time.monotonic_ns() + self._moved_ns - 8_000_000_000
        self.boot_id = str(uuid.uuid4())
        self.set_wall(wall_ahead_ns)

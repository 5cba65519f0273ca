"""Clocks: the wall (may step), boot time (counts through suspend, dies with the boot) and the boot id that joins the two."""

import time
from functools import cached_property
from pathlib import Path
from typing import Protocol

from runtime.kernel_clock import kernel_error_ns


class Clock(Protocol):
    """What a process needs to know of time. Rates and timers use `monotonic_s`, never the wall."""

    @property
    def boot_id(self) -> str: ...

    def wall_ns(self) -> int: ...

    def boot_ns(self) -> int: ...

    def monotonic_s(self) -> float: ...

    def kernel_error_ns(self) -> int | None: ...


class SystemClock:
    """The clocks of this machine."""

    @cached_property
    def boot_id(self) -> str:
        """The kernel's random id of this boot (proc(5), /proc/sys/kernel/random/boot_id)."""
        return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()

    def wall_ns(self) -> int:
        """Nanoseconds since 1970 UTC, as the system believes."""
        return time.time_ns()

    def boot_ns(self) -> int:
        """Nanoseconds since boot, suspend included (CLOCK_BOOTTIME)."""
        return time.clock_gettime_ns(time.CLOCK_BOOTTIME)

    def monotonic_s(self) -> float:
        """Seconds of a clock that never steps."""
        return time.monotonic()

    def kernel_error_ns(self) -> int | None:
        """The kernel's bound on the error of the wall in ns while it is synchronised, None while it is not."""
        return kernel_error_ns()

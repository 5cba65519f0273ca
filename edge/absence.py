"""While a source was away from its broker, which kept its messages meanwhile."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Absence:
    """From when to when, in nanoseconds of this boot's CLOCK_BOOTTIME; the start is None when it lies before this process.

    It starts with the last word of the broker to a connection that had caught up, and ends with the welcome of the present one.
    """

    from_boot_ns: int | None
    to_boot_ns: int

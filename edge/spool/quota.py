"""Room: which segment goes when the spool has outgrown its quota or the disk is full. Pure.

Order: delivered history first, oldest segment first, bulk before normal before high; then undelivered readings, oldest segment
first, of bulk and then of normal, beginning with a priority that is over its share. High is never evicted undelivered, and a
priority never makes room for a lower one by losing its own undelivered readings. A segment of which records are on their way stays.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum

from telemetry.batch import Priority

_ORDER = (Priority.BULK, Priority.NORMAL, Priority.HIGH)
_EVICTABLE = (Priority.BULK, Priority.NORMAL)


class Standing(Enum):
    """What deleting a segment would cost."""

    DELIVERED = "nothing but history"
    UNDELIVERED = "readings"
    LEASED = "readings that are on their way just now"


@dataclass(frozen=True, slots=True)
class Holding:
    """What one priority holds: the standing of its sealed segments, oldest first, its size and its share of the quota in bytes."""

    total_bytes: int
    share_bytes: int
    sealed: Sequence[Standing]


def what_to_give(holdings: Mapping[Priority, Holding], for_priority: Priority) -> tuple[Priority, int] | None:
    """Return which priority gives up which of its sealed segments so that `for_priority` can be written, None when nothing may go."""
    for priority in _ORDER:
        if Standing.DELIVERED in holdings[priority].sealed:
            return priority, holdings[priority].sealed.index(Standing.DELIVERED)
    candidates = [
        priority for priority in _EVICTABLE if Standing.UNDELIVERED in holdings[priority].sealed and _may_lose(priority, for_priority)
    ]
    over = [priority for priority in candidates if holdings[priority].total_bytes > holdings[priority].share_bytes]
    for priority in over or candidates:
        return priority, holdings[priority].sealed.index(Standing.UNDELIVERED)
    return None


def _may_lose(priority: Priority, for_priority: Priority) -> bool:
    return _ORDER.index(priority) <= _ORDER.index(for_priority)

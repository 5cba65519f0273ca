"""When did it happen, that a message queued at the broker while we were away? Pure.

Such a message has no time of its own, and its arrival says only when we were back. It is placed between the two: each series goes on
at the pace it had before, and where that leads too far it is pressed, so that nothing ever lies behind our return.
"""

from dataclasses import dataclass

_UNKNOWN_PACES = 1024  # without a known pace, steps of this part of the absence
_APART_NS = 1  # two points of a series never share a time
_MARGIN_NS = 1_000_000


@dataclass(frozen=True, slots=True)
class Absence:
    """From when to when no connection to the broker was there, in ns of this boot's CLOCK_BOOTTIME; from None: since before this process.

    It starts with the last word of the broker to a connection that had caught up, and ends with the welcome of the present one.
    """

    from_boot_ns: int | None
    to_boot_ns: int


def while_away(from_ns: int, to_ns: int, nth: int, pace_ns: int) -> int:
    """Return the time (ns) of the nth message, from 1, of a series between `from_ns` and `to_ns`; `pace_ns` is 0 when not known.

    Three quarters of the absence are filled at the pace, what comes after that is pressed into the last quarter. Later messages
    never have an earlier time.
    """
    room_ns = max(0, to_ns - from_ns - _MARGIN_NS)
    at_ns = nth * (pace_ns if pace_ns > 0 else max(1, room_ns // _UNKNOWN_PACES))
    free_ns = room_ns * 3 // 4
    if at_ns > free_ns:
        quarter_ns, beyond_ns = room_ns - free_ns, at_ns - free_ns
        at_ns = free_ns + (quarter_ns * beyond_ns // (quarter_ns + beyond_ns) if quarter_ns else 0)
    return from_ns + at_ns + nth * _APART_NS

"""How a message arrived, where that is not simply "just now, by a trusted clock"."""

from dataclasses import dataclass
from typing import NamedTuple

from edge.absence import Absence
from edge.clock.stamp import Stamps
from edge.clock.trust import EARLIEST_NS
from telemetry import quality


class DeviceTime(NamedTuple):
    """A device's own time (ns since 1970 UTC), and how far it may be behind or ahead of the arrival (ns) to be believed."""

    time_ns: int
    past_ns: int
    ahead_ns: int


class Away(NamedTuple):
    """The nth message of a series that queued at the broker from `from_ns` to `to_ns`; `pace_ns`: see edge/absence.py.

    Both are ns since 1970 UTC while time is trusted; else `to_ns` is ns since boot, and so is `from_ns` if `is_from_boot`.
    """

    from_ns: int
    to_ns: int
    nth: int
    pace_ns: int
    is_from_boot: bool = False


@dataclass(frozen=True, slots=True)
class Arrival:
    """`is_retained`: the broker had kept the message, nobody knows since when. `away` is the absence during which it queued.

    `is_once`: its source recognises what comes twice, so that two equal readings are two.
    """

    is_trusted: bool = True
    is_retained: bool = False
    is_once: bool = False
    away: Away | None = None


def disbelieved(device_ns: int, arrival_ns: int) -> int:
    """Return the quality bits of a point that is stored with its arrival because the time of its device was not believed.

    A date of long ago is most likely what it says: an old value, told late or again, which must not look like news. A date from before
    there were gateways, or one of the future, is a clock that nobody set.
    """
    return quality.CLOCK_ESTIMATED | (quality.STALE if EARLIEST_NS <= device_ns < arrival_ns else quality.GOOD)


def away_of(absence: Absence, time: Stamps, *, is_trusted: bool) -> Away:
    """Return the absence in the times that stamps are in just now."""
    before_ns = time.before_ns
    if not is_trusted:
        if absence.from_boot_ns is None and before_ns is not None:
            return Away(before_ns, absence.to_boot_ns, 0, 0)
        from_boot_ns = absence.to_boot_ns if absence.from_boot_ns is None else absence.from_boot_ns
        return Away(from_boot_ns, absence.to_boot_ns, 0, 0, is_from_boot=True)
    to_ns = time.at_boot_ns(absence.to_boot_ns) or 0
    from_ns = before_ns if absence.from_boot_ns is None else time.at_boot_ns(absence.from_boot_ns)
    return Away(min(to_ns if from_ns is None else from_ns, to_ns), to_ns, 0, 0)

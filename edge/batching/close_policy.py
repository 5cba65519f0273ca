"""When a batch closes: on its age, on its bytes, or on an idle line while the broker holds messages back. Pure."""

from dataclasses import dataclass
from enum import Enum

_READS = 2  # a line is not idle while the next read may still be in work
_GAPS = 10  # nor for a gap that its own pace explains (one in 22,000 of random arrivals is longer)


class Cause(Enum):
    """Why a batch closes."""

    AGE = "age"
    BYTES = "bytes"
    IDLE = "idle"


@dataclass(frozen=True, slots=True)
class ClosePolicy:
    """Limits of an open batch."""

    age_s: float
    raw_bytes: int
    idle_s: float = 0.001


@dataclass(frozen=True, slots=True)
class Filling:
    """An open batch at one moment; times on the monotonic clock. `work_s` is what the last read took; `window` as in WindowGuess.

    `is_urgent`: a device waits for room.
    """

    opened_s: float
    touched_s: float
    raw_bytes: int
    outstanding: int
    window: int | None
    work_s: float = 0.0
    is_urgent: bool = False


def closes(filling: Filling, policy: ClosePolicy) -> tuple[float, Cause]:
    """Return when the batch closes if nothing more comes, and why; a time that has passed means now."""
    if filling.raw_bytes >= policy.raw_bytes or filling.is_urgent:
        return filling.touched_s, Cause.BYTES
    due = filling.opened_s + policy.age_s
    if filling.window is not None and filling.outstanding >= filling.window:
        gap_s = (filling.touched_s - filling.opened_s) / filling.outstanding
        idle = filling.touched_s + max(policy.idle_s, _READS * filling.work_s, _GAPS * gap_s)
        if idle < due:
            return idle, Cause.IDLE
    return due, Cause.AGE


def stalled(filling: Filling, now_s: float) -> bool:
    """Tell whether a batch that closes now has waited longer in silence than it took to fill."""
    return now_s - filling.touched_s > filling.touched_s - filling.opened_s

"""When a batch closes: on its age, on its bytes, or on an idle line with the broker's window full. Pure."""

from dataclasses import dataclass
from enum import Enum


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
    """An open batch at one moment; times on the monotonic clock. `window` as in WindowGuess."""

    opened_s: float
    touched_s: float
    raw_bytes: int
    outstanding: int
    window: int | None


def closes(filling: Filling, policy: ClosePolicy) -> tuple[float, Cause]:
    """Return when the batch closes if nothing more comes, and why; a time that has passed means now."""
    if filling.raw_bytes >= policy.raw_bytes:
        return filling.touched_s, Cause.BYTES
    due = filling.opened_s + policy.age_s
    if filling.window is not None and filling.outstanding >= filling.window:
        idle = filling.touched_s + policy.idle_s
        if idle < due:
            return idle, Cause.IDLE
    return due, Cause.AGE

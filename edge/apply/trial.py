"""A config on trial: whether it works is judged by what is seen of uplink and sources, and at the deadline it goes. Pure.

    running ──(everything that is asked was seen, or a person confirms)──► kept
       └──────(the deadline passes first, or it cannot even be applied)──► returned

Asked is what worked before and what is new: that something reaches the store (unless nothing did before and the uplink is the same),
that each source which was connected, is new or is changed, is connected, and that each source which gave readings gives some again.
All times are monotonic seconds.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import Enum

UPLINK = "uplink"


class Phase(Enum):
    """Where a trial stands; the last two are final."""

    RUNNING = "running"
    KEPT = "kept"
    RETURNED = "returned"

    @property
    def is_final(self) -> bool:
        return self is not Phase.RUNNING


@dataclass(frozen=True, slots=True)
class SourceSeen:
    """A source at one moment; `readings` is a count that starts anew with the source."""

    is_connected: bool
    readings: int


@dataclass(frozen=True, slots=True)
class Seen:
    """What there is to see at one moment; `delivered` is a count of lines that starts anew with the uplink."""

    delivered: int = 0
    sources: Mapping[str, SourceSeen] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Asked:
    """What must be seen before the config is kept: a delivery, sources connected, sources that give readings."""

    delivery: bool = True
    connected: frozenset[str] = frozenset()
    reading: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Trial:
    """`since` is what was seen when the new config was in force; `missing` what is still to be seen."""

    deadline_s: float
    asked: Asked
    since: Seen = Seen()
    phase: Phase = Phase.RUNNING
    reason: str = ""
    missing: tuple[str, ...] = ()


def judge(trial: Trial, seen: Seen, now_s: float) -> Trial:
    """Return the trial after one more look. A final one stays as it is."""
    if trial.phase.is_final:
        return trial
    missing = tuple(_missing(trial, seen))
    if not missing:
        return replace(trial, phase=Phase.KEPT, reason="uplink and readings are back", missing=())
    if now_s >= trial.deadline_s:
        return replace(trial, phase=Phase.RETURNED, reason=f"not back in time: {', '.join(missing)}", missing=missing)
    return replace(trial, missing=missing)


def confirm(trial: Trial) -> Trial:
    """A person says that it is right as it is."""
    return trial if trial.phase.is_final else replace(trial, phase=Phase.KEPT, reason="confirmed", missing=())


def give_up(trial: Trial, reason: str) -> Trial:
    """The config cannot even be applied."""
    return trial if trial.phase.is_final else replace(trial, phase=Phase.RETURNED, reason=reason)


def _missing(trial: Trial, seen: Seen) -> list[str]:
    asked = trial.asked
    missing = [UPLINK] if asked.delivery and seen.delivered <= trial.since.delivered else []
    for source in sorted(asked.connected | asked.reading):
        now, then = seen.sources.get(source), trial.since.sources.get(source)
        if source in asked.connected and not (now and now.is_connected):
            missing.append(f"{source}: connection")
        elif source in asked.reading and (now is None or now.readings <= (then.readings if then else 0)):
            missing.append(f"{source}: readings")
    return missing

"""Whether a board's readings prove its firmware: looked at for so many intervals of each set. Pure; times are monotonic seconds.

Every field that is expected must be plausible `intervals` times, over that many intervals. It fails before that when

- a set is silent for `SILENT_INTERVALS` of its intervals and a grace;
- a set's readings are implausible (out of range, not a number, marked as a fault by the board itself) more than half as often as they may
  be good, twice at least: a single glitch of a sensor is none of the firmware's;
- a field that is no counter stands still for as long as the catalogue calls a flat line (hours: a short watch cannot tell);
- a field does not come often enough within three times the time;
- the board restarts more than once.

Readings of a warm-up, by the board's own word, are not judged, and have the catalogue's time for it.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from firmware_bridge.ota.expected import ExpectedField, ExpectedSet
from telemetry import quality

SILENT_INTERVALS = 3
LATEST_INTERVALS = 3  # times the intervals asked for
MOST_RESTARTS = 1
MIN_FLAT = 10
_FAULTS = quality.OUT_OF_RANGE | quality.DEVICE_ERROR


@dataclass(frozen=True, slots=True)
class SetReading:
    """One reading of one set, as the link hands it on."""

    index: int
    values: Mapping[str, float]
    quality: int = 0


@dataclass(slots=True)
class _Field:
    good: int = 0
    value: float | None = None
    since_s: float = 0.0
    same: int = 0


@dataclass(slots=True)
class _Set:
    heard_s: float
    bad: int = 0
    bad_why: str = ""
    fields: dict[str, _Field] = field(default_factory=dict)


class Watch:
    """One watch. Tell it what is heard, and ask `verdict` at any time."""

    def __init__(self, sets: Sequence[ExpectedSet], intervals: int, now_s: float, grace_s: float = 5.0) -> None:
        self._sets = {each.index: each for each in sets}
        self._asked = [each for each in sets if each.interval_s > 0]
        self._intervals = intervals
        self._began_s = now_s
        self._grace_s = grace_s
        self._seen = {each.index: _Set(now_s, fields={row.name: _Field() for row in each.fields}) for each in sets}
        self._boots: set[int] = set()

    def greeted(self, boot: int) -> None:
        """The board said HELLO with this number of its start."""
        if len(self._boots) <= MOST_RESTARTS + 1:
            self._boots.add(boot)

    def paused(self, for_s: float) -> None:
        """The board was not there for so long: that counts for nothing."""
        self._began_s += for_s
        for seen in self._seen.values():
            seen.heard_s += for_s
            for row in seen.fields.values():
                row.since_s += for_s

    def heard(self, reading: SetReading, now_s: float) -> None:
        """A reading came. One of a set that nobody expects says nothing."""
        expected = self._sets.get(reading.index)
        if expected is None:
            return
        seen = self._seen[reading.index]
        seen.heard_s = max(seen.heard_s, now_s)
        if reading.quality & quality.WARM_UP:
            return
        if why := _wrong(expected, reading):
            seen.bad += 1
            seen.bad_why = why
            return
        for row in expected.fields:
            if row.name in reading.values:
                _note(seen.fields[row.name], reading.values[row.name], now_s)

    @property
    def progress(self) -> tuple[int, int]:
        """How many of how many readings the slowest field has."""
        counts = [seen.good for each in self._asked for seen in self._seen[each.index].fields.values()]
        return min([*counts, self._intervals]), self._intervals

    def verdict(self, now_s: float) -> str | None:
        """Return why the firmware is not proven, "" when it is, None while that is open."""
        if len(self._boots) > MOST_RESTARTS + 1:
            return f"it restarted {len(self._boots) - 1} times while it was watched"
        for each in self._sets.values():
            if why := self._failure(each, now_s):
                return why
        is_over = bool(self._asked) or now_s - self._began_s >= self._intervals * self._grace_s  # no set speaks by itself: it stayed up
        return "" if is_over and all(self._is_proven(each, now_s) for each in self._asked) else None

    def _failure(self, expected: ExpectedSet, now_s: float) -> str:
        seen = self._seen[expected.index]
        if seen.bad > max(1, self._intervals // 2):
            return f"{expected.name}: {seen.bad} implausible readings ({seen.bad_why})"
        for row in expected.fields:
            if _is_stuck(row, seen.fields[row.name], now_s):
                return f"{expected.name}: {row.name} stands still at {seen.fields[row.name].value:g}"
        if not expected.interval_s:
            return ""
        silent_s = now_s - seen.heard_s
        if silent_s > SILENT_INTERVALS * expected.interval_s + self._grace_s:
            return f"{expected.name}: silent for {silent_s:.1f} s"
        latest_s = LATEST_INTERVALS * self._intervals * expected.interval_s + self._grace_s + expected.warm_up_s
        if now_s - self._began_s > latest_s:
            for row in expected.fields:
                if (good := seen.fields[row.name].good) < self._intervals:
                    return f"{expected.name}: {row.name} came {good} times, {self._intervals} were asked for"
        return ""

    def _is_proven(self, expected: ExpectedSet, now_s: float) -> bool:
        is_over = now_s - self._began_s >= (self._intervals - 1) * expected.interval_s
        return is_over and all(row.good >= self._intervals for row in self._seen[expected.index].fields.values())


def _wrong(expected: ExpectedSet, reading: SetReading) -> str:
    if reading.quality & _FAULTS:
        return f"the board marks them {reading.quality & _FAULTS}"
    for row in expected.fields:
        value = reading.values.get(row.name)
        if value is not None and not (math.isfinite(value) and row.is_plausible(value)):
            return f"{row.name} {value:g}, plausible is {row.lowest:g} to {row.highest:g}"
    return ""


def _note(seen: _Field, value: float, now_s: float) -> None:
    seen.good += 1
    seen.same += 1
    if value != seen.value:
        seen.value, seen.since_s, seen.same = value, now_s, 1


def _is_stuck(row: ExpectedField, seen: _Field, now_s: float) -> bool:
    if row.is_counter or seen.value is None or seen.value in row.limits.rests or seen.same < MIN_FLAT:
        return False
    return now_s - seen.since_s >= row.limits.flat_s

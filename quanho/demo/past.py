"""What the street measured before the demo began: one whole day of it, told by MQTT with the times of then.

However many hours the past has, it ends at the hour at which the live street begins. Where a hole is wanted, the power was away in a
stretch of it and nothing was measured. Pure.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from quanho.demo.devices import FAULT_EVERY, Message, Voice

FIRST_HOUR = 5.5  # of the live street: before the morning peak
_SHORTEST_S, _LONGEST_S = 60.0, 300.0  # between two readings of a device
_FAULTS = 5  # of a faulty device: they arrive within seconds, and a source keeps 20 a minute and topic in full
_AWAY = (0.30, 0.36)  # parts of the past


def usual_spacing_s(length_h: float) -> float:
    """Return the seconds between two readings of a device: a minute, more where the past is long."""
    return min(max(10.0 * length_h, _SHORTEST_S), _LONGEST_S)


@dataclass(frozen=True, slots=True)
class Past:
    """A past of `length_h` hours that ends at `end_ms` (ms since 1970 UTC); `spacing_s` between two readings of a device."""

    end_ms: int
    length_h: float
    spacing_s: float
    has_hole: bool = False

    @property
    def hours_an_hour(self) -> float:
        """How many hours of the street's day pass in one; 1 without a past."""
        return 24.0 / self.length_h if self.length_h else 1.0

    @property
    def begin_ms(self) -> int:
        return self.end_ms - round(self.length_h * 3_600_000)

    @property
    def away_ms(self) -> tuple[int, int]:
        """When the power went away, and when it came back."""
        begin, end = (self.begin_ms + round(part * (self.end_ms - self.begin_ms)) for part in _AWAY)
        return begin, end

    def hour(self, at_ms: int) -> float:
        """Return the hour of the street's day at a moment, also after the end."""
        return (FIRST_HOUR + (at_ms - self.end_ms) / 3_600_000 * self.hours_an_hour) % 24.0

    def told_by(self, voices: Sequence[Voice]) -> Iterator[tuple[Voice, Message]]:
        """Yield who says what, in the order of time; the devices are not all measured in the same second."""
        spacing_ms = round(self.spacing_s * 1000)
        away_ms, back_ms = self.away_ms
        if not self.has_hole:
            back_ms = away_ms
        steps = range(self.begin_ms, self.end_ms - spacing_ms + 1, spacing_ms)
        fault_every = max(FAULT_EVERY, len(steps) // _FAULTS)
        for step_ms in steps:
            for number, voice in enumerate(voices):
                at_ms = step_ms + number * spacing_ms // len(voices)
                if not away_ms <= at_ms < back_ms:
                    yield voice, voice.next(self.hour(at_ms), at_ms, fault_every)

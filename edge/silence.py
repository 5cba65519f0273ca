"""When a source counts as silent: against its configured cadence, or one that is learned from its arrivals. Pure.

Configured: silent after twice `expect_every_s` without a message, counted from the start when none ever came. Learned: silent after
five times the largest usual pause, at least 30 s; nothing is known before 20 arrivals, those within 5 s being one, so that a burst
does not pass for a cadence. A pause that was an alarm is no usual one; three of them in a row, and the source has changed its ways:
it is learned anew. Times are seconds of a clock that never steps.
"""

from collections import deque
from dataclasses import dataclass
from math import sqrt

_LEAST_SILENCE_S = 30.0
_LEAST_ARRIVALS = 20
_TOGETHER_S = 5.0
_PATIENCE = 5.0
_DEVIATIONS = 2.5  # the largest of a few random pauses may be small by chance: it is taken for at least so many above the mean
_PAUSES_KEPT = 64
_SMALL = 0.1  # pauses below this part of the largest are within bursts, and would crowd out those between them
_ALARMS_TO_LEARN_ANEW = 3


@dataclass(frozen=True, slots=True)
class Silence:
    """The source has been silent since `since_s`; it is over at `until_s` (None: not yet), when about `missing` messages had not come."""

    since_s: float
    until_s: float | None = None
    missing: int | None = None


class SilenceWatch:
    """Looked at now and then; told only when the last message came, and how many have."""

    def __init__(self, expect_every_s: float | None, now_s: float) -> None:
        self._expect_every_s = expect_every_s
        self._began_s = now_s
        self._heard_s: float | None = None
        self._arrival_s: float | None = None  # the first of those that count as one
        self._messages = 0
        self._pauses: deque[float] = deque(maxlen=_PAUSES_KEPT)
        self._largest_s = 0.0  # pause since then
        self._arrivals = 0
        self._heard_count = 0
        self._learned_s = self._squares = 0.0  # sums of their pauses and of the squares of these
        self._alarms = 0
        self._rate: tuple[int, float] = (0, 0.0)  # messages, and seconds without alarms in which they came
        self.silence: Silence | None = None

    def look(self, now_s: float, heard_s: float | None, messages: int) -> Silence | None:
        """Return a silence that began or ended since the last look, None when nothing changed.

        `heard_s` is when the last message came, None before the first; `messages` how many came since the start.
        """
        if heard_s is not None and heard_s != self._heard_s:
            return self._heard(heard_s, messages)
        if self.silence is None:
            since_s, limit_s = self._heard_s, self.limit_s
            if since_s is None and self._expect_every_s is not None:
                since_s = self._began_s
            if since_s is not None and limit_s is not None and now_s - since_s > limit_s:
                self.silence = Silence(since_s)
                return self.silence
        return None

    @property
    def limit_s(self) -> float | None:
        """Return after how long the source counts as silent, None while that is not known."""
        if self._expect_every_s is not None:
            return 2 * self._expect_every_s
        if self._arrivals < _LEAST_ARRIVALS or not self._pauses:
            return None
        mean_s = self._learned_s / self._heard_count
        deviation_s = sqrt(max(0.0, self._squares / self._heard_count - mean_s**2))
        usual_s = max(max(self._pauses), mean_s + _DEVIATIONS * deviation_s)
        return max(_LEAST_SILENCE_S, _PATIENCE * usual_s)

    def _heard(self, heard_s: float, messages: int) -> Silence | None:
        over, came = self.silence, messages - self._messages
        before_s = self._heard_s if self._heard_s is not None else (over.since_s if over else heard_s)
        pause_s = heard_s - before_s
        self._heard_s, self._messages, self.silence = heard_s, messages, None
        if over is None:
            self._rate = (self._rate[0] + came, self._rate[1] + pause_s)
            self._learn(heard_s, pause_s)
            return None
        missing = self._missing(pause_s)
        self._arrival_s, self._largest_s = heard_s, 0.0
        self._alarms += 1
        if self._alarms >= _ALARMS_TO_LEARN_ANEW:
            self._pauses.clear()
            self._arrivals, self._heard_count, self._learned_s, self._squares = 0, 0, 0.0, 0.0
            self._alarms, self._rate = 0, (0, 0.0)
        return Silence(over.since_s, heard_s, missing)

    def _learn(self, heard_s: float, pause_s: float) -> None:
        if self._arrival_s is None:
            self._arrival_s = heard_s
            return
        self._heard_count += 1
        self._learned_s += pause_s
        self._squares += pause_s**2
        self._largest_s = max(self._largest_s, pause_s)
        if heard_s - self._arrival_s < _TOGETHER_S:
            return
        if self._largest_s >= _SMALL * max(self._pauses, default=0.0):
            self._pauses.append(self._largest_s)
        self._arrival_s, self._largest_s = heard_s, 0.0
        self._arrivals += 1
        if self._arrivals % _LEAST_ARRIVALS == 0:
            self._alarms = 0

    def _missing(self, pause_s: float) -> int | None:
        if self._expect_every_s is not None:
            return int(pause_s / self._expect_every_s)
        messages, seconds = self._rate
        return round(messages / seconds * pause_s) if seconds else None

"""Who is asked next on a line, and how long an answer is waited for. Pure: *now* is an argument, in seconds that never step.

Each slave has a cadence and is due one cadence after its last round was due, or began, where the line was busy; missed rounds are not made
up for. The one due longest goes first. A slave that fails is asked once more as soon as the others can spare it, then at its cadence; from
FAILURES_TO_OPEN in a row on with growing pauses (its breaker is open) until it answers again.

No slave delays another beyond LATEST of that one's cadence: an answer is waited for only as long as the others can spare, and a slave
that is failing is asked only when they can spare at least what it needs at best. So is one that is slow: it waits for a moment when
nobody else is due soon, though no more than PATIENCE of its own cadences. What a healthy slave needs is learned from its answers. Rounds
follow each other closely, so that what is left of a cadence is in one piece, for slaves that are slow or dead.
"""

from dataclasses import dataclass, field

FAILURES_TO_OPEN = 3
LATEST = 0.12  # of the cadence; a fifth is promised, the rest is for a busy host
PATIENCE = 5.0  # cadences that a slow slave waits for a moment when the others can spare its answer
_MOST_NOISY = 0.3  # of the shortest cadence
_STAGGER_S = 0.05
_FIRST_PAUSE_S = 5.0
_LONGEST_PAUSE_S = 60.0
_LEAST_WAIT_S = 0.03
_MOST_MARGIN_S = 0.1
_UNKNOWN_WAIT_S = 0.06
_REMEMBERED = 64
_LOOK_S = 0.02  # how often it is looked whether the others can spare the line


@dataclass(slots=True)
class SlaveState:
    """One slave: its cadence, the longest wait for one of its answers, how many requests a round has; and how it does.

    `wire_s` is the time that its longest request and answer are on the line, `gap_s` the silence that it wants before each request.
    """

    id: int
    every_s: float
    timeout_s: float
    reads: int = 1
    due_s: float = 0.0
    failures: int = 0
    pause_s: float = 0.0
    down_since_s: float | None = None
    answers_s: list[float] = field(default_factory=list)  # the last latencies
    wire_s: float = 0.0
    gap_s: float = 0.0
    began_s: float | None = None  # the turn that is under way
    noisy_s: float = 0.0  # how long it is given to fall silent: it says something, and not what was asked for

    @property
    def latest_s(self) -> float:
        """When its round must have begun."""
        return self.due_s + LATEST * self.every_s

    @property
    def is_open(self) -> bool:
        """Whether it is taken for dead."""
        return self.failures >= FAILURES_TO_OPEN

    @property
    def usual_s(self) -> float:
        """The longest wait for an answer lately; unknown: half of what is allowed."""
        return max(self.answers_s, default=self.timeout_s / 2)

    @property
    def round_s(self) -> float:
        """How long a round takes when all goes well."""
        return self.reads * (self.usual_s + self.gap_s)

    @property
    def least_s(self) -> float:
        """The shortest wait that gives it a chance."""
        known_s = (
            max(_LEAST_WAIT_S, min(2 * max(self.answers_s), max(self.answers_s) + _MOST_MARGIN_S))
            if self.answers_s
            else _UNKNOWN_WAIT_S + self.wire_s
        )
        return min(self.timeout_s, max(known_s, self.noisy_s))


@dataclass(frozen=True, slots=True)
class Turn:
    """Ask this slave now and wait at most `wait_s` for each answer; an open one is asked one thing only."""

    slave: SlaveState
    wait_s: float


class Schedule:
    """The slaves of one line."""

    def __init__(self, slaves: list[SlaveState], now_s: float) -> None:
        self.slaves = slaves
        step_s = min(_STAGGER_S, min(each.every_s for each in slaves) / len(slaves))
        for number, slave in enumerate(slaves):
            slave.due_s = now_s + step_s * number

    def next(self, now_s: float) -> Turn | float:
        """Return whose turn it is, or how many seconds nobody is."""
        waiting = sorted((slave for slave in self.slaves if slave.due_s <= now_s), key=lambda slave: (slave.failures > 0, slave.latest_s))
        for slave in waiting:
            spare_s = self._spare_s(slave, now_s)
            patience_s = PATIENCE * slave.every_s if self._is_slow(slave) else 0.0
            is_late = slave.failures == 0 and now_s >= slave.latest_s + patience_s
            if is_late or spare_s >= slave.least_s:  # who can wait lets the others go first
                slave.began_s = now_s
                if slave.failures:  # the others need not even be late for it, if what is left of their cadence is enough
                    spare_s -= LATEST * min(each.every_s for each in self.slaves)
                return Turn(slave, min(slave.timeout_s, max(spare_s, slave.least_s)))
        others = [slave.due_s for slave in self.slaves if slave.due_s > now_s]
        return max(0.001, min([*others, now_s + _LOOK_S if waiting else now_s + 3600]) - now_s)

    def done(self, slave: SlaveState, now_s: float, latencies_s: list[float], *, answered: bool, is_noisy: bool = False) -> None:
        """A turn is over. `latencies_s` are those of the answers that came; `is_noisy`: something else came instead.

        Who is noisy may be talking still when we give up, and then hides the next one's answer; who has never answered may be slow. These
        are asked when there is more time.
        """
        slave.answers_s = [*slave.answers_s, *latencies_s][-_REMEMBERED:]
        due_s = max(slave.due_s, slave.began_s) if slave.began_s is not None else slave.due_s
        slave.began_s = None
        if answered:
            slave.failures, slave.pause_s, slave.noisy_s, slave.down_since_s = 0, 0.0, 0.0, None
            slave.due_s = _next_point(due_s, slave.every_s, now_s)
            return
        slave.failures += 1
        if is_noisy or not slave.answers_s:
            slave.noisy_s = min(2 * slave.least_s, _MOST_NOISY * min(each.every_s for each in self.slaves))
        if slave.down_since_s is None:
            slave.down_since_s = now_s
        if slave.is_open:
            slave.pause_s = min(_LONGEST_PAUSE_S, max(slave.pause_s * 2, _FIRST_PAUSE_S, slave.every_s))
            slave.due_s = now_s + slave.pause_s
        elif slave.failures > 1:
            slave.due_s = _next_point(due_s, slave.every_s, now_s)
        else:
            slave.due_s = now_s  # once more, when the others can spare it

    def hold(self, slave: SlaveState, until_s: float) -> None:
        """The turn came to nothing: the slave is not to be asked before then, and that is no fault of its own."""
        slave.began_s = None
        slave.due_s = until_s

    def _is_slow(self, slave: SlaveState) -> bool:
        """Whether a round of it costs the others more than LATEST; who has not answered yet is not taken for slow."""
        shortest_s = min((other.every_s for other in self.slaves if other is not slave and other.failures == 0), default=float("inf"))
        return bool(slave.answers_s) and slave.reads * slave.least_s > LATEST * shortest_s

    def _spare_s(self, slave: SlaveState, now_s: float) -> float:
        """Return how long each answer may be waited for now, so that no healthy other begins its round later than it may.

        Slow ones that are late already wait for each other in the order in which they were due.
        """
        spare_s = float("inf")
        busy_s = 0.0
        healthy = [other for other in self.slaves if other is not slave and other.failures == 0]
        if slave.failures == 0:
            healthy = [other for other in healthy if other.latest_s > now_s or not self._is_slow(other)]
        for other in sorted(healthy, key=lambda other: other.latest_s):
            spare_s = min(spare_s, other.latest_s - now_s - busy_s)
            busy_s += other.round_s
        return spare_s / (1 if slave.failures else slave.reads) - slave.gap_s


def _next_point(due_s: float, every_s: float, now_s: float) -> float:
    missed = max(0.0, (now_s - due_s) // every_s)
    return due_s + (missed + 1) * every_s

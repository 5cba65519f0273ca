"""The pull-the-plug test: the uplink goes, readings wait on the disk, the uplink comes back, everything is delivered and nothing is lost.

    UNPLUG → (uplink is down) → GROW → (enough readings wait) → PLUG → (uplink is up) → DRAIN → (nothing older than the return waits) → DONE

A pure state machine: `look` is given what the agent says at `now_s` and moves on. Each phase has its time; one that lasts longer fails the
test. Readings go on arriving while the spool drains, so "empty" means that whatever still waits was measured after the uplink returned.
"""

from dataclasses import dataclass, field
from enum import StrEnum

from edge.site_check.finding import Finding, Verdict


class Phase(StrEnum):
    """What is waited for."""

    UNPLUG = "unplug"
    GROW = "grow"
    PLUG = "plug"
    DRAIN = "drain"
    DONE = "done"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Look:
    """What the agent says: is the uplink up, how many lines wait, how old the oldest is, and its own time (ns since 1970)."""

    is_up: bool
    lines_waiting: int
    oldest_ns: int | None
    now_ns: int


@dataclass(frozen=True, slots=True)
class BufferSettings:
    """How much is asked of the test, and how long each phase may last."""

    grow_lines: int = 3
    grow_s: float = 20.0
    unplug_within_s: float = 180.0
    grow_within_s: float = 300.0
    plug_within_s: float = 300.0
    drain_within_s: float = 600.0


@dataclass
class BufferTest:
    """One run. `phase` is where it is; `finding` is the outcome once it ended."""

    settings: BufferSettings
    began_s: float
    lines_before: int
    phase: Phase = Phase.UNPLUG
    most_waiting: int = 0
    outage_s: float = 0.0
    drain_s: float = 0.0
    _since_s: float = field(init=False)
    _down_s: float = 0.0
    _returned_ns: int = 0
    _failed_in: Phase = Phase.UNPLUG

    def __post_init__(self) -> None:
        self._since_s = self.began_s

    @property
    def is_over(self) -> bool:
        return self.phase in (Phase.DONE, Phase.FAILED)

    def left_s(self, now_s: float) -> float:
        """Return how long the phase may still last."""
        limits = {
            Phase.UNPLUG: self.settings.unplug_within_s,
            Phase.GROW: self.settings.grow_within_s,
            Phase.PLUG: self.settings.plug_within_s,
            Phase.DRAIN: self.settings.drain_within_s,
        }
        whole_s = self.began_s + sum(limits.values())  # a line that flickers starts phases anew
        return max(0.0, min(self._since_s + limits.get(self.phase, 0.0), whole_s) - now_s)

    def look(self, seen: Look, now_s: float) -> Phase:
        """Take what the agent says now, and return the phase."""
        if self.is_over:
            return self.phase
        self.most_waiting = max(self.most_waiting, seen.lines_waiting)
        step = {Phase.UNPLUG: self._unplug, Phase.GROW: self._grow, Phase.PLUG: self._plug, Phase.DRAIN: self._drain}[self.phase]
        waited_for = self.phase
        step(seen, now_s)
        if not self.is_over and not self.left_s(now_s):
            self._failed_in, self.phase = waited_for, Phase.FAILED
        return self.phase

    def finding(self, method: str, *, is_balanced: bool | None, dropped: int) -> Finding:
        """Return the outcome, given whether the account balances (None: not known) and how many lines were dropped meanwhile."""
        facts: dict[str, str | int] = {
            "method": method,
            "waiting": self.most_waiting,
            "outage_s": round(self.outage_s),
            "drain_s": round(self.drain_s),
            "dropped": dropped,
        }
        if self.phase is not Phase.DONE:
            where = self._failed_in if self.phase is Phase.FAILED else self.phase
            return Finding("buffer", f"buffer-{where}", Verdict.FAILED, facts)
        if dropped:
            return Finding("buffer", "buffer-dropped", Verdict.FAILED, facts)
        if is_balanced is None:
            return Finding("buffer", "buffer-unaccounted", Verdict.REMARK, facts)
        return Finding(
            "buffer", "buffer-balanced" if is_balanced else "buffer-unbalanced", Verdict.PASSED if is_balanced else Verdict.FAILED, facts
        )

    def _enter(self, phase: Phase, now_s: float) -> None:
        self.phase, self._since_s = phase, now_s

    def _unplug(self, seen: Look, now_s: float) -> None:
        if not seen.is_up:
            self._down_s = now_s
            self._enter(Phase.GROW, now_s)

    def _grow(self, seen: Look, now_s: float) -> None:
        if seen.is_up:  # it was only a flicker, or the wrong cable
            self._enter(Phase.UNPLUG, now_s)
        elif now_s - self._down_s >= self.settings.grow_s and seen.lines_waiting >= self.lines_before + self.settings.grow_lines:
            self._enter(Phase.PLUG, now_s)

    def _plug(self, seen: Look, now_s: float) -> None:
        if seen.is_up:
            self.outage_s, self._returned_ns = now_s - self._down_s, seen.now_ns
            self._enter(Phase.DRAIN, now_s)
            self._drain(seen, now_s)

    def _drain(self, seen: Look, now_s: float) -> None:
        if not seen.is_up:
            self._enter(Phase.PLUG, now_s)
        elif seen.oldest_ns is None or seen.oldest_ns >= self._returned_ns:
            self.drain_s = now_s - self._since_s
            self._enter(Phase.DONE, now_s)

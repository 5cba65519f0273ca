"""A rollout over a fleet that does not exist: what a plan does when so many boards go back or are offline. Pure; `rng` draws who."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from random import Random

from firmware_bridge.rollout.course import Report, begin, reported, step
from firmware_bridge.rollout.plan import RolloutPlan
from firmware_bridge.rollout.state import At, BoardAt, Phase, Rollout

_LOOK_S = 30.0
_MOST_LOOKS = 200_000


@dataclass(frozen=True, slots=True)
class Fleet:
    """`boards` at each of `sites`; shares of those that go back, and that come online only after `late_s`; an update takes `takes_s`."""

    sites: int = 20
    boards: int = 3
    goes_back: float = 0.0
    offline: float = 0.0
    late_s: float = 86_400.0
    takes_s: float = 120.0

    def names(self) -> Mapping[str, BoardAt]:
        """Return the boards: each site has one of each of three classes, in turn."""
        kinds = ("weather", "air", "water_level")
        return {
            f"site-{site + 1:02}/board-{number + 1}": BoardAt(f"site-{site + 1:02}", (kinds[number % 3],))
            for site in range(self.sites)
            for number in range(self.boards)
        }


@dataclass(frozen=True, slots=True)
class Happened:
    """One line of the timeline: at `at_s`, in `wave`, boards that were `ordered` or ended, and the rollout after it."""

    at_s: float
    what: str
    boards: tuple[str, ...]
    rollout: Rollout


def simulate(plan: RolloutPlan, fleet: Fleet, rng: Random) -> Iterator[Happened]:
    """Yield what happens until the rollout is done, aborted, or can go no further."""
    rollout = begin(plan, fleet.names())
    bad = {name for name in rollout.boards if rng.random() < fleet.goes_back}
    late = {name for name in rollout.boards if rng.random() < fleet.offline}
    ends_s: dict[str, float] = {}
    for look in range(_MOST_LOOKS):
        now_s = look * _LOOK_S
        for name in [name for name, end_s in ends_s.items() if end_s <= now_s]:
            del ends_s[name]
            at = At.WENT_BACK if name in bad else At.KEPT
            rollout = reported(rollout, Report(plan.id, name, at))
            yield Happened(now_s, at.value, (name,), rollout)
        online = set(rollout.boards) if now_s >= fleet.late_s else set(rollout.boards) - late
        wave = rollout.wave
        rollout, ordered = step(rollout, now_s, online)
        if rollout.wave != wave:
            yield Happened(now_s, "wave", (), rollout)
        if ordered:
            yield Happened(now_s, "ordered", ordered, rollout)
        ends_s |= {name: now_s + fleet.takes_s * rng.uniform(0.8, 1.5) for name in ordered}
        is_idle = not ends_s and rollout.held_until_s is None and not ordered and now_s >= fleet.late_s
        if (rollout.phase in (Phase.DONE, Phase.ABORTED) and not ends_s) or is_idle:
            yield Happened(now_s, rollout.phase.value, (), rollout)
            return

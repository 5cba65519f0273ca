"""What becomes of a rule's instances from one evaluation to the next, as Grafana has it.

Source: Grafana's pkg/services/ngalert/state (state.go: resultNormal, resultAlerting, resultNoData, resultError, resultKeepLast; manager.go:
setNextStateForRule, processMissingSeriesStates, stateIsStale). In short:

- bad for the first time: Pending, or Firing at once without a hold time; Pending turns Firing once it has lasted `for_s`;
- an answer without any series is one result without labels, except that Alerting, OK and KeepLast are applied to every instance there is;
- an instance whose series is missing from an answer that has others stays as it is, and is resolved and forgotten when that has lasted
  `missing_evaluations` intervals. **Silence resolves an alert.** That is why no rule of ours lets a series leave its answer (queries.py),
  and why an instance here also says when its value is old: Firing and blind.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import Enum

Labels = tuple[tuple[str, str], ...]


class State(Enum):
    """State of one instance."""

    NORMAL = "Normal"
    PENDING = "Pending"
    FIRING = "Firing"
    NO_DATA = "NoData"
    ERROR = "Error"


class Unanswered(Enum):
    """An evaluation without values: the answer was empty, or there was none."""

    NO_DATA = "NoData"
    ERROR = "Error"


@dataclass(frozen=True, slots=True)
class Policy:
    """How a rule is judged. `no_data` and `on_error`: NoData or Error, Alerting, OK, KeepLast."""

    interval_s: int
    for_s: int
    missing_evaluations: int = 2
    no_data: str = "KeepLast"
    on_error: str = "KeepLast"


@dataclass(frozen=True, slots=True)
class Result:
    """One series of an answer: its value, whether that is bad, and whether what it rests on is old."""

    value: float
    is_bad: bool
    is_blind: bool = False


@dataclass(frozen=True, slots=True)
class Instance:
    """`since_ms`: when the state began. `evaluated_ms`: when its series was last in an answer."""

    state: State
    since_ms: int
    evaluated_ms: int
    value: float | None = None
    is_blind: bool = False
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Transition:
    """What changed for one instance at `at_ms`; `before` is None for a new one, `is_gone` when it is forgotten."""

    at_ms: int
    labels: Labels
    before: Instance | None
    after: Instance
    is_gone: bool = False


Instances = Mapping[Labels, Instance]
Answer = Mapping[Labels, Result] | Unanswered
MISSING = "MissingSeries"
_NEVER = Instance(State.NORMAL, 0, 0)


def step(policy: Policy, instances: Instances, answer: Answer, now_ms: int) -> tuple[dict[Labels, Instance], list[Transition]]:
    """Return the instances after an evaluation, and what changed.

    Instances that were Normal and are new are no change; nor is that a value is old where nobody was told anything.
    """
    if isinstance(answer, Unanswered):
        choice = policy.no_data if answer is Unanswered.NO_DATA else policy.on_error
        about = _about(instances, choice)
        results = {labels: _unanswered(policy, instances.get(labels), answer, choice, now_ms) for labels in about}
    else:
        results = {labels: _judged(policy, instances.get(labels), result, now_ms) for labels, result in answer.items()}
    missing = {labels: _missed(policy, instance, now_ms) for labels, instance in instances.items() if labels not in results}
    gone = {labels for labels, instance in missing.items() if instance.reason == MISSING}
    after = {**instances, **missing, **results}
    changes = [
        Transition(now_ms, labels, instances.get(labels), instance, labels in gone)
        for labels, instance in after.items()
        if labels in gone or _differs(instances.get(labels), instance)
    ]
    return {labels: instance for labels, instance in after.items() if labels not in gone}, changes


def _about(instances: Instances, choice: str) -> tuple[Labels, ...]:
    """Return whom an evaluation without values is about. With nothing to keep, Grafana makes a Normal instance, which tells nobody."""
    if choice in ("NoData", "Error") or (choice == "Alerting" and not instances):
        return ((),)
    return tuple(instances)


def _differs(before: Instance | None, after: Instance) -> bool:
    old = before or _NEVER
    return old.state is not after.state or (after.state is State.FIRING and old.is_blind is not after.is_blind)


def _judged(policy: Policy, before: Instance | None, result: Result, now_ms: int) -> Instance:
    after = _bad(policy, before, now_ms) if result.is_bad else _moved(before, State.NORMAL, now_ms)
    return replace(after, value=result.value, is_blind=result.is_blind, reason="")


def _bad(policy: Policy, before: Instance | None, now_ms: int) -> Instance:
    if before is not None and before.state is State.FIRING:
        return _moved(before, State.FIRING, now_ms)
    if before is not None and before.state is State.PENDING:
        is_over = now_ms - before.since_ms >= policy.for_s * 1000
        return _moved(before, State.FIRING if is_over else State.PENDING, now_ms)
    return _moved(before, State.PENDING if policy.for_s else State.FIRING, now_ms)


def _moved(before: Instance | None, state: State, now_ms: int) -> Instance:
    if before is not None and before.state is state:
        return replace(before, evaluated_ms=now_ms)
    return Instance(state, now_ms, now_ms, before.value if before else None)


def _unanswered(policy: Policy, before: Instance | None, answer: Unanswered, choice: str, now_ms: int) -> Instance:
    match choice:
        case "Alerting":
            after = _bad(policy, before, now_ms)
        case "OK":
            after = _moved(before, State.NORMAL, now_ms)
        case "KeepLast":
            after = _kept(policy, before, now_ms)
        case _:
            after = _moved(before, State.NO_DATA if answer is Unanswered.NO_DATA else State.ERROR, now_ms)
    return replace(after, is_blind=True, reason=answer.value)


def _kept(policy: Policy, before: Instance | None, now_ms: int) -> Instance:
    """Return the instance as it was; a hold time goes on running. What was neither Normal nor bad becomes Normal."""
    if before is not None and before.state in (State.FIRING, State.PENDING):
        return _bad(policy, before, now_ms)
    return _moved(before, State.NORMAL, now_ms)


def _missed(policy: Policy, instance: Instance, now_ms: int) -> Instance:
    if now_ms - instance.evaluated_ms >= policy.missing_evaluations * policy.interval_s * 1000:
        return replace(instance, state=State.NORMAL, since_ms=now_ms, reason=MISSING)
    return replace(instance, is_blind=True)

"""The state machine of a rule's instances, held against what Grafana's source says."""

from hypothesis import given
from hypothesis import strategies as st

from dashboards.alerting.states import MISSING, Answer, Instance, Labels, Policy, Result, State, Transition, Unanswered, step

_A: Labels = (("device", "a"),)
_B: Labels = (("device", "b"),)
_GOOD, _BAD = Result(1.0, is_bad=False), Result(9.0, is_bad=True)
_MINUTE_MS = 60_000

labels = st.sampled_from([_A, _B])
answers = st.one_of(
    st.dictionaries(labels, st.sampled_from([_GOOD, _BAD, Result(9.0, is_bad=True, is_blind=True)]), min_size=1),
    st.sampled_from(list(Unanswered)),
)
policies = st.builds(
    Policy,
    interval_s=st.just(60),
    for_s=st.sampled_from([0, 60, 180]),
    missing_evaluations=st.integers(1, 5),
    no_data=st.sampled_from(["NoData", "Alerting", "OK", "KeepLast"]),
    on_error=st.sampled_from(["Error", "Alerting", "OK", "KeepLast"]),
)


def _run(policy: Policy, said: list[Answer]) -> tuple[dict[Labels, Instance], list[list[Transition]]]:
    instances: dict[Labels, Instance] = {}
    changes = []
    for minute, answer in enumerate(said):
        instances, changed = step(policy, instances, answer, minute * _MINUTE_MS)
        changes.append(changed)
    return instances, changes


def _states(policy: Policy, said: list[Answer], of: Labels = _A) -> list[State | None]:
    found: list[State | None] = []
    for length in range(1, len(said) + 1):
        instance = _run(policy, said[:length])[0].get(of)
        found.append(instance.state if instance else None)
    return found


def test_bad_value_is_pending_until_it_has_lasted() -> None:
    seen = _states(Policy(60, 120), [{_A: _GOOD}, {_A: _BAD}, {_A: _BAD}, {_A: _BAD}, {_A: _BAD}, {_A: _GOOD}])
    assert seen == [State.NORMAL, State.PENDING, State.PENDING, State.FIRING, State.FIRING, State.NORMAL]


def test_without_a_hold_time_it_fires_at_once() -> None:
    assert _states(Policy(60, 0), [{_A: _BAD}]) == [State.FIRING]


def test_hold_time_starts_again_after_one_good_value() -> None:
    seen = _states(Policy(60, 120), [{_A: _BAD}, {_A: _BAD}, {_A: _GOOD}, {_A: _BAD}, {_A: _BAD}, {_A: _BAD}])
    assert seen == [State.PENDING, State.PENDING, State.NORMAL, State.PENDING, State.PENDING, State.FIRING]


def test_series_that_leaves_the_answer_is_resolved_as_in_grafana() -> None:
    policy = Policy(60, 0, missing_evaluations=2)
    instances, changes = _run(policy, [{_A: _BAD, _B: _GOOD}, {_B: _GOOD}, {_B: _GOOD}])
    assert _A not in instances
    (gone,) = changes[2]
    assert (gone.labels, gone.is_gone, gone.after.state, gone.after.reason) == (_A, True, State.NORMAL, MISSING)
    assert [(change.labels, change.after.is_blind) for change in changes[1]] == [(_A, True)]


def test_empty_answer_keeps_what_was_with_keep_last_and_a_hold_time_goes_on() -> None:
    policy = Policy(60, 120, no_data="KeepLast")
    assert _states(policy, [{_A: _BAD}, Unanswered.NO_DATA, Unanswered.NO_DATA, Unanswered.NO_DATA]) == [
        State.PENDING,
        State.PENDING,
        State.FIRING,
        State.FIRING,
    ]
    assert _states(policy, [{_A: _GOOD}, *[Unanswered.NO_DATA] * 3]) == [State.NORMAL] * 4


def test_empty_answer_is_an_alert_of_its_own_with_no_data() -> None:
    policy = Policy(60, 0, missing_evaluations=3, no_data="NoData")
    instances, _ = _run(policy, [{_A: _BAD}, Unanswered.NO_DATA])
    assert {labels: instance.state for labels, instance in instances.items()} == {_A: State.FIRING, (): State.NO_DATA}


def test_error_fires_for_every_instance_with_alerting() -> None:
    instances, _ = _run(Policy(60, 0, on_error="Alerting"), [{_A: _GOOD, _B: _GOOD}, Unanswered.ERROR])
    assert {instance.state for instance in instances.values()} == {State.FIRING}


def _worth_telling(instance: Instance) -> tuple[State, bool]:
    """Nobody was told anything of an instance that does not fire, so the age of its value is no news."""
    return instance.state, instance.is_blind and instance.state is State.FIRING


@given(policies, st.lists(answers, max_size=20))
def test_what_changed_adds_up_to_what_is(policy: Policy, said: list[Answer]) -> None:
    instances, changes = _run(policy, said)
    told: dict[Labels, tuple[State, bool]] = {}
    for change in (each for changed in changes for each in changed):
        before = told.pop(change.labels, (State.NORMAL, False))
        assert change.before is None or before == _worth_telling(change.before)
        if not change.is_gone:
            told[change.labels] = _worth_telling(change.after)
    now = {labels: _worth_telling(instance) for labels, instance in instances.items()}
    assert {labels: told.get(labels, (State.NORMAL, False)) for labels in now} == now


@given(policies, st.lists(answers, max_size=20))
def test_nothing_fires_that_has_not_been_bad_for_its_hold_time(policy: Policy, said: list[Answer]) -> None:
    instances, _ = _run(policy, said)
    for labels, instance in instances.items():
        if instance.state is State.FIRING:
            began = instance.since_ms // _MINUTE_MS - policy.for_s // 60
            assert began >= 0
            first = said[began]
            is_bad = isinstance(first, Unanswered) or labels not in first or first[labels].is_bad
            assert is_bad


@given(st.lists(st.one_of(st.just({_B: _GOOD}), st.just({_A: _BAD, _B: _GOOD}), st.sampled_from(list(Unanswered))), max_size=12))
def test_silence_of_less_than_its_evaluations_resolves_nothing(said: list[Answer]) -> None:
    policy = Policy(60, 0, missing_evaluations=14)
    instances, _ = _run(policy, [{_A: _BAD}, *said])
    assert instances[_A].state is State.FIRING

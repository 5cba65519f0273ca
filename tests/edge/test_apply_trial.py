"""The verdict on a config on trial, for anything that may be seen at any time."""

from hypothesis import given
from hypothesis import strategies as st

from edge.apply.trial import Asked, Phase, Seen, SourceSeen, Trial, confirm, give_up, judge

SOURCES = st.sampled_from("abc")
seen_sources = st.dictionaries(SOURCES, st.builds(SourceSeen, st.booleans(), st.integers(0, 3)))
looks = st.builds(Seen, st.integers(0, 3), seen_sources)
asked = st.builds(Asked, st.booleans(), st.frozensets(SOURCES), st.frozensets(SOURCES))
trials = st.builds(Trial, st.floats(0, 100), asked, looks)
steps = st.lists(st.tuples(st.floats(0, 10), looks), max_size=20)


def works(trial: Trial, seen: Seen) -> bool:
    """What the words of the module say, written once more."""
    delivered = not trial.asked.delivery or seen.delivered > trial.since.delivered
    connected = all(name in seen.sources and seen.sources[name].is_connected for name in trial.asked.connected)
    before = {name: trial.since.sources[name].readings if name in trial.since.sources else 0 for name in trial.asked.reading}
    return delivered and connected and all(name in seen.sources and seen.sources[name].readings > before[name] for name in before)


@given(trials, steps)
def test_it_is_kept_by_the_first_look_at_which_all_works_and_returned_by_the_first_after_the_deadline(
    trial: Trial, steps: list[tuple[float, Seen]]
) -> None:
    now_s = 0.0
    for step_s, seen in steps:
        now_s += step_s
        before, trial = trial, judge(trial, seen, now_s)
        if before.phase.is_final:
            assert trial == before
        elif works(before, seen):
            assert trial.phase is Phase.KEPT
        elif now_s >= before.deadline_s:
            assert trial.phase is Phase.RETURNED
            assert trial.missing
            assert all(each in trial.reason for each in trial.missing)
        else:
            assert trial.phase is Phase.RUNNING
            assert trial.missing


@given(trials, looks, st.floats(0, 200))
def test_a_final_verdict_stays(trial: Trial, seen: Seen, now_s: float) -> None:
    for final in (confirm(trial), give_up(trial, "broken")):
        assert final.phase.is_final
        assert judge(final, seen, now_s) == confirm(final) == give_up(final, "again") == final


def test_a_source_that_started_anew_counts_from_nothing() -> None:
    trial = Trial(10.0, Asked(delivery=False, reading=frozenset("a")))
    assert judge(trial, Seen(0, {"a": SourceSeen(is_connected=True, readings=1)}), 1.0).phase is Phase.KEPT


def test_what_is_missing_is_named() -> None:
    trial = Trial(10.0, Asked(connected=frozenset("a"), reading=frozenset("b")))
    judged = judge(trial, Seen(0, {"a": SourceSeen(is_connected=False, readings=9)}), 11.0)
    assert judged.missing == ("uplink", "a: connection", "b: readings")
    assert "a: connection" in judged.reason

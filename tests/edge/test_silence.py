"""Silence: no alarm while a source keeps its ways, an alarm within bounds when it stops."""

from collections.abc import Iterable
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from edge.silence import Silence, SilenceWatch


def watched(arrivals: Iterable[float], expect_every_s: float | None = None, until_s: float | None = None) -> list[Silence]:
    """Look every second from 0 while messages come at `arrivals`; return what was told, up to `until_s` or the last arrival."""
    watch = SilenceWatch(expect_every_s, 0.0)
    times = sorted(arrivals)
    end_s = until_s if until_s is not None else (times[-1] if times else 0.0)
    told, heard = [], 0
    now_s, step_s = 0.0, max(1.0, end_s / 20_000)
    while now_s <= end_s:
        while heard < len(times) and times[heard] <= now_s:
            heard += 1
        found = watch.look(now_s, times[heard - 1] if heard else None, heard)
        if found:
            told.append(found)
        now_s += step_s
    return told


@given(period_s=st.floats(0.5, 7200), count=st.integers(20, 60), jitter=st.floats(0, 0.5), seed=st.integers(0, 1 << 32))
def test_a_regular_source_never_alarms(period_s: float, count: int, jitter: float, seed: int) -> None:
    rng = Random(seed)
    assert watched(period_s * (each + rng.uniform(0, jitter)) for each in range(count)) == []


@given(mean_s=st.floats(2, 3600), count=st.integers(30, 150), seed=st.integers(0, 1 << 32))
def test_random_arrivals_never_alarm(mean_s: float, count: int, seed: int) -> None:
    rng, now_s, arrivals = Random(seed), 0.0, []
    for _ in range(count):
        now_s += rng.expovariate(1 / mean_s)
        arrivals.append(now_s)
    assert watched(arrivals) == []


@given(period_s=st.floats(60, 3600), size=st.integers(2, 50), spacing_s=st.floats(0.01, 0.5), bursts=st.integers(5, 40))
def test_regular_bursts_never_alarm(period_s: float, size: int, spacing_s: float, bursts: int) -> None:
    assert watched(period_s * burst + spacing_s * each for burst in range(bursts) for each in range(size)) == []


@given(period_s=st.floats(1, 3600))
def test_a_source_that_stops_is_noticed_within_its_bound_and_told_back(period_s: float) -> None:
    count = int(25 * max(period_s, 10.0) / period_s)
    last_s = count * period_s
    limit_s = max(30.0, 5 * period_s + 10)
    back_s = last_s + 3 * limit_s
    arrivals = [period_s * each for each in range(count + 1)]
    [begun] = watched(arrivals, until_s=last_s + limit_s + max(2.0, (last_s + limit_s) / 10_000))
    assert (begun.since_s, begun.until_s) == (last_s, None)
    [_, over] = watched([*arrivals, back_s], until_s=back_s + back_s / 10_000 + 1)
    assert (over.since_s, over.until_s) == (last_s, back_s)
    assert over.missing is not None
    assert abs(over.missing - (back_s - last_s) / period_s) <= 0.2 * (back_s - last_s) / period_s + 2


@given(expect_s=st.floats(1, 3600))
def test_a_configured_source_that_never_speaks_is_noticed_after_twice_its_time_and_not_at_once(expect_s: float) -> None:
    assert watched([], expect_s, until_s=1.9 * expect_s) == []
    [silence] = watched([], expect_s, until_s=2 * expect_s + max(2.0, expect_s / 5_000))
    assert silence.since_s == 0.0


def test_a_source_without_a_known_cadence_that_never_speaks_says_nothing() -> None:
    assert watched([], until_s=100_000) == []


def test_one_outage_does_not_make_the_next_one_look_usual() -> None:
    minute = [10.0 * each for each in range(40)]
    told = watched([*minute, *(5000 + each for each in minute)], until_s=5000 + 390 + 300)
    assert [silence.since_s for silence in told if silence.until_s is None] == [390.0, 5390.0]


def test_a_source_that_slows_down_for_good_is_learned_anew() -> None:
    quick = [10.0 * each for each in range(40)]
    slow = [390.0 + 600 * each for each in range(1, 60)]
    begun = [silence for silence in watched([*quick, *slow]) if silence.until_s is None]
    assert len(begun) == 3


def test_the_estimate_of_a_configured_source_is_by_its_cadence() -> None:
    told = watched([0.0, 100.0], 10.0)
    assert [silence.missing for silence in told] == [None, 10]

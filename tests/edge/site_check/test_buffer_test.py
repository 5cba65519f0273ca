"""The pull-the-plug test passes only after a real outage in which readings waited and then left."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.site_check.buffer_test import BufferSettings, BufferTest, Look, Phase
from edge.site_check.finding import Verdict

SETTINGS = BufferSettings(grow_lines=3, grow_s=20, unplug_within_s=60, grow_within_s=60, plug_within_s=60, drain_within_s=60)
SECOND = 10**9


def look(*, up: bool, waiting: int = 0, oldest_s: float | None = None, now_s: float = 0) -> Look:
    return Look(up, waiting, None if oldest_s is None else int(oldest_s * SECOND), int(now_s * SECOND))


def run(*looks: tuple[float, Look]) -> BufferTest:
    test = BufferTest(SETTINGS, 0.0, lines_before=1)
    for now_s, seen in looks:
        test.look(seen, now_s)
    return test


OUTAGE = (
    (5.0, look(up=True)),
    (10.0, look(up=False, waiting=1)),
    (20.0, look(up=False, waiting=9)),  # too soon
    (31.0, look(up=False, waiting=12)),
)


def test_outage_that_grows_and_drains_passes_with_its_figures() -> None:
    back = ((40.0, look(up=True, waiting=12, oldest_s=12, now_s=40)), (44.0, look(up=True, waiting=2, oldest_s=41, now_s=44)))
    test = run(*OUTAGE, *back)
    assert test.phase is Phase.DONE
    found = test.finding("cable", is_balanced=True, dropped=0)
    assert (found.verdict, found.code) == (Verdict.PASSED, "buffer-balanced")
    assert found.facts == {"method": "cable", "waiting": 12, "outage_s": 30, "drain_s": 4, "dropped": 0}


def test_waiting_readings_that_are_newer_than_the_return_do_not_count() -> None:
    assert run(*OUTAGE, (40.0, look(up=True, waiting=5, oldest_s=39, now_s=40))).phase is Phase.DRAIN
    assert run(*OUTAGE, (40.0, look(up=True, waiting=5, oldest_s=40, now_s=40))).phase is Phase.DONE
    assert run(*OUTAGE, (40.0, look(up=True, now_s=40))).phase is Phase.DONE


@pytest.mark.parametrize(
    ("looks", "code"),
    [
        (((61.0, look(up=True)),), "buffer-unplug"),
        ((OUTAGE[1], (71.0, look(up=False, waiting=3))), "buffer-grow"),
        ((*OUTAGE, (92.0, look(up=False, waiting=30))), "buffer-plug"),
        (
            (*OUTAGE, (40.0, look(up=True, waiting=12, oldest_s=1, now_s=40)), (101.0, look(up=True, waiting=9, oldest_s=2, now_s=101))),
            "buffer-drain",
        ),
        (OUTAGE, "buffer-plug"),  # interrupted
    ],
)
def test_phase_that_takes_too_long_fails_under_its_name(looks: tuple[tuple[float, Look], ...], code: str) -> None:
    found = run(*looks).finding("cable", is_balanced=None, dropped=0)
    assert (found.verdict, found.code) == (Verdict.FAILED, code)


def test_flicker_starts_over_and_a_second_outage_while_draining_is_waited_for() -> None:
    assert run(*OUTAGE[:2], (12.0, look(up=True))).phase is Phase.UNPLUG
    back = look(up=True, waiting=9, oldest_s=1, now_s=40)
    assert run(*OUTAGE, (40.0, back), (41.0, look(up=False, waiting=10))).phase is Phase.PLUG


@pytest.mark.parametrize(
    ("is_balanced", "dropped", "verdict"), [(False, 0, Verdict.FAILED), (None, 0, Verdict.REMARK), (True, 1, Verdict.FAILED)]
)
def test_account_has_the_last_word(is_balanced: bool | None, dropped: int, verdict: Verdict) -> None:
    test = run(*OUTAGE, (40.0, look(up=True, now_s=40)))
    assert test.finding("cable", is_balanced=is_balanced, dropped=dropped).verdict is verdict


LOOKS = st.builds(look, up=st.booleans(), waiting=st.integers(0, 20), oldest_s=st.none() | st.floats(0, 100), now_s=st.floats(0, 100))


@given(st.lists(st.tuples(st.floats(0, 30), LOOKS), max_size=60))
def test_nothing_passes_without_an_outage_in_which_enough_waited(steps: list[tuple[float, Look]]) -> None:
    test = BufferTest(SETTINGS, 0.0, lines_before=1)
    now_s, phases, waited = 0.0, [Phase.UNPLUG], 0
    for after_s, seen in steps:
        now_s += after_s
        before = test.phase
        phases.append(test.look(seen, now_s))
        waited = max(waited, seen.lines_waiting if before is Phase.GROW and not seen.is_up else 0)
    if test.phase is Phase.DONE:
        assert waited >= 4
        assert test.outage_s >= 20
    allowed = {
        Phase.UNPLUG: {Phase.GROW},
        Phase.GROW: {Phase.UNPLUG, Phase.PLUG},
        Phase.PLUG: {Phase.DRAIN, Phase.DONE},
        Phase.DRAIN: {Phase.PLUG, Phase.DONE},
    }
    for one, two in pairwise(phases):
        assert one is two or two is Phase.FAILED or two in allowed[one]


@given(st.lists(LOOKS, min_size=1, max_size=6))
def test_every_run_ends_though_the_line_flickers_for_ever(looks: list[Look]) -> None:
    test = BufferTest(SETTINGS, 0.0, lines_before=0)
    for number in range(25):
        test.look(looks[number % len(looks)], number * 10.0)
    assert test.is_over

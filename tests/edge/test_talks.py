"""What sensors are told, and when."""

import itertools
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from edge.talks import duty, poll
from edge.talks.table import build_talk
from edge.talks.talk import Talk
from telemetry import quality
from tests.edge.test_serial_source import Street, street

__all__ = ["street"]
WAKE, SLEEP = bytes.fromhex("aab406010100000000000000000000ffff06ab"), bytes.fromhex("aab406010000000000000000000000ffff05ab")


def told(talk: Talk, until_s: float, step_s: float = 0.5) -> list[tuple[float, bytes]]:
    """Return what a talk says up to then, asked every `step_s`."""
    talk.opened(0.0)
    moments = [number * step_s for number in range(round(until_s / step_s))]
    return [(now_s, data) for now_s in moments if (data := talk.step(now_s))]


def test_a_question_is_asked_again_and_again() -> None:
    talk = build_talk(poll.Options(kind="poll", request="ff01", every_s=10))
    assert told(talk, 31) == [(0.0, b"\xff\x01"), (10.0, b"\xff\x01"), (20.0, b"\xff\x01"), (30.0, b"\xff\x01")]


def test_setup_comes_first_and_again_after_a_replug() -> None:
    talk = build_talk(poll.Options(kind="poll", request="01", every_s=10, setup=("aa", "bb")))
    first = [(0.0, b"\xaa"), (0.5, b"\xbb"), (1.0, b"\x01")]
    assert told(talk, 5) == first
    assert told(talk, 5) == first


def test_commands_are_those_of_the_manuals() -> None:
    assert duty.nova(6, 1, 0) == SLEEP
    assert duty.nova(6, 1, 1) == WAKE
    assert duty.plantower(0xE4, 0).hex() == "424de400000173"
    assert duty.plantower(0xE4, 1).hex() == "424de400010174"


def cycle(**more: float) -> duty.DutyTalk:
    return duty.DutyTalk(duty.Options.model_validate({"kind": "duty", "sensor": "sds011", "every_s": 300, **more}))


def test_a_sensor_sleeps_between_readings() -> None:
    assert told(cycle(), 641) == [(0.0, WAKE), (40.0, SLEEP), (300.0, WAKE), (340.0, SLEEP), (600.0, WAKE), (640.0, SLEEP)]


def test_what_comes_too_early_is_marked() -> None:
    talk = cycle()
    told(talk, 10)
    assert (talk.bits(29.0), talk.bits(31.0)) == (quality.WARM_UP, quality.GOOD)


def test_running_time_is_counted() -> None:
    talk = cycle()
    told(talk, 641)
    assert talk.ran_s == 120


def test_a_cycle_without_sleep_is_refused() -> None:
    with pytest.raises(ValidationError, match="no time to sleep"):
        cycle(every_s=60, warm_up_s=50, measure_s=10)


@given(st.lists(st.floats(0.1, 400), max_size=40), st.integers(0, 39))
def test_whatever_the_pauses_the_sensor_wakes_and_sleeps_in_turn(pauses: list[float], replug: int) -> None:
    talk, now_s, said = cycle(), 0.0, []
    talk.opened(0.0)
    for number, pause_s in enumerate(pauses):
        if number == replug:
            talk.opened(now_s)
            said = []
        if data := talk.step(now_s):
            said.append((now_s, data))
        now_s += pause_s
    assert [data for _, data in said] == [WAKE, SLEEP] * (len(said) // 2) + [WAKE] * (len(said) % 2)
    assert all(b[0] - a[0] >= 0.5 for a, b in itertools.pairwise(said))


def test_a_source_tells_its_device_and_marks_what_it_says(street: Callable[..., Street]) -> None:
    gauge = street(talk={"kind": "duty", "sensor": "sds011", "every_s": 300})
    gauge.begin()
    assert gauge.line.heard() == WAKE
    gauge.line.send(b"early\n")
    gauge.wait_frames(1)
    gauge.clock.advance(31)
    gauge.line.send(b"good\n")
    gauge.wait_frames(2)
    assert gauge.intake.bits == [quality.WARM_UP, quality.GOOD]
    gauge.clock.advance(10)
    assert gauge.line.heard() == SLEEP
    gauge.source.stop(5)
    assert gauge.line.heard() == WAKE  # whoever comes next finds it as it came from the factory

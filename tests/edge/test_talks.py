"""What sensors are asked, and when; how the host side of that is wired into a serial source."""

import itertools
import threading
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from edge.config import SerialSource
from edge.talks import poll
from edge.talks.dust_sensors import plantower
from edge.talks.pace import Pace
from edge.talks.table import build_talk
from edge.talks.talk import Talk
from telemetry import quality
from telemetry.point import Reading
from tests.edge.test_serial_source import Street, street
from tests.waiting import eventually

__all__ = ["street"]
WAKE = bytes.fromhex("aab406010100000000000000000000ffff06ab")


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
    assert told(talk, 5) == [(0.0, b"\xaa"), (0.5, b"\xbb"), (1.0, b"\x01")]
    talk.opened(20.0)
    assert [talk.step(now_s) for now_s in (20.0, 20.4, 20.5, 21.0)] == [b"\xaa", b"", b"\xbb", b"\x01"]


@given(st.floats(0.05, 100), st.lists(st.floats(0, 3), min_size=1, max_size=60), st.sets(st.integers(0, 59)))
def test_two_questions_are_never_closer_than_nine_tenths_of_the_pace(every_s: float, pauses: list[float], replugs: set[int]) -> None:
    pace, now_s, done = Pace(every_s), 0.0, []
    pace.begin(0.0)
    for number, pause in enumerate(pauses):
        if number in replugs:
            pace.begin(now_s)
        if pace.is_due(now_s):
            pace.next(now_s)
            done.append(now_s)
        now_s += pause * every_s
    assert all(b - a >= 0.9 * every_s - 1e-6 for a, b in itertools.pairwise(done))


@given(st.floats(0.05, 100), st.integers(1, 500))
def test_a_pace_that_is_looked_at_in_time_does_not_drift(every_s: float, rounds: int) -> None:
    pace, done = Pace(every_s), 0
    pace.begin(0.0)
    for look in range(rounds * 20):
        if pace.is_due(now_s := look * every_s / 19.7):
            pace.next(now_s)
            done += 1
    assert abs(done - ((rounds * 20 - 1) / 19.7 + 1)) <= 1


def test_a_source_tells_its_device_hears_it_and_marks_what_it_says(street: Callable[..., Street]) -> None:
    gauge = street(talk={"kind": "dust", "sensor": "sds011", "wake_every_s": 300})
    gauge.begin()
    assert gauge.line.heard() == WAKE
    gauge.line.send(b"early\n")
    gauge.wait_frames(1)
    gauge.clock.advance(31)
    gauge.line.send(b"good\n")
    gauge.wait_frames(2)
    assert gauge.intake.bits == [quality.WARM_UP, quality.GOOD]
    gauge.source.stop(5)


def awaken(gauge: Street) -> None:
    """Begin, and let the warm-up pass."""
    gauge.begin()
    eventually(lambda: plantower(0xE4, 1) in gauge.line.heard())
    gauge.clock.advance(31)


def test_a_source_stores_fan_hours_and_remembers_them(street: Callable[..., Street]) -> None:
    gauge = street(talk={"kind": "dust", "sensor": "plantower"})
    awaken(gauge)
    eventually(lambda: gauge.intake.own_readings)
    gauge.clock.advance(7200)
    eventually(lambda: len(gauge.intake.own_readings) == 2)
    gauge.source.stop(5)
    assert [reading.fields.keys() for reading in gauge.intake.own_readings] == [{"fan_hours"}] * 2
    again = gauge.restarted()
    awaken(again)
    eventually(lambda: again.intake.own_readings)
    assert again.intake.own_readings[0].fields["fan_hours"] >= 2.0


def test_a_sensor_that_speaks_first_does_not_add_to_its_fan_hours(street: Callable[..., Street]) -> None:
    gauge, enough = street(talk={"kind": "dust", "sensor": "plantower"}), threading.Event()
    gauge.clock.advance(1_000_000)  # the host has been up for so long

    def talk_on() -> None:
        while not enough.wait(0.001):
            gauge.line.send(b"a reading\n" * 20)

    sensor = threading.Thread(target=talk_on)
    sensor.start()
    gauge.begin()
    gauge.wait_frames(1)
    enough.set()
    sensor.join()
    gauge.clock.advance(31)
    eventually(lambda: gauge.intake.own_readings)
    assert float(gauge.intake.own_readings[0].fields["fan_hours"]) < 1


def test_a_memory_that_cannot_be_read_costs_only_that(street: Callable[..., Street]) -> None:
    gauge = street(talk={"kind": "dust", "sensor": "plantower"})
    for text in (b"{", b"[]", b'{"ran_s": NaN, "unclean_s": -1}', b'{"ran_s": "1"}', b"\xff", b"[" * 100_000):
        gauge.memory.write_bytes(text)
        one = gauge.restarted()
        awaken(one)
        eventually(lambda one=one: one.intake.own_readings)
        one.source.stop(5)
        assert one.intake.own_readings[0] == Reading("air", {}, {"fan_hours": 0.01})


def serial_source(talk: dict[str, object], **more: object) -> SerialSource:
    decoder = {"kind": "sds011"}
    return SerialSource.model_validate({"id": "dust", "kind": "serial", "port": "/dev/dust", "decoder": decoder, "talk": talk, **more})


def test_silence_is_judged_by_the_pace_of_the_talk() -> None:
    resting = {"kind": "dust", "sensor": "sds011", "wake_every_s": 300}
    assert serial_source(resting).expected_s == 300
    assert serial_source(resting, expect_every_s=20).expected_s == 20
    assert serial_source({"kind": "poll", "request": "00", "every_s": 7}).expected_s == 7
    assert serial_source({"kind": "dust", "sensor": "sds011"}).expected_s is None


def test_a_talk_for_another_sensor_than_the_decoder_s_is_refused() -> None:
    with pytest.raises(ValidationError, match="the talk is for sps30, the decoder is sds011; write decoder = "):
        serial_source({"kind": "dust", "sensor": "sps30"})

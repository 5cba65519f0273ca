"""Dust sensors that are asked, that rest, and whose fan hours are counted, against models after the data sheets."""

from dataclasses import dataclass, field
from itertools import pairwise
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from edge.talks.dust import DustTalk, Options
from edge.talks.dust_sensors import DUST_SENSORS, honeywell, nova, plantower, sensirion
from telemetry import quality
from tests.stand_ins.dust_sensor import MODELS, DustSensorModel

LOOK_S = 0.1
SENSORS = pytest.mark.parametrize("sensor", sorted(DUST_SENSORS))


def options(sensor: str, **more: object) -> Options:
    return Options.model_validate({"kind": "dust", "sensor": sensor, **more})


@dataclass
class Room:
    """A sensor and its talk, looked at ten times a second; `losses`: how many of a hundred commands and answers are lost on the way."""

    sensor: str
    talk: DustTalk
    losses: int = 0
    seed: int = 0
    now_s: float = 0.0
    said: list[tuple[float, bytes]] = field(default_factory=list)
    taken: list[tuple[float, int]] = field(default_factory=list)  # readings: when, and with which bits
    fan_hours: list[float] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.device: DustSensorModel = MODELS[self.sensor]()
        self._random = Random(self.seed)
        self.device.power_on(0.0)
        self.talk.opened(0.0)

    def pass_time(self, seconds: float, *, is_cut: bool = False) -> None:
        """Let time pass; `is_cut`: nothing reaches the sensor, nothing comes from it."""
        until_s = self.now_s + seconds
        while self.now_s < until_s:
            if not is_cut:
                self._hear(self.device.speaks(self.now_s))
            if command := self.talk.step(self.now_s):
                self.said.append((self.now_s, command))
                if not is_cut and not self._is_lost():
                    self._hear(self.device.hears(command, self.now_s))
            self.fan_hours += [float(reading.fields["fan_hours"]) for reading in self.talk.readings(self.now_s)]
            self.now_s += LOOK_S

    def unplug(self, seconds: float) -> None:
        self.device.power_off(self.now_s)
        self.now_s += seconds
        self.device.power_on(self.now_s)
        self.talk.opened(self.now_s)

    def _hear(self, frame: bytes) -> None:
        if frame and not self._is_lost():
            self.talk.heard([frame], self.now_s)
            if DUST_SENSORS[self.sensor].is_reading(frame):
                self.taken.append((self.now_s, self.talk.bits(self.now_s)))

    def _is_lost(self) -> bool:
        return self._random.randrange(100) < self.losses

    @property
    def good(self) -> list[float]:
        return [when for when, bits in self.taken if bits == quality.GOOD]

    @property
    def counted_s(self) -> float:
        return self.talk.memory(self.now_s)["ran_s"]


def room(sensor: str, losses: int = 0, seed: int = 0, **more: object) -> Room:
    return Room(sensor, DustTalk(options(sensor, **more)), losses, seed)


def test_commands_are_those_of_the_manuals() -> None:
    assert nova(6, 1, 0).hex() == "aab406010000000000000000000000ffff05ab"
    assert nova(4).hex() == "aab404000000000000000000000000ffff02ab"
    assert nova(2, 1, 1).hex() == "aab402010100000000000000000000ffff02ab"
    assert [plantower(command, data).hex() for command, data in ((0xE4, 0), (0xE4, 1), (0xE1, 0), (0xE1, 1), (0xE2, 0))] == [
        *("424de400000173", "424de400010174", "424de100000170", "424de100010171", "424de200000171")
    ]
    assert [honeywell(command).hex() for command in (1, 2, 4, 0x20, 0x40)] == ["68010196", "68010295", "68010493", "68012077", "68014057"]
    assert sensirion(0, b"\x01\x03").hex() == "7e0000020103f97e"
    assert sensirion(0x03).hex() == "7e000300fc7e"


@SENSORS
def test_a_sensor_that_rests_gives_good_readings_in_each_cycle_and_sleeps_between(sensor: str) -> None:
    one = room(sensor, wake_every_s=300)
    one.pass_time(3000)
    assert not one.device.unknown
    cycles = {int(when // 300) for when in one.good}
    assert cycles == set(range(10))
    assert all(30 <= when % 300 < 46 for when in one.good)
    assert 10 * 38 < one.device.ran_s(one.now_s) < 10 * 46
    assert one.counted_s == pytest.approx(one.device.ran_s(one.now_s), abs=0.2)
    assert one.talk.trouble == ""


@SENSORS
def test_a_sensor_that_is_asked_answers_at_that_pace(sensor: str) -> None:
    one = room(sensor, ask_every_s=20)
    one.device.is_reporting = sensor == "sds011"  # however it was left
    one.pass_time(600)
    assert not one.device.unknown
    settled = [when for when, _ in one.taken if when > 60]
    assert all(b - a == pytest.approx(20, abs=0.3) for a, b in pairwise(settled))
    assert len(settled) in {26, 27}


def test_a_sensor_that_rests_and_is_asked_says_nothing_unasked() -> None:
    one = room("plantower", wake_every_s=120, ask_every_s=5)
    one.pass_time(1200)
    unasked = [when for when, _ in one.taken if not any(when == at and command == plantower(0xE2, 0) for at, command in one.said)]
    assert len(one.good) == 20
    assert len(unasked) <= 10  # the moment between waking and the command to be silent


def test_commands_keep_their_distance_over_a_replug() -> None:
    one = room("sds011")
    one.pass_time(0.2)
    one.unplug(0.1)
    one.pass_time(2)
    assert all(b - a >= 0.5 - 1e-9 for (a, _), (b, _) in pairwise(one.said))


def test_a_sensor_that_was_left_in_question_mode_reports_again() -> None:
    for sensor in ("sds011", "plantower", "hpma115"):
        one = room(sensor)
        one.device.is_reporting = False
        one.pass_time(60)
        assert len(one.taken) > 50, sensor


@SENSORS
def test_what_comes_in_the_first_half_minute_is_marked(sensor: str) -> None:
    one = room(sensor)
    one.pass_time(120)
    assert {bits for when, bits in one.taken if when < 29.9} == {quality.WARM_UP}
    assert {bits for when, bits in one.taken if when > 31} == {quality.GOOD}


@SENSORS
def test_fan_hours_are_stored_at_once_and_each_hour_and_go_on_after_a_restart(sensor: str) -> None:
    one = room(sensor, fan_hours_before=100)
    one.pass_time(3 * 3600)
    assert one.fan_hours == [pytest.approx(100 + hour, abs=0.03) for hour in (0, 1, 2)]
    again = room(sensor, fan_hours_before=100)
    again.talk.remember(one.talk.memory(one.now_s))
    again.pass_time(60)
    assert again.fan_hours == [pytest.approx(103, abs=0.03)]


@SENSORS
def test_time_without_power_is_not_counted(sensor: str) -> None:
    one = room(sensor)
    one.pass_time(600)
    one.unplug(86_400)
    one.pass_time(600)
    assert one.counted_s == pytest.approx(1200, abs=5)


def test_a_sensor_that_does_not_answer_is_told_three_times_and_said_to_be_silent() -> None:
    one = room("sds011", wake_every_s=300)
    one.pass_time(10, is_cut=True)
    assert [command for _, command in one.said][:4] == [nova(6, 1, 1)] * 3 + [nova(8, 1, 0)]
    assert "no answer to command aab40601" in one.talk.trouble
    one.talk.opened(one.now_s)
    one.pass_time(10)
    assert one.talk.trouble == ""


def test_a_sensor_that_refuses_is_told_of() -> None:
    one = room("hpma115")
    one.talk.step(0.0)
    one.talk.heard([b"\x96\x96"], 0.1)
    assert one.talk.trouble == "the sensor refused command 68010196"


def test_a_sensor_that_goes_on_reporting_is_counted_as_running_and_told_again() -> None:
    one = room("plantower", wake_every_s=300)
    one.pass_time(39)
    one.device.hears = lambda command, now_s: b""  # type: ignore[method-assign] # noqa: ARG005 - deaf from here on
    one.pass_time(200)
    assert "goes on reporting" in one.talk.trouble
    assert sum(command == plantower(0xE4, 0) for _, command in one.said) > 10
    assert one.counted_s == pytest.approx(one.device.ran_s(one.now_s), abs=1)


def test_questions_without_an_answer_are_told_of() -> None:
    one = room("sps30")
    one.pass_time(30)
    assert one.talk.trouble == ""
    one.pass_time(50, is_cut=True)
    assert "questions without an answer" in one.talk.trouble


def test_a_fan_that_rests_is_blown_clean_once_a_week() -> None:
    one = room("sps30", wake_every_s=3600, warm_up_s=3, ask_every_s=1)
    one.talk.remember({"unclean_s": 167.5 * 3600})
    one.pass_time(2 * 3600)
    assert len(one.device.cleanings) == 1
    cleaned_s = one.device.cleanings[0]
    assert not [when for when in one.good if cleaned_s <= when < cleaned_s + 10]
    assert len([when for when in one.good if cleaned_s + 10 <= when < cleaned_s + 21]) in {9, 10, 11}
    assert one.talk.memory(one.now_s)["unclean_s"] < 3700


def test_the_status_register_of_an_sps30_is_read_each_hour() -> None:
    one = room("sps30", ask_every_s=1)
    one.pass_time(2.5 * 3600)
    assert len(one.device.health_questions) == 3
    assert all(b - a < 3 for (a, _), (b, _) in pairwise(one.taken))


def test_the_sensor_is_left_as_it_comes_from_the_factory() -> None:
    one = room("sds011", wake_every_s=300, ask_every_s=1)
    one.pass_time(60)
    assert one.talk.farewell() == nova(6, 1, 1) + nova(2, 1, 0)
    assert room("sps30").talk.farewell() == sensirion(0x01)


def test_a_cycle_without_sleep_is_refused() -> None:
    with pytest.raises(ValidationError, match="no time to sleep"):
        options("sds011", wake_every_s=60, warm_up_s=50, measure_s=10)


@settings(max_examples=60)
@given(
    sensor=st.sampled_from(sorted(DUST_SENSORS)),
    losses=st.integers(0, 30),
    seed=st.integers(0, 10**6),
    more=st.fixed_dictionaries({}, optional={"ask_every_s": st.floats(1, 30), "wake_every_s": st.floats(61, 300)}),
    events=st.lists(st.tuples(st.sampled_from(["well", "cut", "unplug"]), st.floats(0.1, 200)), max_size=6),
)
def test_whatever_is_lost_the_fan_is_never_thought_to_rest_while_it_runs(
    sensor: str, losses: int, seed: int, more: dict[str, object], events: list[tuple[str, float]]
) -> None:
    one = room(sensor, losses, seed, **more)
    for kind, seconds in events:
        if kind == "unplug":
            one.unplug(seconds)
        else:
            one.pass_time(seconds, is_cut=kind == "cut")
    assert all(b - a >= 0.5 - 1e-9 for (a, _), (b, _) in pairwise(one.said))
    asked = [when for when, command in one.said if command == DUST_SENSORS[sensor].ask]
    assert all(b - a >= 0.9 for a, b in pairwise(asked))
    kinds = [kind for kind, _ in events]
    if "ask_every_s" in more or "cut" not in kinds:  # a broken wire cannot be told from a sensor that fell asleep as it was told
        assert one.counted_s >= one.device.ran_s(one.now_s) - 4.0 - kinds.count("unplug")
    assert one.counted_s <= one.now_s + 1e-6

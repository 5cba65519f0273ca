"""Dust sensors: report by themselves or be asked, and rest between readings. Commands: dust_sensors.py.

Laser and fan live about a year of running time (Nova, Plantower: 8,000 h), and longer when they rest: wake, wait `warm_up_s` for the air to
flow, take readings for `measure_s`, sleep; every `wake_every_s`. What the sensor says while it warms up carries the warm-up bit.
A command that should have been answered and was not is told three times. After a re-plug all begins anew.

Fan hours are counted from command to command, and on the safe side: a sensor that neither confirms its sleep nor falls silent is running.
An SPS30 cleans its fan by itself once a week of measuring, but not when it rests: then it is told to.
"""

from collections import deque
from collections.abc import Mapping, Sequence
from typing import Literal

from pydantic import Field, model_validator

from edge.talks.dust_sensors import DUST_SENSORS
from edge.talks.fan import Fan
from edge.talks.pace import Pace
from edge.talks.talk import Talk, TalkSettings
from telemetry import quality
from telemetry.point import Reading

_GAP_S = 0.5  # between two commands
_ANSWER_S = 1.0  # so long one may take to be answered
_TRIES = 3
_GRACE_S = 3.0  # after the command to sleep, what was under way may still come
_AGAIN_S = 10.0  # a sensor that does not sleep is told again so often
_REPORT_S = 3600.0  # how often fan hours are stored, and the sensor's health is asked for
_HOUR_S = 3600.0
_SILENT_QUESTIONS = 3


class Options(TalkSettings):
    """Table [source.talk], kind "dust"."""

    kind: Literal["dust"] = Field(description="a dust sensor: how it reports, when it rests, how long its fan ran")
    sensor: Literal["plantower", "sds011", "hpma115", "sps30"] = Field(description="whose commands it understands")
    ask_every_s: float | None = Field(
        None,
        ge=1,
        le=86_400,
        description="ask for each reading (passive mode), so often; default: it reports by itself; SPS30: 10 s",
    )
    wake_every_s: float | None = Field(None, ge=60, le=86_400, description="rest, and wake for readings so often; default: it never rests")
    warm_up_s: float = Field(30.0, ge=1, le=600, description="after waking, readings are not to be believed for so long")
    measure_s: float = Field(10.0, ge=1, le=3600, description="then readings are taken for so long")
    clean_every_h: float = Field(168.0, ge=1, le=2400, description="SPS30 that rests: the fan is blown clean so often")
    fan_hours_before: float = Field(0.0, ge=0, le=200_000, description="hours the fan had run before this agent first met the sensor")

    @model_validator(mode="after")
    def _makes_sense(self) -> "Options":
        if self.wake_every_s is not None and self.warm_up_s + self.measure_s >= self.wake_every_s:
            raise ValueError("warm_up_s and measure_s leave no time to sleep; make wake_every_s longer")
        return self

    @property
    def asked_s(self) -> float | None:
        """How often it is asked, None if it reports by itself."""
        return self.ask_every_s or (None if DUST_SENSORS[self.sensor].report else 10.0)

    @property
    def pace_s(self) -> float | None:
        return self.wake_every_s or self.asked_s


class DustTalk(Talk):
    """See the module."""

    def __init__(self, options: Options) -> None:
        self._sensor = DUST_SENSORS[options.sensor]
        self._options = options
        self._asking = Pace(options.asked_s) if options.asked_s else None
        self._plan: deque[bytes] = deque()
        self._pending = b""  # a command that waits for its answer
        self._sent_s = self._free_s = float("-inf")  # when it was sent; when the next may be
        self._tries = 0
        self._is_awake = False
        self._woken_s = self._slept_s = 0.0
        self._good_from_s = self._awake_until_s = float("inf")
        self._heard_s = float("-inf")  # the last reading
        self._spoke_asleep = False
        self._open_questions = 0
        self._troubles: dict[bytes, str] = {}
        self._fan = Fan()
        self._unclean_s = 0.0  # since the last cleaning, up to `_unclean_from_s`
        self._unclean_from_s: float | None = None
        self._report_due_s = self._status_due_s = float("-inf")

    @property
    def trouble(self) -> str:
        silent = [f"{self._open_questions} questions without an answer"] if self._open_questions >= _SILENT_QUESTIONS else []
        return "; ".join([*self._troubles.values(), *silent])

    def opened(self, now_s: float) -> None:
        self._fan.lost()
        self._pending, self._tries, self._open_questions = b"", 0, 0
        self._troubles.clear()
        if self._unclean_from_s is None:
            self._unclean_from_s = now_s
        self._is_awake, self._slept_s, self._spoke_asleep = False, now_s, False
        self._free_s = max(self._free_s, now_s)
        self._plan = deque((self._sensor.wake, *self._sensor.setup, self._mode))

    def step(self, now_s: float) -> bytes:
        self._fan.seen(now_s)
        if self._pending:
            if now_s - self._sent_s < _ANSWER_S:
                return b""
            if self._tries < _TRIES:
                return self._tell(self._pending, now_s)
            self._done("" if self._fell_silent() else f"no answer to command {self._pending.hex()}")
        if now_s < self._free_s:
            return b""
        if not self._plan:
            self._look_ahead(now_s)
        if self._plan:
            self._tries = 0
            return self._tell(self._plan.popleft(), now_s)
        if self._asking and self._is_awake and self._asking.is_due(now_s):
            self._asking.next(now_s)
            self._free_s = now_s + _GAP_S
            self._open_questions += 1
            return self._sensor.ask
        return b""

    def heard(self, frames: Sequence[bytes], now_s: float) -> None:
        for frame in frames:
            verdict = self._sensor.verdict(self._pending, frame) if self._pending else None
            if verdict is not None:
                self._done("" if verdict else f"the sensor refused command {self._pending.hex()}")
            elif self._sensor.is_reading(frame):
                self._open_questions, self._heard_s = 0, now_s
                if not self._is_awake and now_s - self._slept_s > _GRACE_S:
                    self._does_not_sleep(now_s)

    def farewell(self) -> bytes:
        if not self._sensor.report:
            return self._sensor.sleep  # it is silent without a talk: let it rest
        return (b"" if self._is_awake else self._sensor.wake) + (self._sensor.report if self._asking else b"")

    def bits(self, now_s: float) -> int:
        return quality.GOOD if self._is_awake and now_s >= self._good_from_s else quality.WARM_UP

    def readings(self, now_s: float) -> Sequence[Reading]:
        if not self._is_awake or now_s < max(self._good_from_s, self._report_due_s):
            return ()
        self._report_due_s = now_s + _REPORT_S
        hours = self._options.fan_hours_before + self._fan.ran_s(now_s) / _HOUR_S
        return (Reading("air", {}, {"fan_hours": round(hours, 2)}),)

    def memory(self, now_s: float) -> Mapping[str, float]:
        return {"ran_s": self._fan.ran_s(now_s), "unclean_s": self._unclean(now_s)}

    def remember(self, memory: Mapping[str, float]) -> None:
        self._fan.add(memory.get("ran_s", 0.0))
        self._unclean_s += memory.get("unclean_s", 0.0)

    @property
    def _mode(self) -> bytes:
        return self._sensor.be_asked if self._asking else self._sensor.report

    def _look_ahead(self, now_s: float) -> None:
        """Plan to sleep or to wake or to ask for the sensor's health, if it is time."""
        if self._sensor.status and self._is_awake and now_s >= max(self._status_due_s, self._good_from_s):
            self._status_due_s = now_s + _REPORT_S
            self._plan.append(self._sensor.status)
            return
        if self._options.wake_every_s is None:
            return
        if self._is_awake and now_s >= self._awake_until_s:
            self._plan.append(self._sensor.sleep)
        elif not self._is_awake and now_s >= self._woken_s + self._options.wake_every_s:
            self._plan += (self._sensor.wake, self._mode)
            if self._sensor.clean and self._unclean(now_s) >= self._options.clean_every_h * _HOUR_S:
                self._plan.append(self._sensor.clean)

    def _tell(self, command: bytes, now_s: float) -> bytes:
        if not command:
            return b""
        self._tries += 1
        self._sent_s, self._free_s = now_s, now_s + _GAP_S
        if self._tries == 1:
            self._begin(command, now_s)
        self._pending = command if command != self._sensor.is_silent_on else b""
        return command

    def _begin(self, command: bytes, now_s: float) -> None:
        """A command is sent for the first time."""
        if command == self._sensor.wake:
            if not self._spoke_asleep:
                self._troubles.pop(self._sensor.sleep, None)
            self._fan.starts(now_s)
            self._is_awake, self._woken_s = True, now_s
            self._good_from_s = now_s + self._options.warm_up_s
            self._awake_until_s = self._good_from_s + self._options.measure_s
            if self._asking:
                self._asking.begin(now_s if self._options.wake_every_s is None else self._good_from_s)
        elif command == self._sensor.sleep:
            self._is_awake, self._slept_s, self._spoke_asleep = False, now_s, False
        elif command == self._sensor.clean:
            self._good_from_s = max(self._good_from_s, now_s + self._sensor.cleaning_s)
            self._awake_until_s = self._good_from_s + self._options.measure_s
            if self._asking:
                self._asking.begin(self._good_from_s)

    def _done(self, trouble: str) -> None:
        """The pending command was answered, or never will be."""
        command, self._pending = self._pending, b""
        if trouble:
            self._troubles[command] = trouble
            return
        self._troubles.pop(command, None)
        if command == self._sensor.sleep:
            self._fan.stops(self._slept_s)
        elif command == self._sensor.clean:
            self._unclean_s, self._unclean_from_s = 0.0, self._sent_s

    def _fell_silent(self) -> bool:
        """Tell whether a sensor that reports by itself did so until it was told to sleep, and no longer: as good as an answer."""
        is_told_to = self._pending == self._sensor.sleep and not self._asking
        return is_told_to and self._woken_s < self._heard_s <= self._slept_s + _GRACE_S

    def _does_not_sleep(self, now_s: float) -> None:
        self._fan.starts(self._slept_s)
        self._fan.seen(now_s)
        self._spoke_asleep = True
        self._troubles[self._sensor.sleep] = "it goes on reporting though it was told to sleep"
        if now_s - self._sent_s >= _AGAIN_S and self._sensor.sleep not in self._plan:
            self._tries = 0
            self._plan.append(self._sensor.sleep)

    def _unclean(self, now_s: float) -> float:
        return self._unclean_s + (now_s - self._unclean_from_s if self._unclean_from_s is not None else 0.0)


def build(options: Options) -> DustTalk:
    return DustTalk(options)

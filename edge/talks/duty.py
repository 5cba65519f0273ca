"""Dust sensors that sleep between readings: laser and fan live about a year of running time, and longer when they rest.

Wake, wait `warm_up_s` for the air to flow, take readings for `measure_s`, sleep; every `every_s`. What the sensor says while it warms up
carries the warm-up bit. After a re-plug the cycle begins anew; a sensor that lost power is awake, and put to sleep at the end of the cycle.

Commands: Plantower's data manuals (42 4D E4 00 00/01: sleep, wake), Nova's Control Protocol V1.3 (AA B4 06 01 00/01: sleep, work).
"""

from typing import Literal

from pydantic import Field, model_validator

from edge.talks.talk import TalkSettings
from telemetry import quality

_GAP_S = 0.5  # between two commands


class Options(TalkSettings):
    """Table [source.talk], kind "duty"."""

    kind: Literal["duty"] = Field(description="sleep between readings")
    sensor: Literal["plantower", "sds011"] = Field(description="whose commands are meant")
    every_s: float = Field(300.0, ge=60, le=86_400, description="from one waking to the next")
    warm_up_s: float = Field(30.0, ge=1, le=600, description="after waking, readings are not to be believed for so long")
    measure_s: float = Field(10.0, ge=1, le=3600, description="then readings are taken for so long")

    @model_validator(mode="after")
    def _makes_sense(self) -> "Options":
        if self.warm_up_s + self.measure_s >= self.every_s:
            raise ValueError("warm_up_s and measure_s leave no time to sleep; make every_s longer")
        return self


def plantower(command: int, data: int) -> bytes:
    """Return a command of Plantower."""
    body = bytes((0x42, 0x4D, command, data >> 8, data & 0xFF))
    return body + (sum(body) & 0xFFFF).to_bytes(2, "big")


def nova(*data: int) -> bytes:
    """Return a command of Nova, to whatever sensor is there."""
    body = bytes((*data, *[0] * (13 - len(data)), 0xFF, 0xFF))
    return b"\xaa\xb4" + body + bytes((sum(body) & 0xFF, 0xAB))


_WAKE = {"plantower": plantower(0xE4, 1), "sds011": nova(6, 1, 1)}
_SLEEP = {"plantower": plantower(0xE4, 0), "sds011": nova(6, 1, 0)}


class DutyTalk:
    """See the module."""

    def __init__(self, options: Options) -> None:
        self._wake, self._sleep = _WAKE[options.sensor], _SLEEP[options.sensor]
        self._every_s = options.every_s
        self._warm_up_s = options.warm_up_s
        self._awake_s = options.warm_up_s + options.measure_s
        self._is_awake = False
        self._due_s = 0.0
        self._woken_s = 0.0
        self.ran_s = 0.0  # how long the fan ran, since the start

    def opened(self, now_s: float) -> None:
        if self._is_awake:
            self.ran_s += now_s - self._woken_s
        self._is_awake, self._due_s = False, now_s

    def step(self, now_s: float) -> bytes:
        if now_s < self._due_s:
            return b""
        if not self._is_awake:
            self._is_awake, self._woken_s = True, now_s
            self._due_s = now_s + self._awake_s
            return self._wake
        self._is_awake = False
        self.ran_s += now_s - self._woken_s
        self._due_s = max(self._woken_s + self._every_s, now_s + _GAP_S)
        return self._sleep

    def farewell(self) -> bytes:
        return self._wake

    def bits(self, now_s: float) -> int:
        is_warming_up = not self._is_awake or now_s - self._woken_s < self._warm_up_s
        return quality.WARM_UP if is_warming_up else quality.GOOD


def build(options: Options) -> DutyTalk:
    return DutyTalk(options)

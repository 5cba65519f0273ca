"""The devices of the simulated street, each with what it sends: JSON by MQTT, or a line of text by a serial port.

A few send something wrong now and then, on purpose: the agent must set that aside and lose nothing else.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from random import Random
from types import MappingProxyType
from typing import NamedTuple

from quanho.demo import patterns

SITE = "ly-thai-to"  # a main street of Bắc Ninh
SERIAL_SOURCES = ("dust", "river")
MQTT_SOURCES = ("air", "noise", "power", "weather", "water", "probe", "pump")
SOURCES = (*MQTT_SOURCES, *SERIAL_SOURCES)
MEASUREMENTS = ("air", "noise", "power", "weather", "water_level", "water_quality", "water_flow")
SILENT_SOURCE = "pump"  # pauses for a while, and falls silent for good: the ledger tells of both

FAULT_EVERY = 14  # messages of a faulty device; stays below the refusals that a source keeps in full (20 a minute and topic)


class Message(NamedTuple):
    """What a device sends: `readings` of it belong into the store, `faults` into the set-aside store."""

    payload: bytes
    readings: int = 1
    faults: int = 0


@dataclass(frozen=True, slots=True)
class Device:
    """One measuring point: `source` is the agent's input it arrives by, `level` (-1 to 1) how it differs from its neighbours.

    `pattern` is what it measures, as its source where empty. `is_slow`: its day goes on as slowly as in its past, since no river rises by
    metres within a minute. `speaks_s` are stretches of seconds since the street began in which it is not silent; always, where empty.
    """

    id: str
    source: str
    period_s: float
    level: float = 0.0
    fault: str = ""
    pattern: str = ""
    is_slow: bool = False
    speaks_s: tuple[tuple[float, float], ...] = ()

    def is_speaking(self, since_s: float) -> bool:
        """Tell whether it is not silent, so long after the street began to speak."""
        return not self.speaks_s or any(begin <= since_s < end for begin, end in self.speaks_s)

    @property
    def topic(self) -> str:
        return f"site/{SITE}/{self.source}/{self.id}"


def _row(
    source: str, prefix: str, count: int, period_s: float, faults: Mapping[int, str], kinds: Mapping[int, str] = MappingProxyType({})
) -> tuple[Device, ...]:
    return tuple(
        Device(
            f"{prefix}-{number:02d}",
            source,
            period_s,
            2.0 * (number - 1) / (count - 1) - 1.0,
            faults.get(number, ""),
            kinds.get(number, ""),
        )
        for number in range(1, count + 1)
    )


STREET = (
    *_row("air", "air", 8, 0.4, {3: "cut short", 6: "not a number"}, {1: "air with gases", 5: "air with gases"}),
    *_row("noise", "noise", 6, 0.4, {2: "not a number"}),
    *_row("power", "meter", 6, 0.5, {}),
    *_row("weather", "mast", 4, 0.5, {4: "out of range"}),
    Device("phu-lang-thuong", "water", 1.0, 1.0, is_slow=True),  # the wave
    Device("luc-nam", "water", 1.0, -0.5, is_slow=True),
    Device("pha-lai", "water", 1.0, 0.1, is_slow=True),
    Device("ngu-huyen-khe", "probe", 1.0, is_slow=True),
    Device("tram-bom", SILENT_SOURCE, 1.0, speaks_s=((0.0, 4.0), (12.0, 25.0))),
)
SERIAL = (Device("kiosk-01", "dust", 0.5, 0.3, "garbled line"), Device("dap-cau", "river", 0.5))
SOURCE_OF = {device.id: device.source for device in (*STREET, *SERIAL)}


class Voice:
    """Says what one device sends, one message after the other; the same seed says the same."""

    def __init__(self, device: Device, seed: int) -> None:
        self.device = device
        self._rng = Random(f"{seed} {device.id}")  # noqa: S311 (not a secret)
        self._count = 0
        self._before_ms = 0
        self._rain_mm = 310.0
        self._energy_kwh = 18_000.0 + 500.0 * device.level

    def next(self, hour: float, now_ms: int, fault_every: int = FAULT_EVERY) -> Message:
        """Return the next message, of hour `hour` of the simulated day, stamped `now_ms` (ms since 1970 UTC)."""
        self._count += 1
        device = self.device
        values = _PATTERNS[device.pattern or device.source](hour, device.level, lambda deviation: self._rng.gauss(0.0, deviation))
        elapsed_h = ((now_ms - self._before_ms) / 1000.0 if self._before_ms else device.period_s) / 3600.0
        self._before_ms = now_ms
        if device.source == "power":
            self._energy_kwh += values["kw"] * elapsed_h
            values["kwh"] = round(self._energy_kwh, 4)
        if device.source == "weather":
            rain_mm = values["rr"] * elapsed_h
            self._rain_mm += rain_mm
            values |= {"rain": round(rain_mm, 4), "rt": round(self._rain_mm, 3)}
        message = _LINES[device.source](values) if device.source in _LINES else json.dumps({"ts": now_ms, **_named(device, values)})
        is_faulty = bool(device.fault) and self._count % fault_every == fault_every // 2
        return _FAULTS[device.fault](message) if is_faulty else Message(message.encode())


def _named(device: Device, values: Mapping[str, float]) -> dict[str, object]:
    """Name and nest values the way such a device would; the config maps them back."""
    if device.source == "power":
        volts, amperes = ([values[f"{letter}{phase}"] for phase in (1, 2, 3)] for letter in "ui")
        return {"u": volts, "i": amperes, "p": {"kw": values["kw"], "pf": values["pf"]}, "hz": values["hz"], "kwh": values["kwh"]}
    if device.source == "air":
        return {"pm25": values["pm2_5"], **{name: value for name, value in values.items() if name != "pm2_5"}}
    return dict(values)


def _not_a_number(message: str) -> Message:
    """One value becomes NaN: it is refused alone, its neighbours are stored."""
    fields = json.loads(message)
    fields[next(name for name in fields if name != "ts")] = float("nan")
    return Message(json.dumps(fields).encode(), readings=1, faults=1)


def _out_of_range(message: str) -> Message:
    """A broken probe: stored like any other, and marked."""
    return Message(json.dumps({**json.loads(message), "t": 850.0}).encode())


_PATTERNS: Mapping[str, Callable[[float, float, patterns.Jitter], patterns.Values]] = {
    "air": patterns.air,
    "air with gases": patterns.air_with_gases,
    "noise": patterns.noise,
    "power": patterns.power,
    "weather": patterns.weather,
    "dust": patterns.dust,
    "river": patterns.river,
    "water": patterns.gauge,
    "probe": patterns.probe,
    "pump": patterns.pump,
}
_LINES: Mapping[str, Callable[[Mapping[str, float]], str]] = {
    "dust": lambda values: ",".join(map(str, values.values())),
    "river": lambda values: f"WL={values['cm']:+04.0f} BAT={values['battery']:.2f}",
}
_FAULTS: Mapping[str, Callable[[str], Message]] = {
    "cut short": lambda message: Message(message[: len(message) // 2].encode(), readings=0, faults=1),
    "not a number": _not_a_number,
    "out of range": _out_of_range,
    "garbled line": lambda message: Message(b"#?~" + message.encode()[9:], readings=0, faults=1),
}

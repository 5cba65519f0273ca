"""What readings a firmware should give: its manifest and what the board announces, joined, with ranges from the catalogue. Pure."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from telemetry import units
from telemetry.catalogue import find
from telemetry.catalogue.limits import Limits, limits_of
from telemetry.units import ConversionError

MOST_INTERVAL_S = 6 * 3600.0  # a board that announces more is watched as if it said this


@dataclass(frozen=True, slots=True)
class Announced:
    """One set as the board announces it; `fields` are (name, unit)."""

    measurement: str
    fields: tuple[tuple[str, str], ...]
    interval_s: float


@dataclass(frozen=True, slots=True)
class ExpectedField:
    """One field: `lowest` to `highest` in the unit that the board sends, and what the catalogue knows of standing still."""

    name: str
    lowest: float
    highest: float
    limits: Limits
    is_counter: bool

    def is_plausible(self, value: float) -> bool:
        return self.lowest <= value <= self.highest


@dataclass(frozen=True, slots=True)
class ExpectedSet:
    """One set by its index on the link; `interval_s` 0: its readings come when something happens, none are asked for."""

    index: int
    name: str
    measurement: str
    fields: tuple[ExpectedField, ...]
    interval_s: float

    @property
    def warm_up_s(self) -> float:
        return max((field.limits.warm_up_s for field in self.fields), default=0.0)


def expected_sets(sensors: Sequence[Mapping[str, Any]], announced: Sequence[Announced]) -> tuple[tuple[ExpectedSet, ...], str]:
    """Return what to expect and why the announcement is already wrong (empty when it is not).

    `sensors` is the manifest's list as JSON. The interval is the board's own, for it may have been set by command; the manifest's where the
    board says none. Where the manifest lists no sensors, the announcement and the catalogue alone say what is plausible.
    """
    if not sensors:
        return tuple(_joined(index, {}, each) for index, each in enumerate(announced)), "" if announced else "it announces no sensors"
    wrong = ""
    for index, sensor in enumerate(sensors):
        name, measurement = sensor["name"], sensor["measurement"]
        if index >= len(announced):
            wrong = wrong or f"set {index} ({name}) is not announced"
            continue
        missing = {field["name"] for field in sensor["fields"]} - {field for field, _ in announced[index].fields}
        if announced[index].measurement != measurement:
            wrong = wrong or f"set {index} is announced as {announced[index].measurement}, the manifest says {measurement}"
        elif missing:
            wrong = wrong or f"set {index} ({name}) is announced without {', '.join(sorted(missing))}"
    return tuple(_joined(index, sensor, each) for index, (sensor, each) in enumerate(zip(sensors, announced, strict=False))), wrong


def _joined(index: int, sensor: Mapping[str, Any], announced: Announced) -> ExpectedSet:
    said = dict(announced.fields)
    listed = {field["name"]: field for field in sensor.get("fields", ())} or {name: {} for name in said}
    fields = tuple(_field(announced.measurement, name, said.get(name, ""), row) for name, row in listed.items())
    interval_s = announced.interval_s or sensor.get("interval_ms", 0) / 1000.0
    name = str(sensor.get("name") or announced.measurement)
    return ExpectedSet(index, name, announced.measurement, fields, min(interval_s, MOST_INTERVAL_S))


def _field(measurement: str, name: str, unit: str, row: Mapping[str, Any]) -> ExpectedField:
    quantity = find(measurement, name)
    low, high = (_in_unit(limit, quantity.unit, unit) for limit in (quantity.low, quantity.high)) if quantity else (None, None)
    lowest = max(-math.inf if each is None else each for each in (low, row.get("lowest")))
    highest = min(math.inf if each is None else each for each in (high, row.get("highest")))
    return ExpectedField(name, lowest, highest, limits_of(measurement, name), bool(quantity and quantity.is_counter))


def _in_unit(value: float | None, unit: str, to_unit: str) -> float | None:
    if value is None or not to_unit or unit == to_unit:
        return value
    try:
        return units.convert(value, unit, to_unit)
    except ConversionError:
        return None

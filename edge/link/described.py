"""From the records of a board to readings: by the board's own description, in the catalogue's units.

The description is told once a session, so what is wrong with it is said once, not with every reading: a field whose unit cannot become
the catalogue's is left out. Names that the catalogue does not know are kept as they are, numbers as floats. What the config says of a
name or unit goes before what the board says.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from edge.field_plan import RESERVED_FIELDS, conversion, stored_name
from edge.link.identity import shown
from edge.normalise_settings import NormaliseSettings
from firmware_bridge.link.messages import SensorField, SensorSet
from firmware_bridge.link.records import BIT, Record, Value
from telemetry import catalogue, quality
from telemetry.errors import RejectedError
from telemetry.point import Reading

_BITS = sum(flag.bit for flag in quality.FLAGS)
_LEAST_EXPECTED_S = 5.0  # between two readings: a board that starts again is away for as long
_MOST_EXPECTED_S = 7 * 86_400.0

_Take = Callable[[Value], Value]


@dataclass(frozen=True, slots=True)
class _Set:
    measurement: str
    takes: Mapping[str, _Take]


class Described:
    """The sets of one session. `faults` says what of them cannot be stored, `uncatalogued` names what the catalogue does not know."""

    def __init__(self, sets: Sequence[SensorSet], settings: NormaliseSettings, device: str) -> None:
        self.device = device
        self.faults: tuple[str, ...] = ()
        self.uncatalogued: tuple[str, ...] = ()
        self.left_out_count = 0  # values of fields with a fault
        self.expected_s = _expected_s(sets)
        self._settings = settings
        self._tags = {"device": device}
        self._sets = {one.index: self._set(one) for one in sets}

    def reading(self, record: Record) -> Reading | None:
        """Return the reading of a record; None where no field of it is left."""
        of_set = self._sets.get(record.set_index)
        if of_set is None:
            return None
        fields: dict[str, Value] = {}
        for name, value in record.values.items():
            take = of_set.takes.get(name)
            if take is None:
                self.left_out_count += 1
            else:
                fields[name] = take(value)
        return Reading(of_set.measurement, self._tags, fields, quality=record.quality & _BITS) if fields else None

    def _set(self, one: SensorSet) -> _Set:
        measurement = self._settings.measurements.get(one.measurement) or stored_name(one.measurement)
        takes = {}
        for field in one.fields:
            try:
                takes[field.name] = self._take(measurement, field)
            except RejectedError as error:
                name = f"{measurement} {shown(field.name)}"
                self.faults += (f"{name} in {shown(field.unit)!r}: {error}; correct the firmware, or the config (normalise.units, rename)",)
        return _Set(one.measurement, takes)

    def _take(self, measurement: str, field: SensorField) -> _Take:
        settings = self._settings
        name = settings.rename.get(field.name) or stored_name(field.name)
        if name in RESERVED_FIELDS:
            raise RejectedError(f"the name {name} is kept for {RESERVED_FIELDS[name]}")
        quantity = catalogue.find(measurement, name)
        if quantity is None:
            if name not in settings.drop and field.name not in settings.drop:
                self.uncatalogued += (f"{measurement}.{name}",)
            return bool if field.type == BIT else float
        if quantity.type == "bool":
            return bool
        has_unit = field.unit and quantity.unit and not {name, field.name} & settings.units.keys()
        if not has_unit or field.unit == quantity.unit:
            return float
        converted = conversion(field.unit, quantity.unit, name)
        return (lambda value: converted(float(value))) if converted else float


def _expected_s(sets: Sequence[SensorSet]) -> float | None:
    """Return how often a reading comes at least; None where none comes by the clock."""
    intervals = [one.interval_ms / 1000 for one in sets if one.interval_ms]
    return min(max(min(intervals), _LEAST_EXPECTED_S), _MOST_EXPECTED_S) if intervals else None

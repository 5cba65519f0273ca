"""One message of a device that measures many things → one reading per measurement.

A device sends temperature, a contact and its battery in one object; the catalogue has them in `air`, `state` and with any device. A
`Target` says where one value belongs; what has measurement "" (battery, link quality) rides with the first other reading of the message
that the catalogue knows, or makes one of measurement `device`. Two values for one field: the first stays, the second is refused by name.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple

from edge.decoders.decoder import Refusals, shown
from edge.decoders.values import as_bool, as_float, as_str
from telemetry import catalogue
from telemetry.errors import RejectedError
from telemetry.point import FieldValue, Reading
from telemetry.units import GAS_G_PER_MOL, converter, gas_mass, is_convertible

ANY_DEVICE = ""
OF_DEVICE = "device"  # measurement of what rides with nothing
UNKNOWN = "reading"  # measurement of what the catalogue does not know; the json decoder has the same

Convert = Callable[[object], FieldValue]


class Target(NamedTuple):
    """Where a value belongs; `convert` raises ValueError for what does not fit."""

    measurement: str
    field: str
    convert: Convert


def target(measurement: str, field: str, unit: str = "") -> Target:
    """Return the target of a value sent in `unit` ("" for the catalogue's); ConversionError when that makes no sense."""
    quantity = catalogue.find(measurement or OF_DEVICE, field)
    if quantity is not None and quantity.type == "bool":
        return Target(measurement, field, as_bool)
    if quantity is not None and quantity.type == "string":
        return Target(measurement, field, _text)
    stored = quantity.unit if quantity else ""
    if not unit or not stored or unit == stored:
        return Target(measurement, field, as_float)
    if field in GAS_G_PER_MOL and stored == "ug/m3" and is_convertible(unit, "ppb"):
        to_ppb = converter(unit, "ppb")
        return Target(measurement, field, _finite(lambda number: gas_mass(to_ppb(number), field)))
    return Target(measurement, field, _finite(converter(unit, stored)))


def first_known(measurements: Iterable[str]) -> str:
    """Return the measurement that what belongs to any device rides with: the first that the catalogue knows."""
    return next((one for one in measurements if one != UNKNOWN), OF_DEVICE)


class NothingSaidError(ValueError):
    """An empty text: no value, and no fault."""


def _text(value: object) -> str:
    text = as_str(value)
    if not text:
        raise NothingSaidError("empty")
    return text


def _finite(to_stored: Callable[[float], float]) -> Convert:
    def stored(value: object) -> float:
        number = to_stored(value if value.__class__ is float else as_float(value))
        if number - number != 0.0:  # infinite: a large number in a large unit
            raise ValueError(f"{shown(value)} is too large for its unit")
        return number

    return stored


class Gathering:
    """The fields of one message (or of one sensor in it), by measurement."""

    __slots__ = ("_by_measurement", "_refusals")

    def __init__(self, refusals: Refusals) -> None:
        self._by_measurement: dict[str, dict[str, FieldValue]] = {}
        self._refusals = refusals

    def put(self, where: Target, value: object) -> None:
        """Add one value, or refuse it alone."""
        measurement, field, convert_value = where
        fields = self._by_measurement.get(measurement)
        if fields is None:
            fields = self._by_measurement[measurement] = {}
        if field in fields:
            self._refusals.add(f"field {shown(field)}: two values of this message have this name")
        elif convert_value is as_float and value.__class__ is float:
            fields[field] = value
        else:
            try:
                fields[field] = convert_value(value)
            except NothingSaidError:
                return
            except (ValueError, RejectedError) as error:
                self._refusals.add(f"field {shown(field)}: {error}")

    def fields(self, measurement: str) -> dict[str, FieldValue]:
        """Return the fields of a measurement, to add to."""
        return self._by_measurement.setdefault(measurement, {})

    def readings(self, tags: Mapping[str, str], time_ns: int | None, quality: int = 0) -> list[Reading]:
        """Return one reading per measurement that has fields."""
        groups = {measurement: fields for measurement, fields in self._by_measurement.items() if fields}
        if ANY_DEVICE in groups:
            riding = groups.pop(ANY_DEVICE)
            first = groups.setdefault(first_known(groups), {})
            for name, value in riding.items():
                first.setdefault(name, value)
        return [Reading(measurement, tags, fields, time_ns, quality) for measurement, fields in groups.items()]

"""The objects of a SENSOR message, one a sensor: {"DS18B20-1": {"Id": …, "Temperature": 20.6}, "ENERGY": {…}, "Switch1": "ON"}.

Every sensor is a reading (or one per measurement) of its own with tag `sensor`, so that two sensors of a kind never share a field. A
value that the tables do not know stays in measurement `reading` under its own name.
"""

import re
from collections.abc import Iterable, Mapping

from edge.decoders.decoder import Refusals, shown
from edge.decoders.gathering import UNKNOWN, Gathering, Target
from edge.decoders.json_mapping.flatten import Flattening
from edge.decoders.shapes import Shapes
from edge.decoders.tasmota import quantities as q
from edge.decoders.values import as_tag
from telemetry.point import Reading

_MAX_FIELDS = 200
_MAX_DEPTH = 4
_CHIP = "ESP32"
_NO_SENSORS = frozenset({"Time", "Epoch", *q.UNIT_KEYS})
_NO_VALUES = frozenset({"Id", "MAC", "mac", "TotalStartTime", "Device", "Name", "Endpoint", "Group", "Manufacturer", "ModelId"})
_RANGING_CM = re.compile(r"SR04.*|US-?100.*|HRXL.*|ME007.*|DYP.*", re.IGNORECASE)
_RANGING_MM = re.compile(r"VL53L.*|TOF10120.*", re.IGNORECASE)
_SWITCH = re.compile(r"(?:Switch|Button)\d+")
_WIND = re.compile(r"TX2[03].*|WS2300.*|WindMeter")
_NUMBERED = re.compile(r"(Temperature|Illuminance)([1-9]\d?)")
_ANALOG = "ANALOG"


class Sensors:
    """`read` turns sensors into readings; `by_id` puts a 1-Wire address into the tag instead of the number."""

    def __init__(self, *, by_id: bool) -> None:
        self._by_id = by_id
        self._shapes = Shapes()
        self._other = Flattening((), takes_strings=False, max_fields=_MAX_FIELDS, max_depth=_MAX_DEPTH)

    def read(
        self, root: Mapping[str, object], units: q.Quantities, tags: Mapping[str, str], time_ns: int | None, refusals: Refusals
    ) -> list[Reading]:
        readings: list[Reading] = []
        for name, value in root.items():
            if name in _NO_SENSORS or value is None:
                continue
            if isinstance(value, dict):
                if name != "ZbReceived":
                    readings += self._sensor(self._name(name, value), value, units, tags, time_ns, refusals)
                    continue
                for address, one in value.items():
                    if isinstance(one, dict):
                        readings += self._sensor(_zigbee_name(address, one), one, units, tags, time_ns, refusals)
            elif _SWITCH.fullmatch(name):
                readings += _switch(name, value, tags, time_ns, refusals)
            elif not isinstance(value, str):
                readings += self._sensor(name, {name: value}, units, tags, time_ns, refusals)
        return readings

    def _sensor(
        self,
        name: str,
        values: Mapping[str, object],
        units: q.Quantities,
        tags: Mapping[str, str],
        time_ns: int | None,
        refusals: Refusals,
    ) -> list[Reading]:
        if name == _ANALOG and any(map(_NUMBERED.fullmatch, values)):
            return [one for part, own in _analog_inputs(values) for one in self._sensor(part, own, units, tags, time_ns, refusals)]
        tags = {**tags, "sensor": as_tag(name)}
        if shape := self._shapes.of((name, units.code, *values), _places, name, values, units):
            readings = shape.read(values, tags, time_ns)
            if readings is not None:
                return readings
        gathering = Gathering(refusals)
        other: dict[str, object] = {}
        if name == "ENERGY" or name.endswith("Energy"):
            _put_energy(values, gathering, other)
        elif _WIND.fullmatch(name):
            _put_wind(values, gathering, units, other)
        else:
            _put_values(name, values, gathering, units, other)
        if other:
            self._other.flatten(other, "", gathering.fields(UNKNOWN), refusals)
        return gathering.readings(tags, time_ns)

    def _name(self, name: str, values: Mapping[str, object]) -> str:
        if not self._by_id and "MAC" not in values and "mac" not in values:
            return name
        address = values.get("MAC") or values.get("mac") or (values.get("Id") if self._by_id else None)
        if not isinstance(address, str) or not address.isalnum():
            return name
        return f"{name.partition('-')[0]}-{address[:40]}"


def _places(name: str, values: Mapping[str, object], units: q.Quantities) -> list[tuple[str, Target]] | None:
    """Return where each value belongs, None where more than the keys decides it."""
    known = q.ENERGY if name == "ENERGY" else units.values
    if _WIND.fullmatch(name):
        return None
    places: list[tuple[str, Target]] = []
    for key in values:
        where = units.chip_temperature if key == "Temperature" and name == _CHIP else known.get(key)
        if _is_of_kind(name, key, values):
            return None
        if where is not None:
            places.append((key, where))
        elif key not in _NO_VALUES:
            return None
    return places


def _put_values(name: str, values: Mapping[str, object], gathering: Gathering, units: q.Quantities, other: dict[str, object]) -> None:
    """Add the values of any other sensor; what is not known goes to `other`."""
    known = units.values
    for key, value in values.items():
        if value is None or key in _NO_VALUES:
            continue
        where = _of_kind(name, key, values) if _is_of_kind(name, key, values) else known.get(key) or _of_ranging(name, key, value)
        if key == "Temperature" and name == _CHIP:
            where = units.chip_temperature
        if where is not None and not isinstance(value, dict | list):
            gathering.put(where, value)
        elif isinstance(value, dict) and key.endswith("Energy"):
            _put_energy(value, gathering, other)
        elif not isinstance(value, str):
            other[key] = value


def _put_energy(values: Mapping[str, object], gathering: Gathering, other: dict[str, object]) -> None:
    """Add a meter's values; an array has one value a phase: `voltage_l1`, `voltage_l2`, `voltage_l3`."""
    for key, value in values.items():
        if value is None or key in _NO_VALUES:
            continue
        where = q.ENERGY.get(key)
        if where is None:
            if not isinstance(value, str):
                other[key] = value
        elif not isinstance(value, list):
            gathering.put(where, value)
        elif len(value) <= 3:
            for phase, one in enumerate(value, start=1):
                gathering.put(where._replace(field=f"{where.field}_l{phase}"), one)
        else:
            other[key] = value


def _put_wind(values: Mapping[str, object], gathering: Gathering, units: q.Quantities, other: dict[str, object]) -> None:
    """Add a wind sensor's values: {"Speed": {"Act": 14.8, "Avg": 8.5, "Max": 16.1}, "Dir": {"Deg": 247.5, …}}."""
    speed, direction = values.get("Speed"), values.get("Dir")
    speed, direction = (speed if isinstance(speed, dict) else {"Avg": speed}), (direction if isinstance(direction, dict) else {})
    average = speed.get("Avg", speed.get("Act"))
    for where, value in ((units.wind_speed, average), (units.wind_gust, speed.get("Max")), (q.WIND_DIRECTION, direction.get("Deg"))):
        if value is not None:
            gathering.put(where, value)
    other.update((key, value) for key, value in values.items() if key not in {"Speed", "Dir"} and not isinstance(value, str))


def _is_of_kind(name: str, key: str, values: Mapping[str, object]) -> bool:
    return (key == "CO" and "LinkQuality" in values) or any(kind.fullmatch(name) and key in rows for kind, rows in q.OF_KIND)


def _of_kind(name: str, key: str, values: Mapping[str, object]) -> Target | None:
    """Return what a value means with this kind of sensor only, None where it is a raw number."""
    if key == "CO" and "LinkQuality" in values:
        return q.CO_ALARM  # a Zigbee alarm
    return next(rows[key] for kind, rows in q.OF_KIND if kind.fullmatch(name) and key in rows)


def _analog_inputs(values: Mapping[str, object]) -> Iterable[tuple[str, Mapping[str, object]]]:
    """Return the values of each analogue input: {"Temperature1": 20.3} is that of sensor ANALOG-1."""
    inputs: dict[str, dict[str, object]] = {}
    for key, value in values.items():
        found = _NUMBERED.fullmatch(key)
        inputs.setdefault(f"{_ANALOG}-{found[2]}" if found else _ANALOG, {})[found[1] if found else key] = value
    return inputs.items()


def _of_ranging(name: str, key: str, value: object) -> Target | None:
    """Return what a distance or a beacon's state means."""
    if key == "Distance" and not isinstance(value, list):
        if _RANGING_CM.fullmatch(name):
            return q.DISTANCE_CM
        return q.DISTANCE_MM if _RANGING_MM.fullmatch(name) else None
    if key in {"STATE", "State"} and name.startswith("IBEACON"):
        return q.PRESENCE
    return None


def _switch(name: str, value: object, tags: Mapping[str, str], time_ns: int | None, refusals: Refusals) -> list[Reading]:
    gathering = Gathering(refusals)
    if value in ("ON", "OFF"):
        gathering.put(q.INPUT, value)
    elif name.startswith("Button") and isinstance(value, dict | str):
        return []  # {"Action": "SINGLE"} of a button, or an action's name: a rule's affair
    else:
        refusals.add(f"{name}: {shown(value)} is neither ON nor OFF")
    return gathering.readings({**tags, "sensor": name}, time_ns)


def _zigbee_name(address: object, values: Mapping[str, object]) -> str:
    name = values.get("Name")
    return name if isinstance(name, str) and name and name.isprintable() else str(address)

"""Bluetooth sensors (Shelly BLU) as a gateway script publishes them: the BTHome object, one message a broadcast, `address` the sensor."""

from collections.abc import Mapping

from edge.decoders.decoder import Refusals
from edge.decoders.gathering import ANY_DEVICE, UNKNOWN, Gathering, Target, target
from edge.decoders.json_mapping.flatten import Flattening
from edge.decoders.values import as_bool
from telemetry.point import Reading

_CLOSED = target("state", "contact")._replace(convert=lambda value: not as_bool(value))  # BTHome: 1 is open
_VALUES: Mapping[str, Target] = {
    "temperature": target("air", "temperature"),
    "humidity": target("air", "humidity"),
    "pressure": target("air", "pressure"),
    "illuminance": target("weather", "illuminance"),
    "motion": target("state", "occupancy"),
    "moisture": target("soil", "moisture"),
    "window": _CLOSED,
    "door": _CLOSED,
    "opening": _CLOSED,
    "vibration": target("state", "vibration"),
    "battery": target(ANY_DEVICE, "battery_percent"),
    "rssi": target(ANY_DEVICE, "rssi"),
}
_NO_VALUES = frozenset({"encryption", "BTHome_version", "pid", "address", "device_id", "mac", "gateway"})
_other = Flattening((), takes_strings=False, max_fields=50, max_depth=2)


def read_blu(root: Mapping[str, object], tags: Mapping[str, str], refusals: Refusals) -> list[Reading]:
    """Return the readings of one broadcast."""
    gathering = Gathering(refusals)
    other: dict[str, object] = {}
    for name, value in root.items():
        if value is None or name in _NO_VALUES:
            continue
        if name in _VALUES and not isinstance(value, dict | list):
            gathering.put(_VALUES[name], value)
        elif not isinstance(value, str):
            other[name] = value
    if other:
        _other.flatten(other, "", gathering.fields(UNKNOWN), refusals)
    return gathering.readings(tags, None)

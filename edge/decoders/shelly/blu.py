"""Bluetooth sensors (Shelly BLU) as a gateway script publishes them: the BTHome object, one message a broadcast, `address` the sensor.

Names and units are those of BTHome (bthome.io, "Format"), in small letters or not. A speed beside a direction is the wind's.
"""

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
    "conductivity": target("soil", "conductivity"),
    "dewpoint": target("air", "dew_point"),
    "dew_point": target("air", "dew_point"),
    "co2": target("air", "co2"),
    "pm2_5": target("air", "pm2_5"),
    "pm10": target("air", "pm10"),
    "uv_index": target("weather", "uv_index"),
    "direction": target("weather", "wind_direction"),
    "wind_direction": target("weather", "wind_direction"),
    "wind_speed": target("weather", "wind_speed"),
    "gust_speed": target("weather", "wind_gust"),
    "precipitation": target("weather", "rain_total"),
    "rain_status": target("state", "rain"),
    "distance_mm": target("water_level", "distance", "mm"),
    "distance_m": target("water_level", "distance"),
    "power": target("power", "active_power"),
    "current": target("power", "current"),
    "energy": target("power", "energy", "kWh"),
    "window": _CLOSED,
    "door": _CLOSED,
    "opening": _CLOSED,
    "vibration": target("state", "vibration"),
    "battery": target(ANY_DEVICE, "battery_percent"),
    "rssi": target(ANY_DEVICE, "rssi"),
}
_WIND_SPEED = target("weather", "wind_speed")
_NO_VALUES = frozenset({"encryption", "BTHome_version", "pid", "address", "device_id", "mac", "gateway"})
_DIRECTIONS = frozenset({"direction", "Direction", "wind_direction"})
_other = Flattening((), takes_strings=False, max_fields=50, max_depth=2)


def read_blu(root: Mapping[str, object], tags: Mapping[str, str], refusals: Refusals) -> list[Reading]:
    """Return the readings of one broadcast."""
    gathering = Gathering(refusals)
    other: dict[str, object] = {}
    for name, value in root.items():
        if value is None or name in _NO_VALUES:
            continue
        key = name.lower()
        where = _VALUES.get(key) or (_WIND_SPEED if key == "speed" and not _DIRECTIONS.isdisjoint(root) else None)
        if where is not None and not isinstance(value, dict | list):
            gathering.put(where, value)
        elif not isinstance(value, str):
            other[name] = value
    if other:
        _other.flatten(other, "", gathering.fields(UNKNOWN), refusals)
    return gathering.readings(tags, None)

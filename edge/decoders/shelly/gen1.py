"""Gen1: one value a topic below `shellies/<id>/` (shelly-api-docs.shelly.cloud/gen1, "MQTT support").

    relay/0 on · relay/0/power 25.3 · relay/0/energy 1234 (watt-minutes) · emeter/0/voltage · sensor/temperature · ext_temperature/0
    temperature (of the chip) · online true · announce {…} · info {…} · ext_temperatures {"0": {"tC": 21.3}}
    status {"motion": true, "timestamp": 1614416952, "active": true, "vibration": false, "lux": 303, "bat": 87} of Shelly Motion, with
    "tmp": {"value": 20.1, "units": "C"} of Motion 2 and TRV; `timestamp` is that of the last motion, not of the message

Channel and kind become tag `sensor`: `relay:0`, `emeter:1`, `ext_temperature:0`.
"""

import re
from collections.abc import Mapping

from edge.decoders.decoder import Refusals, shown
from edge.decoders.gathering import ANY_DEVICE, UNKNOWN, Gathering, Target, target
from edge.decoders.json_mapping.payload import parse_payload
from edge.decoders.values import as_tag
from telemetry.errors import RejectedError
from telemetry.point import Reading

_CHANNEL = re.compile(
    r"(relay|emeter|meter|roller|light|white|color|input|adc|ext_temperature|ext_humidity|ext_switch)/(\d{1,2})(?:/(\w+))?", re.ASCII
)
_OUTPUT = target("state", "output")
_INPUT = target("state", "input")
_ENERGY_WMIN = target("power", "energy", "W.min")
_POWER = target("power", "active_power")
_CHANNEL_VALUES: Mapping[tuple[str, str], Target] = {
    ("relay", ""): _OUTPUT,
    ("relay", "power"): _POWER,
    ("relay", "energy"): _ENERGY_WMIN,
    ("roller", "power"): _POWER,
    ("roller", "energy"): _ENERGY_WMIN,
    ("roller", "pos"): target(UNKNOWN, "position"),
    ("light", ""): _OUTPUT,
    ("light", "power"): _POWER,
    ("light", "energy"): _ENERGY_WMIN,
    ("white", ""): _OUTPUT,
    ("color", ""): _OUTPUT,
    ("meter", "power"): _POWER,
    ("meter", "energy"): _ENERGY_WMIN,
    ("emeter", "power"): _POWER,
    ("emeter", "reactive_power"): target("power", "reactive_power"),
    ("emeter", "voltage"): target("power", "voltage"),
    ("emeter", "current"): target("power", "current"),
    ("emeter", "pf"): target("power", "power_factor"),
    ("emeter", "total"): target("power", "energy"),
    ("emeter", "total_returned"): target("power", "energy_export"),
    ("emeter", "energy"): target("power", "energy_session", "W.min"),
    ("emeter", "returned_energy"): target("power", "energy_export_session", "W.min"),
    ("input", ""): _INPUT,
    ("ext_switch", ""): _INPUT,
    ("adc", ""): target("power", "voltage"),
    ("ext_temperature", ""): target("air", "temperature"),
    ("ext_humidity", ""): target("air", "humidity"),
}
_WORDS = {"open": "off", "close": "on", "mild": "on", "heavy": "on", "test": "off", "none": "off"}  # of sensor/state, sensor/gas
_VALUES: Mapping[str, Target] = {
    "temperature": target("device", "chip_temperature"),
    "voltage": target("power", "voltage"),
    "overtemperature": target("device", "overtemperature"),
    "sensor/temperature": target("air", "temperature"),
    "sensor/humidity": target("air", "humidity"),
    "sensor/battery": target(ANY_DEVICE, "battery_percent"),
    "sensor/lux": target("weather", "illuminance"),
    "sensor/flood": target("state", "water_leak"),
    "sensor/smoke": target("state", "smoke"),
    "sensor/gas": target("state", "gas_alarm"),
    "sensor/motion": target("state", "occupancy"),
    "sensor/vibration": target("state", "vibration"),
    "sensor/state": target("state", "contact"),
    "sensor/concentration": target(UNKNOWN, "gas_concentration_ppm"),
    "sensor/tilt": target(UNKNOWN, "tilt"),
}
_STATUS: Mapping[str, Target] = {
    "motion": target("state", "occupancy"),
    "vibration": target("state", "vibration"),
    "lux": target("weather", "illuminance"),
    "bat": target(ANY_DEVICE, "battery_percent"),
    "tmp": target("air", "temperature"),
}
_FAHRENHEIT = target("air", "temperature", "F")
_OF_MANY = {"ext_temperatures": ("ext_temperature", "tC"), "ext_humidities": ("ext_humidity", "hum")}


def read_gen1(what: str, payload: bytes, tags: Mapping[str, str], refusals: Refusals) -> list[Reading]:
    """Return the readings of the topic levels `what` below the device; none for those that measure nothing."""
    if what in _OF_MANY:
        return _of_many(*_OF_MANY[what], parse_payload(payload), tags, refusals)
    if what == "status":
        return _of_status(parse_payload(payload), tags, refusals)
    found = _CHANNEL.fullmatch(what)
    where = _CHANNEL_VALUES.get((found[1], found[3] or "")) if found else _VALUES.get(what)
    if where is None:
        return []
    text = payload[:64].decode("ascii", "replace").strip()
    if not text or text in {"unknown", "overpower", "stop", "null"}:
        return []
    gathering = Gathering(refusals)
    gathering.put(where, _WORDS.get(text, text))
    return gathering.readings({**tags, "sensor": f"{found[1]}:{found[2]}"} if found else tags, None)


def _of_status(root: object, tags: Mapping[str, str], refusals: Refusals) -> list[Reading]:
    if not isinstance(root, dict):
        raise RejectedError(f"{shown(root)} where an object is expected")
    gathering = Gathering(refusals)
    for key, where in _STATUS.items():
        value = root.get(key)
        if isinstance(value, dict):
            where = _FAHRENHEIT if value.get("units") == "F" else where
            value = value.get("value") if value.get("is_valid", True) else None
        if value is not None:
            gathering.put(where, value)
    return gathering.readings(tags, None)


def _of_many(kind: str, key: str, root: object, tags: Mapping[str, str], refusals: Refusals) -> list[Reading]:
    if not isinstance(root, dict):
        raise RejectedError(f"{shown(root)} where an object of sensors is expected")
    readings: list[Reading] = []
    for number, one in root.items():
        value = one.get(key) if isinstance(one, dict) else None
        if value is not None:
            gathering = Gathering(refusals)
            gathering.put(_CHANNEL_VALUES[kind, ""], value)
            readings += gathering.readings({**tags, "sensor": f"{kind}:{as_tag(number[:20])}"}, None)
    return readings

"""Attributes of Zigbee2MQTT (zigbee-herdsman-converters, lib/exposes) by name → catalogue, and the units the bridge itself tells.

The unit of an attribute is the device's affair: `voltage` is millivolts of a battery or volts of a mains plug. `bridge/devices`
(retained) lists for every device its attributes and their units; what differs from the table here is remembered from it.
"""

from collections.abc import Iterator, Mapping
from functools import lru_cache

from edge.decoders.gathering import ANY_DEVICE, OF_DEVICE, UNKNOWN, Target, target
from edge.decoders.values import as_float
from edge.names import lower_snake
from telemetry import catalogue
from telemetry.errors import RejectedError
from telemetry.point import FieldValue

_POWER_FACTOR = target("power", "power_factor")
KNOWN: Mapping[str, Target] = {
    "temperature": target("air", "temperature"),
    "humidity": target("air", "humidity"),
    "pressure": target("air", "pressure"),
    "co2": target("air", "co2"),
    "co": target("air", "co", "ppm"),
    "voc": target("air", "tvoc"),
    "voc_index": target("air", "voc_index"),
    "pm1": target("air", "pm1"),
    "pm25": target("air", "pm2_5"),
    "pm2_5": target("air", "pm2_5"),
    "pm10": target("air", "pm10"),
    "illuminance": target("weather", "illuminance"),
    "illuminance_lux": target("weather", "illuminance"),
    "dew_point": target("air", "dew_point"),
    "local_temperature": target("air", "temperature"),  # of a thermostat
    "wind_speed": target("weather", "wind_speed"),
    "wind_direction": target("weather", "wind_direction"),
    "uv_index": target("weather", "uv_index"),
    "ph": target("water_quality", "ph"),
    "soil_moisture": target("soil", "moisture"),
    "soil_temperature": target("soil", "temperature"),
    "soil_fertility": target("soil", "conductivity"),
    "liquid_depth": target("water_level", "depth"),
    "noise": target("noise", "laeq"),
    "power": target("power", "active_power"),
    "power_reactive": target("power", "reactive_power"),
    "power_apparent": target("power", "apparent_power"),
    "power_factor": _POWER_FACTOR._replace(convert=lambda value: _factor(value)),
    "current": target("power", "current"),
    "current_neutral": target("power", "current_neutral"),
    "energy": target("power", "energy", "kWh"),
    "produced_energy": target("power", "energy_export", "kWh"),
    "energy_produced": target("power", "energy_export", "kWh"),
    "ac_frequency": target("power", "frequency"),
    "occupancy": target("state", "occupancy"),
    "presence": target("state", "presence"),
    "contact": target("state", "contact"),
    "water_leak": target("state", "water_leak"),
    "smoke": target("state", "smoke"),
    "gas": target("state", "gas_alarm"),
    "carbon_monoxide": target("state", "co_alarm"),
    "vibration": target("state", "vibration"),
    "tamper": target("state", "tamper"),
    "rain": target("state", "rain"),
    "battery_low": target("state", "battery_low"),
    "action": target("state", "action"),
    "device_temperature": target("device", "chip_temperature"),
    "cpu_temperature": target("device", "chip_temperature"),
    "battery": target(ANY_DEVICE, "battery_percent"),
    "battery_voltage": target(ANY_DEVICE, "battery", "mV"),
    "linkquality": target(ANY_DEVICE, "link_quality"),
}
# Names whose unit differs from device to device: read where `bridge/devices` states one, else raw in measurement `reading`.
BY_UNIT_ONLY: Mapping[str, tuple[str, str]] = {
    "no2": ("air", "no2"),
    "o3": ("air", "o3"),
    "so2": ("air", "so2"),
    "formaldehyd": ("air", "hcho"),
    "formaldehyde": ("air", "hcho"),
    "hcho": ("air", "hcho"),
    "rain_rate": ("weather", "rain_rate"),
    "flow": ("water_flow", "flow"),
    "flow_rate": ("water_flow", "flow"),
    "volume": ("water_flow", "volume"),
    "water_consumed": ("water_flow", "volume"),
    "ec": ("water_quality", "conductivity"),
    "turbidity": ("water_quality", "turbidity"),
}
OUTPUT = target("state", "output")._replace(convert=lambda value: _ON_OFF[value])
MAINS_VOLTAGE = target("power", "voltage")
BATTERY_VOLTAGE = target(ANY_DEVICE, "battery", "mV")
BATTERY_VOLTAGE_V = target(ANY_DEVICE, "battery", "V")
_EITHER_BATTERY = BATTERY_VOLTAGE._replace(convert=lambda value: _battery_volts(value))
_from_millivolts = BATTERY_VOLTAGE.convert
RAW_ILLUMINANCE = target(UNKNOWN, "illuminance_raw")
NO_READINGS = frozenset({"last_seen", "elapsed", "device", "update", "update_available"})

_ON_OFF: Mapping[object, bool] = {"ON": True, "OFF": False}
_PHASES = {"phase_a": "l1", "phase_b": "l2", "phase_c": "l3"}
_POWERED = ("power", "current", "energy")
_LARGEST_BATTERY_V = 60.0
_MAX_DEVICES = 5_000
_LONGEST_UNIT = 20
_MAX_ATTRIBUTES = 100
_MAX_DEPTH = 2


def phase_target(attribute: str) -> Target | None:
    """Return the target of `power_phase_b`, None for any other name."""
    for suffix, phase in _PHASES.items():
        known = KNOWN.get(base := attribute.removesuffix(f"_{suffix}")) if attribute.endswith(suffix) else None
        if base_target := (MAINS_VOLTAGE if attribute.endswith(suffix) and base == "voltage" else known):
            return base_target._replace(field=f"{base_target.field}_{phase}")
    return None


def target_by_key(key: str, message: Mapping[str, object]) -> Target | None:
    """Return where the values of `key` belong in any message with these keys; None where the value decides."""
    if key == "voltage":
        if "battery" in message or "battery_low" in message:
            return _EITHER_BATTERY
        return None if message.keys().isdisjoint(_POWERED) else MAINS_VOLTAGE
    if key == "state":
        return OUTPUT
    if key == "illuminance" and "illuminance_lux" in message:
        return RAW_ILLUMINANCE
    return KNOWN.get(key)


def _battery_volts(value: object) -> FieldValue:
    number = as_float(value)
    return number if -_LARGEST_BATTERY_V <= number <= _LARGEST_BATTERY_V else _from_millivolts(number)


def voltage_target(value: object, message: Mapping[str, object]) -> Target:
    """Return whose voltage it is: of a battery in mV where the message has a battery, of the mains in V where it has power."""
    is_small = isinstance(value, int | float) and abs(value) <= _LARGEST_BATTERY_V
    if "battery" in message or "battery_low" in message:
        return BATTERY_VOLTAGE_V if is_small else BATTERY_VOLTAGE
    if not message.keys().isdisjoint(_POWERED):
        return MAINS_VOLTAGE
    return BATTERY_VOLTAGE if isinstance(value, int | float) and value > 1000 else MAINS_VOLTAGE


class TaughtUnits:
    """What `bridge/devices` says about units, where it is not what KNOWN takes for granted. Bounded."""

    def __init__(self) -> None:
        self._of_device: dict[str, dict[str, Target]] = {}

    def learn(self, devices: object) -> None:
        """Take the list of `bridge/devices`; what is not understood in it is passed over."""
        self._of_device = {}
        for device in devices if isinstance(devices, list) else ():
            name = device.get("friendly_name") if isinstance(device, dict) else None
            definition = device.get("definition") if isinstance(device, dict) else None
            if not isinstance(name, str) or not isinstance(definition, dict) or len(self._of_device) >= _MAX_DEVICES:
                continue
            if found := dict(_differing(definition.get("exposes"))):
                self._of_device[name] = found

    def of(self, device: str) -> Mapping[str, Target] | None:
        return self._of_device.get(device)


@lru_cache(maxsize=1_000)
def _taught(name: str, unit: str) -> Target:
    """Return where values in `unit` belong; in a unit of something else (VOC in ug/m3, gas in % of its limit) they stay raw."""
    measurement, field = BY_UNIT_ONLY.get(name) or KNOWN[name][:2]
    quantity = catalogue.find(measurement or OF_DEVICE, field)
    try:
        if quantity is None or quantity.type == "float":
            return KNOWN[name] if name == "power_factor" else target(measurement, field, unit)
    except RejectedError:
        pass
    return target(UNKNOWN, lower_snake(name))


def _differing(exposes: object, depth: int = 0) -> Iterator[tuple[str, Target]]:
    for number, one in enumerate(exposes if isinstance(exposes, list) else ()):
        if number >= _MAX_ATTRIBUTES or not isinstance(one, dict):
            continue
        if depth < _MAX_DEPTH and "features" in one:  # of a thermostat, a switch
            yield from _differing(one["features"], depth + 1)
        name, unit = one.get("property"), one.get("unit")
        if not isinstance(name, str) or not isinstance(unit, str):
            continue
        if name == "voltage":
            yield name, BATTERY_VOLTAGE if unit == "mV" else MAINS_VOLTAGE
        elif name in KNOWN or name in BY_UNIT_ONLY:
            yield name, _taught(name, unit[:_LONGEST_UNIT])


def _factor(value: object) -> FieldValue:
    number = as_float(value)
    return number if abs(number) <= 1.0 else number / 100.0  # some devices send per cent, and none says so

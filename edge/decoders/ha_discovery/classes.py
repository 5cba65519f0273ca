"""Device classes of Home Assistant (developers.home-assistant.io, "Sensor entity", "Binary sensor entity") → catalogue.

An entity without a class is known by its unit, where a unit belongs to one quantity only; anything else becomes a field of measurement
`reading` under its own name.
"""

from typing import NamedTuple

from edge.decoders.gathering import ANY_DEVICE, UNKNOWN, Target, target
from edge.names import lower_snake
from telemetry import units

_SENSORS = {
    "temperature": ("air", "temperature"),
    "humidity": ("air", "humidity"),
    "pressure": ("air", "pressure"),
    "atmospheric_pressure": ("air", "pressure"),
    "carbon_dioxide": ("air", "co2"),
    "carbon_monoxide": ("air", "co"),
    "nitrogen_dioxide": ("air", "no2"),
    "nitrogen_monoxide": ("air", "no"),
    "ozone": ("air", "o3"),
    "sulphur_dioxide": ("air", "so2"),
    "volatile_organic_compounds_parts": ("air", "tvoc"),
    "pm1": ("air", "pm1"),
    "pm25": ("air", "pm2_5"),
    "pm4": ("air", "pm4"),
    "pm10": ("air", "pm10"),
    "illuminance": ("weather", "illuminance"),
    "irradiance": ("weather", "solar_radiation"),
    "wind_speed": ("weather", "wind_speed"),
    "wind_direction": ("weather", "wind_direction"),
    "precipitation_intensity": ("weather", "rain_rate"),
    "moisture": ("soil", "moisture"),
    "conductivity": ("soil", "conductivity"),
    "distance": ("water_level", "distance"),
    "sound_pressure": ("noise", "laeq"),
    "voltage": ("power", "voltage"),
    "current": ("power", "current"),
    "power": ("power", "active_power"),
    "apparent_power": ("power", "apparent_power"),
    "reactive_power": ("power", "reactive_power"),
    "energy": ("power", "energy"),
    "frequency": ("power", "frequency"),
    "reactive_energy": ("power", "reactive_energy"),
    "water": ("water_flow", "volume"),
    "volume_flow_rate": ("water_flow", "flow"),
    "ph": ("water_quality", "ph"),
    "uv_index": ("weather", "uv_index"),  # no class of its own: its unit tells
    "battery": (ANY_DEVICE, "battery_percent"),
    "signal_strength": (ANY_DEVICE, "rssi"),
}
_BINARY = {
    "motion": "occupancy",
    "occupancy": "occupancy",
    "presence": "presence",
    "moisture": "water_leak",
    "smoke": "smoke",
    "gas": "gas_alarm",
    "carbon_monoxide": "co_alarm",
    "vibration": "vibration",
    "tamper": "tamper",
    "battery": "battery_low",
    "door": "contact",
    "window": "contact",
    "garage_door": "contact",
    "opening": "contact",
}
OPENINGS = frozenset({"door", "window", "garage_door", "opening"})  # on is open, and `contact` is true when closed
TEXTS = frozenset({"timestamp", "date", "enum"})
_BY_DIMENSION = {
    "temperature": "temperature",
    "pressure": "pressure",
    "illuminance": "illuminance",
    "irradiance": "irradiance",
    "voltage": "voltage",
    "current": "current",
    "active power": "power",
    "apparent power": "apparent_power",
    "reactive power": "reactive_power",
    "energy": "energy",
    "frequency": "frequency",
    "radio level": "signal_strength",
    "rain rate": "precipitation_intensity",
}
_BY_UNIT = {"UV index": "uv_index", "dBA": "sound_pressure", "dB(A)": "sound_pressure"}
_OF_PIPES = frozenset({"bar", "psi", "MPa"})  # as of boilers: no barometer tells in them
_RATIO = "%"


class Described(NamedTuple):
    """What discovery says of one entity."""

    component: str
    object_id: str
    device_class: str
    unit: str
    state_class: str
    category: str


def target_of(entity: Described) -> Target:
    """Return where the values of `entity` belong; ConversionError where its unit does not fit its class."""
    own_name = lower_snake(entity.object_id)
    if entity.component == "switch":
        return target("state", "output")
    if entity.component == "binary_sensor":
        field = _BINARY.get(entity.device_class)
        return target("state", field) if field else target("state", "input")._replace(measurement=UNKNOWN, field=own_name)
    unit = "" if entity.unit in _BY_UNIT else entity.unit.strip()
    device_class = entity.device_class or _BY_UNIT.get(entity.unit) or _class_by_unit(unit)
    known = _SENSORS.get(device_class)
    if entity.device_class == "precipitation":
        known = ("weather", "rain_total" if entity.state_class == "total_increasing" else "rainfall")
    if entity.device_class == "voltage" and (entity.unit == "mV" or "battery" in own_name) and entity.category == "diagnostic":
        known = (ANY_DEVICE, "battery")
    if device_class == "duration" and "uptime" in own_name:
        known = ("device", "uptime_s")
    if unit == "dB" or (device_class == "pressure" and unit in _OF_PIPES):
        known = None  # a level without weighting is no LAeq, a pressure in a pipe is not that of the air
    if entity.device_class == "power_factor":
        factor = target("power", "power_factor")
        return factor if unit != _RATIO else factor._replace(convert=_hundredth)
    return target(*known, unit) if known else target(UNKNOWN, own_name)


def _class_by_unit(unit: str) -> str:
    found = units.UNITS.get(units.SPELLINGS.get(unit, unit)) if unit else None
    return _BY_DIMENSION.get(found.dimension, "") if found else ""


def _hundredth(value: object) -> float:
    return units.convert(float(target("power", "power_factor").convert(value)), "%", "1")

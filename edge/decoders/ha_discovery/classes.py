"""Device classes of Home Assistant (developers.home-assistant.io, "Sensor entity", "Binary sensor entity") → catalogue.

An entity without a class is known by its unit, where a unit belongs to one quantity only, or together with a word in its object id or state
topic (`wind_avg_km_h` in km/h, `rain_mm` in mm: rtl_433 gives these no class); anything else becomes a field of measurement `reading` under
its own name.
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
_BY_UNIT = {"uv index": "uv_index", "dba": "sound_pressure", "db(a)": "sound_pressure"}  # in small letters
# Classes of numbers that the catalogue does not have: their unit must not be taken for that of another quantity.
_OTHERS = frozenset({
    "absolute_humidity", "aqi", "area", "blood_glucose_concentration", "data_rate", "data_size", "duration", "energy_distance",
    "energy_storage", "gas", "monetary", "nitrous_oxide", "power_factor", "precipitation", "speed", "temperature_delta",
    "volatile_organic_compounds", "volume", "volume_storage", "weight",
})  # fmt: skip
_WIND = frozenset({"wind", "windspeed", "winddirection", "winddir"})
_GUST = frozenset({"gust", "gusts", "windgust"})
_RAIN = frozenset({"rain", "rainfall"})
# (dimension of the unit, or class; sets of words, of each of which object id or state topic has one) → where it belongs; first that fits
_BY_WORD: tuple[tuple[str, tuple[frozenset[str], ...], tuple[str, str]], ...] = (
    ("speed", (_GUST,), ("weather", "wind_gust")),
    ("speed", (_WIND, frozenset({"max"})), ("weather", "wind_gust")),
    ("speed", (_WIND,), ("weather", "wind_speed")),
    ("angle", (_WIND,), ("weather", "wind_direction")),
    ("length", (frozenset({"depth"}),), ("water_level", "depth")),
    ("wind_speed", (_GUST,), ("weather", "wind_gust")),
    ("humidity", (frozenset({"moisture"}),), ("soil", "moisture")),
    ("duration", (frozenset({"uptime"}),), ("device", "uptime_s")),
)
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
    words: frozenset[str]  # of the object id and the last level of the state topic


def target_of(entity: Described) -> Target:
    """Return where the values of `entity` belong; ConversionError where its unit does not fit its class."""
    own_name = lower_snake(entity.object_id)
    if entity.component == "switch":
        return target("state", "output")
    if entity.component == "binary_sensor":
        field = _BINARY.get(entity.device_class)
        return target("state", field) if field else target("state", "input")._replace(measurement=UNKNOWN, field=own_name)
    device_class, unit = _class_and_unit(entity)
    if device_class == "power_factor":
        factor = target("power", "power_factor")
        return factor if unit != _RATIO else factor._replace(convert=_hundredth)
    known = _by_name(entity, device_class, unit, own_name) or _SENSORS.get(device_class)
    if unit == "dB" or (device_class == "pressure" and unit in _OF_PIPES):
        known = None  # a level without weighting is no LAeq, a pressure in a pipe is not that of the air
    return target(*known, unit) if known else target(UNKNOWN, own_name)


def _class_and_unit(entity: Described) -> tuple[str, str]:
    """Return the class, found by the unit where discovery names none that exists, and the unit to convert from."""
    unit = _mended(entity.unit.strip())
    if entity.device_class in _SENSORS or entity.device_class in _OTHERS or entity.device_class in TEXTS:
        return entity.device_class, unit
    by_unit = _BY_UNIT.get(unit.lower())
    return (by_unit, "") if by_unit else (_class_by_unit(unit), unit)


def _by_name(entity: Described, device_class: str, unit: str, own_name: str) -> tuple[str, str] | None:
    """Return where an entity belongs of which class and unit do not say enough, None where they do."""
    of_rain = not device_class and unit in {"mm", "in"} and not entity.words.isdisjoint(_RAIN)
    if device_class == "precipitation" or of_rain:
        return ("weather", "rain_total" if entity.state_class == "total_increasing" else "rainfall")
    if device_class == "voltage" and (unit == "mV" or "battery" in own_name) and entity.category == "diagnostic":
        return (ANY_DEVICE, "battery")
    kind = device_class or _dimension(unit)
    rows = (where for of, needed, where in _BY_WORD if of == kind and not any(map(entity.words.isdisjoint, needed)))
    return next(rows, None)


def _mended(unit: str) -> str:
    """Return `°C` for `Â°C`: UTF-8 that was read as Latin-1 and sent as UTF-8 again."""
    try:
        return unit if unit.isascii() else unit.encode("latin-1").decode()
    except UnicodeError:
        return unit


def _class_by_unit(unit: str) -> str:
    return _BY_DIMENSION.get(_dimension(unit), "")


def _dimension(unit: str) -> str:
    found = units.UNITS.get(units.SPELLINGS.get(unit, unit)) if unit else None
    return found.dimension if found else ""


def _hundredth(value: object) -> float:
    return units.convert(float(target("power", "power_factor").convert(value)), "%", "1")

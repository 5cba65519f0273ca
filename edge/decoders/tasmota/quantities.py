"""What Tasmota's sensors call their values → catalogue. Names as in the drivers' JSON (tasmota.github.io/docs, pages of the sensors).

The units of temperature, pressure and wind depend on the device's settings, which stand in each message (`TempUnit`, `PressureUnit`,
`SpeedUnit`); Tasmota's defaults are C, hPa and km/h.
"""

import re
from functools import lru_cache
from typing import NamedTuple

from edge.decoders.gathering import ANY_DEVICE, Target, target

_TEMPERATURE = {"C": "Cel", "F": "degF", "K": "K"}
_PRESSURE = {"hPa": "hPa", "mmHg": "mm[Hg]", "inHg": "in[Hg]"}
_SPEED = {"km/h": "km/h", "m/s": "m/s", "kn": "kn", "mph": "mph", "ft/s": "ft/s", "yd/s": "yd/s"}
UNIT_KEYS = ("TempUnit", "PressureUnit", "SpeedUnit")

_FIXED = {
    "Humidity": target("air", "humidity"),
    "CarbonDioxide": target("air", "co2"),
    "CO2": target("air", "co2"),
    "TVOC": target("air", "tvoc"),
    "VOC": target("air", "voc_index"),
    "PM1": target("air", "pm1"),
    "PM2.5": target("air", "pm2_5"),
    "PM4": target("air", "pm4"),
    "PM10": target("air", "pm10"),
    "PM1_0": target("air", "pm1"),
    "PM2_5": target("air", "pm2_5"),
    "PM4_0": target("air", "pm4"),
    # PMS x003: with the factor for calibration dust, and particles above a size in 0.1 L of air (xsns_18_pms5003.ino)
    "CF1": target("air", "pm1_cf1"),
    "CF2.5": target("air", "pm2_5_cf1"),
    "CF10": target("air", "pm10_cf1"),
    "PB0.3": target("air", "n0_3", "1/dL"),
    "PB0.5": target("air", "n0_5", "1/dL"),
    "PB1": target("air", "n1_0", "1/dL"),
    "PB2.5": target("air", "n2_5", "1/dL"),
    "PB5": target("air", "n5_0", "1/dL"),
    "PB10": target("air", "n10_0", "1/dL"),
    # SPS30: particles up to a size in 1 cm3 (xsns_44_sps30.ino)
    "NCPM0_5": target("air", "pm0_5_number"),
    "NCPM1_0": target("air", "pm1_number"),
    "NCPM2_5": target("air", "pm2_5_number"),
    "NCPM4_0": target("air", "pm4_number"),
    "NCPM10": target("air", "pm10_number"),
    "TYPSIZ": target("air", "typical_size"),
    "pH": target("water_quality", "ph"),
    "Illuminance": target("weather", "illuminance"),
    "Light": target("weather", "illuminance"),
    "UvIndex": target("weather", "uv_index"),
    "Moisture": target("soil", "moisture"),
    "Fertility": target("soil", "conductivity"),
    "Occupancy": target("state", "occupancy"),
    "Contact": target("state", "contact"),
    "Water": target("state", "water_leak"),
    "Fire": target("state", "smoke"),
    "Battery": target(ANY_DEVICE, "battery_percent"),
    "BatteryPercentage": target(ANY_DEVICE, "battery_percent"),
    "BatteryVoltage": target(ANY_DEVICE, "battery"),
    "LinkQuality": target(ANY_DEVICE, "link_quality"),
    "RSSI": target(ANY_DEVICE, "rssi"),
    "ActivePower": target("power", "active_power"),
    "RMSVoltage": target("power", "voltage"),
    "RMSCurrent": target("power", "current"),
}
_SUPPLY = {"Voltage": target("power", "voltage"), "Current": target("power", "current"), "Power": target("power", "active_power")}
# What a name means with one kind of sensor only; None: a raw number that must not be taken for what the name says elsewhere.
OF_KIND: tuple[tuple[re.Pattern[str], dict[str, Target | None]], ...] = (
    (re.compile(r"INA\d{3}.*"), dict(_SUPPLY)),
    (re.compile(r"BME68\d.*"), {"Gas": target("air", "gas_resistance", "kohm")}),
    (re.compile(r"IAQ"), {"Resistance": target("air", "gas_resistance")}),
    (re.compile(r"MGS"), {gas: target("air", gas.lower(), "ppm") for gas in ("NH3", "CO", "NO2")}),
    (re.compile(r"CHIRP.*"), {"Moisture": None, "Light": None}),
)
CO_ALARM = target("state", "co_alarm")
ENERGY = {
    "Total": target("power", "energy", "kWh"),
    "Today": target("power", "energy_today", "kWh"),
    "Yesterday": target("power", "energy_yesterday", "kWh"),
    "ImportActive": target("power", "energy_import", "kWh"),
    "ExportActive": target("power", "energy_export", "kWh"),
    "Energy": target("power", "energy", "kWh"),  # of a current transformer at the analogue input
    "Power": target("power", "active_power"),
    "ActivePower": target("power", "active_power"),
    "ApparentPower": target("power", "apparent_power"),
    "ReactivePower": target("power", "reactive_power"),
    "Factor": target("power", "power_factor"),
    "Voltage": target("power", "voltage"),
    "Current": target("power", "current"),
    "Frequency": target("power", "frequency"),
    "Period": target("power", "energy_period"),
}
STATE = {
    "UptimeSec": target("device", "uptime_s"),
    "Vcc": target("device", "supply_voltage"),
    "Heap": target("device", "free_memory_bytes", "KiBy"),
    "LoadAvg": target("device", "load_avg"),
    "MqttCount": target("device", "mqtt_count"),
    "Dimmer": target("state", "dimmer"),
}
UPTIME_H = target("device", "uptime_s", "h")
WIFI_PERCENT = target("device", "wifi_percent")
WIFI_DBM = target(ANY_DEVICE, "rssi")
RECONNECTS = target("device", "reconnect_count")
OUTPUT = target("state", "output")
INPUT = target("state", "input")
PRESENCE = target("state", "presence")
DISTANCE_CM = target("water_level", "distance", "cm")
DISTANCE_MM = target("water_level", "distance", "mm")
WIND_DIRECTION = target("weather", "wind_direction")


class UnitError(ValueError):
    """A unit that Tasmota does not have, or that we cannot convert."""


class Quantities(NamedTuple):
    """The targets for one set of units."""

    code: str
    values: dict[str, Target]
    chip_temperature: Target
    wind_speed: Target
    wind_gust: Target


@lru_cache(maxsize=64)
def quantities(temperature: str, pressure: str, speed: str) -> Quantities:
    """Return the targets where these units are set; UnitError names the one that is not known."""
    of_temperature = _code(_TEMPERATURE, temperature, "TempUnit")
    of_pressure = _code(_PRESSURE, pressure, "PressureUnit")
    of_speed = _code(_SPEED, speed, "SpeedUnit")
    values = {
        **_FIXED,
        "Temperature": target("air", "temperature", of_temperature),
        "ProbeTemperature": target("air", "temperature", of_temperature),
        "ReferenceTemperature": target("device", "chip_temperature", of_temperature),
        "DewPoint": target("air", "dew_point", of_temperature),
        "Pressure": target("air", "pressure", of_pressure),
    }
    return Quantities(
        f"{temperature} {pressure} {speed}",
        values,
        target("device", "chip_temperature", of_temperature),
        target("weather", "wind_speed", of_speed),
        target("weather", "wind_gust", of_speed),
    )


def _code(units: dict[str, str], unit: str, key: str) -> str:
    if unit not in units:
        raise UnitError(f"{key} {unit[:20]!r} is none of {', '.join(units)}")
    return units[unit]

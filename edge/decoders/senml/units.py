"""The unit names of SenML and what they are called here (telemetry/units.py).

Primary units: RFC 8428, section 12.1, and RFC 8798, section 2. Secondary units: RFC 8798, section 3. A unit that is here without a
code of ours keeps its values as they come. SenML's `C` is the coulomb, its `F` the farad and `%RH` a humidity, so names are never
looked up among our own spellings.
"""

OURS: dict[str, str] = {
    "m": "m", "mm": "mm", "cm": "cm", "km": "km",
    "s": "s", "ms": "ms", "min": "min", "h": "h",
    "A": "A", "mA": "mA", "V": "V", "mV": "mV",
    "K": "K", "Cel": "Cel",
    "Hz": "Hz", "MHz": "MHz", "1/s": "1/s", "1/min": "1/min",
    "rad": "rad", "deg": "deg",
    "Pa": "Pa", "hPa": "hPa",
    "J": "J", "Wh": "Wh", "kWh": "kWh",
    "W": "W", "kW": "kW", "VA": "VA", "kVA": "kVA", "var": "var", "kvar": "kvar", "varh": "varh", "kvarh": "kvarh", "vars": "vars",
    "lx": "lx", "W/m2": "W/m2",
    "m/s": "m/s", "km/h": "km/h", "mm/h": "mm/h", "m3/s": "m3/s", "l/s": "L/s",
    "kg/m3": "kg/m3", "ug/m3": "ug/m3",
    "%": "%", "%RH": "%", "%EL": "%", "/": "1", "/100": "%", "/1000": "[p'th]", "ppm": "ppm",
    "dBW": "dBW", "dBm": "dBm",
    "B": "By", "KiB": "KiBy", "GB": "GBy",
    "count": "{count}", "m3": "m3", "l": "L", "dB": "dB", "Ohm": "ohm", "S/m": "S/m", "NTU": "NTU",
}  # fmt: skip
KEPT = frozenset((
    "kg", "g", "cd", "mol", "sr", "N", "C", "F", "S", "Wb", "T", "H", "lm", "Bq", "Gy", "Sv", "kat", "m2", "m/s2",
    "cd/m2", "bit", "bit/s", "lat", "lon", "pH", "Bspl", "EL", "beat/min", "beats", "VAs", "J/m",
    "Ah", "kVAh", "Wh/km", "Mbit/s", "B/s", "MB/s", "m/h",
))  # fmt: skip

# What a record measures whose name is the device's alone ({"n": "urn:dev:ow:10e2073a01080063", "u": "Cel"}).
FIELDS: dict[str, str] = {
    "Cel": "temperature", "K": "temperature", "%RH": "humidity", "Pa": "pressure", "hPa": "pressure", "lx": "illuminance",
    "lat": "latitude", "lon": "longitude", "%EL": "battery_percent", "EL": "battery_left_s", "pH": "ph", "NTU": "turbidity",
    "V": "voltage", "mV": "voltage", "A": "current", "mA": "current", "W": "active_power", "kW": "active_power",
    "VA": "apparent_power", "kVA": "apparent_power", "var": "reactive_power", "kvar": "reactive_power",
    "Wh": "energy", "kWh": "energy", "varh": "reactive_energy", "kvarh": "reactive_energy", "Hz": "frequency",
    "W/m2": "irradiance", "m/s": "speed", "km/h": "speed", "mm/h": "rain_rate", "m3/s": "flow", "l/s": "flow",
    "deg": "angle", "rad": "angle", "m": "length", "mm": "length", "cm": "length", "km": "length", "Bspl": "sound_level",
    "dBm": "radio_level", "dBW": "radio_level", "S/m": "conductivity", "count": "count", "beat/min": "heart_rate",
}  # fmt: skip
BARE_FIELD = "value"

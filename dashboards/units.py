"""Units of the catalogue (telemetry/units.py) as Grafana names them; a `suffix:` unit is printed behind the number as it stands.

Grafana's ids are in packages/grafana-data/src/valueFormats/categories.ts; the tests compare with its published list.
"""

from telemetry.catalogue import find

GRAFANA = {
    "": "none",
    "Cel": "celsius",
    "hPa": "pressurehpa",
    "ug/m3": "conμgm3",
    "ppb": "conppb",
    "ppm": "ppm",
    "m": "lengthm",
    "mm": "lengthmm",
    "m/s": "velocityms",
    "mm/h": "suffix: mm/h",
    "m3/s": "suffix: m³/s",
    "m3": "m3",
    "deg": "degree",
    "%": "percent",
    "W/m2": "Wm2",
    "lx": "lux",
    "dB": "dB",
    "dB(A)": "suffix: dB(A)",
    "dB(C)": "suffix: dB(C)",
    "V": "volt",
    "A": "amp",
    "W": "watt",
    "var": "voltampreact",
    "VA": "voltamp",
    "Wh": "watth",
    "varh": "suffix: varh",
    "uS/cm": "suffix: µS/cm",
    "Hz": "hertz",
    "1/s": "suffix: /s",
    "s": "s",
    "ms": "ms",
    "ns": "ns",
    "h": "h",
    "By": "bytes",
    "{count}": "short",
    "dBm": "dBm",
    "mg/L": "suffix: mg/L",
    "mg/kg": "suffix: mg/kg",
    "NTU": "suffix: NTU",
    "ohm": "ohm",
    "1/cm3": "suffix: /cm³",
    "um": "suffix: µm",
}

COUNT = "short"
STATE = "bool_yes_no"


def grafana_unit(unit: str) -> str:
    """Return Grafana's id of a unit of the catalogue. Raises KeyError for one that is not in the table."""
    return GRAFANA[unit]


def unit_of(measurement: str, field: str) -> str:
    """Return Grafana's id of the unit of a catalogued field. Raises KeyError when it is not catalogued."""
    quantity = find(measurement, field)
    if quantity is None:
        raise KeyError(f"{measurement}.{field} is not in the catalogue")
    return STATE if quantity.type == "bool" else "string" if quantity.type == "string" else grafana_unit(quantity.unit)

"""A value as a panel prints it: by unit, decimals and value mappings, with the colour that mappings and thresholds give it.

Scaling follows Grafana's packages/grafana-data/src/valueFormats for the units we use; a unit that is not here is printed behind the number.
"""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from dashboards.house import TIME_ZONE

_SI = (("", 1.0), ("k", 1e3), ("M", 1e6), ("G", 1e9), ("T", 1e12))
_SI_UNITS = {"watt": "W", "voltamp": "VA", "voltampreact": "VAr", "watth": "Wh", "volt": "V", "amp": "A", "hertz": "Hz", "ohm": "Ω"}
_PLAIN = {
    "celsius": "°C",
    "pressurehpa": "hPa",
    "conμgm3": "µg/m³",
    "conppb": "ppb",
    "ppm": "ppm",
    "lengthm": "m",
    "lengthmm": "mm",
    "velocityms": "m/s",
    "flowcms": "cms",
    "m3": "m³",
    "degree": "°",
    "percent": "%",
    "Wm2": "W/m²",
    "lux": "lx",
    "dB": "dB",
    "dBm": "dBm",
}
_DURATION = ((1e-9, "ns"), (1e-3, "ms"), (1.0, "s"), (60.0, "min"), (3600.0, "h"), (86_400.0, "d"), (604_800.0, "wk"), (31_536_000.0, "y"))
_SECONDS = {"s": 1.0, "ms": 1e-3, "ns": 1e-9, "m": 60.0, "h": 3600.0, "d": 86_400.0, "dtdurations": 1.0}
_BYTES = (("B", 1.0), ("KiB", 1024.0), ("MiB", 1024.0**2), ("GiB", 1024.0**3), ("TiB", 1024.0**4))
_SHORT = (("", 1.0), ("K", 1e3), ("Mil", 1e6), ("Bil", 1e9))
_MISSING = "–"


class Shown(NamedTuple):
    """What is printed, and the colour, "" for none of its own."""

    text: str
    color: str = ""


def shown(value: Any, config: Mapping[str, Any], *, is_time: bool = False) -> Shown:
    """Return how a value is printed under a field's configuration."""
    if is_time or str(config.get("unit", "")).startswith(("dateTime", "time:")):
        return Shown(moment(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else _MISSING)
    mapped = _mapped(value, config.get("mappings", ()))
    color = color_of(value, config)
    if mapped is not None:
        return Shown(mapped.text or _plain(value, config), mapped.color or color)
    return Shown(_plain(value, config), color)


def moment(ms: float) -> str:
    """Return a time as Vietnamese screens print it."""
    return datetime.fromtimestamp(ms / 1000, ZoneInfo(TIME_ZONE)).strftime("%d/%m/%Y %H:%M:%S")


def color_of(value: Any, config: Mapping[str, Any]) -> str:
    """Return the colour of the threshold that a number has reached, "" for none."""
    if isinstance(value, bool) or not isinstance(value, (int, float)) or config.get("color", {}).get("mode", "thresholds") != "thresholds":
        return ""
    reached = ""
    for step in config.get("thresholds", {}).get("steps", ()):
        if step.get("value") is None or value >= step["value"]:
            reached = str(step["color"])
    return reached


def _plain(value: Any, config: Mapping[str, Any]) -> str:
    if value is None or value == "":
        return _MISSING
    if isinstance(value, bool):
        return "Yes" if value and config.get("unit") == "bool_yes_no" else str(value)
    if not isinstance(value, (int, float)):
        return str(value)
    return with_unit(float(value), str(config.get("unit", "none")), config.get("decimals"))


def with_unit(value: float, unit: str, decimals: int | None = None) -> str:
    """Return a number with its unit."""
    if unit in _SI_UNITS:
        return _scaled(value, [(prefix + _SI_UNITS[unit], size) for prefix, size in _SI], decimals)
    if unit in _SECONDS:
        names = [(name, size) for size, name in _DURATION]
        return _scaled(value * _SECONDS[unit], names, decimals, zero="s")
    if unit in ("bytes", "short"):
        return _scaled(value, _BYTES if unit == "bytes" else _SHORT, decimals)
    if unit == "bool_yes_no":
        return "Yes" if value else "No"
    if unit == "percentunit":
        return f"{_rounded(value * 100, decimals)}%"
    behind = (
        unit.removeprefix("suffix:").strip() if unit.startswith("suffix:") else _PLAIN.get(unit, "" if unit in ("none", "string") else unit)
    )
    joint = "" if behind in ("%", "°") else " "
    return f"{_rounded(value, decimals)}{joint}{behind}".strip()


def _scaled(value: float, names: Any, decimals: int | None, zero: str = "") -> str:
    if not value:
        return f"0 {zero or names[0][0]}".strip()
    name, size = next(((name, size) for name, size in reversed(names) if abs(value) >= size), names[0])
    return f"{_rounded(value / size, decimals)} {name}".strip()


def _rounded(value: float, decimals: int | None) -> str:
    if decimals is not None:
        return f"{value:.{decimals}f}"
    text = f"{value:.0f}" if abs(value) >= 1000 else f"{value:.3g}"
    return text if "e" not in text else f"{value:g}"


def _mapped(value: Any, mappings: Any) -> Shown | None:
    for mapping in mappings:
        kind, options = mapping["type"], mapping["options"]
        result: Mapping[str, Any] | None = None
        if kind == "value":
            result = options.get(_key(value))
        elif kind == "range" and isinstance(value, (int, float)) and not isinstance(value, bool):
            low, high = options.get("from"), options.get("to")
            result = options["result"] if (low is None or value >= low) and (high is None or value <= high) else None
        elif kind == "regex" and isinstance(value, str):
            result = options["result"] if re.search(options["pattern"].strip("/"), value) else None
        elif kind == "special":
            result = options["result"] if _is_special(options["match"], value) else None
        if result is not None:
            return Shown(str(result.get("text", "")), str(result.get("color", "")))
    return None


def _key(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return f"{value:g}" if isinstance(value, float) else str(value)


def _is_special(match: str, value: Any) -> bool:
    return (
        (match in ("null", "null+nan") and value is None)
        or (match == "true" and value is True)
        or (match == "false" and value is False)
        or (match == "empty" and value == "")
    )

"""How the demo writes numbers, units and names for the operator, in the language in force. Pure."""

from quanho.lang import current, say
from telemetry import catalogue
from telemetry.spoken import spoken

_DIGITS = {"m": 2, "ppm": 0, "W": 0, "deg": 0, "W/m2": 0}
_SOURCE_NAMES = {
    "air": ("trạm không khí", "air stations"),
    "noise": ("trạm đo ồn", "noise monitors"),
    "power": ("công tơ điện", "power meters"),
    "weather": ("trạm thời tiết", "weather masts"),
    "water": ("trạm thủy văn", "river stations"),
    "probe": ("chất lượng nước", "water quality"),
    "pump": ("trạm bơm", "drainage pump"),
    "dust": ("cảm biến bụi", "dust sensor"),
    "river": ("mực nước sông", "river gauge"),
    "board": ("bo mạch AVR thật", "real AVR board"),
}


def number(value: float, digits: int = 0) -> str:
    """Return 1.234,5 in Vietnamese and 1,234.5 in English."""
    text = f"{value:,.{digits}f}"
    return text.translate(str.maketrans(",.", ".,")) if current() == "vi" else text


def quantity(measurement: str, field: str, value: float) -> tuple[str, str]:
    """Return (name, value with unit) of a field: from the catalogue, else as they are stored."""
    row = catalogue.find(measurement, field)
    if row is None:
        return field, number(value, 1)
    return say(row.vi, row.en), f"{number(value, _DIGITS.get(row.unit, 1))} {spoken(row.unit)}".rstrip()


def source_name(source: str) -> str:
    """Return what a source of the demo is."""
    vi, en = _SOURCE_NAMES.get(source, (source, source))
    return say(vi, en)


def clock(seconds: float) -> str:
    """Return minutes and seconds, as in 02:05."""
    return f"{int(seconds) // 60:02d}:{int(seconds) % 60:02d}"


def hour_of_day(hour: float) -> str:
    """Return an hour of the simulated day, as in 07:15."""
    minutes = int(hour * 60.0) // 5 * 5
    return f"{minutes // 60:02d}:{minutes % 60:02d}"

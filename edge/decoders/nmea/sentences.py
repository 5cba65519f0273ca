"""What each kind of NMEA 0183 sentence says (NMEA 0183 V4.11): one function a kind, in the table SENTENCES.

A function takes the fields behind the address and returns what is stored; empty fields are not there. ValueError says what is wrong.
Stored are the catalogue's units: knots become m/s, feet and fathoms m, inches of mercury hPa.
"""

import re
from collections.abc import Callable, Mapping
from typing import NamedTuple

from telemetry import units
from telemetry.point import FieldValue

Fields = dict[str, FieldValue]
_NUMBER = re.compile(r"-?(?:\d{1,10}\.?\d{0,10}|\.\d{1,10})")
_SPEEDS = {"N": "kn", "K": "km/h", "M": "m/s", "S": "mph"}
_KNOT = 1852 / 3600


class Said(NamedTuple):
    """One sentence: measurement, fields, tags besides, and what it says of the time ("hhmmss.ss", "ddmmyy"; "" for none)."""

    measurement: str
    fields: Fields
    clock: str = ""
    day: str = ""
    tags: Mapping[str, str] = {}


def number(text: str) -> float | None:
    """Return a number, None for an empty field."""
    if not text:
        return None
    if not _NUMBER.fullmatch(text):
        raise ValueError(f"{text[:20]!r} is no number")
    return float(text)


def put(fields: Fields, name: str, text: str, unit: str = "", stored: str = "") -> None:
    """Add a number that is there, converted."""
    value = number(text)
    if value is not None:
        fields[name] = units.convert(value, unit, stored) if unit else value


def degrees(text: str, hemisphere: str, most: int) -> float | None:
    """Return degrees of dddmm.mmmm and N, S, E or W; None where the field is empty."""
    if not text:
        return None
    point = text.find(".") if "." in text else len(text)
    whole, minutes = text[: point - 2], number(text[point - 2 :])
    if point < 3 or not whole.isdecimal() or minutes is None or minutes >= 60 or hemisphere not in {"N", "S", "E", "W"}:
        raise ValueError(f"{text[:20]!r} {hemisphere[:2]!r} is no angle of degrees and minutes")
    value = round(int(whole) + minutes / 60, 9)
    if value > most:
        raise ValueError(f"{value} degrees are more than {most}")
    return -value if hemisphere in {"S", "W"} else value


def _position(fields: Fields, parts: list[str], at: int) -> None:
    latitude, longitude = degrees(parts[at], parts[at + 1], 90), degrees(parts[at + 2], parts[at + 3], 180)
    if latitude is not None and longitude is not None:
        fields["latitude"], fields["longitude"] = latitude, longitude


def _gga(p: list[str]) -> Said:
    fields: Fields = {}
    put(fields, "fix_quality", p[5])
    put(fields, "satellites_used", p[6])
    if fields.get("fix_quality"):
        _position(fields, p, 1)
        put(fields, "hdop", p[7])
        put(fields, "altitude", p[8])
        put(fields, "geoid_separation", p[10])
    return Said("gnss", fields, p[0])


def _rmc(p: list[str]) -> Said:
    is_valid = p[1] == "A"
    fields: Fields = {"fix_valid": is_valid}
    if is_valid:
        _position(fields, p, 2)
        _speed(fields, p[6], "N")
        put(fields, "course", p[7])
    return Said("gnss", fields, p[0], p[8])


def _gll(p: list[str]) -> Said:
    fields: Fields = {"fix_valid": p[5] == "A"} if len(p) > 5 and p[5] else {}
    if fields.get("fix_valid", True):
        _position(fields, p, 0)
    return Said("gnss", fields, p[4] if len(p) > 4 else "")


def _gns(p: list[str]) -> Said:
    is_valid = bool(p[5].strip("N"))
    fields: Fields = {"fix_valid": is_valid}
    put(fields, "satellites_used", p[6])
    if is_valid:
        _position(fields, p, 1)
        put(fields, "hdop", p[7])
        put(fields, "altitude", p[8])
    return Said("gnss", fields, p[0])


def _vtg(p: list[str]) -> Said:
    fields: Fields = {}
    put(fields, "course", p[0])
    if len(p) > 6 and p[6]:
        put(fields, "speed", p[6], "km/h", "m/s")
    elif len(p) > 4:
        _speed(fields, p[4], "N")
    return Said("gnss", fields if len(p) < 9 or p[8] != "N" else {})


def _gsa(p: list[str]) -> Said:
    fields: Fields = {}
    put(fields, "fix_mode", p[1])
    if len(p) > 16 and (number(p[1]) or 0) > 1:
        for name, at in (("pdop", 14), ("hdop", 15), ("vdop", 16)):
            put(fields, name, p[at])
    return Said("gnss", fields)


def _gst(p: list[str]) -> Said:
    fields: Fields = {}
    for name, at in (("latitude_error", 5), ("longitude_error", 6), ("altitude_error", 7)):
        put(fields, name, p[at])
    return Said("gnss", fields, p[0])


def _zda(p: list[str]) -> Said:
    day = f"{p[1]:0>2}{p[2]:0>2}{p[3][-2:]}" if p[1] and p[2] and len(p[3]) == 4 else ""
    return Said("gnss", {}, p[0], day)


def _hdt(p: list[str]) -> Said:
    fields: Fields = {}
    put(fields, "heading", p[0])
    return Said("gnss", fields)


def _speed(fields: Fields, text: str, unit: str) -> None:
    value = number(text)
    if value is not None:
        fields["speed"] = round(value * _KNOT, 6) if unit == "N" else value


def _mwv(p: list[str]) -> Said:
    fields: Fields = {}
    if p[4] == "A":
        put(fields, "wind_direction", p[0])
        put(fields, "wind_speed", p[2], _known(p[3], _SPEEDS), "m/s")
    return Said("weather", fields, tags={"reference": "true"} if p[1] == "T" else {})


def _mwd(p: list[str]) -> Said:
    fields: Fields = {}
    put(fields, "wind_direction", p[0])
    put(fields, "wind_speed", *((p[6],) if len(p) > 6 and p[6] else (p[4], "kn", "m/s")))
    return Said("weather", fields)


def _mda(p: list[str]) -> Said:
    fields: Fields = {}
    put(fields, "pressure", *((p[2], "bar", "hPa") if p[2] else (p[0], "in[Hg]", "hPa")))
    for name, at in (("temperature", 4), ("water_temperature", 6), ("humidity", 8), ("dew_point", 10), ("wind_direction", 12)):
        if len(p) > at:
            put(fields, name, p[at])
    if len(p) > 18:
        put(fields, "wind_speed", *((p[18],) if p[18] else (p[16], "kn", "m/s")))
    return Said("weather", fields)


def _depth(p: list[str]) -> Said:
    fields: Fields = {}
    put(fields, "depth", *((p[2],) if len(p) > 2 and p[2] else (p[0], "ft", "m")))
    return Said("water_level", fields)


def _dpt(p: list[str]) -> Said:
    fields: Fields = {}
    value, offset = number(p[0]), number(p[1]) if len(p) > 1 else None
    if value is not None:
        fields["depth"] = round(value + max(0.0, offset or 0.0), 6)  # a positive offset: down from the surface
    return Said("water_level", fields)


def _mtw(p: list[str]) -> Said:
    fields: Fields = {}
    put(fields, "water_temperature", p[0])
    return Said("water_level", fields)


def _vhw(p: list[str]) -> Said:
    fields: Fields = {}
    put(fields, "heading", p[0])
    put(fields, "velocity", *((p[6], "km/h", "m/s") if len(p) > 6 and p[6] else (p[4], "kn", "m/s")))
    return Said("water_level", fields)


def _mta(p: list[str]) -> Said:
    fields: Fields = {}
    put(fields, "temperature", p[0])
    return Said("weather", fields)


def _mmb(p: list[str]) -> Said:
    fields: Fields = {}
    put(fields, "pressure", *((p[2], "bar", "hPa") if len(p) > 2 and p[2] else (p[0], "in[Hg]", "hPa")))
    return Said("weather", fields)


def _mhu(p: list[str]) -> Said:
    fields: Fields = {}
    put(fields, "humidity", p[0])
    if len(p) > 2:
        put(fields, "dew_point", p[2])
    return Said("weather", fields)


def _vwr(p: list[str]) -> Said:
    fields: Fields = {}
    angle = number(p[0])
    if angle is not None:
        fields["wind_direction"] = angle if p[1] == "R" or not angle else 360 - angle
    put(fields, "wind_speed", *((p[4],) if len(p) > 4 and p[4] else (p[2], "kn", "m/s")))
    return Said("weather", fields)


_XDR = {  # transducer type and unit → field where the name does not say better, stored unit
    ("C", "C"): ("temperature", "Cel", "Cel"),
    ("H", "P"): ("humidity", "", ""),
    ("H", ""): ("humidity", "", ""),
    ("P", "B"): ("pressure", "bar", "hPa"),
    ("P", "P"): ("pressure", "Pa", "hPa"),
    ("U", "V"): ("voltage", "", ""),
    ("D", "M"): ("distance", "", ""),
    ("A", "D"): ("angle", "", ""),
    ("R", "l"): ("flow_litres", "", ""),
}
_NAMES = re.compile(r"[^a-z0-9]+")


def _xdr(p: list[str]) -> Said:
    """Groups of type, number, unit, name. The first of a kind has the kind's name, all others the name that they give themselves."""
    fields: Fields = {}
    for at in range(0, len(p) - 2, 4):
        kind, value, unit = p[at : at + 3]
        name = _NAMES.sub("_", p[at + 3].lower()).strip("_") if len(p) > at + 3 else ""
        field, given, stored = _XDR.get((kind, unit), ("", "", ""))
        if not field or field in fields:
            field = f"xdr_{name}" if name else f"xdr_{kind.lower()}_{at // 4}"
        put(fields, field, value, given, stored)
    return Said("weather", fields)


def _known(code: str, table: Mapping[str, str]) -> str:
    if code not in table:
        raise ValueError(f"unknown unit {code[:4]!r}")
    return table[code]


SENTENCES: Mapping[str, tuple[int, Callable[[list[str]], Said]]] = {  # kind → least number of fields, what it says
    "GGA": (11, _gga),
    "RMC": (9, _rmc),
    "GLL": (4, _gll),
    "GNS": (9, _gns),
    "VTG": (1, _vtg),
    "GSA": (2, _gsa),
    "GST": (8, _gst),
    "ZDA": (4, _zda),
    "HDT": (1, _hdt),
    "MWV": (5, _mwv),
    "MWD": (5, _mwd),
    "MDA": (3, _mda),
    "DBT": (1, _depth),
    "DBS": (1, _depth),
    "DPT": (1, _dpt),
    "MTW": (1, _mtw),
    "VHW": (5, _vhw),
    "MTA": (1, _mta),
    "MMB": (1, _mmb),
    "MHU": (1, _mhu),
    "VWR": (3, _vwr),
    "XDR": (3, _xdr),
}

"""What one sentence says, and how numbers, angles and units of NMEA 0183 are read. ValueError says what is wrong."""

import re
from collections.abc import Mapping
from typing import NamedTuple

from telemetry import quality, units
from telemetry.point import FieldValue

Fields = dict[str, FieldValue]
SPEEDS = {"N": "kn", "K": "km/h", "M": "m/s", "S": "mph"}
TEMPERATURES = {"C": "Cel", "F": "degF", "K": "K", "": "Cel"}
_is_number = re.compile(r"[+-]?(?:\d{1,10}\.?\d{0,10}|\.\d{1,10})").fullmatch
_KNOT = 1852 / 3600


class Said(NamedTuple):
    """One sentence: measurement, fields, tags besides, and what it says of the time ("hhmmss.ss", "ddmmyy"; "" for none).

    `is_void`: it says that there is no fix; None where it says nothing of it.
    """

    measurement: str
    fields: Fields
    clock: str = ""
    day: str = ""
    tags: Mapping[str, str] = {}
    is_void: bool | None = None
    quality: int = quality.GOOD


def number(text: str) -> float | None:
    """Return a number, None for an empty field."""
    if not text:
        return None
    if not _is_number(text):
        raise ValueError(f"{text[:20]!r} is no number")
    return float(text)


def put(fields: Fields, name: str, text: str, unit: str = "", stored: str = "") -> None:
    """Add a number that is there, converted."""
    if text:
        if not _is_number(text):
            raise ValueError(f"{text[:20]!r} is no number")
        fields[name] = units.convert(float(text), unit, stored) if unit else float(text)


def put_speed(fields: Fields, text: str, unit: str) -> None:
    """Add the speed over ground: `unit` is N for knots, else m/s."""
    value = number(text)
    if value is not None:
        fields["speed"] = round(value * _KNOT, 6) if unit == "N" else value


def put_position(fields: Fields, parts: list[str], at: int) -> None:
    """Add latitude and longitude of four fields, both or none."""
    latitude, longitude = degrees(parts[at], parts[at + 1], "NS"), degrees(parts[at + 2], parts[at + 3], "EW")
    if latitude is not None and longitude is not None:
        fields["latitude"], fields["longitude"] = latitude, longitude


def degrees(text: str, hemisphere: str, sides: str) -> float | None:
    """Return degrees of dddmm.mmmm and one of `sides` (NS or EW); None where the field is empty."""
    if not text:
        return None
    point = text.find(".")
    if point < 0:
        point = len(text)
    if point < 3 or len(text) > 20 or not text.replace(".", "", 1).isdecimal() or len(hemisphere) != 1 or hemisphere not in sides:
        raise ValueError(f"{text[:20]!r} {hemisphere[:2]!r} is no angle of degrees and minutes")
    whole, minutes = text[: point - 2], float(text[point - 2 :])
    if minutes >= 60:
        raise ValueError(f"{text[:20]!r} {hemisphere[:2]!r} is no angle of degrees and minutes")
    value = round(int(whole) + minutes / 60, 9)
    most = 90 if sides == "NS" else 180
    if value > most:
        raise ValueError(f"{value} degrees are more than {most}")
    return -value if hemisphere in "SW" else value


def known(code: str, table: Mapping[str, str]) -> str:
    """Return what a letter stands for; ValueError if nobody knows."""
    if code not in table:
        raise ValueError(f"unknown unit {code[:4]!r}")
    return table[code]


def eastward(p: list[str], at: int) -> float | None:
    """Return an angle of two fields, below 0 to the west; None where it is empty. ValueError if it says not whither."""
    value = number(p[at]) if len(p) > at + 1 else None
    if value is None:
        return None
    if p[at + 1] not in {"E", "W"}:
        raise ValueError(f"{p[at + 1][:4]!r} is neither E nor W")
    return 0.0 - value if p[at + 1] == "W" else value

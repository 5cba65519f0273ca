"""The datum that positions are in: DTM (NMEA 0183 V4.11) and PGRMM (Garmin). Stored positions are WGS84, or say that they are not.

DTM: local datum, its part, offset of latitude (minutes, N or S), of longitude (minutes, E or W), of altitude, reference datum. A position
of the local datum is one of the reference datum plus the offset. The sentence goes ahead of positions and holds until the next.

A datum within 2 m of WGS84 (those of continents) is kept, with its name in the field `datum`; another one is converted by the offsets that
the receiver tells; without them latitude and longitude are left out, and a refusal says so: European 1950 is off by 100 m.
"""

from typing import NamedTuple

from edge.decoders.nmea.said import Fields, number

_WGS84 = frozenset({"", "W84", "WGS84"})
_NEAR = frozenset({"NAD83", "NAR", "P90", "PZ90", "S85", "ETRS89", "EUR89", "GDA94", "GDA2020", "CGCS2000", "JGD2000"})
_FARTHEST = 10 / 60  # degrees between two datums


class Datum(NamedTuple):
    """A datum other than WGS84; `north` and `east` are degrees that its positions are off, None where the receiver does not say."""

    name: str
    north: float | None = None
    east: float | None = None

    def apply(self, fields: Fields) -> str:
        """Bring the position of `fields` to WGS84, or mark it; return why it is left out, "" if it is not."""
        if self.name in _NEAR:
            fields["datum"] = self.name
            return ""
        latitude, longitude = float(fields.pop("latitude")), float(fields.pop("longitude"))
        if self.north is None or self.east is None:
            return f"position left out: it is in datum {self.name}, and the receiver tells no offset to WGS84"
        latitude, longitude = round(latitude - self.north, 9), round(longitude - self.east, 9)
        if abs(latitude) > 90 or abs(longitude) > 180:
            return f"position left out: it is in datum {self.name}, and its offset to WGS84 leads off the map"
        fields["latitude"], fields["longitude"] = latitude, longitude
        return ""


def read_dtm(p: list[str]) -> Datum | None:
    """Return the datum of positions from here on, None for WGS84; ValueError for offsets that are none."""
    name = _name(p[0])
    if name in _WGS84:
        return None
    if len(p) < 8 or _name(p[7]) != "W84":
        return Datum(name)
    north, east = _minutes(p[2], p[3], "NS"), _minutes(p[4], p[5], "EW")
    is_told = north is not None and east is not None and 0 < max(abs(north), abs(east)) <= _FARTHEST  # both zero: it does not know
    return Datum(name, north, east) if is_told else Datum(name)


def read_pgrmm(p: list[str]) -> Datum | None:
    """Return the map datum of a Garmin, None for WGS84."""
    name = _name(p[0])
    return None if name in _WGS84 else Datum(name)


def _name(text: str) -> str:
    return "".join(filter(str.isalnum, text)).upper()[:20]


def _minutes(text: str, side: str, sides: str) -> float | None:
    value = number(text)
    if value is None:
        return None
    if len(side) != 1 or side not in sides:
        raise ValueError(f"{side[:4]!r} is neither {sides[0]} nor {sides[1]}")
    return (value if side == sides[0] else 0.0 - value) / 60

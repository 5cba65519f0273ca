"""What each kind of NMEA 0183 sentence says (NMEA 0183 V4.11): one function a kind, in the table SENTENCES.

A function takes the fields behind the address and returns what is stored; empty fields are not there. ValueError says what is wrong.
Stored are the catalogue's units: knots become m/s, feet and fathoms m, inches of mercury hPa.
"""

from collections.abc import Callable, Mapping

from edge.decoders.nmea.said import SPEEDS, Fields, Said, known, number, put, put_position, put_speed
from telemetry import quality

_FROM_SURFACE = {"reference": "surface"}
_FROM_KEEL = {"reference": "keel"}
_TRUE = {"reference": "true"}
_SIMULATED = 8.0  # fix quality of GGA; mode S elsewhere


def _gga(p: list[str]) -> Said:
    fields: Fields = {}
    put(fields, "fix_quality", p[5])
    put(fields, "satellites_used", p[6])
    if fields.get("fix_quality"):
        put_position(fields, p, 1)
        put(fields, "hdop", p[7])
        put(fields, "altitude", p[8])
        put(fields, "geoid_separation", p[10])
    is_simulated = fields.get("fix_quality") == _SIMULATED
    return Said("gnss", fields, p[0], is_void=not fields.get("fix_quality"), quality=quality.SIMULATED if is_simulated else quality.GOOD)


def _rmc(p: list[str]) -> Said:
    is_valid = p[1] == "A"
    fields: Fields = {"fix_valid": is_valid}
    if is_valid:
        put_position(fields, p, 2)
        put_speed(fields, p[6], "N")
        put(fields, "course", p[7])
    is_simulated = len(p) > 11 and p[11] == "S"
    return Said("gnss", fields, p[0], p[8], is_void=not is_valid, quality=quality.SIMULATED if is_simulated else quality.GOOD)


def _gll(p: list[str]) -> Said:
    fields: Fields = {"fix_valid": p[5] == "A"} if len(p) > 5 and p[5] else {}
    if fields.get("fix_valid", True):
        put_position(fields, p, 0)
    return Said("gnss", fields, p[4] if len(p) > 4 else "", is_void=not fields.get("fix_valid", True))


def _gns(p: list[str]) -> Said:
    is_valid = bool(p[5].strip("N"))
    fields: Fields = {"fix_valid": is_valid}
    put(fields, "satellites_used", p[6])
    if is_valid:
        put_position(fields, p, 1)
        put(fields, "hdop", p[7])
        put(fields, "altitude", p[8])
    return Said("gnss", fields, p[0], is_void=not is_valid)


def _vtg(p: list[str]) -> Said:
    fields: Fields = {}
    put(fields, "course", p[0])
    if len(p) > 6 and p[6]:
        put(fields, "speed", p[6], "km/h", "m/s")
    elif len(p) > 4:
        put_speed(fields, p[4], "N")
    return Said("gnss", fields if len(p) < 9 or p[8] != "N" else {})


def _gsa(p: list[str]) -> Said:
    fields: Fields = {}
    put(fields, "fix_mode", p[1])
    if len(p) > 16 and (number(p[1]) or 0) > 1:
        for name, at in (("pdop", 14), ("hdop", 15), ("vdop", 16)):
            put(fields, name, p[at])
    return Said("gnss", fields, is_void=True if fields.get("fix_mode") == 1 else None)


def _gst(p: list[str]) -> Said:
    fields: Fields = {}
    for name, at in (("latitude_error", 5), ("longitude_error", 6), ("altitude_error", 7)):
        put(fields, name, p[at])
    return Said("gnss", fields, p[0])


def _zda(p: list[str]) -> Said:
    day = f"{p[1]:0>2}{p[2]:0>2}{p[3]}" if p[1] and p[2] and len(p[3]) == 4 else ""
    return Said("gnss", {}, p[0], day)


def _hdt(p: list[str]) -> Said:
    fields: Fields = {}
    put(fields, "heading", p[0])
    return Said("gnss", fields)


def _mwv(p: list[str]) -> Said:
    fields: Fields = {}
    if p[4] == "A":
        put(fields, "wind_direction", p[0])
        put(fields, "wind_speed", p[2], known(p[3], SPEEDS), "m/s")
    return Said("weather", fields, tags=_TRUE if p[1] == "T" else {})


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


def _depth(p: list[str], reference: Mapping[str, str]) -> Said:
    fields: Fields = {}
    put(fields, "depth", *((p[2],) if len(p) > 2 and p[2] else (p[0], "ft", "m")))
    return Said("water_level", fields, tags=reference)


def _dpt(p: list[str]) -> Said:
    """Depth below the transducer, and the way from there to the surface (above 0) or the keel (below 0)."""
    fields: Fields = {}
    value, offset = number(p[0]), (number(p[1]) if len(p) > 1 else None) or 0.0
    if value is not None:
        fields["depth"] = round(value + offset, 6)
    return Said("water_level", fields, tags=_FROM_SURFACE if offset > 0 else _FROM_KEEL if offset < 0 else {})


def _cel(p: list[str]) -> tuple[str, str]:
    return (known(p[1], {"": "Cel", "C": "Cel", "F": "degF"}) if len(p) > 1 else "Cel"), "Cel"


def _mtw(p: list[str]) -> Said:
    fields: Fields = {}
    put(fields, "water_temperature", p[0], *_cel(p))
    return Said("water_level", fields)


def _vhw(p: list[str]) -> Said:
    fields: Fields = {}
    put(fields, "heading", p[0])
    put(fields, "velocity", *((p[6], "km/h", "m/s") if len(p) > 6 and p[6] else (p[4], "kn", "m/s")))
    return Said("water_level", fields)


def _mta(p: list[str]) -> Said:
    fields: Fields = {}
    put(fields, "temperature", p[0], *_cel(p))
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


def _vwr(p: list[str], reference: Mapping[str, str]) -> Said:
    fields: Fields = {}
    angle = number(p[0])
    if angle is not None:
        fields["wind_direction"] = angle if p[1] == "R" or not angle else 360 - angle
    put(fields, "wind_speed", *((p[4],) if len(p) > 4 and p[4] else (p[2], "kn", "m/s")))
    return Said("weather", fields, tags=reference)


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
    "THS": (2, lambda p: _hdt(p) if p[1] != "V" else Said("gnss", {})),
    "MWV": (5, _mwv),
    "MWD": (5, _mwd),
    "MDA": (3, _mda),
    "DBT": (1, lambda p: _depth(p, {})),
    "DBS": (1, lambda p: _depth(p, _FROM_SURFACE)),
    "DBK": (1, lambda p: _depth(p, _FROM_KEEL)),
    "DPT": (1, _dpt),
    "MTW": (1, _mtw),
    "VHW": (5, _vhw),
    "MTA": (1, _mta),
    "MMB": (1, _mmb),
    "MHU": (1, _mhu),
    "VWR": (3, lambda p: _vwr(p, {})),
    "VWT": (3, lambda p: _vwr(p, _TRUE)),
}

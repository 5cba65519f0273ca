"""Sentences of wind, air and weather stations (NMEA 0183 V4.11): what is stored as `weather`."""

from collections.abc import Mapping

from edge.decoders.nmea.said import SPEEDS, TEMPERATURES, Fields, Said, known, number, put

_TRUE = {"reference": "true"}


def mwv(p: list[str]) -> Said:
    fields: Fields = {}
    if p[4] == "A":
        put(fields, "wind_direction", p[0])
        put(fields, "wind_speed", p[2], known(p[3], SPEEDS), "m/s")
    return Said("weather", fields, tags=_TRUE if p[1] == "T" else {})


def mwd(p: list[str]) -> Said:
    fields: Fields = {}
    put(fields, "wind_direction", p[0])
    put(fields, "wind_speed", *((p[6],) if len(p) > 6 and p[6] else (p[4], "kn", "m/s")))
    return Said("weather", fields)


def mda(p: list[str]) -> Said:
    fields: Fields = {}
    put(fields, "pressure", *((p[2], "bar", "hPa") if p[2] else (p[0], "in[Hg]", "hPa")))
    for name, at in (("temperature", 4), ("water_temperature", 6), ("humidity", 8), ("dew_point", 10), ("wind_direction", 12)):
        if len(p) > at:
            put(fields, name, p[at])
    if len(p) > 18:
        put(fields, "wind_speed", *((p[18],) if p[18] else (p[16], "kn", "m/s")))
    return Said("weather", fields)


def mta(p: list[str]) -> Said:
    fields: Fields = {}
    put(fields, "temperature", p[0], known(p[1] if len(p) > 1 else "", TEMPERATURES), "Cel")
    return Said("weather", fields)


def mmb(p: list[str]) -> Said:
    fields: Fields = {}
    put(fields, "pressure", *((p[2], "bar", "hPa") if len(p) > 2 and p[2] else (p[0], "in[Hg]", "hPa")))
    return Said("weather", fields)


def mhu(p: list[str]) -> Said:
    fields: Fields = {}
    put(fields, "humidity", p[0])
    if len(p) > 2:
        put(fields, "dew_point", p[2])
    return Said("weather", fields)


def vwr(p: list[str]) -> Said:
    """Return the wind as it is felt, its angle to the right or left of the bow."""
    return _beside_bow(p, {})


def vwt(p: list[str]) -> Said:
    """Return the true wind, its angle to the right or left of the bow."""
    return _beside_bow(p, _TRUE)


def _beside_bow(p: list[str], reference: Mapping[str, str]) -> Said:
    fields: Fields = {}
    angle = number(p[0])
    if angle is not None and p[1] in {"L", "R"}:
        fields["wind_direction"] = angle if p[1] == "R" or not angle else 360 - angle
    put(fields, "wind_speed", *((p[4],) if len(p) > 4 and p[4] else (p[2], "kn", "m/s")))
    return Said("weather", fields, tags=reference)

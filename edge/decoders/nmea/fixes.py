"""Sentences of satellite receivers (NMEA 0183 V4.11): position, speed, time, and how good they are. Stored as `gnss`."""

from edge.decoders.nmea.said import Fields, Said, eastward, number, put, put_position, put_speed
from telemetry import quality

_SIMULATED = 8.0  # fix quality of GGA; mode S elsewhere


def gga(p: list[str]) -> Said:
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


def rmc(p: list[str]) -> Said:
    mode = p[11] if len(p) > 11 else ""
    is_valid = p[1] == "A" and mode != "N"
    fields: Fields = {"fix_valid": is_valid}
    if is_valid:
        put_position(fields, p, 2)
        put_speed(fields, p[6], "N")
        put(fields, "course", p[7])
        if len(p) > 10 and p[9] and p[10] in {"E", "W"}:
            fields["magnetic_variation"] = eastward(p, 9) or 0.0
    return Said("gnss", fields, p[0], p[8], is_void=not is_valid, quality=_quality(mode))


def gll(p: list[str]) -> Said:
    fields: Fields = {"fix_valid": p[5] == "A" and p[6:7] != ["N"]} if len(p) > 5 and p[5] else {}
    if fields.get("fix_valid", True):
        put_position(fields, p, 0)
    is_void = not fields.get("fix_valid", True) if fields else None
    return Said("gnss", fields, p[4] if len(p) > 4 else "", is_void=is_void, quality=_quality(p[6] if len(p) > 6 else ""))


def gns(p: list[str]) -> Said:
    is_valid = bool(p[5].strip("N"))
    fields: Fields = {"fix_valid": is_valid}
    put(fields, "satellites_used", p[6])
    if is_valid:
        put_position(fields, p, 1)
        put(fields, "hdop", p[7])
        put(fields, "altitude", p[8])
    return Said("gnss", fields, p[0], is_void=not is_valid, quality=_quality(p[5].strip("N")))


def vtg(p: list[str]) -> Said:
    fields: Fields = {}
    put(fields, "course", p[0])
    if len(p) > 6 and p[6]:
        put(fields, "speed", p[6], "km/h", "m/s")
    elif len(p) > 4:
        put_speed(fields, p[4], "N")
    return Said("gnss", fields if len(p) < 9 or p[8] != "N" else {})


def gsa(p: list[str]) -> Said:
    fields: Fields = {}
    put(fields, "fix_mode", p[1])
    if len(p) > 16 and (number(p[1]) or 0) > 1:
        for name, at in (("pdop", 14), ("hdop", 15), ("vdop", 16)):
            put(fields, name, p[at])
    return Said("gnss", fields, is_void=True if fields.get("fix_mode") == 1 else None)


def gbs(p: list[str]) -> Said:
    """Return the errors that the satellite which fits least would cause, its number and its bias (RAIM)."""
    fields: Fields = {}
    for name, at in (("raim_latitude_error", 1), ("raim_longitude_error", 2), ("raim_altitude_error", 3)):
        put(fields, name, p[at])
    if len(p) > 6 and number(p[4]):
        put(fields, "failed_satellite", p[4])
        put(fields, "failed_satellite_bias", p[6])
    return Said("gnss", fields, p[0])


def gst(p: list[str]) -> Said:
    fields: Fields = {}
    for name, at in (("latitude_error", 5), ("longitude_error", 6), ("altitude_error", 7)):
        put(fields, name, p[at])
    return Said("gnss", fields, p[0])


def zda(p: list[str]) -> Said:
    day = f"{p[1]:0>2}{p[2]:0>2}{p[3]}" if p[1] and p[2] and len(p[3]) == 4 else ""
    return Said("gnss", {}, p[0], day)


def _quality(modes: str) -> int:
    """Return the quality bits of a mode indicator, or of several: S is a simulator."""
    return quality.SIMULATED if modes and not modes.strip("S") else quality.GOOD

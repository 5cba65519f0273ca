"""Sentences of makers: PUBX,00 of u-blox (Interface Description, Lat/Long position data), PGRME of Garmin, PASHR of Ashtech and of inertial
systems (Ashtech and Magellan reference manuals; Trimble "NMEA-0183 message: PASHR"), PTNL,GGK of Trimble survey receivers."""

from collections.abc import Callable, Mapping

from edge.decoders.nmea.said import Fields, Said, number, put, put_position, put_speed

_NO_FIX = frozenset({"", "NF", "TT"})  # no fix, time only


def _pubx_00(p: list[str]) -> Said:
    """00, time, position (4), altitude above the ellipsoid, status, accuracies (2), speed (km/h), course, sinking, age, DOPs (3), count."""
    if len(p) < 18:
        raise ValueError("18 at least")
    is_valid = p[7] not in _NO_FIX
    fields: Fields = {"fix_valid": is_valid}
    put(fields, "satellites_used", p[17])
    if is_valid:
        put_position(fields, p, 2)
        put(fields, "altitude_ellipsoid", p[6])
        put(fields, "horizontal_error", p[8])
        put(fields, "vertical_error", p[9])
        put(fields, "speed", p[10], "km/h", "m/s")
        put(fields, "course", p[11])
        down = number(p[12])
        if down is not None:
            fields["climb"] = 0.0 - down
        put(fields, "hdop", p[14])
        put(fields, "vdop", p[15])
    return Said("gnss", fields, p[1], is_void=not is_valid)


def _pgrme(p: list[str]) -> Said:
    """Estimated errors, each with its unit M: horizontal, vertical, overall."""
    fields: Fields = {}
    for at, name in ((0, "horizontal_error"), (2, "vertical_error"), (4, "position_error")):
        if len(p) > at + 1 and p[at + 1] == "M":
            put(fields, name, p[at])
    return Said("gnss", fields)


def _pashr(p: list[str]) -> Said:
    """Attitude: time, heading, T, roll, pitch, heave (m), accuracies (3), then what the GNSS is good for (0: nothing)."""
    if len(p) < 6 or p[2] not in {"T", ""} or p[0][:1].isalpha():
        return Said("gnss", {})  # another message of the maker
    fields: Fields = {}
    for name, at in (("heading", 1), ("roll", 3), ("pitch", 4), ("heave", 5)):
        put(fields, name, p[at] if p[2] or at > 1 else "")
    return Said("gnss", fields, p[0])


def _pashr_pos(p: list[str]) -> Said:
    """POS, kind of fix, count, time, position (4), altitude above the ellipsoid, free, course, speed (kn), climb (m/s), DOPs (4)."""
    if len(p) < 16:
        raise ValueError("16 at least")
    fields: Fields = {"fix_valid": bool(p[4])}
    put(fields, "satellites_used", p[2])
    if p[4]:
        put_position(fields, p, 4)
        put(fields, "altitude_ellipsoid", p[8])
        put(fields, "course", p[10])
        put_speed(fields, p[11], "N")
        for name, at in (("climb", 12), ("pdop", 13), ("hdop", 14), ("vdop", 15)):
            put(fields, name, p[at])
    return Said("gnss", fields, p[3], is_void=not p[4])


def _ptnl_ggk(p: list[str]) -> Said:
    """GGK, time, date (mmddyy), position (4), quality, count, DOP, height (EHT: above the ellipsoid), M."""
    if len(p) < 10:
        raise ValueError("10 at least")
    kind = p[7]
    fields: Fields = {"fix_valid": kind not in {"", "0"}}
    put(fields, "satellites_used", p[8])
    if fields["fix_valid"]:
        put_position(fields, p, 3)
        put(fields, "pdop", p[9])
        if len(p) > 10:
            is_ellipsoid = p[10].startswith("EHT")
            put(fields, "altitude_ellipsoid" if is_ellipsoid else "altitude", p[10].removeprefix("EHT").removeprefix("GHT"))
    return Said("gnss", fields, p[1], p[2][2:4] + p[2][:2] + p[2][4:], is_void=not fields["fix_valid"])


MAKERS: Mapping[str, Callable[[list[str]], Said]] = {
    "PUBX,00": _pubx_00,
    "PGRME": _pgrme,
    "PASHR,POS": _pashr_pos,
    "PASHR": _pashr,
    "PTNL,GGK": _ptnl_ggk,
}

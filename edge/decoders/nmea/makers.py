"""Sentences of makers: PUBX,00 of u-blox (Interface Description, Lat/Long position data) and PGRME of Garmin."""

from collections.abc import Callable, Mapping

from edge.decoders.nmea.said import Fields, Said, number, put, put_position

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


MAKERS: Mapping[str, Callable[[list[str]], Said]] = {"PUBX,00": _pubx_00, "PGRME": _pgrme}

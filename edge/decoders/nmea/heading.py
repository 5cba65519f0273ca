"""Sentences of compasses, gyros and logs of a vehicle or boat (NMEA 0183 V4.11). Stored as `gnss`, beside its position."""

from edge.decoders.nmea.said import Fields, Said, eastward, number, put

_FULL = 360.0


def hdt(p: list[str]) -> Said:
    """Return the true heading."""
    fields: Fields = {}
    put(fields, "heading", p[0])
    return Said("gnss", fields)


def ths(p: list[str]) -> Said:
    """Return the true heading, if its mode is not V (void)."""
    return hdt(p) if p[1] != "V" else Said("gnss", {})


def hdm(p: list[str]) -> Said:
    """Return the heading from magnetic north."""
    fields: Fields = {}
    put(fields, "heading_magnetic", p[0])
    return Said("gnss", fields)


def hdg(p: list[str]) -> Said:
    """Return what a compass reads, corrected by its deviation, and where the variation is told also the true heading; east counts up."""
    fields: Fields = {}
    heading, deviation, variation = number(p[0]), eastward(p, 1), eastward(p, 3)
    if variation is not None:
        fields["magnetic_variation"] = variation
    if heading is not None:
        magnetic = heading + (deviation or 0.0)
        fields["heading_magnetic"] = round(magnetic % _FULL, 6)
        if variation is not None:
            fields["heading"] = round((magnetic + variation) % _FULL, 6)
    return Said("gnss", fields)


def rot(p: list[str]) -> Said:
    """Return the rate of turn, degrees a minute, below 0 to port."""
    fields: Fields = {}
    if len(p) < 2 or p[1] != "V":
        put(fields, "rate_of_turn", p[0])
    return Said("gnss", fields)


def vlw(p: list[str]) -> Said:
    """Return distances in nautical miles: through the water in total and of this trip; since V4.00 also over ground."""
    fields: Fields = {}
    for at, name in ((0, "water_distance_total"), (2, "water_distance_trip"), (4, "distance_total"), (6, "distance_trip")):
        if len(p) > at:
            put(fields, name, p[at], "[nmi_i]", "m")
    return Said("gnss", fields)

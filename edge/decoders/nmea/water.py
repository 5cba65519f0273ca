"""Sentences of echo sounders, logs and current meters (NMEA 0183 V4.11): what is stored as `water_level`."""

from collections.abc import Mapping

from edge.decoders.nmea.said import TEMPERATURES, Fields, Said, known, number, put

_FROM_SURFACE = {"reference": "surface"}
_FROM_KEEL = {"reference": "keel"}


def dbt(p: list[str]) -> Said:
    """Return the depth below the transducer."""
    return _depth(p, {})


def dbs(p: list[str]) -> Said:
    """Return the depth below the surface."""
    return _depth(p, _FROM_SURFACE)


def dbk(p: list[str]) -> Said:
    """Return the depth below the keel."""
    return _depth(p, _FROM_KEEL)


def dpt(p: list[str]) -> Said:
    """Depth below the transducer, and the way from there to the surface (above 0) or the keel (below 0)."""
    fields: Fields = {}
    value, offset = number(p[0]), (number(p[1]) if len(p) > 1 else None) or 0.0
    if value is not None:
        fields["depth"] = round(value + offset, 6)
    return Said("water_level", fields, tags=_FROM_SURFACE if offset > 0 else _FROM_KEEL if offset < 0 else {})


def mtw(p: list[str]) -> Said:
    fields: Fields = {}
    put(fields, "water_temperature", p[0], known(p[1] if len(p) > 1 else "", TEMPERATURES), "Cel")
    return Said("water_level", fields)


def vhw(p: list[str]) -> Said:
    """Return what a log sees: headings, true and magnetic, and the speed through the water."""
    fields: Fields = {}
    put(fields, "heading", p[0])
    put(fields, "heading_magnetic", p[2])
    put(fields, "velocity", *((p[6], "km/h", "m/s") if len(p) > 6 and p[6] else (p[4], "kn", "m/s")))
    return Said("water_level", fields)


def vdr(p: list[str]) -> Said:
    """Return set and drift: whither the water flows, and how fast."""
    fields: Fields = {}
    put(fields, "current_direction", p[0])
    put(fields, "velocity", p[4], "kn", "m/s")
    return Said("water_level", fields)


def cur(p: list[str]) -> Said:
    """Return the current in one layer of the water: a tag with its number, its depth, direction (true) and speed in knots; V is void."""
    fields: Fields = {}
    layer = number(p[2])
    if p[0] == "A":
        put(fields, "depth", p[3])
        if p[5] == "T":
            put(fields, "current_direction", p[4])
        put(fields, "velocity", p[6], "kn", "m/s")
    return Said("water_level", fields, tags={"layer": f"{layer:g}"} if layer is not None else {})


def _depth(p: list[str], reference: Mapping[str, str]) -> Said:
    fields: Fields = {}
    put(fields, "depth", *((p[2],) if len(p) > 2 and p[2] else (p[0], "ft", "m")))
    return Said("water_level", fields, tags=reference)

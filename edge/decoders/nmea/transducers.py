"""XDR: any number of groups of type, number, unit and name of a transducer.

The field is the one that the config gives to the name; else the one of a name that makers use (NAMES); else, where the name is empty or a
number, the one of the type and unit, for the first of its kind. All others are `xdr_<name>`, in whatever order they come: what measures the
engine or the battery is not the weather's, and the station pressure of an Airmar (STNP) is not the one of its MDA.

Weather transmitters (talker WI; Vaisala WXT530 User Guide M211840EN, table 19 "Transducer IDs") number theirs from 0 on and use types of
their own: 0, 1 and 2 of wind are minimum, average and maximum.
"""

import re
from collections.abc import Mapping

from edge.decoders.nmea.said import SPEEDS, Fields, Said, put

_TO = {  # type and unit (NMEA 0183 V4.11, XDR) → field of the first of its kind, unit, stored unit
    ("A", "D"): ("angle", "", ""),
    ("B", "K"): ("absolute_humidity", "kg/m3", "g/m3"),
    ("C", "C"): ("temperature", "Cel", "Cel"),
    ("C", "F"): ("temperature", "degF", "Cel"),
    ("C", "K"): ("temperature", "K", "Cel"),
    ("D", "M"): ("distance", "", ""),
    ("E", "P"): ("position_percent", "", ""),
    ("F", "H"): ("frequency", "", ""),
    ("H", "P"): ("humidity", "", ""),
    ("H", ""): ("humidity", "", ""),
    ("I", "A"): ("current", "", ""),
    ("L", "S"): ("salinity_ppt", "", ""),
    ("N", "N"): ("force_n", "", ""),
    ("P", "B"): ("pressure", "bar", "hPa"),
    ("P", "H"): ("pressure", "hPa", "hPa"),
    ("P", "I"): ("pressure", "in[Hg]", "hPa"),
    ("P", "M"): ("pressure", "mm[Hg]", "hPa"),
    ("P", "P"): ("pressure", "Pa", "hPa"),
    ("R", "l"): ("flow_litres", "", ""),
    ("S", ""): ("switch", "", ""),
    ("T", "R"): ("turns_per_minute", "", ""),
    ("U", "V"): ("voltage", "", ""),
    ("V", "M"): ("volume", "", ""),
}
_OF_AIR = (  # how instruments call what measures the outside air
    (
        "C",
        "temperature",
        "T TA TE TAIR AIRT OAT AIR TEMPAIR TEMP TEMPERATURE AIRTEMP AIRTEMPERATURE AMBTEMP AMBIENTTEMP OUTTEMP OUTSIDETEMP",
    ),
    ("C", "temperature", "OUTAIRTEMP OUTSIDEAIRTEMP ENVOUTAIRT ENVOUTSIDET"),
    ("H", "humidity", "H RH HUM HUMIDITY RELHUM RELATIVEHUMIDITY AIRHUM HUMAIR ENVOUTAIRH ENVOUTSIDEH"),
    ("P", "pressure", "P PA BARO BAROMETER BAROMETRIC PRESS PRESSURE AIRPRESS AIRPRESSURE BAROPRESS ATMP ATMOSPRESS ENVATMOSP"),
)
_OF_OTHERS = (
    ("C", "water_temperature", "ENVWATERT SEAT SEATEMP TEMPWATER WATERTEMP"),
    ("C", "internal_temperature", "ENVINSIDET INSIDETEMP TEMPIN"),
    ("C", "dew_point", "ENVDEWPOINT DEWPOINT DEWPT"),
    ("C", "wind_chill", "WCHT WINDCHILL"),  # of the true wind
    ("C", "wind_chill_relative", "WCHR"),
    ("C", "heat_index", "HINX HEATINDEX"),
    ("H", "internal_humidity", "ENVINSIDEH"),
    ("A", "pitch", "PITCH PTCH"),
    ("A", "roll", "HEEL ROLL"),
)
NAMES: Mapping[tuple[str, str], str] = {  # type and the letters of a name → field; manuals of Airmar, Actisense, Yacht Devices; OpenCPN
    (kind, name): field for kind, field, names in (*_OF_AIR, *_OF_OTHERS) for name in names.split()
}
_STATION = {  # type and number of a weather transmitter → field
    ("A", "0"): "wind_direction_min",
    ("A", "1"): "wind_direction",
    ("A", "2"): "wind_direction_max",
    ("S", "0"): "wind_speed_min",
    ("S", "1"): "wind_speed",
    ("S", "2"): "wind_gust",
    ("C", "0"): "temperature",
    ("C", "1"): "internal_temperature",
    ("C", "2"): "heating_temperature",
    ("P", "0"): "pressure",
    ("H", "0"): "humidity",
    ("V", "0"): "rain_total",
    ("Z", "0"): "rain_duration_s",
    ("R", "0"): "rain_rate",
    ("V", "1"): "hail_total",
    ("Z", "1"): "hail_duration_s",
    ("R", "1"): "hail_rate",
    ("R", "2"): "rain_rate_max",
    ("R", "3"): "hail_rate_max",
    ("U", "0"): "voltage",
    ("U", "1"): "heating_voltage",
    ("U", "2"): "reference_voltage",
}
_RAIN = {("V", "I"): ("in", "mm"), ("R", "I"): ("in/h", "mm/h")}
_NAMES = re.compile(r"[^a-z0-9]+")
_LETTERS = re.compile(r"[^A-Z]+")


def read_transducers(p: list[str], names: Mapping[str, str], *, is_station: bool) -> Said:
    """Return the quantities of one XDR sentence; `names` are fields by the name of the transducer."""
    fields: Fields = {}
    if not any(p):
        return Said("weather", fields)  # $YXXDR*4F of an Airmar that has no wind chill to tell
    if len(p) < 3:
        raise ValueError("3 at least")
    p = [text.strip() for text in p]
    taken = {*names.values(), *(_known(p[at], p[at + 3]) for at in range(0, len(p) - 3, 4))}
    for at in range(0, len(p) - 2, 4):
        kind, value, unit = p[at : at + 3]
        name = p[at + 3] if len(p) > at + 3 else ""
        if kind == "G" and not value.replace(".", "", 1).lstrip("+-").isdecimal():
            continue  # text
        field = names.get(name) or _known(kind, name)
        if field is None and not _LETTERS.sub("", name.upper()):
            field = _STATION.get((kind, name)) if is_station else None
            field = field or _TO.get((kind, unit), ("",))[0]
            field = None if field in taken else field
        if not field or field in fields:
            field = _own(kind, name, at // 4, fields, is_station=is_station)
        put(fields, field, value, *_units(kind, unit))
    return Said("weather", fields)


def _units(kind: str, unit: str) -> tuple[str, str]:
    """Return the unit of a value and the one in which it is stored, both "" where it stays as it is."""
    if kind == "S" and unit in SPEEDS:
        return SPEEDS[unit], "m/s"
    return _RAIN.get((kind, unit)) or _TO.get((kind, unit), ("", "", ""))[1:]


def _own(kind: str, name: str, number: int, fields: Fields, *, is_station: bool) -> str:
    """Return a field of its own for a transducer that nobody knows; several may share a name (ENGINE#0: degrees, turns, volts)."""
    own = _NAMES.sub("_", name.lower()).strip("_")
    kind = _NAMES.sub("_", kind.lower())
    if own and not (is_station and own.isdecimal()):
        for field in (f"xdr_{own}", f"xdr_{own}_{kind}"):
            if field not in fields:
                return field
    return f"xdr_{kind}_{number}"


def _known(kind: str, name: str) -> str | None:
    """Return the field that a transducer is by its name, None if nobody knows it."""
    return NAMES.get((kind, _LETTERS.sub("", name.upper())))

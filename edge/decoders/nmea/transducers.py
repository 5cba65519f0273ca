"""XDR: any number of groups of type, number, unit and name of a transducer.

The field is the one that the config gives to the name; else, for the first of its kind, the one of the type and unit where the name is
empty, a number, or one of those that instruments give to the outside air. All others are `xdr_<name>`, in whatever order they come: what
measures the engine, the sea, the battery or the heat index is not the weather's temperature. Weather transmitters (talker WI; Vaisala
WXT530 User Guide M211840EN, table 19 "Transducer IDs") number theirs from 0 on and use types of their own: 0, 1 and 2 of wind are minimum,
average and maximum.
"""

import re
from collections.abc import Mapping

from edge.decoders.nmea.said import SPEEDS, Fields, Said, put

_TO = {
    ("C", "C"): ("temperature", "Cel", "Cel"),
    ("C", "F"): ("temperature", "degF", "Cel"),
    ("C", "K"): ("temperature", "K", "Cel"),
    ("H", "P"): ("humidity", "", ""),
    ("H", ""): ("humidity", "", ""),
    ("P", "B"): ("pressure", "bar", "hPa"),
    ("P", "P"): ("pressure", "Pa", "hPa"),
    ("P", "H"): ("pressure", "hPa", "hPa"),
    ("P", "M"): ("pressure", "mm[Hg]", "hPa"),
    ("P", "I"): ("pressure", "in[Hg]", "hPa"),
    ("U", "V"): ("voltage", "", ""),
    ("D", "M"): ("distance", "", ""),
    ("A", "D"): ("angle", "", ""),
    ("R", "l"): ("flow_litres", "", ""),
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
_OF_AIR = {  # letters of names that instruments give to the outside air
    "temperature": re.compile(r"t|ta|tair|airt|oat|air|tempair|(air|amb|ambient)?temp(erature)?|out(side)?(air)?temp|envout(air|side)t"),
    "humidity": re.compile(r"h|rh|hum|humidity|rel(ative)?hum(idity)?|airhum|humair|envout(air|side)h"),
    "pressure": re.compile(r"p|pa|baro|barometer|barometric|(air|baro|barometric|atmos|atmospheric)?press(ure)?|atmp|envatmosp"),
}
_NAMES = re.compile(r"[^a-z0-9]+")


def read_transducers(p: list[str], names: Mapping[str, str], *, is_station: bool) -> Said:
    """Return the quantities of one XDR sentence; `names` are fields by the name of the transducer."""
    if len(p) < 3:
        raise ValueError("3 at least")
    fields: Fields = {}
    for at in range(0, len(p) - 2, 4):
        kind, value, unit = p[at : at + 3]
        name = p[at + 3] if len(p) > at + 3 else ""
        if kind == "G" and not value.replace(".", "", 1).lstrip("+-").isdecimal():
            continue  # text
        field, given, stored = _TO.get((kind, unit), ("", "", ""))
        if kind == "S" and unit in SPEEDS:
            given, stored = SPEEDS[unit], "m/s"
        elif (kind, unit) in _RAIN:
            given, stored = _RAIN[kind, unit]
        if not _is_of_air(name, field):
            field = ""
        if is_station:
            field = _STATION.get((kind, name), field)
        field = names.get(name) or ("" if field in names.values() else field)
        if not field or field in fields:
            own, code = (_NAMES.sub("_", text.lower()).strip("_") for text in (name, kind))
            field = f"xdr_{own}" if own and not (is_station and own.isdecimal()) else f"xdr_{code}_{at // 4}"
            if field in fields:
                field = f"{field}_{code}"  # one name for several quantities
        put(fields, field, value, given, stored)
    return Said("weather", fields)


def _is_of_air(name: str, field: str) -> bool:
    letters = "".join(filter(str.isalpha, name.lower()))
    return not letters or (field in _OF_AIR and _OF_AIR[field].fullmatch(letters) is not None)

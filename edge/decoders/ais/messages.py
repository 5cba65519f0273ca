"""What an AIS message tells (ITU-R M.1371-5, annex 8; weather by IMO SN.1/Circ.236 and 289). The bits are unpacked by pyais.

Each quantity has a value for "not available" (latitude 91, speed 102.3 kn, heading 511 …), which is left out. Only the second within a
minute is told, so the arrival counts as the time; a base station (type 4) tells the whole time, in UTC.
"""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from enum import Enum
from typing import NamedTuple

from pyais import decode
from pyais.exceptions import AISBaseException

from telemetry import units
from telemetry.point import FieldValue, Reading

Values = Mapping[str, object]
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_YEARS = range(1970, 2262)  # 64 bits of nanoseconds end there; the message has 14 bits for the year
_TEXTS = {"shipname": "name", "name": "name", "full_name": "name", "callsign": "callsign", "destination": "destination"}
_WHOLE = {"imo": (1, 2**30), "ship_type": (1, 99), "aid_type": (1, 31), "status": (0, 14)}
_NAMES = {"status": "navigation_status"}
_WEATHER_IDS = {(1, 11), (1, 31)}


class Told(NamedTuple):
    """A quantity: our measurement and field, from where to where it is available, how it is stored."""

    measurement: str
    field: str
    low: float
    high: float
    convert: Callable[[float], float] = float


_from_knots = units.converter("kn", "m/s")


_POSITION = {
    "lat": Told("vessel", "latitude", -90, 90),
    "lon": Told("vessel", "longitude", -180, 180),
    "speed": Told("vessel", "speed", 0, 102.2, _from_knots),
    "course": Told("vessel", "course", 0, 359.9),
    "heading": Told("vessel", "heading", 0, 359),
    "turn": Told("vessel", "rate_of_turn", -720, 720),
    "alt": Told("vessel", "altitude", 0, 4094),
    "draught": Told("vessel", "draught", 0.1, 25.5),
}
_AIRCRAFT = {**_POSITION, "speed": Told("vessel", "speed", 0, 1022, _from_knots)}
_LONG_RANGE = {**_POSITION, "speed": Told("vessel", "speed", 0, 62, _from_knots)}
_WEATHER = {
    "wspeed": Told("weather", "wind_speed", 0, 120, _from_knots),
    "wgust": Told("weather", "wind_gust", 0, 120, _from_knots),
    "wdir": Told("weather", "wind_direction", 0, 359),
    "airtemp": Told("weather", "temperature", -60, 60),
    "humidity": Told("weather", "humidity", 0, 100),
    "dewpoint": Told("weather", "dew_point", -20, 50),
    "pressure": Told("weather", "pressure", 800, 1200),
    "waterlevel": Told("water_level", "level", -10, 30),
    "cspeed": Told("water_level", "velocity", 0, 25, _from_knots),
    "watertemp": Told("water_level", "water_temperature", -10, 50),
}


def readings_of(parts: list[bytes], tagged_ns: int | None) -> list[Reading]:
    """Return the readings of one whole message, none where it tells nothing that is stored; ValueError if it cannot be read."""
    try:
        values: Values = decode(*parts).asdict()
    except (AISBaseException, ArithmeticError, LookupError, TypeError, ValueError) as error:
        raise ValueError(f"no AIS message: {type(error).__name__}") from None
    mmsi, kind = values.get("mmsi"), values.get("msg_type")
    if not isinstance(mmsi, int) or not isinstance(kind, int) or not mmsi:
        raise ValueError("a message without the number of its sender")
    read = _KINDS.get(kind)
    fields = read(values) if read else {}
    tags = {"device": f"{mmsi:09d}"}
    time_ns = _station_ns(values) if kind == 4 else tagged_ns
    return [Reading(measurement, tags, own, time_ns) for measurement, own in fields.items() if own]


Fields = dict[str, dict[str, FieldValue]]


def _vessel(quantities: Mapping[str, Told], values: Values) -> Fields:
    fields = _numbers(quantities, values)
    own = fields.setdefault("vessel", {})
    if not {"latitude", "longitude"} <= own.keys():
        own.pop("latitude", None)
        own.pop("longitude", None)
    elif isinstance(accurate := values.get("accuracy"), bool):
        own["position_accurate"] = accurate
    for name, (low, high) in _WHOLE.items():
        if isinstance(number := values.get(name), int) and low <= number <= high:
            own[_NAMES.get(name, name)] = int(number)
    for name, field in _TEXTS.items():
        text = values.get(name)
        if isinstance(text, str) and (text := text.partition("@")[0].strip()):  # @ fills texts up
            own[field] = text
    if "to_bow" in values:
        own |= _size(values)
    if isinstance(off := values.get("off_position"), bool) and _whole(values, "second") < 60:
        own["off_position"] = off  # without a working position source it says nothing
    if own:
        own["message_type"] = _whole(values, "msg_type")
    return fields


def _weather(values: Values) -> Fields:
    if (values.get("dac"), values.get("fid")) not in _WEATHER_IDS:
        return {}
    return _numbers(_WEATHER, values)


def _numbers(quantities: Mapping[str, Told], values: Values) -> Fields:
    fields: Fields = {}
    for name, told in quantities.items():
        value = values.get(name)
        if value is None or isinstance(value, Enum) or not isinstance(value, int | float):
            continue
        measurement, field, low, high, convert = told
        if low <= value <= high:
            fields.setdefault(measurement, {})[field] = convert(value)
    return fields


def _size(values: Values) -> dict[str, FieldValue]:
    """Length and beam, of the distances from the antenna to bow, stern, port and starboard."""
    sizes = {
        "length": _whole(values, "to_bow") + _whole(values, "to_stern"),
        "beam": _whole(values, "to_port") + _whole(values, "to_starboard"),
    }
    return {name: float(size) for name, size in sizes.items() if size > 0}


def _whole(values: Values, name: str) -> int:
    value = values.get(name)
    return int(value) if isinstance(value, int) else 0


def _station_ns(values: Values) -> int | None:
    try:
        moment = datetime(*(_whole(values, name) for name in ("year", "month", "day", "hour", "minute", "second")), tzinfo=UTC)  # type: ignore[misc, arg-type]
    except ValueError:  # year 0, hour 24, second 60: not available
        return None
    return round((moment - _EPOCH).total_seconds()) * 1_000_000_000 if moment.year in _YEARS else None


def _position(values: Values) -> Fields:
    return _vessel(_POSITION, values)


_KINDS: Mapping[int, Callable[[Values], Fields]] = {
    **dict.fromkeys((1, 2, 3, 4, 5, 11, 18, 19, 21, 24), _position),
    8: _weather,
    9: lambda values: _vessel(_AIRCRAFT, values),
    27: lambda values: _vessel(_LONG_RANGE, values),
}

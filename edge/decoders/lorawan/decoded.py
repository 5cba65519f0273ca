"""The shapes in which decoders on network servers give their values.

    {"temperature": 20.5}                                                            the usual one
    {"distance": {"displayName": "Distance", "unit": "mm", "value": 1234}}           Decentlab: the value, with its unit
    {"temperature": 20.5, "history": [{"timestamp": 1665561758, "temperature": 20}]} Milesight: what the device kept, with its own times
    [{"time": "2026-01-01T00:00:00Z", "air": {"temperature": 20.5}}, …]              normalised payload of The Things Stack

What a device kept is a reading of its own, with the time it was taken at; without such a time it is refused, since it is not of now.
Sources: the decoders of Decentlab (vendor/decentlab in the LoRaWAN device repository) and Milesight (Milesight-IoT/SensorDecoders);
lib/payload.json of the LoRaWAN device repository.
"""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from edge.decoders.decoder import Refusals, shown
from edge.decoders.timestamps import time_reader
from edge.names import lower_snake

MOST_KEPT = 200  # entries of a history; an uplink holds 242 bytes
_WRAPPING = frozenset({"unit", "displayName"})
_FIRST_MS = 100_000_000_000  # a number from here on counts milliseconds: in seconds, the year 5138
_FIRST_S = 1_000_000_000  # 2001: a smaller number tells a clock that was never set
_unix_s, _unix_ms, _rfc3339 = time_reader("unix", None), time_reader("unix_ms", None), time_reader("rfc3339", None, has_tz=False)


class Part(NamedTuple):
    """Values of one moment, the units that the server gave with them, and their time where they have one of their own."""

    values: dict[str, Any]
    units: dict[str, str]
    time_ns: int | None


def parts(given: Mapping[str, Any], refusals: Refusals, *, is_normalized: bool) -> Iterator[Part]:
    """Yield what one decoded object holds: itself, then what the device kept."""
    if is_normalized and "time" in given:
        yield from _timed(given, "time", refusals)
        return
    kept = given.get("history")
    if is_normalized or not isinstance(kept, list) or not kept or not all(isinstance(one, dict) for one in kept):
        yield _part(given, "", None)
        return
    yield _part(given, "history", None)
    for one in kept[:MOST_KEPT]:
        yield from _timed(one, "timestamp", refusals)
    if len(kept) > MOST_KEPT:
        refusals.add(f"history: {len(kept)} entries; {MOST_KEPT} are taken")


def _timed(given: Mapping[str, Any], key: str, refusals: Refusals) -> Iterator[Part]:
    try:
        time_ns = _time(given.get(key))
    except ValueError as error:
        refusals.add(f"{key}: {error}; what was measured then is left out")
    else:
        yield _part(given, key, time_ns)


def _part(given: Mapping[str, Any], without: str, time_ns: int | None) -> Part:
    values: dict[str, Any] = {}
    units: dict[str, str] = {}
    for key, value in given.items():
        if key == without:
            continue
        if isinstance(value, dict) and "value" in value and not _WRAPPING.isdisjoint(value):
            values[key] = value["value"]
            unit = value.get("unit")
            if isinstance(unit, str) and unit:
                units[lower_snake(key)] = unit
        else:
            values[key] = value
    return Part(values, units, time_ns)


def _time(value: object) -> int:
    if isinstance(value, str):
        return _rfc3339(value)
    if isinstance(value, bool) or not isinstance(value, int | float) or not value >= _FIRST_S:
        raise ValueError(f"{shown(value)} is no time")
    return (_unix_ms if value >= _FIRST_MS else _unix_s)(value)

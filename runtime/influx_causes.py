"""What the words of a refused write say about its cause, where they name the bad lines well enough to spare a search.

The words, as InfluxDB 1.6 says them (2.x puts them in `message`, with a prefix):

    partial write: field type conflict: input field "v" on measurement "m" is type integer, already exists as type float dropped=2
    partial write: points beyond retention policy dropped=2
    partial write: dropped 2 points outside retention policy of duration 1h0m0s - ... Lower Bound ... dropped=2      (newer 1.x, 2.x)
    partial write: unable to parse 'LINE': REASON LF unable to parse 'LINE': REASON dropped=0

`dropped` counts one shard only, and names in quotes are not escaped. InfluxDB 3 and our ingest list the lines in `data`.
"""

import re
from dataclasses import dataclass
from typing import Any

from telemetry.point import FieldValue, Unsigned

_CONFLICT = re.compile(r'field type conflict: input field "(.*)" on measurement "(.*)" is type (\w+), already exists', re.DOTALL)
_BEYOND = re.compile(r"points beyond retention policy|dropped (\d+) points? outside retention policy")
_DROPPED = re.compile(r" ?\bdropped=(\d+)\s*$")
_TYPE_NAMES = {float: "float", int: "integer", Unsigned: "unsigned", bool: "boolean", str: "string"}
_UNPARSEABLE = "unable to parse '"


@dataclass(frozen=True, slots=True)
class TypeConflict:
    """`field` of `measurement` came as type `given` (float, integer, unsigned, string, boolean), which is not the stored one.

    `dropped` is how many points the server left out, None when it did not say.
    """

    measurement: str
    field: str
    given: str
    dropped: int | None


@dataclass(frozen=True, slots=True)
class BeyondRetention:
    """The `dropped` oldest points are older than what the server keeps."""

    dropped: int


@dataclass(frozen=True, slots=True)
class Unparseable:
    """Lines the server could not read, each with its reason."""

    lines: tuple[tuple[str, str], ...]


Cause = TypeConflict | BeyondRetention | Unparseable


def type_name(value: FieldValue) -> str:
    """Return what the server calls the type of a value, as `TypeConflict.given` has it."""
    return _TYPE_NAMES[type(value)]


def find_cause(words: str, data: object = None) -> Cause | None:
    """Return the cause that `words` (and the `data` list of InfluxDB 3) name, or None when only a search will tell."""
    listed = _listed(data)
    if listed:
        return Unparseable(listed)
    if _UNPARSEABLE in words:
        return Unparseable(tuple(_quoted(words)))
    dropped = _DROPPED.search(words)
    if conflict := _CONFLICT.search(words):
        field, measurement, given = conflict.groups()
        return TypeConflict(measurement, field, given, int(dropped[1]) if dropped else None)
    if (beyond := _BEYOND.search(words)) and "Upper Bound" not in words:  # too far in the future: not the oldest ones
        number = beyond[1] or (dropped and dropped[1])
        return BeyondRetention(int(number)) if number else None
    return None


def _listed(data: object) -> tuple[tuple[str, str], ...]:
    entries: list[Any] = data if isinstance(data, list) else []
    pairs = [(entry.get("original_line"), entry.get("error_message")) for entry in entries if isinstance(entry, dict)]
    return tuple((line, reason) for line, reason in pairs if isinstance(line, str) and isinstance(reason, str))


def _quoted(words: str) -> list[tuple[str, str]]:
    blocks = words.split(_UNPARSEABLE)[1:]
    parts = [block.rpartition("': ") for block in blocks]
    return [(line, _DROPPED.sub("", reason).strip()) for line, found, reason in parts if found]

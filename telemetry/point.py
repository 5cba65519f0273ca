"""Readings and points: what a decoder yields, and what the store keeps.

Numbers: a Python `float` is a line-protocol float, an `int` (not bool) a 64-bit integer (`i`), an `Unsigned` a
64-bit unsigned integer (`u`).
"""

from collections.abc import Mapping
from typing import NamedTuple


class Unsigned(int):
    """An unsigned 64-bit integer field (`42u`): a type of its own in line protocol."""


FieldValue = float | int | bool | str


class Reading(NamedTuple):
    """What a decoder yields: names of the catalogue where it knows them, else as the device gave them; time in ns since 1970 UTC or
    None when the device has no clock; quality bits (telemetry/quality.py) of which the device itself tells.

    `age_ns`, where the time is None: the device has no clock, but says how long before the arrival it took the reading.
    `is_historical`: the device had kept it, so where its time cannot be believed it is refused, and never taken for one of now.
    """

    measurement: str
    tags: Mapping[str, str]
    fields: Mapping[str, FieldValue]
    time_ns: int | None = None
    quality: int = 0
    age_ns: int = 0
    is_historical: bool = False


class Point(NamedTuple):
    """What is stored: canonical names and units. Identity is measurement + tags + time_ns (ns since 1970 UTC)."""

    measurement: str
    tags: Mapping[str, str]
    fields: Mapping[str, FieldValue]
    time_ns: int

"""Base fields, and how a record is resolved with them (RFC 8428, sections 4.1 to 4.6).

A base field counts from its record on, until another record changes it. Names are put together, times, values and sums added up. The
sums are exact: 1276020076.001 s and -5 s give 1276020071.001 s to the nanosecond, 20.1 and 0.2 give 20.3.
"""

import math
from collections.abc import Mapping
from decimal import Decimal

from edge.decoders.decoder import shown
from telemetry.errors import RejectedError

NEWEST_VERSION = 10  # RFC 8428
WITH_SECONDARY_UNITS = 26  # RFC 9100: version 10 and feature 4, secondary units
RELATIVE_BELOW_NS = 2**28 * 10**9  # a time below counts from now (RFC 8428, section 4.5.3)
_INT64 = 2**63
_BEYOND = 1e15  # seconds; no clock says more


class Bases:
    """The base fields as they stand at a record. An unusable base refuses the whole pack: every later record would be wrong."""

    __slots__ = ("_version", "is_plain", "name", "sum", "time_ns", "unit", "value")

    def __init__(self) -> None:
        self._version: int | None = None
        self.name = ""
        self.time_ns = 0
        self.unit: str | None = None
        self.value: float | None = None
        self.sum: float | None = None
        self.is_plain = True  # nothing is added to values

    def take(self, record: Mapping[str, object], number: int) -> None:
        """Take over the base fields of record `number`."""
        try:
            if (name := record.get("bn")) is not None:
                self.name = _text(name, "bn")
            if (time := record.get("bt")) is not None:
                self.time_ns = seconds_as_ns(time)
            if (unit := record.get("bu")) is not None:
                self.unit = _text(unit, "bu")
            if (value := record.get("bv")) is not None:
                self.value = finite(value)
            if (total := record.get("bs")) is not None:
                self.sum = finite(total)
            self.is_plain = self.value is None and self.sum is None
        except ValueError as error:
            raise RejectedError(f"record {number}: a base field: {error}") from None
        if (version := record.get("bver")) is not None:
            self._take_version(version, number)

    def _take_version(self, version: object, number: int) -> None:
        whole = int(version) if isinstance(version, int | float) and not isinstance(version, bool) and version == version // 1 else 0
        if not 0 < whole <= NEWEST_VERSION and whole != WITH_SECONDARY_UNITS:
            raise RejectedError(f"record {number}: version (bver) {shown(version)}; {NEWEST_VERSION} is the newest that is understood")
        if self._version not in {None, whole}:
            raise RejectedError(f"record {number}: version (bver) {whole} after {self._version}; a pack has one")
        self._version = whole


def resolved_name(bases: Bases, record: Mapping[str, object]) -> str:
    """Return base name and name together, not yet looked at (names.py, check_name)."""
    own = record.get("n")
    return bases.name + _text(own, "n") if own is not None else bases.name


def resolved_time(bases: Bases, record: Mapping[str, object]) -> int:
    """Return base time and time together, in ns: since 1970 UTC from RELATIVE_BELOW_NS on, else since the arrival."""
    own = record.get("t")
    time_ns = bases.time_ns if own is None else bases.time_ns + seconds_as_ns(own)
    if time_ns >= _INT64:
        raise ValueError(f"time {time_ns // 10**9} s is beyond what 64 bits of nanoseconds can hold")
    return time_ns


def seconds_as_ns(value: object) -> int:
    """Return seconds in ns, to the last digit that was sent."""
    if value.__class__ is int and -_BEYOND < value < _BEYOND:
        return value * 1_000_000_000
    number = finite(value)
    if abs(number) >= _BEYOND:
        raise ValueError(f"{shown(value)} is no time")
    return int((Decimal(repr(number)) * 1_000_000_000).to_integral_value())


def finite(value: object) -> float:
    """Return a number as a float; ValueError for what is none."""
    if value.__class__ is not float and value.__class__ is not int:
        raise ValueError(f"{shown(value)} is not a number")
    if not -math.inf < value < math.inf:
        raise ValueError(f"{shown(value)} is not a finite number")
    try:
        return float(value)
    except OverflowError:
        raise ValueError(f"{shown(value)} is more than a float holds") from None


def added(base: float | None, value: object) -> float:
    """Return the sum of base and value (None: 0), rounded once, as if both had been written in decimal."""
    own = 0.0 if value is None else finite(value)
    return own if not base else finite(float(Decimal(repr(base)) + Decimal(repr(own))))


def _text(value: object, label: str) -> str:
    if not isinstance(value, str):
        raise ValueError(f"{label} is {shown(value)}, not text")  # noqa: TRY004 - one kind of refusal for the caller
    return value

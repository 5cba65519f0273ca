"""Legal limits, index bands and alarm levels: facts with sources, in TOML beside this file, shared by alert rules and dashboards."""

import tomllib
from datetime import date
from functools import cache
from importlib.resources import files
from typing import Any

from rules.limits.model import Band, Index, LegalLimit, Station

__all__ = ["Band", "Index", "LegalLimit", "Station", "indices", "legal_limits", "legal_limits_on", "stations"]


@cache
def legal_limits() -> tuple[LegalLimit, ...]:
    """Return every limit, also those that are no longer or not yet in force."""
    return tuple(LegalLimit(**row) for name in ("air.toml", "noise.toml") for row in _read(name)["limit"])


def legal_limits_on(day: date, measurement: str, field: str) -> tuple[LegalLimit, ...]:
    """Return the limits of a field that are in force on a day."""
    return tuple(row for row in legal_limits() if (row.measurement, row.field) == (measurement, field) and row.is_in_force(day))


@cache
def indices() -> dict[str, Index]:
    """Return the indices by name, as "vn_aqi"."""
    return {row["name"]: Index(**row) for row in _read("air.toml")["index"]}


@cache
def stations() -> tuple[Station, ...]:
    """Return the river gauges."""
    return tuple(Station(**row) for row in _read("rivers.toml")["station"])


def _read(name: str) -> dict[str, Any]:
    return tomllib.loads((files(__name__) / name).read_text(encoding="utf-8"))

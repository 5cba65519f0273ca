"""Which unit a panel shows a column with: its default, or that of the last override that finds the column by a name it has.

Grafana's matchers are in packages/grafana-data/src/transformations/matchers; transformations that rename columns are followed.
"""

import re
from collections.abc import Iterator

from dashboards.influxql.statement import Statement, selects
from dashboards.lint.derive import NotDerived, columns
from dashboards.lint.measure import NUMBER, Measure
from dashboards.lint.walk import Asked
from dashboards.model.json import Json

# Panels in which nobody reads a number of a query with its unit.
NUMBERLESS = frozenset({"row", "text", "dashlist", "alertlist", "annolist", "news", "logs"})
_COUNTING = frozenset({"count", "distinctCount", "changeCount"})  # reducers (fieldReducer.ts) whose result has no unit
_ANY_TAG = re.compile(r"\$tag_\w+|\[\[tag_\w+\]\]")
_MEASUREMENT = re.compile(r"\$(?:m|measurement)\b|\[\[(?:m|measurement)\]\]")
_COLUMN = re.compile(r"\$col\b|\[\[col\]\]")


def shown(asked: Asked, statement: Statement) -> Iterator[tuple[str, str, Measure | NotDerived]]:
    """Yield each column of a panel's query with the unit it is shown with."""
    panel = asked.panel or {}
    if asked.holder.get("hide") or panel.get("type") in NUMBERLESS:
        return
    reducers = panel.get("options", {}).get("reduceOptions", {}).get("calcs", [])
    is_counted = bool(reducers) and set(reducers) <= _COUNTING
    renamed, dropped = _organised(panel)
    for column, measure in columns(statement):
        names = _names(asked.holder, column, _measurement(statement))
        if names & dropped or _is_hidden(panel, asked.place.ref, names):
            continue
        names |= {renamed[name] for name in names if name in renamed}
        names |= {f"{name} ({reducer})" for name in names for reducer in ("last", "lastNotNull", "max", "min", "mean", "sum", "first")}
        yield column, _property(panel, asked.place.ref, names, "unit"), NUMBER if is_counted else measure


def default_unit(panel: Json) -> str:
    return str(panel.get("fieldConfig", {}).get("defaults", {}).get("unit") or "")


def _property(panel: Json, ref: str, names: set[str], wanted: str) -> str:
    found = default_unit(panel) if wanted == "unit" else ""
    for override in panel.get("fieldConfig", {}).get("overrides", []):
        if _matches(override.get("matcher", {}), ref, names):
            for each in override.get("properties", []):
                if each.get("id") == wanted:
                    found = str(each.get("value"))
    return found


def _is_hidden(panel: Json, ref: str, names: set[str]) -> bool:
    return _property(panel, ref, names, "custom.hidden") == "True"


def _matches(matcher: Json, ref: str, names: set[str]) -> bool:
    options = matcher.get("options")
    match matcher.get("id"):
        case "byName":
            return isinstance(options, str) and options in names
        case "byNames":
            wanted = options.get("names") if isinstance(options, dict) else None
            return isinstance(wanted, list) and any(name in wanted for name in names)
        case "byRegexp":
            return any(_finds(str(options), name) for name in names)
        case "byFrameRefID":
            return bool(options == ref)
        case "byType":
            return bool(options == "number")
    return False


def _finds(pattern: str, name: str) -> bool:
    """Grafana writes an expression with or without slashes around it."""
    inside = pattern[1 : pattern.rindex("/")] if pattern.startswith("/") and pattern.count("/") > 1 else pattern
    try:
        return re.search(inside, name) is not None
    except re.error:
        return False


def _names(target: Json, column: str, measurement: str) -> set[str]:
    """Return what a column is called: by itself, and in a time series by the alias, in which a tag's value may be anything."""
    if target.get("resultFormat") == "table":
        return {column}
    alias = str(target.get("alias") or "$m.$col")  # as Grafana names a series by itself, but for its tags
    filled = _MEASUREMENT.sub(lambda _: measurement, _COLUMN.sub(lambda _: column, alias))
    return {column, _ANY_TAG.sub("…", filled)}


def _measurement(statement: Statement) -> str:
    """Return the name that the series have: that of the measurement which is read in the end."""
    return next((source.name for each in selects(statement) for source in each.measurements), "")


def _organised(panel: Json) -> tuple[dict[str, str], set[str]]:
    """Return the new names, and the columns that are taken out, of `organize` transformations."""
    renamed: dict[str, str] = {}
    dropped: set[str] = set()
    for transformation in panel.get("transformations", []):
        if transformation.get("id") == "organize":
            options = transformation.get("options", {})
            renamed |= {old: new for old, new in options.get("renameByName", {}).items() if new}
            dropped |= {name for name, is_out in options.get("excludeByName", {}).items() if is_out}
    return renamed, dropped

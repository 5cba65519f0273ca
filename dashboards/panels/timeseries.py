"""Curves over time. A gap in the data is a gap in the curve: points further apart than `house.GAP_MS`, or than two of the steps that the
queries ask for, are never joined.

Where the store groups by `$__interval` and fills with null, these nulls are the gaps. `insertNulls` puts a null wherever two points are
further apart than a fixed time (Grafana's nullInsertThreshold.ts), so there it would take apart every curve whose step is longer than
that: that of a week on a phone.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from dashboards.house import GAP_MS
from dashboards.influxql.expand import duration_ms
from dashboards.influxql.select import AUTO, Select
from dashboards.model.json import Json, given
from dashboards.model.panel import Panel
from dashboards.model.query import Query
from dashboards.panels.thresholds import lines
from dashboards.words import Text


def timeseries(
    key: str,
    title: Text,
    description: Text,
    queries: Sequence[Query],
    *,
    unit: str,
    empty: Text,
    decimals: int | None = None,
    limits: Sequence[tuple[float, str]] = (),
    low: float | None = None,
    high: float | None = None,
    style: Mapping[str, Any] | None = None,
    overrides: Sequence[Mapping[str, Any]] = (),
    may_be_empty: bool = False,
    has_legend: bool = True,
    legend_calcs: Sequence[str] = ("lastNotNull", "max"),
    time_from: str = "",
    interval: str = "",
    is_from_zero: bool = True,
) -> Panel:
    """Return a panel of curves; `limits` are horizontal lines (value, colour), `style` more of Grafana's GraphFieldConfig."""
    steps = {step for query in queries for step in _steps(query.select)}
    gap_ms = max([GAP_MS, *(2 * duration_ms(step) for step in steps if step not in ("", AUTO))])
    custom: Json = {
        "drawStyle": "line",
        "lineInterpolation": "linear",
        "lineWidth": 1,
        "fillOpacity": 0,
        "showPoints": "auto",
        "spanNulls": gap_ms,  # nulls between points are joined up to here, and
        **({} if AUTO in steps else {"insertNulls": gap_ms}),  # points without a null between them only up to here
        **({"axisSoftMin": 0 if low is None else low} if is_from_zero else {}),
        "thresholdsStyle": {"mode": "line" if limits else "off"},
        **(style or {}),
    }
    defaults: Json = {"custom": custom, "color": {"mode": "palette-classic"}, **given(decimals=decimals, min=low, max=high)}
    if limits:
        defaults["thresholds"] = lines(limits)
    legend: Json = {"showLegend": has_legend, "displayMode": "list", "placement": "bottom", "calcs": list(legend_calcs)}
    return Panel(
        key,
        "timeseries",
        title,
        description,
        empty,
        tuple(queries),
        unit,
        {"legend": legend, "tooltip": {"mode": "multi", "sort": "desc"}},
        defaults,
        tuple(overrides),
        may_be_empty=may_be_empty,
        time_from=time_from,
        interval=interval,
    )


def _steps(select: Select) -> set[str]:
    """Return the lengths of time that a statement groups by, "" where it does not: of its outermost statements that do."""
    if select.every or isinstance(select.of, str):
        return {select.every.partition(",")[0]}
    return {step for inner in select.of for step in _steps(inner)}

"""Curves over time. A gap in the data is a gap in the curve: points further apart than `house.GAP_MS`, or than two of the steps that the
queries ask for, are never joined.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from dashboards.house import GAP_MS
from dashboards.influxql.expand import duration_ms
from dashboards.influxql.select import AUTO
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
    gap_ms = max(
        [GAP_MS, *(2 * duration_ms(query.select.every.partition(",")[0]) for query in queries if query.select.every not in ("", AUTO))]
    )
    custom: Json = {
        "drawStyle": "line",
        "lineInterpolation": "linear",
        "lineWidth": 1,
        "fillOpacity": 0,
        "showPoints": "auto",
        "spanNulls": gap_ms,  # nulls between points are joined up to here, and
        "insertNulls": gap_ms,  # points without a null between them only up to here
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

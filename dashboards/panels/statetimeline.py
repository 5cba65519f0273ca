"""States over time: one bar a series, one colour a state.

A state lasts until the next point: one with another value, or a null, as `fill(null)` gives where nothing came.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from dashboards.model.json import Json
from dashboards.model.panel import Panel
from dashboards.model.query import Query
from dashboards.words import Text


def statetimeline(
    key: str,
    title: Text,
    description: Text,
    queries: Sequence[Query],
    *,
    empty: Text,
    mappings: Sequence[Json] = (),
    unit: str = "none",
    thresholds: Json | None = None,
    row_height: float = 0.8,
    show_value: str = "auto",
    merge_values: bool = True,
    overrides: Sequence[Mapping[str, Any]] = (),
    transformations: Sequence[Mapping[str, Any]] = (),
    links: Sequence[Json] = (),
    may_be_empty: bool = False,
    interval: str = "",
    time_from: str = "",
) -> Panel:
    """Return a panel of states; `mappings` give their words and colours."""
    custom: Json = {"fillOpacity": 80, "lineWidth": 0, "spanNulls": False}
    defaults: Json = {"custom": custom, "mappings": list(mappings), "color": {"mode": "thresholds" if thresholds else "palette-classic"}}
    if thresholds:
        defaults["thresholds"] = thresholds
    options: Json = {
        "showValue": show_value,
        "rowHeight": row_height,
        "mergeValues": merge_values,
        "alignValue": "left",
        "legend": {"showLegend": True, "displayMode": "list", "placement": "bottom", "calcs": []},
        "tooltip": {"mode": "single", "sort": "none"},
    }
    return Panel(
        key,
        "state-timeline",
        title,
        description,
        empty,
        tuple(queries),
        unit,
        options,
        defaults,
        tuple(overrides),
        tuple(transformations),
        tuple(links),
        may_be_empty=may_be_empty,
        time_from=time_from,
        interval=interval,
    )

"""One bar for each series, with its name: to compare a few at a glance, also on a phone."""

from collections.abc import Mapping, Sequence
from typing import Any

from dashboards.house import GREEN
from dashboards.model.json import Json
from dashboards.model.panel import Panel
from dashboards.model.query import Query
from dashboards.panels.thresholds import steps
from dashboards.words import Text


def bargauge(
    key: str,
    title: Text,
    description: Text,
    queries: Sequence[Query],
    *,
    unit: str,
    empty: Text,
    low: float | None = 0,
    high: float | None = None,
    decimals: int | None = None,
    thresholds: Json | None = None,
    mappings: Sequence[Json] = (),
    reducer: str = "lastNotNull",
    overrides: Sequence[Mapping[str, Any]] = (),
    links: Sequence[Json] = (),
    may_be_empty: bool = False,
    time_from: str = "",
) -> Panel:
    """Return bars from `low` to `high` (from the data when None); `links` are followed from a bar."""
    defaults: Json = {"color": {"mode": "thresholds"}, "thresholds": thresholds or steps(GREEN), "mappings": list(mappings)}
    defaults |= {name: value for name, value in {"min": low, "max": high, "decimals": decimals}.items() if value is not None}
    if links:
        defaults["links"] = list(links)
    options: Json = {
        "displayMode": "basic",
        "valueMode": "color",
        "namePlacement": "auto",
        "showUnfilled": True,
        "sizing": "auto",
        "minVizWidth": 8,
        "minVizHeight": 16,
        "maxVizHeight": 60,
        "orientation": "horizontal",
        "reduceOptions": {"values": False, "calcs": [reducer], "fields": ""},
        "legend": {"showLegend": False, "displayMode": "list", "placement": "bottom", "calcs": []},
    }
    return Panel(
        key,
        "bargauge",
        title,
        description,
        empty,
        tuple(queries),
        unit,
        options,
        defaults,
        tuple(overrides),
        may_be_empty=may_be_empty,
        time_from=time_from,
    )

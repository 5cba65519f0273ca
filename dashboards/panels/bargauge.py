"""A bar for each series, with its name and value: what is to be compared at a glance."""

from collections.abc import Mapping, Sequence
from typing import Any

from dashboards.house import BLUE
from dashboards.model.json import Json, given
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
    thresholds: Json | None = None,
    low: float = 0,
    high: float | None = None,
    decimals: int | None = None,
    reducer: str = "lastNotNull",
    overrides: Sequence[Mapping[str, Any]] = (),
    may_be_empty: bool = False,
    time_from: str = "",
) -> Panel:
    """Return a panel of horizontal bars from `low` to `high`; `reducer` makes one value of each series.

    Names stand above their bars, so that they are not cut on a phone.
    """
    defaults: Json = {"color": {"mode": "thresholds"}, "thresholds": thresholds or steps(BLUE), "min": low}
    defaults |= given(max=high, decimals=decimals)
    options: Json = {
        "displayMode": "basic",
        "orientation": "horizontal",
        "valueMode": "color",
        "namePlacement": "top",
        "showUnfilled": True,
        "sizing": "auto",
        "minVizWidth": 8,
        "minVizHeight": 16,
        "maxVizHeight": 60,
        "legend": {"showLegend": False, "displayMode": "list", "placement": "bottom", "calcs": []},
        "reduceOptions": {"values": False, "calcs": [reducer], "fields": ""},
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

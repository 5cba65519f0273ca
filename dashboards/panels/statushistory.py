"""A row of cells for each series, a cell for each step of time: where a pattern of hours shows at a glance."""

from collections.abc import Sequence

from dashboards.model.json import Json
from dashboards.model.panel import Panel
from dashboards.model.query import Query
from dashboards.words import Text


def statushistory(
    key: str,
    title: Text,
    description: Text,
    queries: Sequence[Query],
    *,
    unit: str,
    empty: Text,
    palette: str = "continuous-BlYlRd",
    thresholds: Json | None = None,
    mappings: Sequence[Json] = (),
    decimals: int = 0,
    shows_values: bool = True,
    may_be_empty: bool = False,
    time_from: str = "",
) -> Panel:
    """Return a panel of cells. With `thresholds` they are coloured by these, otherwise by `palette` from the lowest value to the highest.

    The queries must group by a fixed time ("1h"): Grafana refuses to draw more cells than pixels.
    """
    defaults: Json = {
        "custom": {"lineWidth": 0, "fillOpacity": 80},
        "color": {"mode": "thresholds" if thresholds else palette},
        "mappings": list(mappings),
        "decimals": decimals,
    }
    if thresholds:
        defaults["thresholds"] = thresholds
    options: Json = {
        "rowHeight": 0.9,
        "colWidth": 0.9,
        "showValue": "auto" if shows_values else "never",
        "legend": {"showLegend": bool(thresholds or mappings), "displayMode": "list", "placement": "bottom", "calcs": []},
        "tooltip": {"mode": "single", "sort": "none"},
    }
    return Panel(
        key,
        "status-history",
        title,
        description,
        empty,
        tuple(queries),
        unit,
        options,
        defaults,
        may_be_empty=may_be_empty,
        time_from=time_from,
    )

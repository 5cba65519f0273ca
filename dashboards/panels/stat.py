"""One big number, or one for each series."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from dashboards.house import GREEN
from dashboards.model.json import Json, given
from dashboards.model.panel import Panel
from dashboards.model.query import Query
from dashboards.panels.thresholds import steps
from dashboards.words import Text


def stat(
    key: str,
    title: Text,
    description: Text,
    queries: Sequence[Query],
    *,
    unit: str,
    empty: Text,
    thresholds: Json | None = None,
    mappings: Sequence[Json] = (),
    decimals: int | None = None,
    graph: Literal["none", "area"] = "none",
    color: Literal["value", "background", "background_solid", "none"] = "value",
    text: Literal["auto", "value", "value_and_name", "name"] = "auto",
    reducer: str = "lastNotNull",
    overrides: Sequence[Mapping[str, Any]] = (),
    links: Sequence[Json] = (),
    may_be_empty: bool = False,
    time_from: str = "",
) -> Panel:
    """Return a panel of numbers; `reducer` makes one of each series."""
    defaults: Json = {"color": {"mode": "thresholds"}, "thresholds": thresholds or steps(GREEN), "mappings": list(mappings)}
    defaults |= given(decimals=decimals)
    options: Json = {
        "reduceOptions": {"values": False, "calcs": [reducer], "fields": ""},
        "orientation": "auto",
        "textMode": text,
        "colorMode": color,
        "graphMode": graph,
        "justifyMode": "auto",
    }
    return Panel(
        key,
        "stat",
        title,
        description,
        empty,
        tuple(queries),
        unit,
        options,
        defaults,
        tuple(overrides),
        links=tuple(links),
        may_be_empty=may_be_empty,
        time_from=time_from,
    )

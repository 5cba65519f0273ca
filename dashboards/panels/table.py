"""A table. Columns have units and names by override, since every column is a quantity of its own."""

from collections.abc import Mapping, Sequence
from typing import Any

from dashboards.model.json import Json
from dashboards.model.panel import Panel
from dashboards.model.query import Query
from dashboards.words import Text


def column(name: str | Text, *, unit: str = "", title: Text | None = None, width: int = 0, **more: Any) -> Json:
    """Return the override of one column, found by the name its query gives it; `more` are properties of Grafana's field config by name."""
    wanted = {"unit": unit, "displayName": title, "custom.width": width, **{key.replace("__", "."): value for key, value in more.items()}}
    properties = [{"id": key, "value": value} for key, value in wanted.items() if value or key in more]
    return {"matcher": {"id": "byName", "options": name}, "properties": properties}


def hidden(name: str) -> Json:
    """Return the override of a column that is there for links and not seen. (Grafana 12 on reads it as `hideFrom`: migrateHiddenFields.)"""
    return column(name, custom__hidden=True)


def table(
    key: str,
    title: Text,
    description: Text,
    queries: Sequence[Query],
    *,
    empty: Text,
    columns: Sequence[Mapping[str, Any]] = (),
    sort_by: str | Text = "",
    is_descending: bool = False,
    transformations: Sequence[Mapping[str, Any]] = (),
    defaults: Mapping[str, Any] | None = None,
    may_be_empty: bool = False,
    links: Sequence[Json] = (),
    time_from: str = "",
) -> Panel:
    """Return a table; its queries should be of format "table"."""
    options: Json = {"showHeader": True, "cellHeight": "sm"}
    if sort_by:
        options["sortBy"] = [{"displayName": sort_by, "desc": is_descending}]
    return Panel(
        key,
        "table",
        title,
        description,
        empty,
        tuple(queries),
        "none",
        options,
        {"custom": {"align": "auto", "filterable": False}, **(defaults or {})},
        tuple(columns),
        tuple(transformations),
        tuple(links),
        may_be_empty=may_be_empty,
        time_from=time_from,
    )

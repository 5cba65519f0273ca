"""What Grafana does with answers before a panel shows them (packages/grafana-data/src/transformations)."""

from collections.abc import Mapping, Sequence

from dashboards.model.json import Json


def organize(order: Sequence[str] = (), *, without: Sequence[str] = (), renamed: Mapping[str, str] | None = None, of: str = "") -> Json:
    """Order columns, leave some out, rename some; only in the answer of query `of` ("A"), else in all.

    The order is set always: the data source gives tags in no order of their own.
    """
    options = {
        "indexByName": {column: index for index, column in enumerate(order)},
        "excludeByName": dict.fromkeys(without, True),
        "renameByName": dict(renamed or {}),
    }
    return {"id": "organize", "options": options} | ({"filter": {"id": "byRefId", "options": of}} if of else {})


def merge() -> Json:
    """Make one table of all answers; rows that agree in every column they share become one."""
    return {"id": "merge", "options": {}}


def only(column: str, value: float) -> Json:
    """Keep the rows in which a column has a value."""
    condition = {"fieldName": column, "config": {"id": "equal", "options": {"value": value}}}
    return {"id": "filterByValue", "options": {"filters": [condition], "type": "include", "match": "all"}}


def only_told(column: str) -> Json:
    """Keep the rows in which a column has a value at all."""
    condition = {"fieldName": column, "config": {"id": "isNotNull", "options": {}}}
    return {"id": "filterByValue", "options": {"filters": [condition], "type": "include", "match": "all"}}


def count_by(column: str, counted: str) -> Json:
    """Make one row of each value of a column, with `<counted> (count)`: how many rows had it."""
    fields = {column: {"operation": "groupby", "aggregations": []}, counted: {"operation": "aggregate", "aggregations": ["count"]}}
    return {"id": "groupBy", "options": {"fields": fields}}


def series_to_rows() -> Json:
    """Make one table of series: a row a point, with `Time`, `Metric` (the name of the series) and `Value`."""
    return {"id": "seriesToRows", "options": {}}

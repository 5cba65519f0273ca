"""Transformations that make, keep or count rows: seriesToRows, filterByValue, groupBy.

Source: packages/grafana-data/src/transformations/transformers. A condition or an operation that is not here raises KeyError.
"""

from collections.abc import Callable, Sequence
from typing import Any

from dashboards.model.json import Json
from dashboards.preview.frame import Field, Frame

_CONDITIONS: dict[str, Callable[[Any, Json], bool]] = {
    "equal": lambda value, options: bool(value == options["value"]),
    "isNotNull": lambda value, _: value is not None,
}


def series_to_rows(frames: list[Frame], options: Json) -> list[Frame]:  # noqa: ARG001 (it has none)
    """A row for each point of each series, newest first: Time, Metric (the name of the series), Value."""
    rows = [
        (time, field.name, value)
        for frame in frames
        if frame.time
        for field in frame.values
        for time, value in zip(frame.time.values, field.values, strict=True)
    ]
    rows.sort(key=lambda row: row[0], reverse=True)
    times, names, values = zip(*rows, strict=True) if rows else ((), (), ())
    return [Frame(frames[0].ref, (Field("Time", times, is_time=True), Field("Metric", names), Field("Value", values)))] if frames else []


def filter_by_value(frames: list[Frame], options: Json) -> list[Frame]:
    """Keep the rows that meet all conditions, or any of them (`match`); with type "exclude" the others."""
    meets = all if options["match"] == "all" else any
    is_wanted = options["type"] == "include"

    def keep(frame: Frame) -> list[int]:
        columns = {field.name: field.values for field in frame.fields}
        return [at for at in range(frame.row_count) if meets(_is_met(each, columns, at) for each in options["filters"]) == is_wanted]

    return [_rows(frame, keep(frame)) for frame in frames]


def _is_met(condition: Json, columns: dict[str, tuple[Any, ...]], at: int) -> bool:
    values = columns.get(condition["fieldName"])
    config = condition["config"]
    return values is not None and _CONDITIONS[config["id"]](values[at], config.get("options", {}))


def group_by(frames: list[Frame], options: Json) -> list[Frame]:
    """A row for each combination of the columns grouped by, with counts of others as `name (count)`."""
    fields: Json = options["fields"]
    by = [name for name, each in fields.items() if each.get("operation") == "groupby"]
    counted = [name for name, each in fields.items() for aggregation in each.get("aggregations", []) if {"count": True}[aggregation]]
    result = []
    for frame in frames:
        columns = {field.name: field.values for field in frame.fields}
        keys = [tuple(columns[name][at] for name in by) for at in range(frame.row_count)]
        groups = list(dict.fromkeys(keys))
        found = [Field(name, tuple(key[at] for key in groups)) for at, name in enumerate(by)]
        found += [Field(f"{name} (count)", tuple(keys.count(key) for key in groups)) for name in counted]
        result.append(Frame(frame.ref, tuple(found)))
    return result


def _rows(frame: Frame, rows: Sequence[int]) -> Frame:
    return Frame(
        frame.ref,
        tuple(Field(each.name, tuple(each.values[row] for row in rows), each.is_time, each.labels) for each in frame.fields),
    )

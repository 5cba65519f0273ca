"""Transformations of frames, those of Grafana that our panels use, by Grafana's names.

Source: packages/grafana-data/src/transformations. One that is not in the table raises KeyError: a picture must not lie.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from dashboards.model.json import Json
from dashboards.preview.frame import Field, Frame
from dashboards.preview.reduce import reduced

Frames = list[Frame]


def transformed(panel: Json, frames: Sequence[Frame]) -> Frames:
    """Return the frames after the panel's transformations, in their order; one with a filter changes the frames of that query alone."""
    result = list(frames)
    for each in panel.get("transformations", []):
        if not each.get("disabled"):
            only = each.get("filter", {"options": ""})["options"]
            changed = iter(TRANSFORMATIONS[each["id"]]([frame for frame in result if only in ("", frame.ref)], each.get("options", {})))
            result = [next(changed, frame) if frame.ref == only else frame for frame in result] if only else list(changed)
    return result


def _merge(frames: Frames, options: Json) -> Frames:  # noqa: ARG001 (Grafana's merge has no options)
    """Rows of all frames in one; rows that agree in all columns they share become one (mergeTransformer)."""
    if not frames:
        return []
    names = list(dict.fromkeys(field.name for frame in frames for field in frame.fields))
    times = {field.name for frame in frames for field in frame.fields if field.is_time}
    shared = [name for name in names if all(any(field.name == name for field in frame.fields) for frame in frames)]
    rows: list[dict[str, Any]] = []
    for frame in frames:
        for at in range(frame.row_count):
            row = {field.name: field.values[at] for field in frame.fields}
            fitting = next((each for each in rows if shared and _agree(each, row, shared)), None)
            if fitting is None:
                rows.append(row)
            else:
                fitting.update(row)
    return [_frame(frames[0].ref, names, rows, times)]


def _agree(first: dict[str, Any], second: dict[str, Any], shared: Sequence[str]) -> bool:
    both = set(first) & set(second)
    return all(first[name] == second[name] for name in both) and set(shared) <= both


def _join(frames: Frames, options: Json) -> Frames:
    """Frames side by side on one column (joinByField): outer unless `mode` is inner."""
    by = options.get("byField", "Time")
    wanted = [frame for frame in frames if any(field.name == by for field in frame.fields)]
    rows: dict[Any, dict[str, Any]] = {}
    for at, frame in enumerate(wanted):
        keys = next(field for field in frame.fields if field.name == by)
        for row, key in enumerate(keys.values):
            rows.setdefault(key, {by: key, "": set()})[""].add(at)
            rows[key] |= {field.name: field.values[row] for field in frame.fields if field.name != by}
    kept = [row for row in rows.values() if options.get("mode") != "inner" or len(row[""]) == len(wanted)]
    names = list(dict.fromkeys([by, *(field.name for frame in wanted for field in frame.fields)]))
    times = {field.name for frame in wanted for field in frame.fields if field.is_time}
    return [_frame(wanted[0].ref, names, kept, times)] if wanted else []


def _organize(frames: Frames, options: Json) -> Frames:
    """Leave out, put in order, call by another name (organize)."""
    left_out = {name for name, is_out in options.get("excludeByName", {}).items() if is_out}
    order, names = options.get("indexByName", {}), options.get("renameByName", {})
    result = []
    for frame in frames:
        fields = [field for field in frame.fields if field.name not in left_out]
        fields.sort(key=lambda field: order.get(field.name, len(order)))
        result.append(Frame(frame.ref, tuple(replace(field, name=names.get(field.name) or field.name) for field in fields)))
    return result


def _sort_by(frames: Frames, options: Json) -> Frames:
    result = frames
    for sort in options.get("sort", [])[:1]:
        result = [_sorted(frame, sort["field"], is_descending=bool(sort.get("desc"))) for frame in result]
    return result


def _sorted(frame: Frame, name: str, *, is_descending: bool) -> Frame:
    field = next((field for field in frame.fields if field.name == name), None)
    if field is None:
        return frame
    order = sorted(range(frame.row_count), key=lambda row: (field.values[row] is None, field.values[row]), reverse=is_descending)
    return _rows(frame, order)


def _limit(frames: Frames, options: Json) -> Frames:
    return [_rows(frame, range(min(int(options.get("limitField", 10)), frame.row_count))) for frame in frames]


def _reduce(frames: Frames, options: Json) -> Frames:
    """A row for each field, a column for each reducer (mode seriesToRows)."""
    reducers = options.get("reducers", ["max"])
    fields = [field for frame in frames for field in frame.values]
    columns = [Field("Field", tuple(field.name for field in fields))]
    columns += [Field(_TITLES.get(each, each), tuple(reduced(field.values, each) for field in fields)) for each in reducers]
    return [Frame(frames[0].ref if frames else "A", tuple(columns))]


def _series_to_rows(frames: Frames, options: Json) -> Frames:  # noqa: ARG001 (Grafana's seriesToRows has no options)
    """A row for each point of each series, newest first: Time, Metric, Value."""
    points = [
        (at, field.name, value)
        for frame in frames
        if frame.time
        for field in frame.values
        for at, value in zip(frame.time.values, field.values, strict=True)
    ]
    points.sort(key=lambda point: -point[0])
    times, names, values = (tuple(column) for column in zip(*points, strict=True)) if points else ((), (), ())
    return [Frame(frames[0].ref, (Field("Time", times, is_time=True), Field("Metric", names), Field("Value", values)))] if frames else []


def _filter_by_value(frames: Frames, options: Json) -> Frames:
    """Rows that fit all, or any, of the filters are kept, or left out (filterByValue)."""
    need = all if options.get("match") == "all" else any
    result = []
    for frame in frames:
        columns = {field.name: field.values for field in frame.fields}
        nothing = (None,) * frame.row_count
        tests = [(each["config"], columns.get(each["fieldName"], nothing)) for each in options["filters"]]
        wanted = options.get("type", "include") == "include"
        rows = [row for row in range(frame.row_count) if need(_fits(config, values[row]) for config, values in tests) == wanted]
        result.append(_rows(frame, rows))
    return result


def _fits(config: Json, value: Any) -> bool:
    bound = config.get("options", {}).get("value")
    return _COMPARISONS[config["id"]](value, bound)


def _group_by(frames: Frames, options: Json) -> Frames:
    """One row for each value of the columns of `groupby`; of the others what their aggregations say (groupBy)."""
    wanted = options.get("fields", {})
    result = []
    for frame in frames:
        keys = [field for field in frame.fields if wanted.get(field.name, {}).get("operation") == "groupby"]
        groups: dict[tuple[Any, ...], list[int]] = {}
        for row in range(frame.row_count):
            groups.setdefault(tuple(field.values[row] for field in keys), []).append(row)
        columns = [replace(field, values=tuple(key[at] for key in groups)) for at, field in enumerate(keys)]
        for field in frame.fields:
            if wanted.get(field.name, {}).get("operation") == "aggregate":
                for name in wanted[field.name].get("aggregations", ()):
                    values = tuple(reduced([field.values[row] for row in rows], name) for rows in groups.values())
                    columns.append(Field(f"{field.name} ({name})", values, is_time=field.is_time and name != "count"))
        result.append(Frame(frame.ref, tuple(columns)))
    return result


def _rows(frame: Frame, rows: Sequence[int]) -> Frame:
    return Frame(frame.ref, tuple(replace(field, values=tuple(field.values[row] for row in rows)) for field in frame.fields))


def _frame(ref: str, names: Sequence[str], rows: Sequence[dict[str, Any]], times: set[str]) -> Frame:
    return Frame(ref, tuple(Field(name, tuple(row.get(name) for row in rows), is_time=name in times) for name in names))


_COMPARISONS: dict[str, Callable[[Any, Any], bool]] = {
    "equal": lambda value, bound: bool(value == bound or str(value) == str(bound)),
    "notEqual": lambda value, bound: str(value) != str(bound),
    "greater": lambda value, bound: value is not None and value > float(bound),
    "greaterOrEqual": lambda value, bound: value is not None and value >= float(bound),
    "lower": lambda value, bound: value is not None and value < float(bound),
    "lowerOrEqual": lambda value, bound: value is not None and value <= float(bound),
    "isNull": lambda value, _: value is None,
    "isNotNull": lambda value, _: value is not None,
}
_TITLES = {"lastNotNull": "Last *", "last": "Last", "max": "Max", "min": "Min", "mean": "Mean", "sum": "Total", "count": "Count"}

TRANSFORMATIONS: dict[str, Callable[[Frames, Json], Frames]] = {
    "merge": _merge,
    "joinByField": _join,
    "filterByValue": _filter_by_value,
    "groupBy": _group_by,
    "organize": _organize,
    "seriesToRows": _series_to_rows,
    "sortBy": _sort_by,
    "limit": _limit,
    "reduce": _reduce,
}

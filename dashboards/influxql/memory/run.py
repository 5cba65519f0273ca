"""A statement over relations: groups, calls, rows."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dashboards.influxql.memory.aggregates import OF_ANYTHING
from dashboards.influxql.memory.arithmetic import MATH, Value, apply, combine
from dashboards.influxql.memory.calls import field_of, is_call, is_selector, samples_of
from dashboards.influxql.memory.columns import column_names, with_tags
from dashboards.influxql.memory.conditions import holds, names_in, split
from dashboards.influxql.memory.fill import constant
from dashboards.influxql.memory.relation import Relation, relation
from dashboards.influxql.memory.samples import Frame, Sample
from dashboards.influxql.memory.syntax import (
    MAX_NS,
    MIN_NS,
    Binary,
    Call,
    Expression,
    Literal,
    NotEvaluated,
    Pattern,
    Ref,
    Statement,
    Wildcard,
)
from dashboards.influxql.memory.transforms import TRANSFORMS
from telemetry.point import Point

Measurement = Callable[[str], Relation]
Columns = Sequence[tuple[Expression, str]]
Row = tuple[int, tuple[Value, ...]]  # ns, values


@dataclass(frozen=True, slots=True)
class Around:
    """What a statement inside has from the one around it: bounds of time, the tags it groups by, its windows.

    `floor_ns` is the lower bound of the outermost statement: 1.6 reads nothing before it, also where a function inside reaches back.
    """

    from_ns: int = MIN_NS
    to_ns: int = MAX_NS
    by: tuple[str, ...] = ()
    every_ns: int = 0
    offset_ns: int = 0
    floor_ns: int = MIN_NS


@dataclass(frozen=True, slots=True)
class Group:
    """Rows of one measurement and set of tags."""

    name: str
    tags: Mapping[str, str]
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class Answer:
    columns: tuple[str, ...]
    groups: tuple[Group, ...]


def run(statement: Statement, read: Measurement, now_ns: int | None, around: Around | None = None) -> Answer:
    """Return the answer; `read` gives the points of a measurement, `around` is None for the statement itself."""
    outer = around or Around()
    condition, from_ns, to_ns = split(statement.condition, now_ns)
    every_ns, offset_ns, fill = statement.every_ns, statement.offset_ns, statement.fill
    if every_ns and to_ns == MAX_NS and now_ns is not None:
        to_ns = now_ns
    from_ns, to_ns = max(from_ns, outer.from_ns), min(to_ns, outer.to_ns)
    if around and fill == "null":
        fill = "none"  # the statement around steps over nulls
    if not every_ns:
        every_ns, offset_ns = outer.every_ns, outer.offset_ns
    is_derived = not all(isinstance(source, str) for source in statement.sources)
    frame = Frame(from_ns, to_ns, every_ns, offset_ns, fill, statement.is_descending, outer.floor_ns, is_derived)
    named = tuple(dimension.name for dimension in statement.by if isinstance(dimension, Ref))
    inherited = Around(from_ns, to_ns, (*named, *outer.by), every_ns, offset_ns, outer.floor_ns if around else from_ns)
    found = _read(statement, read, now_ns, inherited)
    by = sorted({*_dimensions(statement.by, found.tags), *outer.by})
    if condition is not None:
        found = Relation(tuple(point for point in found.points if holds(condition, point, found.fields)), found.fields, found.tags)
    columns = with_tags(_without_wildcards(statement.columns, found, by))
    answered = [
        Group(name, tags, _page(tuple(rows), statement.skip, statement.limit))
        for name, tags, points in _groups(found, by)
        if (rows := list(_rows(columns, points, found, frame)))
    ]
    if statement.is_descending:
        answered.reverse()
    return Answer(column_names(columns), tuple(group for group in answered if group.rows))


def _read(statement: Statement, read: Measurement, now_ns: int | None, inherited: Around) -> Relation:
    relations = []
    for source in statement.sources:
        if isinstance(source, str):
            relations.append(read(source))
            continue
        if _bounds_time(statement) and source.every_ns and not inherited.every_ns:
            raise NotEvaluated("a bound of time around a statement that groups by time: 1.6 may answer nothing, put it inside")
        if source.every_ns and source.fill not in ("null", "none") and (source.by or inherited.by) and not _is_in_order(source, inherited):
            raise NotEvaluated("fill() of several series inside a statement: 1.6 fills a series again whenever another comes between")
        inner = run(source, read, now_ns, inherited)
        relations.append(relation([_as_point(group, inner.columns, *row) for group in inner.groups for row in group.rows]))
    if len(relations) == 1:
        return relations[0]
    return relation([point for each in relations for point in each.points])


def _as_point(group: Group, columns: Sequence[str], time_ns: int, values: Sequence[Value]) -> Point:
    fields = {column: value for column, value in zip(columns, values, strict=True) if value is not None}
    return Point(group.name, group.tags, fields, time_ns)


def _is_in_order(statement: Statement, around: Around) -> bool:
    """Tell whether 1.6 reads what is inside in the order of series and time, as some functions make it, and gives it so."""
    inside = {dimension.name for dimension in statement.by if isinstance(dimension, Ref)}
    return inside <= set(around.by) and all(call.name in TRANSFORMS for expression, _ in statement.columns for call in _calls(expression))


def _bounds_time(statement: Statement) -> bool:
    return "time" in names_in(statement.condition)


def _dimensions(by: Sequence[Ref | Pattern | Wildcard], tags: frozenset[str]) -> Iterator[str]:
    for dimension in by:
        if isinstance(dimension, Ref):
            yield dimension.name
        else:
            yield from (tag for tag in tags if isinstance(dimension, Wildcard) or re.search(dimension.regex, tag))


def _groups(found: Relation, by: Sequence[str]) -> Iterator[tuple[str, dict[str, str], list[Point]]]:
    groups: dict[tuple[str, ...], list[Point]] = {}
    for point in found.points:
        groups.setdefault((point.measurement, *(point.tags.get(tag, "") for tag in by)), []).append(point)
    for key in sorted(groups):
        yield key[0], dict(zip(by, key[1:], strict=True)), groups[key]


def _rows(columns: Columns, points: Sequence[Point], found: Relation, frame: Frame) -> Iterator[Row]:
    calls = list(dict.fromkeys(call for expression, _ in columns for call in _calls(expression)))
    refs = frozenset().union(*(_refs(expression) for expression, _ in columns))
    ordered = sorted(points, key=lambda point: -point.time_ns) if frame.is_descending else list(points)
    expressions = [expression for expression, _ in columns]
    if not calls:
        wanted = refs & found.fields
        for point in ordered:
            if frame.from_ns <= point.time_ns <= frame.to_ns and wanted & point.fields.keys():
                yield point.time_ns, tuple(_evaluated(each, _of_point(refs, point)) for each in expressions)
        return
    is_alone = len(calls) == 1 and is_selector(calls[0])
    if refs and not is_alone:
        raise NotEvaluated("fields may stand beside one selector only (max, min, first, last, percentile, top, bottom)")
    yield from _of_calls(expressions, calls, refs, ordered, found, frame, is_alone)


def _of_calls(
    expressions: Sequence[Expression],
    calls: Sequence[Call],
    refs: frozenset[str],
    points: Sequence[Point],
    found: Relation,
    frame: Frame,
    is_alone: bool,
) -> Iterator[Row]:
    """Yield a row for each time that any call has a sample of. A call without one there is null, or what fill() says."""
    by_call = {call: samples_of(call, points, frame, is_alone=is_alone) for call in calls if field_of(call) in found.fields}
    if len(by_call) == 1:
        times = [sample.time_ns for samples in by_call.values() for sample in samples]
    else:
        times = sorted({sample.time_ns for samples in by_call.values() for sample in samples}, reverse=frame.is_descending)
    if times and len(by_call) < len(calls) and not isinstance(frame.fill, str):
        raise NotEvaluated("fill() with a number beside a field that no point has")
    queues = {call: list(samples) for call, samples in by_call.items()}
    values: dict[Any, Value] = {}
    for time_ns in times:
        for call, queue in queues.items():
            sample = queue.pop(0) if queue and queue[0].time_ns == time_ns else Sample(time_ns, None)
            like = by_call[call][0].value if by_call[call] else None
            _put(values, call, sample.value, frame, like)
            for ref in refs:
                _put(values, ref, _of_point(refs, sample.point)[ref] if sample.point else None, frame, None)
        yield time_ns, tuple(_evaluated(each, values) for each in expressions)


def _put(values: dict[Any, Value], key: Any, value: Value, frame: Frame, like: Value) -> None:
    if value is not None:
        values[key] = value
    elif frame.fill != "previous":
        values[key] = constant(frame.fill, like)


def _of_point(refs: frozenset[str], point: Point) -> dict[Any, Value]:
    return {ref: point.time_ns if ref == "time" else point.fields.get(ref, point.tags.get(ref)) for ref in refs}


def _evaluated(expression: Expression, values: Mapping[Any, Value]) -> Value:
    match expression:
        case Ref(name):
            return values.get(name)
        case Literal(value):
            return value
        case Binary(operator, left, right):
            return combine(operator, _evaluated(left, values), _evaluated(right, values))
        case Call(name, arguments) if name in MATH:
            return apply(name, [_evaluated(argument, values) for argument in arguments])
        case Call():
            return values.get(expression)
    raise NotEvaluated(f"{expression} among the columns")


def _calls(expression: Expression) -> Iterator[Call]:
    if isinstance(expression, Call) and is_call(expression):
        yield expression
    elif isinstance(expression, Call):
        for argument in expression.arguments:
            yield from _calls(argument)
    elif isinstance(expression, Binary):
        yield from _calls(expression.left)
        yield from _calls(expression.right)


def _refs(expression: Expression) -> frozenset[str]:
    if isinstance(expression, Call) and is_call(expression):
        return frozenset()
    if isinstance(expression, Call):
        return frozenset().union(*map(_refs, expression.arguments))
    if isinstance(expression, Binary):
        return _refs(expression.left) | _refs(expression.right)
    return names_in(expression)


def _without_wildcards(columns: Sequence[tuple[Expression, str]], found: Relation, by: Sequence[str]) -> tuple[tuple[Expression, str], ...]:
    """Return the columns with `*` as all fields and the tags that are not grouped by, and `last(*)` as one call for each field."""
    wide: list[tuple[Expression, str]] = []
    for expression, alias in columns:
        if isinstance(expression, Wildcard):
            wide += [(Ref(name), "") for name in sorted(found.fields | (found.tags - set(by)))]
        elif isinstance(expression, Call) and expression.arguments and isinstance(expression.arguments[0], Wildcard):
            rest = expression.arguments[1:]
            fields = sorted(found.fields if expression.name in OF_ANYTHING else found.numeric)
            wide += [(Call(expression.name, (Ref(name), *rest)), f"{alias or expression.name}_{name}") for name in fields]
        else:
            wide.append((expression, alias))
    return tuple(wide)


def _page(rows: tuple[Any, ...], skip: int, limit: int) -> tuple[Any, ...]:
    return rows[skip : skip + limit if limit else None]

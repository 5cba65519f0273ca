"""A statement over its sources: what it has from the statements around it, what it reads, and its groups."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from dashboards.influxql.memory.aggregates import OF_ANYTHING
from dashboards.influxql.memory.arithmetic import Value
from dashboards.influxql.memory.columns import column_names, with_tags
from dashboards.influxql.memory.conditions import holds, names_in, split
from dashboards.influxql.memory.relation import Relation, relation
from dashboards.influxql.memory.rows import Row, calls_in, rows
from dashboards.influxql.memory.samples import Frame
from dashboards.influxql.memory.syntax import (
    MAX_NS,
    MIN_NS,
    Call,
    Expression,
    NotEvaluated,
    Pattern,
    Ref,
    Statement,
    Wildcard,
)
from dashboards.influxql.memory.transforms import TRANSFORMS
from telemetry.point import Point

Measurement = Callable[[str], Relation]


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
    frame = Frame(
        from_ns, to_ns, every_ns, offset_ns, fill, statement.is_descending, outer.floor_ns, is_derived, statement.skip, statement.limit
    )
    named = tuple(dimension.name for dimension in statement.by if isinstance(dimension, Ref))
    inherited = Around(from_ns, to_ns, (*named, *outer.by), every_ns, offset_ns, outer.floor_ns if around else from_ns)
    found = _read(statement, read, now_ns, inherited)
    by = sorted({*_dimensions(statement.by, found.tags), *outer.by})
    if condition is not None:
        found = Relation(tuple(point for point in found.points if holds(condition, point, found.fields)), found.fields, found.tags)
    columns = with_tags(_without_wildcards(statement.columns, found, by))
    answered = [
        Group(name, tags, shown)
        for name, tags, points in _groups(found, by)
        if (shown := tuple(rows(columns, points, found.fields, frame)))
    ]
    if statement.is_descending:
        answered.reverse()
    return Answer(column_names(columns), tuple(answered))


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
    return inside <= set(around.by) and all(call.name in TRANSFORMS for expression, _ in statement.columns for call in calls_in(expression))


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

"""The rows of one group of points: what its columns say, for each point or for each sample of the functions."""

from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from dashboards.influxql.memory.arithmetic import MATH, Value, apply, combine
from dashboards.influxql.memory.calls import field_of, is_call, is_selector, samples_of
from dashboards.influxql.memory.conditions import names_in
from dashboards.influxql.memory.fill import constant
from dashboards.influxql.memory.samples import Frame, Sample
from dashboards.influxql.memory.syntax import Binary, Call, Expression, Literal, NotEvaluated, Ref
from telemetry.point import Point

Columns = Sequence[tuple[Expression, str]]
Row = tuple[int, tuple[Value, ...]]  # ns, values


def rows(columns: Columns, points: Sequence[Point], fields: frozenset[str], frame: Frame) -> Iterator[Row]:
    """Yield the rows of one group, whose points are in the order of time; `fields` are those of the measurement."""
    asked = _Asked(
        [expression for expression, _ in columns],
        list(dict.fromkeys(call for expression, _ in columns for call in calls_in(expression))),
        frozenset().union(*(_refs(expression) for expression, _ in columns)),
    )
    ordered = sorted(points, key=lambda point: -point.time_ns) if frame.is_descending else points
    yield from _of_calls(asked, ordered, fields, frame) if asked.calls else _of_points(asked, ordered, fields, frame)


def calls_in(expression: Expression) -> Iterator[Call]:
    """Yield the calls over points in an expression of a column."""
    if isinstance(expression, Call) and is_call(expression):
        yield expression
    elif isinstance(expression, Call):
        for argument in expression.arguments:
            yield from calls_in(argument)
    elif isinstance(expression, Binary):
        yield from calls_in(expression.left)
        yield from calls_in(expression.right)


@dataclass(frozen=True, slots=True)
class _Asked:
    """`refs` are the fields and tags that stand outside of calls."""

    expressions: Sequence[Expression]
    calls: Sequence[Call]
    refs: frozenset[str]


def _of_points(asked: _Asked, points: Sequence[Point], fields: frozenset[str], frame: Frame) -> Iterator[Row]:
    """Yield a row for each point that has any of the fields; tags alone select nothing."""
    wanted = asked.refs & fields
    shown = [point for point in points if frame.from_ns <= point.time_ns <= frame.to_ns and wanted & point.fields.keys()]
    for point in frame.page(shown):
        yield point.time_ns, tuple(_evaluated(each, _of_point(asked.refs, point)) for each in asked.expressions)


def _of_calls(asked: _Asked, points: Sequence[Point], fields: frozenset[str], frame: Frame) -> Iterator[Row]:
    """Yield a row for each time that any call has a sample of. A call without one there is null, or what fill() says."""
    is_alone = len(asked.calls) == 1 and is_selector(asked.calls[0])
    if asked.refs and not is_alone:
        raise NotEvaluated("fields may stand beside one selector only (max, min, first, last, percentile, top, bottom)")
    known = [call for call in asked.calls if field_of(call) in fields]
    samples = {call: frame.page(samples_of(call, points, frame, is_alone=is_alone)) for call in known}
    times = [sample.time_ns for each in samples.values() for sample in each]
    if len(known) > 1:
        times = sorted(set(times), reverse=frame.is_descending)
    if times and len(known) < len(asked.calls) and not isinstance(frame.fill, str):
        raise NotEvaluated("fill() with a number beside a field that no point has")
    queues = {call: deque(each) for call, each in samples.items()}
    values: dict[Call | str, Value] = {}
    for time_ns in times:
        for call, queue in queues.items():
            sample = queue.popleft() if queue and queue[0].time_ns == time_ns else Sample(time_ns, None)
            _put(values, call, sample.value, frame, samples[call][0].value if samples[call] else None)
            chosen = _of_point(asked.refs, sample.point) if sample.point else {}
            for ref in asked.refs:
                _put(values, ref, chosen.get(ref), frame, None)
        yield time_ns, tuple(_evaluated(each, values) for each in asked.expressions)


def _put(values: dict[Call | str, Value], key: Call | str, value: Value, frame: Frame, like: Value) -> None:
    if value is not None:
        values[key] = value
    elif frame.fill != "previous":
        values[key] = constant(frame.fill, like)


def _of_point(refs: frozenset[str], point: Point) -> dict[Call | str, Value]:
    return {ref: point.time_ns if ref == "time" else point.fields.get(ref, point.tags.get(ref)) for ref in refs}


def _evaluated(expression: Expression, values: Mapping[Call | str, Value]) -> Value:
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


def _refs(expression: Expression) -> frozenset[str]:
    if isinstance(expression, Call) and is_call(expression):
        return frozenset()
    if isinstance(expression, Call):
        return frozenset().union(*map(_refs, expression.arguments))
    if isinstance(expression, Binary):
        return _refs(expression.left) | _refs(expression.right)
    return names_in(expression)

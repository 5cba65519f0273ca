"""One call of a function over the points of one group: its samples."""

from collections.abc import Callable, Sequence

from dashboards.influxql.memory.aggregates import AGGREGATES, OF_ANYTHING, SELECTORS, distinct_count, maximum, minimum, numbers
from dashboards.influxql.memory.arithmetic import MATH
from dashboards.influxql.memory.fill import filled
from dashboards.influxql.memory.integral import integral
from dashboards.influxql.memory.samples import Frame, Sample
from dashboards.influxql.memory.syntax import Call, Duration, Expression, Literal, NotEvaluated, Ref
from dashboards.influxql.memory.transforms import TRANSFORMS
from telemetry.point import Point

_SECOND_NS = 10**9
_RANKED: dict[str, Callable[[Sequence[Sample]], Sample]] = {"top": maximum, "bottom": minimum}
KNOWN = {*AGGREGATES, *SELECTORS, *TRANSFORMS, *_RANKED, "integral", "distinct"}


def is_call(expression: Expression) -> bool:
    """Tell whether an expression is a call over points, not one of mathematics."""
    return isinstance(expression, Call) and expression.name not in MATH


def is_selector(call: Call) -> bool:
    return call.name in SELECTORS or call.name in _RANKED


def field_of(call: Call) -> str:
    """Return the field that a call, or the call inside it, is about. Raises NotEvaluated for what is not known."""
    if call.name not in KNOWN:
        raise NotEvaluated(f"{call.name}() is not known here; known are {', '.join(sorted(KNOWN | set(MATH)))}")
    inner = call.arguments[0] if call.arguments else None
    if isinstance(inner, Call):
        return field_of(inner)
    if isinstance(inner, Ref):
        return inner.name
    raise NotEvaluated(f"{call.name}() takes a field")


def samples_of(call: Call, points: Sequence[Point], frame: Frame, *, is_alone: bool) -> list[Sample]:
    """Return the samples of a call over points in the order of the statement; `is_alone`: a selector keeps the time of its point."""
    if call.name in TRANSFORMS:
        return _transformed(call, points, frame)
    field = field_of(call)
    raw = frame.within([Sample(point.time_ns, point.fields[field], point) for point in points if field in point.fields])
    if call.name not in OF_ANYTHING:
        numbers(raw)
    if call.name == "integral":
        if frame.every_ns:
            raise NotEvaluated("integral() over windows: 1.6 leaves windows out")
        return integral(raw, frame, _duration(call, 1, _SECOND_NS))
    if call.name in _RANKED:
        return [sample for _, inside in frame.windows(raw) for sample in _ranked(call, inside)]
    found = []
    for start_ns, inside in frame.windows(raw):
        sample = _reduced(call, inside)
        if sample is not None:
            found.append(sample if is_alone and not frame.every_ns else sample._replace(time_ns=start_ns))
    return filled(found, frame, call.name == "count")


def _reduced(call: Call, inside: Sequence[Sample]) -> Sample | None:
    if call.name in SELECTORS:
        return SELECTORS[call.name](inside, *(_number(argument) for argument in call.arguments[1:]))
    if isinstance(call.arguments[0], Call):
        if call.name != "count" or call.arguments[0].name != "distinct":
            raise NotEvaluated(f"{call.name}({call.arguments[0].name}()) is not known here")
        return Sample(0, distinct_count(inside))
    if call.name not in AGGREGATES:
        raise NotEvaluated(f"{call.name}() alone is not known here")
    return Sample(0, AGGREGATES[call.name](inside))


def _transformed(call: Call, points: Sequence[Point], frame: Frame) -> list[Sample]:
    inner = call.arguments[0]
    if isinstance(inner, Call) and not frame.every_ns:
        raise NotEvaluated(f"{call.name}() of a function needs windows: GROUP BY time()")
    width = int(_number(call.arguments[1])) if call.name == "moving_average" else 0
    if isinstance(inner, Call):
        reach = 0 if call.name == "cumulative_sum" else 1  # one window, also for moving_average of many
        source = samples_of(inner, points, frame.reaching_back(reach), is_alone=False)
    else:
        field = field_of(call)
        wide = frame if call.name == "cumulative_sum" else frame.reaching_back(1)
        source = wide.within([Sample(point.time_ns, point.fields[field]) for point in points if field in point.fields])
    source = [sample for sample in source if sample.value is not None]
    transform = TRANSFORMS[call.name]
    match call.name:
        case "derivative" | "non_negative_derivative":
            unit_ns = _duration(call, 1, frame.every_ns or _SECOND_NS)
            return transform(source, unit_ns, frame.is_descending, call.name.startswith("non_negative"))
        case "difference" | "non_negative_difference":
            return transform(source, call.name.startswith("non_negative"))
        case "elapsed":
            return transform(source, _duration(call, 1, 1))
        case "moving_average":
            return transform(source, width)
    return transform(source)


def _ranked(call: Call, inside: Sequence[Sample]) -> list[Sample]:
    """Return the samples of top() and bottom(): the best of each combination of the tags that stand between field and number."""
    best = _RANKED[call.name]
    tags = [argument.name for argument in call.arguments[1:] if isinstance(argument, Ref)]
    left = list(inside)
    if tags:
        found: dict[tuple[str, ...], list[Sample]] = {}
        for sample in inside:
            found.setdefault(tuple(sample.point.tags.get(tag, "") if sample.point else "" for tag in tags), []).append(sample)
        left = [best(each) for each in found.values()]
    chosen = []
    for _ in range(min(int(_number(call.arguments[-1])), len(left))):
        chosen.append(best(left))
        left.remove(chosen[-1])
    return sorted(chosen, key=lambda sample: sample.time_ns)


def _duration(call: Call, at: int, otherwise_ns: int) -> int:
    if len(call.arguments) <= at:
        return otherwise_ns
    argument = call.arguments[at]
    if not isinstance(argument, Duration):
        raise NotEvaluated(f"{call.name}() takes a duration such as 1s")
    return argument.ns


def _number(argument: Expression) -> float:
    if not isinstance(argument, Literal) or isinstance(argument.value, (bool, str)):
        raise NotEvaluated(f"a number was expected, not {argument}")
    return argument.value

"""WHERE: the bounds of time, and what a point must have.

A tag that a point has not is '' to a comparison; a field that it has not makes every comparison false, also `!=`.
"""

import re
from collections.abc import Callable
from datetime import UTC, datetime
from operator import eq, ge, gt, le, lt, ne
from typing import Any

from dashboards.influxql.memory.arithmetic import Value, combine, is_number
from dashboards.influxql.memory.syntax import MAX_NS, MIN_NS, Binary, Call, Duration, Expression, Literal, NotEvaluated, Pattern, Ref
from telemetry.point import Point

_MIRRORED = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "=": "="}
_COMPARED: dict[str, Callable[[Any, Any], bool]] = {
    "=": eq,
    "!=": ne,
    "<": lt,
    "<=": le,
    ">": gt,
    ">=": ge,
}


def split(condition: Expression | None, now_ns: int | None) -> tuple[Expression | None, int, int]:
    """Return the condition without its bounds of time, and the bounds in ns, both included; MIN_NS and MAX_NS where there is none."""
    if isinstance(condition, Binary) and condition.operator == "AND":
        left, left_from, left_to = split(condition.left, now_ns)
        right, right_from, right_to = split(condition.right, now_ns)
        both = Binary("AND", left, right) if left is not None and right is not None else left if right is None else right
        return both, max(left_from, right_from), min(left_to, right_to)
    if isinstance(condition, Binary) and _is_time(condition.left):
        return None, *_bounds(condition.operator, _moment(condition.right, now_ns))
    if isinstance(condition, Binary) and _is_time(condition.right):
        return None, *_bounds(_MIRRORED.get(condition.operator, "?"), _moment(condition.left, now_ns))
    if condition is not None and _mentions_time(condition):
        raise NotEvaluated("time may only be bounded, joined by AND")
    return condition, MIN_NS, MAX_NS


def holds(condition: Expression, point: Point, fields: frozenset[str]) -> bool:
    """Tell whether a point meets a condition; `fields` are the names that are fields of its measurement, any other is a tag."""
    if not isinstance(condition, Binary):
        return isinstance(condition, Literal) and condition.value is True
    if condition.operator in ("AND", "OR"):
        join = all if condition.operator == "AND" else any
        return join(holds(each, point, fields) for each in (condition.left, condition.right))
    left = _value(condition.left, point, fields)
    if condition.operator in ("=~", "!~"):
        if not isinstance(condition.right, Pattern):
            raise NotEvaluated("=~ and !~ take a /pattern/")
        return isinstance(left, str) and bool(re.search(condition.right.regex, left)) == (condition.operator == "=~")
    right = _value(condition.right, point, fields)
    if isinstance(left, bool) and isinstance(right, bool):
        return condition.operator in ("=", "!=") and _COMPARED[condition.operator](left, right)
    if (is_number(left) and is_number(right)) or (isinstance(left, str) and isinstance(right, str) and condition.operator in ("=", "!=")):
        return _COMPARED[condition.operator](left, right)
    return False


def names_in(expression: Expression | None) -> frozenset[str]:
    """Return the fields and tags that an expression speaks of."""
    if isinstance(expression, Ref):
        return frozenset((expression.name,))
    if isinstance(expression, Binary):
        return names_in(expression.left) | names_in(expression.right)
    if isinstance(expression, Call):
        return frozenset().union(*map(names_in, expression.arguments))
    return frozenset()


def _value(expression: Expression, point: Point, fields: frozenset[str]) -> Value:
    if isinstance(expression, Ref):
        return point.fields.get(expression.name) if expression.name in fields else point.tags.get(expression.name, "")
    if isinstance(expression, Literal):
        return expression.value
    if isinstance(expression, Binary):
        return combine(expression.operator, _value(expression.left, point, fields), _value(expression.right, point, fields))
    raise NotEvaluated(f"a condition with {expression}")


def _is_time(expression: Expression) -> bool:
    return isinstance(expression, Ref) and expression.name == "time"


def _mentions_time(expression: Expression) -> bool:
    return _is_time(expression) or (
        isinstance(expression, Binary) and (_mentions_time(expression.left) or _mentions_time(expression.right))
    )


def _bounds(operator: str, moment_ns: int) -> tuple[int, int]:
    match operator:
        case ">=":
            return moment_ns, MAX_NS
        case ">":
            return moment_ns + 1, MAX_NS
        case "<=":
            return MIN_NS, moment_ns
        case "<":
            return MIN_NS, moment_ns - 1
        case "=":
            return moment_ns, moment_ns
    raise NotEvaluated("time may only be bounded")


def _moment(expression: Expression, now_ns: int | None) -> int:
    match expression:
        case Duration(ns):
            return ns
        case Literal(int(ns)):
            return ns
        case Literal(str(text)):
            at = datetime.fromisoformat(text.replace("Z", "+00:00"))
            return int((at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp()) * 10**9 + at.microsecond * 1000
        case Call("now", ()):
            if now_ns is None:
                raise NotEvaluated("the statement says now(): say what time that is")
            return now_ns
        case Binary("+", left, right):
            return _moment(left, now_ns) + _moment(right, now_ns)
        case Binary("-", left, right):
            return _moment(left, now_ns) - _moment(right, now_ns)
    raise NotEvaluated(f"no moment: {expression}")

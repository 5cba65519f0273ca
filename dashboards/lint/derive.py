"""The measure of every column of a query, from the catalogue through functions, arithmetic and statements inside one another."""

import math
import re
from collections.abc import Callable, Iterator, Mapping
from fractions import Fraction

from dashboards.influxql.statement import Binary, Call, Column, Expression, Field, Pattern, Star, Statement, Value
from dashboards.lint.functions import FUNCTIONS, Effect
from dashboards.lint.measure import CONSTANT, FLAG, NUMBER, RADIANS, TEXT, Measure, duration, measure_of
from dashboards.lint.scope import TIME, columns_of, measurements_of, tags_of
from telemetry.catalogue import MEASUREMENTS, Quantity, find
from telemetry.errors import RejectedError

_SECOND_NS = 10**9
_WITHOUT_ARGUMENT: Mapping[Effect, Measure] = {"count": NUMBER, "ratio": NUMBER, "angle": RADIANS}
Scope = Callable[[str], Measure]  # the measure of a name; raises NotDerived


class NotDerived(RejectedError):
    """The unit of a column cannot be told, and why; `is_named_elsewhere` where another rule says so better (catalogue, portable)."""

    def __init__(self, reason: str, *, is_named_elsewhere: bool = False) -> None:
        super().__init__(reason)
        self.is_named_elsewhere = is_named_elsewhere


def columns(statement: Statement) -> Iterator[tuple[str, Measure | NotDerived]]:
    """Yield every column of an answer but time, by its name there, with what its numbers are or why that cannot be told."""
    for name, expression in _named(statement):
        try:
            yield name, _measured(statement, expression)
        except NotDerived as reason:
            yield name, reason


def of_quantity(quantity: Quantity) -> Measure:
    """Return the measure of a field of the catalogue."""
    if quantity.type in ("bool", "string"):
        return FLAG if quantity.type == "bool" else TEXT
    found = measure_of(quantity.unit)
    if found is None:
        raise NotDerived(f"the unit {quantity.unit} of {quantity.field} is not in dashboards.lint.measure")
    is_share = (quantity.low, quantity.high, quantity.unit) == (0, 1, "")
    return Measure(found.scale, found.bases, is_share=is_share)


def _measured(statement: Statement, expression: Expression) -> Measure:
    return _measure(expression, lambda field: _of_name(statement, field))


def _named(statement: Statement) -> Iterator[tuple[str, Expression]]:
    """Yield every column of an answer but time, by its name there."""
    for column in statement.columns:
        for name, expression in _each(statement, column):
            if not (isinstance(expression, Field) and expression.name.lower() == TIME):
                yield name, expression


def _each(statement: Statement, column: Column) -> Iterator[tuple[str, Expression]]:
    """Yield a column; in place of `*` and regular expressions those that they stand for, named as InfluxDB names them."""
    expression = column.expression
    inside = expression.arguments[0] if isinstance(expression, Call) and expression.arguments else expression
    if not isinstance(inside, (Pattern, Star)):
        yield column.name, expression
        return
    for name in _fields(statement, inside):
        field = Field(name, inside.at)
        if isinstance(expression, Call):
            yield f"{column.name}_{name}", Call(expression.function, (field, *expression.arguments[1:]), expression.at)
        else:
            yield name, field


def _fields(statement: Statement, inside: Pattern | Star) -> list[str]:
    if statement.inner:
        names = sorted(frozenset[str]().union(*map(columns_of, statement.inner)))
    else:
        names = [
            quantity.field + phase
            for source in statement.measurements
            for measurement in measurements_of(source)
            for quantity in MEASUREMENTS[measurement]
            for phase in (("", "_l1", "_l2", "_l3") if quantity.is_per_phase else ("",))
        ]
    return [name for name in dict.fromkeys(names) if isinstance(inside, Star) or re.search(inside.text, name)]


def _of_name(statement: Statement, name: str) -> Measure:
    found = list(_candidates(statement, name))
    real = {each for each in found if each.form != "constant"}
    if not found:
        raise NotDerived(f"{name} is not known", is_named_elsewhere=True)
    if len(real) > 1:
        raise NotDerived(f"{name} has several units")
    return real.pop() if real else CONSTANT


def _candidates(statement: Statement, name: str) -> Iterator[Measure]:
    for source in statement.measurements:
        for measurement in measurements_of(source):
            if quantity := find(measurement, name):
                yield of_quantity(quantity)
            elif name in tags_of(measurement):
                yield TEXT
    for inner in statement.inner:
        for column, expression in _named(inner):
            if column == name:  # the others are not worked out: statements inside one another would multiply
                yield _measured(inner, expression)
        if any(isinstance(tag, Field) and tag.name == name for tag in inner.tags):
            yield TEXT


def _measure(expression: Expression, scope: Scope) -> Measure:
    constant = _constant(expression)
    if constant is not None:
        return CONSTANT
    if isinstance(expression, Field):
        return scope(expression.name)
    if isinstance(expression, Call):
        return _of_call(expression, scope)
    if isinstance(expression, Binary):
        return _of_arithmetic(expression, scope)
    raise NotDerived("neither a field nor a function of one")


def _of_call(call: Call, scope: Scope) -> Measure:
    effect = FUNCTIONS.get(call.function)
    if effect is None or not call.arguments:
        raise NotDerived(f"{call.function}() is not known", is_named_elsewhere=True)
    if effect in _WITHOUT_ARGUMENT:
        return _WITHOUT_ARGUMENT[effect]
    if effect == "formula":
        raise NotDerived(f"{call.function}() is a formula")
    last = call.arguments[-1]
    ns = last.ns if isinstance(last, Value) and last.kind == "duration" else None
    if effect == "duration":
        return duration(ns or 1)
    inside = _measure(call.arguments[0], scope)
    if effect == "keep":
        return inside
    return inside.times(duration(ns or _SECOND_NS), -1 if effect == "per" else 1)


def _of_arithmetic(binary: Binary, scope: Scope) -> Measure:
    left, right = _constant(binary.left), _constant(binary.right)
    if binary.operator in ("+", "-"):
        return _of_sum(binary, scope)
    if binary.operator == "*":
        if left is not None or right is not None:
            factor, other = (left, binary.right) if left is not None else (right or Fraction(0), binary.left)
            return _measure(other, scope).scaled(factor or Fraction(0))
        return _measure(binary.left, scope).times(_measure(binary.right, scope))
    if binary.operator == "/":
        if right is not None:
            if not right:
                raise NotDerived("a division by 0")
            return _measure(binary.left, scope).scaled(1 / right)
        if left is not None:
            return NUMBER.times(_measure(binary.right, scope), -1).scaled(left)
        return _measure(binary.left, scope).times(_measure(binary.right, scope), -1)
    if binary.operator == "%" and right is not None:
        return _measure(binary.left, scope)
    if binary.operator == "&" and right is not None and right > 0 and _measure(binary.left, scope).is_like(NUMBER):
        return NUMBER.scaled(right) if math.log2(right).is_integer() else NUMBER  # one bit: divided by it, a flag of 0 or 1
    raise NotDerived(f"the operator {binary.operator} makes no quantity")


def _of_sum(binary: Binary, scope: Scope) -> Measure:
    real = [each for each in (_measure(binary.left, scope), _measure(binary.right, scope)) if each.form != "constant"]
    if len(real) == 2 and not (real[0].is_like(real[1]) and real[0].form == real[1].form):
        raise NotDerived(f"{binary.operator} joins different units")
    return real[0] if real else CONSTANT


def _constant(expression: Expression) -> Fraction | None:
    """Return the value of a number, or of arithmetic of numbers."""
    if isinstance(expression, Value):
        return Fraction(expression.text.rstrip("i")) if expression.kind == "number" else None
    if not isinstance(expression, Binary):
        return None
    left, right = _constant(expression.left), _constant(expression.right)
    if left is None or right is None:
        return None
    match expression.operator:
        case "+":
            return left + right
        case "-":
            return left - right
        case "*":
            return left * right
        case "/":
            return left / right if right else None
    return None

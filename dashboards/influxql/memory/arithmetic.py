"""Arithmetic on values, None where one is missing, as influxql.ValuerEval of 1.6 does it: int / int is a float, x / 0 is 0."""

import math
from collections.abc import Callable

from dashboards.influxql.memory.syntax import NotEvaluated

Value = int | float | bool | str | None
Number = int | float

_NUMBERS: dict[str, Callable[[Number, Number], Number]] = {
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
    "/": lambda a, b: a / b if b else 0.0,
    "%": lambda a, b: 0 if not b else math.fmod(a, b) if isinstance(a, float) or isinstance(b, float) else int(math.fmod(a, b)),
}
_BITS: dict[str, Callable[[int, int], int]] = {"&": lambda a, b: a & b, "|": lambda a, b: a | b, "^": lambda a, b: a ^ b}
_SAME_TYPE = ("abs", "round", "floor", "ceil")  # an integer stays one
MATH: dict[str, Callable[..., Number]] = {
    "abs": abs,
    "round": lambda x: math.copysign(math.floor(abs(x) + 0.5), x),  # halves away from zero
    "floor": lambda x: float(math.floor(x)),
    "ceil": lambda x: float(math.ceil(x)),
    "sqrt": math.sqrt,
    "exp": math.exp,
    "ln": math.log,
    "log": lambda x, base: math.log(x) / math.log(base),
    "log2": math.log2,
    "log10": math.log10,
    "pow": lambda x, y: x**y,
    "sin": math.sin,
    "cos": math.cos,
    "tan": math.tan,
    "atan2": math.atan2,
}


def is_number(value: Value) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def combine(operator: str, left: Value, right: Value) -> Value:
    """Return the result of one operation."""
    if isinstance(left, (bool, str)) or isinstance(right, (bool, str)) or left is None or right is None:
        return None
    if operator in _BITS:
        if isinstance(left, float) or isinstance(right, float):
            raise NotEvaluated(f"{left} {operator} {right}: only integers have bits")
        return _BITS[operator](left, right)
    return _NUMBERS[operator](left, right)


def apply(function: str, arguments: list[Value]) -> Value:
    """Return the value of a mathematical function, NaN outside its domain (answered as null).

    Raises NotEvaluated where it is infinite: 1.6 then answers with an error, since JSON has no such number.
    """
    if not all(is_number(argument) for argument in arguments):
        return None
    if any(isinstance(argument, float) and math.isnan(argument) for argument in arguments):
        return math.nan
    if function in _SAME_TYPE and isinstance(arguments[0], int):
        return arguments[0]  # 1.6 leaves also the sign of abs() of an integer
    try:
        value = MATH[function](*arguments)
    except ValueError:
        value = math.inf if arguments[0] == 0 else math.nan
    except (ZeroDivisionError, OverflowError):
        value = math.inf
    if isinstance(value, complex):
        return math.nan
    if math.isinf(value):
        raise NotEvaluated(f"{function}({', '.join(map(str, arguments))}) is infinite: influxd refuses to answer it")
    return value

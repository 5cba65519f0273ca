"""Arithmetic of a codec: `(x - 32768) / 100`, `0.5 if x > 9 else x`, `log(1000 / x0)`. Read, checked and compiled once; nothing else runs.

Allowed: numbers, the names given to `compile_expression`, + - * / // % **, comparisons, `and`, `or`, `a if b else c`, and the functions
of FUNCTIONS. Every value is a float or a whole number below 2**64; `**` is of floats, so that no short text makes a huge number.
"""

import ast
import math
import operator
from collections.abc import Callable, Mapping, Sequence

Values = Sequence[float]
Compute = Callable[[Values], float]

LONGEST = 500  # characters
MOST_PARTS = 200  # names, numbers and operators
FUNCTIONS: Mapping[str, Callable[..., float]] = {
    "abs": abs,
    "min": min,
    "max": max,
    "sqrt": math.sqrt,
    "log": math.log,
    "log10": math.log10,
    "exp": math.exp,
    "floor": math.floor,
}
_LARGEST = 1e300  # of the numbers written in an expression
_ARGUMENTS = {"min": (2, 8), "max": (2, 8)}
_BINARY: Mapping[type[ast.operator], Callable[[float, float], float]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
    ast.Pow: math.pow,
}
_COMPARE: Mapping[type[ast.cmpop], Callable[[float, float], bool]] = {
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
}


def compile_expression(text: str, names: Sequence[str], constants: Mapping[str, float]) -> Compute:
    """Return a function of the values of `names`, in their order; ValueError says what of `text` is not allowed.

    The function raises ArithmeticError or ValueError where there is no such number (a division by zero, the root of -1).
    """
    if len(text) > LONGEST:
        raise ValueError(f"an expression has at most {LONGEST} characters")
    try:
        tree = ast.parse(text.strip(), mode="eval").body
    except (SyntaxError, RecursionError, MemoryError, ValueError):
        raise ValueError(f"{text!r} is not an expression such as (x - 32768) / 100") from None
    if sum(1 for _ in ast.walk(tree)) > MOST_PARTS:
        raise ValueError(f"an expression has at most {MOST_PARTS} parts")
    return _Compiler(text, names, constants).of(tree)


class _Compiler:
    def __init__(self, text: str, names: Sequence[str], constants: Mapping[str, float]) -> None:
        self._text = text
        self._places = {name: place for place, name in enumerate(names)}
        self._constants = constants

    def of(self, node: ast.expr) -> Compute:
        match node:
            case ast.Constant(value=int() | float() as number) if not isinstance(number, bool) and abs(number) < _LARGEST:
                return lambda _: number
            case ast.Name(id=name):
                return self._name(name)
            case ast.Call(func=ast.Name(id=name), args=arguments, keywords=[]) if name in FUNCTIONS:
                return self._call(name, arguments)
        found = self._arithmetic(node) or self._choice(node)
        if found is None:
            raise ValueError(f"{ast.unparse(node)!r} is not allowed in {self._text!r}: only arithmetic on {', '.join(self._places)}")
        return found

    def _arithmetic(self, node: ast.expr) -> Compute | None:
        match node:
            case ast.BinOp(left=ast.Name(id=name), op=op, right=ast.Constant(value=int() | float() as number)) if (
                name in self._places and type(op) in _BINARY and not isinstance(number, bool) and abs(number) < _LARGEST
            ):  # `x / 10`: nearly all of them, and this is three calls fewer
                apply, place = _BINARY[type(op)], self._places[name]
                return lambda values: apply(values[place], number)
            case ast.BinOp(left=left, op=op, right=right) if type(op) in _BINARY:
                return _binary(_BINARY[type(op)], self.of(left), self.of(right))
            case ast.UnaryOp(op=ast.USub(), operand=inner):
                negated = self.of(inner)
                return lambda values: -negated(values)
        return None

    def _choice(self, node: ast.expr) -> Compute | None:
        match node:
            case ast.Compare(left=left, ops=[op], comparators=[right]) if type(op) in _COMPARE:
                return _binary(_COMPARE[type(op)], self.of(left), self.of(right))
            case ast.BoolOp(op=op, values=parts):
                compiled = [self.of(part) for part in parts]
                if isinstance(op, ast.And):
                    return lambda values: all(part(values) for part in compiled)
                return lambda values: any(part(values) for part in compiled)
            case ast.IfExp(test=test, body=body, orelse=other):
                condition, then, otherwise = self.of(test), self.of(body), self.of(other)
                return lambda values: then(values) if condition(values) else otherwise(values)
        return None

    def _name(self, name: str) -> Compute:
        if name in self._constants:
            constant = self._constants[name]
            return lambda _: constant
        if name not in self._places:
            known = ", ".join([*self._places, *self._constants])
            raise ValueError(f"{name!r} is unknown in {self._text!r}; known: {known}")
        return operator.itemgetter(self._places[name])

    def _call(self, name: str, arguments: Sequence[ast.expr]) -> Compute:
        fewest, most = _ARGUMENTS.get(name, (1, 1))
        if not fewest <= len(arguments) <= most:
            raise ValueError(f"{name} in {self._text!r} takes {fewest if fewest == most else f'{fewest} to {most}'} values")
        function, compiled = FUNCTIONS[name], [self.of(argument) for argument in arguments]
        return lambda values: function(*[part(values) for part in compiled])


def _binary(apply: Callable[[float, float], float], left: Compute, right: Compute) -> Compute:
    return lambda values: apply(left(values), right(values))

"""From the text of a SELECT to what is evaluated: the one reader of InfluxQL, less what only a server can answer.

Left out, and refused by name: SHOW, INTO, SLIMIT, SOFFSET, tz(), `::` and whatever Grafana should have put something in for.
"""

from dashboards.influxql import statement as read_as
from dashboards.influxql.memory.syntax import Binary, Call, Duration, Expression, Literal, NotEvaluated, Pattern, Ref, Statement, Wildcard
from dashboards.influxql.reading import read
from dashboards.influxql.tokens import Unreadable

_FILLS = ("null", "none", "previous", "linear")
_KNOWN_CLAUSES = {"ORDER BY", "LIMIT", "OFFSET"}


def parse(text: str) -> Statement:
    """Return the statement. Raises NotEvaluated, with the position where the text is no InfluxQL."""
    try:
        found = read(text)
    except Unreadable as error:
        raise NotEvaluated(str(error)) from error
    if isinstance(found, read_as.Show):
        raise NotEvaluated(f"SHOW {found.what} is answered by a store alone")
    return _statement(found)


def _statement(found: read_as.Statement) -> Statement:
    if unknown := sorted(found.clauses.keys() - _KNOWN_CLAUSES):
        raise NotEvaluated(f"{unknown[0]} is not known here")
    return Statement(
        tuple((_expression(column.expression), column.alias) for column in found.columns),
        tuple(_statement(source) if isinstance(source, read_as.Statement) else _measurement(source) for source in found.sources),
        None if found.where is None else _expression(found.where),
        tuple(map(_dimension, found.tags)),
        _length_ns(found.every),
        _length_ns(found.offset),
        _fill(found.fill),
        _is_descending(found.clauses.get("ORDER BY", "time ASC")),
        _whole(found.clauses.get("LIMIT", "0")),
        _whole(found.clauses.get("OFFSET", "0")),
    )


def _measurement(found: read_as.Measurement) -> str:
    return f"/{found.name}/" if found.is_pattern else found.name


def _dimension(found: read_as.Expression) -> Ref | Pattern | Wildcard:
    dimension = _expression(found)
    if not isinstance(dimension, (Ref, Pattern, Wildcard)):
        raise NotEvaluated(f"no tag to group by: {found}")
    return dimension


def _length_ns(found: read_as.Expression | None) -> int:
    if found is None:
        return 0
    length = _expression(found)
    if not isinstance(length, Duration):
        raise NotEvaluated("time() takes durations such as 1m")
    return length.ns


def _fill(word: str) -> str | float:
    if not word or word in _FILLS:
        return word or "null"
    try:
        return float(word)
    except ValueError:
        raise NotEvaluated(f"fill({word}) is not known") from None


def _is_descending(order: str) -> bool:
    column, direction = order.rsplit(" ", 1)
    if column.lower() != "time":
        raise NotEvaluated(f"rows are in the order of time alone, not of {column}")
    return direction == "DESC"


def _whole(text: str) -> int:
    number = _number(text)
    if not isinstance(number, int):
        raise NotEvaluated(f"a whole number was expected, not {text}")
    return number


def _number(text: str) -> int | float:
    try:
        return float(text) if "." in text else int(text)
    except ValueError:
        raise NotEvaluated(f"no number: {text}") from None


def _expression(found: read_as.Expression) -> Expression:
    match found:
        case read_as.Field(name, kind=""):
            return Ref(name)
        case read_as.Star(kind=""):
            return Wildcard()
        case read_as.Pattern(regex):
            return Pattern(regex)
        case read_as.Value():
            return _value(found)
        case read_as.Call(function, arguments):
            return Call(function, tuple(map(_expression, arguments)))
        case read_as.Binary("*", read_as.Value("number", "-1" | "+1" as sign), operand):
            return _signed(sign, _expression(operand))
        case read_as.Binary(operator, left, right):
            return Binary("!=" if operator == "<>" else operator, _expression(left), _expression(right))
        case read_as.Variable(text):
            raise NotEvaluated(f"nothing was put in for {text}")
    raise NotEvaluated(f"not known here: {found}")


def _value(found: read_as.Value) -> Expression:
    match found.kind:
        case "number":
            return Literal(_number(found.text))
        case "duration":
            return Duration(found.ns)
        case "boolean":
            return Literal(found.text == "true")
    return Literal(found.text)


def _signed(sign: str, operand: Expression) -> Expression:
    """Return an operand with the sign that stands before it, which the reader has as `-1 *`."""
    if sign == "+1":
        return operand
    match operand:
        case Duration(ns):
            return Duration(-ns)
        case Literal(int() | float() as number) if not isinstance(number, bool):
            return Literal(-number)
    return Binary("*", Literal(-1), operand)

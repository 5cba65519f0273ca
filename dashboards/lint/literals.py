"""Text that is compared with stands in single quotes: `"site" = "x"` compares two columns, and InfluxDB answers it with nothing.

Two columns may be compared where both are there and hold numbers, as `"opened" > "closed"` of a statement inside.
"""

from collections.abc import Iterable, Iterator

from dashboards.influxql.statement import Binary, Expression, Field, Show, Statement, parts, selects
from dashboards.lint.finding import Finding
from dashboards.lint.scope import TIME, columns_of, measurements_of
from dashboards.lint.walk import Asked
from dashboards.words import Text
from telemetry.catalogue import find

RULE = "literals"
_COMPARISONS = frozenset({"=", "!=", "<>", "=~", "!~", "<", "<=", ">", ">="})


def check(asked: Iterable[Asked]) -> Iterator[Finding]:
    for each in asked:
        statement = each.statement
        if statement is None:
            continue
        for left, right in mistaken(statement):
            yield Finding(
                RULE,
                each.place,
                Text(
                    f'"{left}" được so với cột "{right}", không phải với chữ \'{right}\'',
                    f'"{left}" is compared with a column "{right}", not with the text \'{right}\'',
                ),
                Text(f"viết '{right}' trong dấu nháy đơn", f"write '{right}' in single quotes"),
            )


def mistaken(statement: Statement | Show) -> Iterator[tuple[str, str]]:
    """Yield the comparisons of a name with what should be a text."""
    if isinstance(statement, Show):
        yield from _of_two_names(statement.where)
        return
    for each in selects(statement):
        for left, right in _of_two_names(each.where):
            if not (_holds_numbers(each, left) and _holds_numbers(each, right)):
                yield left, right


def _holds_numbers(statement: Statement, name: str) -> bool:
    if any(name in columns_of(inner) for inner in statement.inner):
        return not any(isinstance(tag, Field) and tag.name == name for inner in statement.inner for tag in inner.tags)
    found = [find(measurement, name) for source in statement.measurements for measurement in measurements_of(source)]
    return any(quantity is not None and quantity.type in ("float", "int") for quantity in found)


def _of_two_names(condition: Expression | None) -> Iterator[tuple[str, str]]:
    for part in parts(condition):
        if not isinstance(part, Binary) or part.operator not in _COMPARISONS:
            continue
        left, right = part.left, part.right
        if isinstance(left, Field) and isinstance(right, Field) and TIME not in (left.name, right.name):
            yield left.name, right.name

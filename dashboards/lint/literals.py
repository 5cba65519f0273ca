"""Text that is compared with stands in single quotes: `"site" = "x"` compares two columns, and InfluxDB answers it with nothing."""

from collections.abc import Iterable, Iterator

from dashboards.influxql.statement import Binary, Expression, Field, Show, parts, selects
from dashboards.lint.finding import Finding
from dashboards.lint.scope import TIME
from dashboards.lint.walk import Asked
from dashboards.words import Text

RULE = "literals"
_COMPARISONS = frozenset({"=", "!=", "<>", "=~", "!~", "<", "<=", ">", ">="})


def check(asked: Iterable[Asked]) -> Iterator[Finding]:
    for each in asked:
        statement = each.statement
        if statement is None:
            continue
        conditions = (statement.where,) if isinstance(statement, Show) else tuple(inner.where for inner in selects(statement))
        for condition in conditions:
            for left, right in _of_two_names(condition):
                yield Finding(
                    RULE,
                    each.place,
                    Text(
                        f'"{left}" được so với cột "{right}", không phải với chữ \'{right}\'',
                        f'"{left}" is compared with a column "{right}", not with the text \'{right}\'',
                    ),
                    Text(f"viết '{right}' trong dấu nháy đơn", f"write '{right}' in single quotes"),
                )


def _of_two_names(condition: Expression | None) -> Iterator[tuple[str, str]]:
    for part in parts(condition):
        if not isinstance(part, Binary) or part.operator not in _COMPARISONS:
            continue
        left, right = part.left, part.right
        if isinstance(left, Field) and isinstance(right, Field) and TIME not in (left.name, right.name):
            yield left.name, right.name

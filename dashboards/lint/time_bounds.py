"""The range on the screen is the range of the answer: `$timeFilter` bounds each statement that reads a measurement, and nothing else does.

Only a last-seen query has a bound of its own, `time > now() - 10m`, beside a statement that `$timeFilter` bounds. Further out it may stand
once more where that statement groups by time, since InfluxDB 1.6 otherwise fills empty groups up to now; anywhere else it can find nothing.
"""

from collections.abc import Iterable, Iterator

from dashboards.influxql.statement import Binary, Call, Expression, Field, Show, Statement, Variable, all_of, parts, selects
from dashboards.lint.finding import Finding
from dashboards.lint.functions import NOW
from dashboards.lint.scope import TIME
from dashboards.lint.walk import Asked
from dashboards.words import Text

RULE = "time-bounds"
_FILTER = "$timeFilter"
_OTHER_WAY = Text(f"để {_FILTER} giới hạn thời gian", f"let {_FILTER} bound the time")
_NO_FILTER = Text(f"một câu SELECT không có {_FILTER} trong WHERE", f"a SELECT has no {_FILTER} in its WHERE")
_OUTSIDE = Text("giới hạn thời gian đặt ở câu SELECT bên ngoài", "the time is bounded in an outer SELECT")
_INWARDS = Text("đặt vào câu SELECT trong cùng", "put it into the innermost SELECT")


def check(asked: Iterable[Asked]) -> Iterator[Finding]:
    for each in asked:
        statement = each.statement
        if isinstance(statement, Show):
            found: Iterable[tuple[Text, Text]] = _of_other_bounds(statement.where, may_be_now=False)
        else:
            found = _of_selects(statement) if statement else ()
        for what, way_out in dict.fromkeys(found):
            yield Finding(RULE, each.place, what, way_out)


def _of_selects(statement: Statement) -> Iterator[tuple[Text, Text]]:
    innermost = [each for each in selects(statement) if each.measurements]
    has_filter = any(map(_is_filtered, innermost))
    for each in selects(statement):
        if not each.measurements:
            if any(_times(each.where)) or (_is_filtered(each) and each.every is None):
                yield _OUTSIDE, _INWARDS
            continue
        is_last_seen = has_filter and not _is_filtered(each) and any(map(_is_since_now, all_of(each.where)))
        if not _is_filtered(each) and not is_last_seen:
            yield _NO_FILTER, Text(f"thêm {_FILTER} AND …", f"add {_FILTER} AND …")
            continue
        yield from _of_other_bounds(each.where, may_be_now=is_last_seen)


def _is_filtered(statement: Statement) -> bool:
    return any(isinstance(each, Variable) and each.text == _FILTER for each in all_of(statement.where))


def _of_other_bounds(where: Expression | None, *, may_be_now: bool) -> Iterator[tuple[Text, Text]]:
    for bound in _times(where):
        if not _is_since_now(bound):
            yield Text("thời gian cố định trong câu truy vấn", "a fixed time in the query"), _OTHER_WAY
        elif not may_be_now:
            yield (
                Text("now() trong câu truy vấn không phải kiểu “lần cuối thấy”", "now() in a query that is no last-seen query"),
                _OTHER_WAY,
            )


def _times(where: Expression | None) -> Iterator[Binary]:
    """Yield the comparisons of time."""
    for part in parts(where):
        if not isinstance(part, Binary) or part.operator in ("AND", "OR"):
            continue
        if any(isinstance(side, Field) and side.name.lower() == TIME for side in (part.left, part.right)):
            yield part


def _is_since_now(condition: Expression) -> bool:
    return isinstance(condition, Binary) and any(isinstance(part, Call) and part.function == NOW for part in parts(condition))

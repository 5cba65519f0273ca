"""Only what InfluxDB 1.x, 2.x and 3 share is asked: one dashboard for every store. See dashboards.lint.functions for the functions."""

from collections.abc import Iterable, Iterator

from dashboards.influxql.statement import Call, Show, Statement, parts, selects
from dashboards.lint.finding import Finding
from dashboards.lint.functions import FUNCTIONS, NOW
from dashboards.lint.walk import Asked
from dashboards.words import Text

RULE = "portable"
_SHOWN = frozenset({"TAG VALUES", "TAG KEYS", "FIELD KEYS", "MEASUREMENTS"})
_CLAUSES = frozenset({"ORDER BY", "LIMIT", "OFFSET", "TZ"})
_WAY_OUT = Text("chỉ dùng phần chung của InfluxDB 1.x, 2.x và 3", "use only what InfluxDB 1.x, 2.x and 3 share")


def check(asked: Iterable[Asked]) -> Iterator[Finding]:
    for each in asked:
        statement = each.statement
        words = _of_show(statement) if isinstance(statement, Show) else _of_selects(statement) if statement else ()
        for word in dict.fromkeys(words):
            yield Finding(RULE, each.place, Text(f"không phải kho nào cũng có {word}", f"not every store has {word}"), _WAY_OUT)


def _of_show(show: Show) -> Iterator[str]:
    if show.what not in _SHOWN:
        yield f"SHOW {show.what}"
    yield from (clause for clause in show.clauses if clause not in _CLAUSES)


def _of_selects(statement: Statement) -> Iterator[str]:
    for each in selects(statement):
        yield from (clause for clause in each.clauses if clause not in _CLAUSES)
        for expression in (*(column.expression for column in each.columns), each.where):
            for part in parts(expression):
                if isinstance(part, Call) and part.function not in FUNCTIONS and part.function != NOW:
                    yield part.function.upper()

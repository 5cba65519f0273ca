"""What an InfluxDB 1.x answers to a statement, worked out from points in memory: to prove panels, and to replay rules. Pure."""

import math
from collections.abc import Callable, Iterable, Mapping
from functools import cache

from dashboards.influxql.expand import Choice, Span, expand
from dashboards.influxql.memory.arithmetic import Value
from dashboards.influxql.memory.parse import parse
from dashboards.influxql.memory.relation import Relation, measurement
from dashboards.influxql.memory.run import run
from dashboards.influxql.memory.syntax import NotEvaluated
from dashboards.influxql.select import Select
from runtime.influx_series import Series
from telemetry.point import Point

__all__ = ["NotEvaluated", "answer", "evaluate", "reader"]

_MS = 1_000_000  # ns
Reader = Callable[[str], Relation]


def evaluate(
    select: Select,
    points: Iterable[Point],
    span: Span,
    variables: Mapping[str, Choice] | None = None,
    now_ms: int | None = None,
    least_interval: str = "",
) -> list[Series]:
    """Return the answer to a statement over `points` (in any order), as Grafana asks it for a range and a choice of variables.

    `now_ms` is needed where the statement says now(). Raises NotEvaluated for what is not known here, KeyError for an unknown variable.
    """
    return answer(expand(select.text, span, variables or {}, least_interval), reader(points), now_ms)


def reader(points: Iterable[Point]) -> Reader:
    """Return what reads the points of a measurement; keep it where many statements ask the same points."""
    kept = tuple(points)
    return cache(lambda name: measurement(name, kept))


def answer(statement: str, read: Reader, now_ms: int | None = None) -> list[Series]:
    """Return the answer to the text of a statement. Raises NotEvaluated."""
    found = run(parse(statement), read, None if now_ms is None else now_ms * _MS)
    return [
        Series(
            group.name,
            dict(group.tags),
            ("time", *found.columns),
            tuple((time_ns // _MS, *map(_written, values)) for time_ns, values in group.rows),
        )
        for group in found.groups
    ]


def _written(value: Value) -> Value:
    """Return a value as JSON has it: there is no NaN."""
    return None if isinstance(value, float) and math.isnan(value) else value

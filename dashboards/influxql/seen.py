"""Statements about who was heard lately.

Two statements in FROM are united: one counts what came within the last minutes, the other gives 0 for everyone that was seen in the range
at all, which `last` finds without reading it through. Their sum is 0 exactly for those who have fallen silent (measured on InfluxDB
1.6.7). What is recent is bounded on both sides: a point of the future, by a clock that is wrong, is no sign of life.
"""

from collections.abc import Sequence

from dashboards.house import REPORTED_WITHIN
from dashboards.influxql.select import Select, call, select
from dashboards.influxql.whose import OF_GATEWAY

ZERO = f"{call('last', 'quality')} * 0"  # a 0 of everybody who wrote anything, since every point has the field


def lately(within: str) -> str:
    """Return the condition that a point came within the last so long, up to now."""
    return f"time > now() - {within} AND time <= now()"


def with_zeros(counted: str, column: str, of: str, within: str, by: Sequence[str], where: Sequence[str] = ()) -> Select:
    """Return `column`, an expression that counts what came lately, for each that was seen in the range; 0 where nothing came."""
    recent = select((counted, column), of=of, where=where, by=by, time=lately(within))
    known = select((ZERO, column), of=of, where=where, by=by)
    return select((call("sum", column), column), of=(recent, known), by=by)


def heard_lately(measurement: str, by: Sequence[str] = OF_GATEWAY, where: Sequence[str] = (), within: str = REPORTED_WITHIN) -> Select:
    """Return `recent`, the number of points within the last minutes, for each that was seen in the range; 0: silent."""
    return with_zeros(call("count", "quality"), "recent", measurement, within, by, where)


def silent_count(measurement: str, by: Sequence[str] = OF_GATEWAY, where: Sequence[str] = (), within: str = REPORTED_WITHIN) -> Select:
    """Return how many that were seen in the range are silent now; no row where nobody is."""
    return select((call("count", "recent"), "silent"), of=heard_lately(measurement, by, where, within), where=('"recent" = 0',))

"""Statements about who was heard lately.

Two statements in FROM are united: one counts what came within the last minutes, the other gives 0 for everyone that was seen in the range
at all, which `last` finds without reading it through. Their sum is 0 exactly for those who have fallen silent (measured on InfluxDB
1.6.7).
"""

from collections.abc import Sequence

from dashboards.house import REPORTED_WITHIN
from dashboards.influxql.select import Select, call, lately, select

GATEWAY = ("site", "gateway")


def heard_lately(measurement: str, by: Sequence[str] = GATEWAY, where: Sequence[str] = (), within: str = REPORTED_WITHIN) -> Select:
    """Return `recent`, the number of points within the last minutes, for each that was seen in the range; 0: silent."""
    recent = select((call("count", "quality"), "recent"), of=measurement, where=where, by=by, time=lately(within))
    ever = select((f"{call('last', 'quality')} * 0", "recent"), of=measurement, where=where, by=by)
    return select((call("sum", "recent"), "recent"), of=(recent, ever), by=by)


def silent_count(measurement: str, by: Sequence[str] = GATEWAY, where: Sequence[str] = (), within: str = REPORTED_WITHIN) -> Select:
    """Return how many that were seen in the range are silent now; no row where nobody is."""
    return select((call("count", "recent"), "silent"), of=heard_lately(measurement, by, where, within), where=('"recent" = 0',))

"""What a counter of an agent rose by. It begins anew with the agent, which takes nothing away.

The steps between single points are added up: the difference of two groups' greatest values would lose the whole group in which the counter
began anew (five minutes of which may hold more than one start); this loses what was counted before the first point after a start.
"""

from collections.abc import Sequence

from dashboards.influxql.select import AUTO, TIME_FILTER, Select, call, name, select


def risen(field: str, of: str, where: Sequence[str], by: Sequence[str] = ()) -> Select:
    """Return how much a counter rose in each interval, under its own name; null where nothing was told."""
    steps = select((call("non_negative_difference", field), "step"), of=of, where=where, by=by)
    return select((f"sum({name('step')})", field), of=steps, where=(TIME_FILTER,), by=by, every=AUTO)

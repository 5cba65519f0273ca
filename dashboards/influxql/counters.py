"""What a counter grew by. A counter that begins again at 0 (a new meter, an agent that starts) takes nothing away from the sum.

The steps up between single readings are added: the difference of two groups' greatest or last values would lose the whole group in which
the counter began again; this loses what was counted before the first reading after that. A step belongs to the time of its later reading,
so after a gap the whole of it stands where the gap ends.
"""

from collections.abc import Sequence

from dashboards.influxql.select import AUTO, TIME_FILTER, Select, call, select
from dashboards.influxql.valid import IS_POSSIBLE

_STEP = "step"


def growth(field: str, of: str, where: Sequence[str], by: Sequence[str], every: str) -> Select:
    """Return how much the counter of a device grew in each `every`, as `growth`, without impossible readings."""
    steps = _steps(field, of, (*where, IS_POSSIBLE), by)
    return select((call("sum", _STEP), "growth"), of=steps, where=(TIME_FILTER,), by=by, every=every)


def risen(field: str, of: str, where: Sequence[str], by: Sequence[str] = ()) -> Select:
    """Return how much a counter of an agent rose in each interval, under its own name; null where nothing was told."""
    return select((call("sum", _STEP), field), of=_steps(field, of, where, by), where=(TIME_FILTER,), by=by, every=AUTO)


def _steps(field: str, of: str, where: Sequence[str], by: Sequence[str]) -> Select:
    return select((call("non_negative_difference", field), _STEP), of=of, where=where, by=by)

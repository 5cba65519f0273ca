"""What a counter grew by. A counter that begins again at 0 (a new meter, a power cut) takes nothing away from the sum."""

from collections.abc import Sequence

from dashboards.influxql.select import TIME_FILTER, Select, call, select
from dashboards.influxql.valid import IS_POSSIBLE


def growth(field: str, of: str, where: Sequence[str], by: Sequence[str], every: str) -> Select:
    """Return the growth in each `every`, as `growth`: the sum of the steps up between readings.

    A step belongs to the time of its later reading, so after a gap the whole of it stands where the gap ends. The difference of the last
    readings of two hours would lose the whole hour in which a counter begins again; this loses one step.
    """
    steps = select((call("non_negative_difference", field), "step"), of=of, where=(*where, IS_POSSIBLE), by=by)
    return select(('sum("step")', "growth"), of=steps, where=(TIME_FILTER,), by=by, every=every)

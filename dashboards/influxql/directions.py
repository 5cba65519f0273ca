"""Mean directions. 350° and 10° are north, not south: the mean is that of the vectors (WMO-No. 8, part I, chapter 5)."""

from collections.abc import Sequence

from dashboards.influxql.select import TIME_FILTER, Select, name, select
from dashboards.influxql.valid import IS_POSSIBLE

_RADIANS = "0.017453292519943295"
_DEGREES = "57.29577951308232"


def mean_direction(field: str, of: str, where: Sequence[str], by: Sequence[str], every: str) -> Select:
    """Return the mean direction in degrees from north, from 0 to below 360, as `direction`. Each reading weighs the same."""
    angle = f"{name(field)} * {_RADIANS}"
    vectors = select((f"sin({angle})", "east"), (f"cos({angle})", "north"), of=of, where=(*where, IS_POSSIBLE), by=by)
    return select(
        (f'(atan2(mean("east"), mean("north")) * {_DEGREES} + 360) % 360', "direction"),
        of=vectors,
        where=(TIME_FILTER,),
        by=by,
        every=every,
    )

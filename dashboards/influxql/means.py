"""Means: of the steps of a graph, and over the times that limits are set for. A mean over fewer hours is never called one over more.

Of the latter only readings that are valid count, and only where three quarters of the hours have a reading (18 of 24, 6 of 8).
The regulations name no such share; 75 % is common practice elsewhere, and without one the first hour of a new station would be
shown as the mean of its day.

Such a mean is that of the hours' means, as Decision 1459/QĐ-TCMT takes the day's mean of dust and as the alert rules do: an hour that was
read every second weighs no more than one that was read every five minutes.
"""

from collections.abc import Sequence

from dashboards.influxql.select import AUTO, TIME_FILTER, Select, call, name, select
from dashboards.influxql.valid import IS_POSSIBLE, IS_VALID

LOCAL_DAY = "24h, 17h"  # days begin at 17 o'clock UTC: Vietnam is UTC+7 and has no summer time
_LEAST_SHARE = 0.75


def course(field: str, of: str, where: Sequence[str], by: Sequence[str], function: str = "mean", every: str = AUTO) -> Select:
    """Return how a quantity changes: its mean, or another function, of each step of the graph, without impossible readings."""
    return select(call(function, field), of=of, where=(*where, IS_POSSIBLE), by=by, every=every)


def running_mean(field: str, of: str, hours: int, where: Sequence[str], by: Sequence[str]) -> Select:
    """Return the mean over the time range, which must be `hours` long (Panel.time_from), as `mean`."""
    return _complete(field, of, hours, where, by)


def daily_mean(field: str, of: str, where: Sequence[str], by: Sequence[str]) -> Select:
    """Return the mean of each calendar day of Vietnam, as `mean`; a day that has just begun, or is cut by the range, has none."""
    return _complete(field, of, 24, where, by, LOCAL_DAY)


def hourly_mean(field: str, of: str, where: Sequence[str], by: Sequence[str]) -> Select:
    """Return the mean of each clock hour, as `mean`; the last one is of the hour so far."""
    return select((call("mean", field), "mean"), of=of, where=(*where, IS_VALID), by=by, every="1h")


def _complete(field: str, of: str, hours: int, where: Sequence[str], by: Sequence[str], every: str = "") -> Select:
    hourly = select((call("mean", field), "hour"), of=of, where=(*where, IS_VALID), by=by, every="1h", fill="none")
    whole = select(
        (call("mean", "hour"), "mean"),
        (call("count", "hour"), "hours"),
        of=hourly,
        where=(TIME_FILTER,) if every else (),  # unbounded, groups of time begin in 1677 (1.6, measured)
        by=by,
        every=every,
    )
    return select(name("mean"), of=whole, where=(f'"hours" >= {hours * _LEAST_SHARE:g}',), by=by)

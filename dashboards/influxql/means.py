"""Means: of the steps of a graph, and over the times that limits are set for. A mean over fewer hours is never called one over more.

Of the latter only readings that are valid count, and only where three quarters of the hours have a reading (18 of 24, 6 of 8).
The regulations name no such share; 75 % is common practice elsewhere, and without one the first hour of a new station would be
shown as the mean of its day.

A mean is the sum of the readings by their number, not the mean of hourly means, in which an hour with one reading weighs as much as one
with sixty.
"""

import math
from collections.abc import Sequence

from dashboards.influxql.select import AUTO, TIME_FILTER, Select, call, name, select
from dashboards.influxql.valid import IS_POSSIBLE, IS_VALID

LOCAL_DAY = "24h, 17h"  # days begin at 17 o'clock UTC: Vietnam is UTC+7 and has no summer time
_LEAST_SHARE = 0.75


def course(field: str, of: str, where: Sequence[str], by: Sequence[str], function: str = "mean", every: str = AUTO) -> Select:
    """Return how a quantity changes: its mean, or another function, of each step of the graph, without impossible readings."""
    return select(call(function, field), of=of, where=(*where, IS_POSSIBLE), by=by, every=every)


def least_hours(hours: int) -> int:
    """Return how many of the hours of a mean must have a reading."""
    return math.ceil(hours * _LEAST_SHARE)


def running_mean(field: str, of: str, hours: int, where: Sequence[str], by: Sequence[str], column: str = "mean") -> Select:
    """Return the mean over the time range, which must be `hours` long (Panel.time_from), as `column`."""
    return _complete(field, of, hours, where, by, column=column)


def daily_mean(field: str, of: str, where: Sequence[str], by: Sequence[str]) -> Select:
    """Return the mean of each calendar day of Vietnam, as `mean`; a day that has just begun, or is cut by the range, has none."""
    return _complete(field, of, 24, where, by, LOCAL_DAY)


def hourly_mean(field: str, of: str, where: Sequence[str], by: Sequence[str]) -> Select:
    """Return the mean of each clock hour, as `mean`; the last one is of the hour so far."""
    return select((call("mean", field), "mean"), of=of, where=(*where, IS_VALID), by=by, every="1h")


def _complete(field: str, of: str, hours: int, where: Sequence[str], by: Sequence[str], every: str = "", column: str = "mean") -> Select:
    hourly = select((call("sum", field), "sum"), (call("count", field), "readings"), of=of, where=(*where, IS_VALID), by=by, every="1h")
    whole = select(
        ('sum("sum") / sum("readings")', "mean"),
        ('count("readings")', "hours"),
        of=hourly,
        where=(TIME_FILTER,) if every else (),  # unbounded, groups of time begin in 1677 (1.6, measured)
        by=by,
        every=every,
    )
    return select((name("mean"), "" if column == "mean" else column), of=whole, where=(f'"hours" >= {least_hours(hours)}',), by=by)

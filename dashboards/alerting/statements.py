"""From a rule's query to its InfluxQL: one column "value", one row for each instance.

Each shape was measured on InfluxDB 1.6.7. `now()` stands where the window is shorter than the time range (dashboards.influxql.seen).
`moving_average` has no row before it has seen enough steps; it stands outside the statement that makes the steps, since beside
`GROUP BY time(…)` it reaches back beyond the time range by some of them.
"""

from collections.abc import Iterable, Mapping, Sequence

from dashboards.alerting.numbers import plain
from dashboards.alerting.queries import Arrival, Flag, Heartbeat, LastSeen, Level, Losses, OpenGaps, Query, Rate, Tags
from dashboards.influxql.ledger import LEDGER
from dashboards.influxql.seen import ZERO, with_zeros
from dashboards.influxql.select import Select, call, equals, literal, name, select

VALUE = "value"
_STEP = "step"


def statement(query: Query, above: Mapping[str, float] | None = None) -> Select | None:
    """Return the statement, None where the store is not asked.

    With `above`, levels by device, the value is how far a device's reading lies above its own, and other devices are not asked for.
    """
    match query:
        case Level():
            return _level(query) if above is None else _above(query, above)
        case Flag():
            return _flag(query)
        case LastSeen():
            return with_zeros(call("count", "quality"), VALUE, query.measurement, query.window, query.by)
        case Rate():
            return with_zeros(call("non_negative_difference", query.field), VALUE, query.measurement, query.window, query.by)
        case Losses():
            where = (_either("reason", map(literal, query.reasons)),)
            return with_zeros(call("sum", "count"), VALUE, LEDGER, query.window, query.by, where)
        case OpenGaps():
            return _open_gaps(query)
        case Arrival():
            return select((call("count", "quality"), VALUE), of=query.measurement)
        case Heartbeat():
            return None


def _level(query: Level) -> Select:
    return _mean(query) if query.mean_of else _last(query, "", query.by)


def _believed(query: Level) -> str:
    return _either("quality", map(str, query.qualities))


def _either(column: str, values: Iterable[str]) -> str:
    each = [f"{name(column)} = {value}" for value in values]
    return f"({' OR '.join(each)})" if len(each) > 1 else each[0]


def _last(query: Level, arithmetic: str, by: Tags, where: Sequence[str] = ()) -> Select:
    divided = "" if query.divided_by == 1 else f" / {plain(query.divided_by)}"
    value = call("last", query.field) + divided + arithmetic
    return select((value, VALUE), of=query.measurement, where=(_believed(query), *where), by=by)


def _mean(query: Level) -> Select:
    steps = select(
        (call("mean", query.field), _STEP), of=query.measurement, where=(_believed(query),), by=query.by, every=query.step, fill="none"
    )
    moving = select((call("moving_average", _STEP, str(query.mean_of)), VALUE), of=steps, by=query.by)
    divided = "" if query.divided_by == 1 else f" / {plain(query.divided_by)}"
    return select((call("last", VALUE) + divided, VALUE), of=moving, by=query.by)


def _above(query: Level, above: Mapping[str, float]) -> Select:
    each = [_last(query, f" - {plain(level)}", query.by, (equals("device", device),)) for device, level in above.items()]
    return select((call("last", VALUE), VALUE), of=each, by=query.by)


def _flag(query: Flag) -> Select:
    def told(is_: bool, plus: str) -> Select:
        return select((ZERO + plus, VALUE), of=query.measurement, where=(f"{name(query.field)} = {str(is_).lower()}",), by=query.by)

    return select((call("last", VALUE), VALUE), of=(told(query.is_, " + 1"), told(not query.is_, "")), by=query.by)


def _open_gaps(query: OpenGaps) -> Select:
    def told(state: str, times: str) -> Select:
        where = (equals("state", state),)
        return select((f"count(distinct({name('gap_id')})){times}", VALUE), of=LEDGER, where=where, by=query.by)

    return select((call("sum", VALUE), VALUE), of=(told("open", ""), told("closed", " * -1")), by=query.by)

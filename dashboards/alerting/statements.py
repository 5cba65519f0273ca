"""From a rule's query to its InfluxQL: one column "value", one row for each instance.

Each shape was measured on InfluxDB 1.6.7. `now()` stands where the window is shorter than the time range (dashboards.influxql.seen).
`moving_average` has no row before it has seen enough steps; it stands outside the statement that makes the steps, since beside
`GROUP BY time(…)` it reaches back beyond the time range by some of them.
"""

from collections.abc import Iterable, Mapping, Sequence

from dashboards.alerting.numbers import plain
from dashboards.alerting.queries import Arrival, Flag, Heartbeat, LastSeen, Level, Losses, OpenGaps, Query, Rate, Tags
from dashboards.influxql.ledger import LEDGER
from dashboards.influxql.seen import ZERO, lately, with_zeros
from dashboards.influxql.select import TIME_FILTER, Select, call, equals, literal, name, select
from dashboards.influxql.united import constant

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
            return _losses(query)
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


def _losses(query: Losses) -> Select:
    """An entry that does not know its number has no `count`, or one that is too small: it is one more, or nobody would be told."""
    where = (_either("reason", map(literal, query.reasons)),)

    def told(value: str, *more: str, time: str = lately(query.window)) -> Select:
        return select((value, VALUE), of=LEDGER, where=(*where, *more), by=query.by, time=time)

    counted, vague = told(call("sum", "count")), told(call("count", "quality"), f"{name('count_known')} = false")
    return select((call("sum", VALUE), VALUE), of=(counted, vague, told(ZERO, time=TIME_FILTER)), by=query.by)


def _open_gaps(query: OpenGaps) -> Select:
    """As in influxql/ledger.py: the newest gap is open when no end is told of one that began as late. Opens less ends would be one too few
    while the beginning of a gap is older than the memory and its end is not."""

    def told(state: str, *columns: tuple[str, str]) -> Select:
        return select(*columns, of=LEDGER, where=(equals("state", state),), by=query.by)

    newest = call("max", "from_ns")
    began, ended = told("open", (newest, "opened"), (f"{newest} * 0", "closed")), told("closed", (newest, "closed"))
    ahead = select((f"{call('max', 'opened')} - {call('max', 'closed')}", "ahead"), of=(began, ended), by=query.by)
    is_open = select((constant(name("ahead"), 1), VALUE), of=ahead, where=(f"{name('ahead')} > 0",), by=query.by)
    known = (told(state, (constant(call("last", "quality"), 0), VALUE)) for state in ("open", "closed"))
    return select((call("max", VALUE), VALUE), of=(is_open, *known), by=query.by)

"""How gateways are: reporting, in trouble or silent, each found by InfluxQL alone, so that map and numbers say the same.

A gateway that was seen in the time range counts, with the greatest state that one of the statements below gives it. Who is silent has no
row in the last minutes, and so keeps the 0 of having been seen. `now()` stands in what is about the present: these statements do not
look back with the dashboard's time range.
"""

from dashboards.house import REPORTED_WITHIN, SEEN_WITHIN
from dashboards.influxql.expand import duration_ms
from dashboards.influxql.seen import lately
from dashboards.influxql.select import Select, call, name, select
from dashboards.influxql.united import constant, united
from dashboards.influxql.whose import OF_GATEWAY
from dashboards.panels.mappings import Shown
from dashboards.words import Text

SILENT, REPORTING, REFUSED, BEHIND, CUT_OFF = range(5)
MINUTES = duration_ms(REPORTED_WITHIN) // 60_000
BEHIND_S = MINUTES * 60.0  # what waits longer than we wait for a report is late
SEEN_DAYS = duration_ms(SEEN_WITHIN) // 86_400_000

STATES: dict[int, Shown] = {
    SILENT: Text(f"im lặng (không báo về trong {MINUTES} phút)", f"silent (no report within {MINUTES} minutes)"),
    REPORTING: Text("đang báo về", "reporting"),
    REFUSED: Text("có dữ liệu bị từ chối trong 1 giờ qua", "readings were refused in the last hour"),
    BEHIND: Text(f"còn dữ liệu cũ hơn {MINUTES} phút chưa gửi", f"has readings older than {MINUTES} minutes to send"),
    CUT_OFF: Text("báo là đường truyền không thông", "says that its uplink is down"),
}

_COLUMNS = ("latitude", "longitude", "state", "seen", "reporting", "troubled")
_NOW = lately(REPORTED_WITHIN)
_LAST_HOUR = lately("1h")


def gateways() -> Select:
    """Return a row for each gateway: its last known `latitude` and `longitude` (null where never told), `state` and 0 or 1 for `seen`,
    `reporting` and `troubled`.
    """
    known = united(_COLUMNS, (_seen(), _place(), _reporting(), *_troubles()), OF_GATEWAY)
    only_now = {column: f'"{column}" * "reporting"' for column in ("state", "troubled")}  # trouble of an hour ago is silence by now
    return select(*((only_now.get(column, name(column)), column) for column in _COLUMNS), of=known, by=OF_GATEWAY)


def in_state(least: int, most: int) -> Select:
    """Return site, gateway, place and state of those between two states, both included, that have a place."""
    return select(
        '"latitude"',
        '"longitude"',
        '"state"',
        of=gateways(),
        where=(f'"state" >= {least}', f'"state" <= {most}', '"latitude" >= -90'),
        by=OF_GATEWAY,
    )


def tally() -> Select:
    """Return one row: how many are `online` (report), are `troubled` among those, are `silent`, and were `seen` at all; a zero is a 0."""
    return select(
        ('sum("reporting")', "online"),
        ('sum("troubled")', "troubled"),
        ('sum("seen") - sum("reporting")', "silent"),
        ('sum("seen")', "seen"),
        of=gateways(),
    )


def _seen() -> Select:
    last = call("last", "quality")
    zero, one = constant(last, 0), constant(last, 1)
    return select((zero, "state"), (one, "seen"), (zero, "reporting"), (zero, "troubled"), of="gateway", by=OF_GATEWAY)


def _place() -> Select:
    return select((call("last", "latitude"), "latitude"), (name("longitude"), "longitude"), of="gateway", by=OF_GATEWAY)


def _reporting() -> Select:
    last = call("last", "quality")
    return select((constant(last, REPORTING), "state"), (constant(last, 1), "reporting"), of="gateway", by=OF_GATEWAY, time=_NOW)


def _troubles() -> tuple[Select, ...]:
    steps = select((call("non_negative_difference", "rejected_total"), "step"), of="gateway", by=OF_GATEWAY, time=_LAST_HOUR)
    refused = select((call("sum", "step"), "refused"), of=steps, by=OF_GATEWAY)  # an agent that started again counts from 0
    oldest = select((call("last", "spool_oldest_age_s"), "age"), of="gateway", by=OF_GATEWAY, time=_NOW)
    uplink = select((call("last", "uplink_up"), "up"), (name("spool_records"), "waiting"), of="gateway", by=OF_GATEWAY, time=_NOW)
    return (
        _trouble(REFUSED, refused, "refused", '"refused" > 0'),
        _trouble(BEHIND, oldest, "age", f'"age" > {BEHIND_S}'),
        _trouble(CUT_OFF, uplink, "waiting", '"up" = false'),
    )


def _trouble(state: int, of: Select, column: str, where: str) -> Select:
    return select((constant(name(column), state), "state"), (constant(name(column), 1), "troubled"), of=of, where=(where,), by=OF_GATEWAY)

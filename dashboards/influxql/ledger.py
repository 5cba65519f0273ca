"""Statements about measurement `ledger` (docs/specs/wire.md, section 2) that panels and annotations share.

A gap is two points with one `gap_id`: `open`, at the time when it began, and `closed`, which tells both ends. InfluxQL cannot join two
points by a field; but a source has at most one gap of a reason at a time, so the newest gap is open exactly when the newest `from_ns` of
an `open` point is later than that of every `closed` one. That holds also where the gap's beginning or end lies outside the range, and
where the words of two gaps came in another order than the gaps: a source that spoke once between two silences (counting, or asking for
the last word, does not).

Losses are points without `gap_id`. A condition on a field that a point lacks is never met, not even `"gap_id" = ''` (InfluxDB 1.6.7), so
they are told apart by their reason.
"""

from collections.abc import Sequence

from dashboards.house import MISSED_WITHIN
from dashboards.influxql.seen import lately
from dashboards.influxql.select import Select, call, equals, name, select
from dashboards.influxql.whose import OF_LEDGER
from dashboards.reasons import OF_GAPS

LEDGER = "ledger"
NS_IN_A_MS = 1_000_000
_NO_END_MS = 4_102_444_800_000  # 2100-01-01: right of every chart


def among(tag: str, texts: Sequence[str], *, is_not: bool = False) -> str:
    """Return the condition that a tag is one of several plain texts, or none of them."""
    return f"{name(tag)} {'!~' if is_not else '=~'} /^({'|'.join(texts)})$/"


def is_loss() -> str:
    """Return the condition that an entry is a loss and no gap."""
    return among("reason", OF_GAPS, is_not=True)


def closed_gaps(*more: tuple[str, str], where: Sequence[str] = (), rest: str = "") -> Select:
    """Return gaps whose end is known, one row each: `from` and `to` in ms, their tags, and `more` columns."""
    return select(
        (_ms("from_ns"), "from"),
        (_ms("to_ns"), "to"),
        *((name(tag), tag) for tag in OF_LEDGER),
        *more,
        of=LEDGER,
        where=(equals("state", "closed"), *where),
        rest=rest,
    )


def open_gaps(*columns: tuple[str, str], where: Sequence[str] = ()) -> Select:
    """Return gaps that are not over at the end of the range, one row each; `columns` are made of `opened`, ns since 1970, and tags."""
    opened = select(
        (call("max", "from_ns"), "opened"),
        (f"{call('max', 'from_ns')} * 0", "closed"),
        of=LEDGER,
        where=(equals("state", "open"), *where),
        by=OF_LEDGER,
    )
    closed = select((call("max", "from_ns"), "closed"), of=LEDGER, where=(equals("state", "closed"), *where), by=OF_LEDGER)
    ahead = f"{call('max', 'opened')} - {call('max', 'closed')}"
    newest = select((call("max", "opened"), "opened"), (ahead, "ahead"), of=(opened, closed), by=OF_LEDGER)
    return select(*columns, of=newest, where=('"ahead" > 0',))


def long_open_gaps_listed(*more: tuple[str, str], where: Sequence[str] = ()) -> Select:
    """Return open gaps that began before the time range, as open_gaps_listed does: those open now that began within MISSED_WITHIN."""
    opened = select(
        (call("max", "from_ns"), "opened"),
        *((f"{call('max', 'from_ns')} * 0", column) for column in ("closed", "here")),
        of=LEDGER,
        where=(equals("state", "open"), *where),
        by=OF_LEDGER,
        time=lately(MISSED_WITHIN),
    )
    closed = select(
        (call("max", "from_ns"), "closed"),
        of=LEDGER,
        where=(equals("state", "closed"), *where),
        by=OF_LEDGER,
        time=lately(MISSED_WITHIN),
    )
    here = select((f"{call('max', 'from_ns')} * 0 + 1", "here"), of=LEDGER, where=(equals("state", "open"), *where), by=OF_LEDGER)
    ahead = f"{call('max', 'opened')} - {call('max', 'closed')}"
    columns = ((call("max", "opened"), "opened"), (ahead, "ahead"), (call("max", "here"), "here"))
    newest = select(*columns, of=(opened, closed, here), by=OF_LEDGER)
    listed = ((_ms("opened"), "from"), *((name(tag), tag) for tag in OF_LEDGER), *more)
    return select(*listed, of=newest, where=('"ahead" > 0', '"here" = 0'))


def open_gaps_listed(*more: tuple[str, str], where: Sequence[str] = ()) -> Select:
    """Return open gaps with `from` in ms and their tags."""
    return open_gaps((_ms("opened"), "from"), *((name(tag), tag) for tag in OF_LEDGER), *more, where=where)


def count_of_open_gaps(where: Sequence[str] = ()) -> Select:
    """Return how many gaps are not over; no row where there is none."""
    return open_gaps((call("count", "opened"), "open"), where=where)


def until_for_ever() -> tuple[str, str]:
    """Return a column `to` for gaps that are not over: a time to the right of every chart."""
    return f'"opened" * 0 + {_NO_END_MS}', "to"


def losses_with_span(*, is_known: bool, without: Sequence[str], where: Sequence[str] = (), rest: str = "") -> Select:
    """Return losses that say when the lost readings were taken, one row each; `without` are reasons that are left out."""
    return select(
        (_ms("from_ns"), "from"),
        (_ms("to_ns"), "to"),
        *((name(tag), tag) for tag in OF_LEDGER),
        of=LEDGER,
        where=(is_loss(), among("reason", without, is_not=True), '"from_ns" > 0', f'"count_known" = {str(is_known).lower()}', *where),
        rest=rest,
    )


def losses(where: Sequence[str] = ()) -> Select:
    """Return what was lost by source and reason: `lost` readings (none where no entry knows), `entries`, and of these `inexact` ones."""
    told = select(
        (call("sum", "count"), "lost"),
        (call("count", "quality"), "entries"),
        (f"{call('count', 'quality')} * 0", "inexact"),
        of=LEDGER,
        where=(is_loss(), *where),
        by=OF_LEDGER,
    )
    unsure = select((call("count", "quality"), "inexact"), of=LEDGER, where=(is_loss(), '"count_known" = false', *where), by=OF_LEDGER)
    return select(
        (call("sum", "lost"), "lost"),
        (call("sum", "inexact"), "inexact"),
        (call("sum", "entries"), "entries"),
        of=(told, unsure),
        by=OF_LEDGER,
    )


def _ms(field: str) -> str:
    return f"{name(field)} / {NS_IN_A_MS}"

"""What the ledger tells beside the balance: gaps, and what was lost before it was ours to keep. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from edge.spool.entries import Entry
from edge.spool.history import Span
from edge.spool.loss import earliest, latest
from edge.spool.reasons import Kind, kind_of


@dataclass(frozen=True, slots=True)
class GapTold:
    """A gap that the ledger tells of; `to_ns` is None while it is open. `count` readings should have come."""

    gap_id: str
    source: str
    reason: str
    from_ns: int | None
    to_ns: int | None
    count: int | None
    is_known: bool


@dataclass(frozen=True, slots=True)
class Outside:
    """What the ledger tells that is outside the balance, added up; `count` is at least that many unless `is_known`."""

    source: str
    reason: str
    count: int
    is_known: bool
    from_ns: int | None
    to_ns: int | None


def gaps_told(entries: Iterable[Entry], span: Span | None) -> list[GapTold]:
    """Return the gaps that reach into `span`, in the order of their first word."""
    told: dict[str, GapTold] = {}
    for entry in entries:
        if not entry.gap_id:
            continue
        gap = told.setdefault(entry.gap_id, GapTold(entry.gap_id, entry.source, entry.reason, entry.from_ns, None, None, is_known=False))
        if entry.state == "closed" and gap.to_ns is None:
            told[entry.gap_id] = replace(gap, to_ns=entry.to_ns, count=entry.count, is_known=entry.is_known)
    return [gap for gap in told.values() if _overlaps(gap, span)]


def _overlaps(gap: GapTold, span: Span | None) -> bool:
    return span is None or ((gap.from_ns or 0) <= span[1] and (gap.to_ns is None or gap.to_ns >= span[0]))


def outside(entries: Iterable[Entry], span: Span | None) -> list[Outside]:
    """Return what is outside the balance and no gap, by source and reason."""
    sums: dict[tuple[str, str], Outside] = {}
    for entry in entries:
        is_within = span is None or span[0] <= entry.when_ns <= span[1]
        if kind_of(entry.reason) is not Kind.OUTSIDE or entry.gap_id or not is_within:
            continue
        key = (entry.source, entry.reason)
        before = sums.get(key, Outside(*key, 0, is_known=True, from_ns=None, to_ns=None))
        sums[key] = replace(
            before,
            count=before.count + (entry.count or 0),
            is_known=before.is_known and entry.is_known,
            from_ns=earliest((before.from_ns, entry.from_ns, entry.at_ns if entry.from_ns is None else None)),
            to_ns=latest((before.to_ns, entry.to_ns, entry.at_ns if entry.to_ns is None else None)),
        )
    return list(sums.values())

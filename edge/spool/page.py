"""What is remembered of a segment that was deleted: one page of the book (edge/spool/book.py).

By source and hour of the records' last times: readings produced, lines delivered (done when the segment went) and lines lost with it.
Hour "" is for records whose time is not known. Pages are read from heads alone; of ledger records the entries are kept as well.
"""

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from edge.spool.done import DoneSet
from edge.spool.entries import LEDGER_SOURCE, Entry, entries_in
from edge.spool.loss import Claim
from edge.spool.reasons import UNKNOWN_SOURCE, Kind, kind_of
from edge.spool.record import LINES, Head
from edge.spool.segment import HEAD_BYTES, Segment
from edge.spool.segment_reader import Record, SegmentReader

HOUR_NS = 3_600 * 1_000_000_000
DAY_HOURS = 24
_MOST_DAYS = 400
_MOST_GAPS = 1000


@dataclass(slots=True)
class Page:
    """`numbers` and `sequences` are the segments and records it stands for, as closed intervals; `lines` all of their lines.

    `sources` maps source → hour → [produced, delivered, lost], the hour counted from 1970 UTC and the first of `hours` that the cell
    is about; `damaged` are sequences whose heads could not be read.
    """

    priority: str
    numbers: list[tuple[int, int]]
    sequences: list[tuple[int, int]]
    lines: int = 0
    sources: dict[str, dict[str, list[int]]] = field(default_factory=dict)
    damaged: list[tuple[int, int]] = field(default_factory=list)
    entries: list[Entry] = field(default_factory=list)
    hours: int = 1

    def add(self, source: str, hour: str, produced: int, delivered: int, lost: int) -> None:
        cell = self.sources.setdefault(source, {}).setdefault(hour, [0, 0, 0])
        for at, value in enumerate((produced, delivered, lost)):
            cell[at] += value

    def lost(self) -> dict[str, int]:
        """Return the lines lost by source."""
        return {source: lost for source, hours in self.sources.items() if (lost := sum(cell[2] for cell in hours.values()))}

    def to_json(self) -> str:
        return json.dumps(asdict(self), separators=(",", ":"))


def page_from(text: str) -> Page:
    """Return the page. Raises ValueError, TypeError or KeyError when it is none."""
    found: dict[str, Any] = json.loads(text)
    for name in ("numbers", "sequences", "damaged"):
        found[name] = [(int(first), int(last)) for first, last in found[name]]
    found["entries"] = [Entry(**{**each, "claims": tuple(Claim(*claim) for claim in each["claims"])}) for each in found["entries"]]
    return Page(**found)


def hour_of(head: Head) -> str:
    """Return the hour of a record's last time, "" when it has none."""
    return str(head.last_ns // HOUR_NS) if head.kind == LINES and head.last_ns > 0 else ""


def page_of(reader: SegmentReader, priority: str, segment: Segment, end: int, lines_end: int | None, done: DoneSet) -> Page:
    """Return the page of a segment whose records end before sequence `end`, when `lines_end` lines had been written (None: unknown)."""
    page = Page(priority, [(segment.number, segment.number)], [(segment.first, end - 1)])
    opening = reader.segment_head()
    expected, lines = segment.first, opening.lines_before if opening else None

    def missing(until: int, lines_before: int | None) -> None:
        count = max(0, lines_before - lines) if lines is not None and lines_before is not None else 0
        is_done = done.count(expected, until - 1) == until - expected
        page.damaged.append((expected, until - 1))
        page.add(UNKNOWN_SOURCE, "", count, count if is_done else 0, 0 if is_done else count)

    for offset, head in heads(reader, segment, end):
        if head.sequence < expected:
            continue
        if head.sequence > expected:
            missing(head.sequence, head.lines_before)
        is_done = head.sequence in done
        page.add(head.source, hour_of(head), head.produced, head.count if is_done else 0, 0 if is_done else head.count)
        page.lines += head.count
        expected, lines = head.sequence + 1, head.lines_before + head.count
        if head.source == LEDGER_SOURCE and head.count:
            record = reader.record_at(offset, segment.size)
            page.entries += entries_in(record) if isinstance(record, Record) else []
    if expected < end:
        missing(end, lines_end)
    return page


def heads(reader: SegmentReader, segment: Segment, end: int) -> Iterator[tuple[int, Head]]:
    """Yield offset and head of the records below sequence `end`. Raises OSError."""
    offset = HEAD_BYTES
    while offset < segment.size:
        head = reader.head_at(offset, segment.size)
        if head is None:
            damage = reader.record_at(offset, segment.size)
            if damage is None:
                return
            offset = damage.end
        elif head.sequence >= end:
            return
        else:
            yield offset, head
            offset += head.length


def merge(pages: Iterable[Page], deduplicate: Callable[[Iterable[Entry]], list[Entry]]) -> Page:
    """Return one page for several of a priority, by days; the oldest beyond 400 days have no day any more."""
    kept = list(pages)
    result = Page(kept[0].priority, [], [], hours=DAY_HOURS)
    for name in ("numbers", "sequences", "damaged"):
        intervals = DoneSet((each for page in kept for each in getattr(page, name)), limit=1 << 20)
        setattr(result, name, list(intervals))
    newest = max((int(hour) for page in kept for hours in page.sources.values() for hour in hours if hour), default=0)
    for page in kept:
        result.lines += page.lines
        for source, hours in page.sources.items():
            for hour, cell in hours.items():
                result.add(source, _day(hour, newest), *cell)
    result.entries = deduplicate(entry for page in kept for entry in page.entries)
    return result


def _day(hour: str, newest: int) -> str:
    if not hour or newest - int(hour) > _MOST_DAYS * DAY_HOURS:
        return ""
    return str(int(hour) // DAY_HOURS * DAY_HOURS)


def flattened(entries: Iterable[Entry]) -> list[Entry]:
    """Return entries added up by source, reason and day, without claims; of gaps the newest thousand stay as they are."""
    gaps: list[Entry] = []
    sums: dict[tuple[str, str, int], Entry] = {}
    for entry in counted_once(entries):
        if entry.gap_id:
            gaps.append(entry)
            continue
        key = (entry.source, entry.reason, entry.when_ns // (DAY_HOURS * HOUR_NS))
        known = sums.get(key)
        sums[key] = replace(entry, claims=()) if known is None else _sum(known, entry)
    return [*sums.values(), *gaps[-_MOST_GAPS:]]


def counted_once(entries: Iterable[Entry]) -> list[Entry]:
    """Return the entries with claims that were made twice taken out: of records that were refused, damaged or given up (by segment)."""
    seen: dict[tuple[str, str, str, int], int] = {}
    result = []
    for entry in entries:
        if kind_of(entry.reason) in (Kind.INTAKE, Kind.GONE, Kind.OUTSIDE) or not entry.claims:
            result.append(entry)
            continue
        fresh = []
        for claim in entry.claims:
            key = (entry.source, entry.reason, claim.priority, claim.number)
            more = claim.lines - seen.get(key, 0)
            if more > 0:
                seen[key] = claim.lines
                fresh.append(claim._replace(lines=more))
        if fresh:
            result.append(replace(entry, count=sum(claim.lines for claim in fresh), claims=tuple(fresh)))
    return result


def _sum(one: Entry, other: Entry) -> Entry:
    count = None if one.count is None and other.count is None else (one.count or 0) + (other.count or 0)
    return replace(one, count=count, is_known=one.is_known and other.is_known, to_ns=other.to_ns or one.to_ns, claims=())

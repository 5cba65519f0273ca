"""The balance of a spool: produced = stored + waiting + set aside + dropped (reason), by source. Pure.

The two sides come from different places. Produced is what every record says that the source's intake counted, kept or in the book.
Stored is the lines of records that are done, less what the ledger says of them; waiting is lines of records that are not; the rest is
the ledger's word. So a line that went missing between intake and record, a record that went without a word, or a word that is missing,
shows as a difference.

A word of the ledger counts by the record that it names: a record that never came to be voids it, and so does a refused record that is
not done yet and will be sent again.
"""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from enum import Enum

from edge.account_outside import GapTold, Outside, gaps_told, outside
from edge.spool.entries import Entry
from edge.spool.history import Evidence, Span, Sums
from edge.spool.loss import Claim
from edge.spool.page import HOUR_NS, Page, counted_once
from edge.spool.reasons import SET_ASIDE, UNKNOWN_SOURCE, Kind, kind_of


@dataclass(slots=True)
class Row:
    """One source. `difference` is what nobody can account for: 0 when it balances."""

    source: str
    produced: int = 0
    stored: int = 0
    waiting: int = 0
    set_aside: int = 0
    dropped: Counter[str] = field(default_factory=Counter)

    @property
    def difference(self) -> int:
        return self.produced - self.stored - self.waiting - self.set_aside - sum(self.dropped.values())

    def take(self, reason: str, count: int) -> None:
        """Book `count` under set aside or dropped."""
        if reason in SET_ASIDE:
            self.set_aside += count
        else:
            self.dropped[reason] += count


class Note(Enum):
    """What an account has to say about itself."""

    UNKNOWN_SIZE = "losses whose size cannot be known"
    WHOSE_UNKNOWN = "heads of records are damaged: whose the readings were cannot be known"
    HEADLESS = "records whose heads are damaged: what they answered for besides their lines cannot be known"
    BAD_PAGES = "pages of the book that cannot be read"
    NO_PAGE = "readings that only the ledger knows of: their page in the book is missing"
    UNSAID = "readings given up of which the ledger does not speak yet"
    UNOPENED = "segments that cannot be opened"
    ROUNDED = "what only the book knows is rounded to hours or days"
    UNDATED = "readings without a time yet, which are in no range"


@dataclass(slots=True)
class Account:
    """The whole answer. `rows` are of the time range that was asked for; `is_balanced` is about everything, in it or not."""

    rows: list[Row]
    total: Row
    is_balanced: bool
    gaps: list[GapTold]
    outside: list[Outside]
    notes: dict[Note, int]


def balance(found: Evidence, span: Span | None = None) -> Account:
    """Draw up the account."""
    whole = _Sheet(found, None)
    sheet = whole if span is None else _Sheet(found, span)
    if span is not None and (undated := sum(found.undated.produced.values())):
        sheet.notes[Note.UNDATED] = undated
    rows = sorted((row for row in sheet.rows.values() if row.produced or row.difference or row.stored), key=lambda row: row.source)
    total = Row("")
    for row in rows:
        total.produced += row.produced
        total.stored += row.stored
        total.waiting += row.waiting
        total.set_aside += row.set_aside
        total.dropped += row.dropped
    notes = {**whole.notes, **sheet.notes}
    is_balanced = _balances(whole.rows, notes)
    return Account(rows, total, is_balanced, gaps_told(found.entries, span), outside(found.entries, span), dict(notes))


def _balances(rows: dict[str, Row], notes: dict[Note, int]) -> bool:
    """Tell whether every source balances, or all together do because damaged heads hide whose readings were lost."""
    differences = {source: row.difference for source, row in rows.items() if row.difference}
    if not differences:
        return True
    hidden = -differences.pop(UNKNOWN_SOURCE, 0)
    if hidden > 0 and sum(differences.values()) == hidden and all(each > 0 for each in differences.values()):
        notes[Note.WHOSE_UNKNOWN] = hidden
        return True
    return False


class _Sheet:
    """Rows by source, for everything or for a span."""

    def __init__(self, found: Evidence, span: Span | None) -> None:
        self.rows: dict[str, Row] = {}
        self.notes: Counter[Note] = Counter()
        self._found = found
        self._span = span
        self._within = _within(span)
        self._pages = {(page.priority, number): page for page in found.pages for first, last in page.numbers for number in (first, last)}
        self._merged = {id(entry) for page in found.pages if page.hours > 1 for entry in page.entries if not entry.claims}
        self._records(found.whole if span is None else found.span)
        self._book()
        said = counted_once(found.entries)
        for entry in said:
            self._entry(entry)
        self._unsaid(said)
        self._tell_what_is_unknown()

    def row(self, source: str) -> Row:
        return self.rows.setdefault(source, Row(source))

    def _records(self, sums: Sums) -> None:
        for source, count in sums.produced.items():
            row = self.row(source)
            row.produced += count
            row.stored += sums.done[source]
            row.waiting += sums.waiting[source]
            row.dropped["spool damaged"] += sums.damaged[source]

    def _book(self) -> None:
        for page in self._found.pages:
            for source, hours in page.sources.items():
                for hour, (produced, delivered, _) in hours.items():
                    if self._has(page, hour):
                        row = self.row(source)
                        row.produced += produced
                        row.stored += delivered

    def _has(self, page: Page, hour: str) -> bool:
        """Tell whether an hour (or day) of a page counts: it does as a whole when any of it is within the span."""
        if self._span is None:
            return True
        if not hour:
            return False
        first, last = int(hour) * HOUR_NS, (int(hour) + page.hours) * HOUR_NS - 1
        if first > self._span[1] or last < self._span[0]:
            return False
        if first < self._span[0] or last > self._span[1]:
            self.notes[Note.ROUNDED] = 1
        return True

    def _entry(self, entry: Entry) -> None:
        kind = kind_of(entry.reason)
        if kind is Kind.OUTSIDE or entry.gap_id:
            return
        if entry.count is None or not entry.is_known:
            self.notes[Note.UNKNOWN_SIZE] += 1
        take = {
            Kind.INTAKE: self._intake,
            Kind.REFUSED: self._refused,
            Kind.DAMAGED: self._damaged,
            Kind.EVICTED: self._evicted,
        }.get(kind)
        for claim in entry.claims if take else ():
            take(entry, claim)  # type: ignore[misc]
        rest = (entry.count or 0) - sum(claim.lines for claim in entry.claims if take)
        if rest and self._within(entry.when_ns):
            self._rest(entry, kind, rest)

    def _rest(self, entry: Entry, kind: Kind, count: int) -> None:
        """Take what names no record: from a merged page of the book, or what nothing but the ledger tells of."""
        row = self.row(entry.source)
        row.take(entry.reason, count)
        if kind in (Kind.REFUSED, Kind.DAMAGED):
            row.stored -= count
        elif kind is Kind.GONE or id(entry) not in self._merged:
            row.produced += count

    def _page(self, claim: Claim) -> Page | None:
        """Return the page that has the record a claim names."""
        for page in self._found.pages:
            if page.priority == claim.priority and _covers(page.sequences, claim.number):
                return page
        return None

    def _is_ahead(self, claim: Claim) -> bool:
        horizon = self._found.horizons.get(claim.priority)
        return horizon is not None and claim.number >= horizon.next_sequence

    def _intake(self, entry: Entry, claim: Claim) -> None:
        named = self._found.named.get((claim.priority, claim.number))
        if named:
            if self._span is None or named.is_within:
                self.row(entry.source).take(entry.reason, claim.lines)
        elif not self._is_ahead(claim) and self._in_page_or_span(entry, page := self._page(claim)):
            row = self.row(entry.source)
            row.take(entry.reason, claim.lines)
            if page is None or _covers(page.damaged, claim.number):
                row.produced += claim.lines  # the record's own word is damaged
                self.notes[Note.HEADLESS] += 1

    def _refused(self, entry: Entry, claim: Claim) -> None:
        named = self._found.named.get((claim.priority, claim.number))
        if named:
            if named.is_done and (self._span is None or named.is_within):
                self._move_from_stored(entry, claim.lines)
        elif not self._is_ahead(claim) and self._in_page_or_span(entry, page := self._page(claim)):
            if page is None or _covers(page.damaged, claim.number):
                row, unknown = self.row(entry.source), self.row(UNKNOWN_SOURCE)
                row.produced += claim.lines
                row.take(entry.reason, claim.lines)
                unknown.produced -= claim.lines
                unknown.stored -= claim.lines
                self.notes[Note.HEADLESS] += 1
            else:
                self._move_from_stored(entry, claim.lines)

    def _damaged(self, entry: Entry, claim: Claim) -> None:
        horizon = self._found.horizons.get(claim.priority)
        is_said = self._page(claim) is not None or (horizon is not None and claim.number in horizon.done)
        if is_said and self._within(entry.when_ns):  # else it was found damaged just now, and counts as that
            self._move_from_stored(entry, claim.lines)

    def _evicted(self, entry: Entry, claim: Claim) -> None:
        is_all_done = self._found.kept.get((claim.priority, claim.number))
        if is_all_done is not None:
            if is_all_done and self._within(entry.when_ns):  # a power cut brought a deleted segment back
                self._move_from_stored(entry, claim.lines)
            return
        page = self._page_of_segment(claim)
        row = self.row(entry.source)
        if page is None:
            if self._within(entry.when_ns):
                row.take(entry.reason, claim.lines)
                row.produced += claim.lines
                self.notes[Note.NO_PAGE] += claim.lines
            return
        cells = page.sources.get(entry.source, {})
        is_alone = len(page.numbers) == 1 and page.numbers[0][0] == page.numbers[0][1]
        if self._span is not None and is_alone and sum(cell[2] for cell in cells.values()) == claim.lines:
            row.take(entry.reason, sum(cell[2] for hour, cell in cells.items() if self._has(page, hour)))
        elif self._span is None or self._in_page_or_span(entry, page):
            row.take(entry.reason, claim.lines)
            if is_alone:  # a power cut may have brought it back, and it went again, when all of it was accounted for
                row.stored -= max(0, claim.lines - sum(cell[2] for cell in cells.values()))

    def _page_of_segment(self, claim: Claim) -> Page | None:
        page = self._pages.get((claim.priority, claim.number))
        inside = (each for each in self._found.pages if each.priority == claim.priority and _covers(each.numbers, claim.number))
        return page or next(inside, None)

    def _in_page_or_span(self, entry: Entry, page: Page | None) -> bool:
        if page is None:
            return self._within(entry.when_ns)
        return self._has(page, str(entry.when_ns // HOUR_NS // page.hours * page.hours))

    def _move_from_stored(self, entry: Entry, count: int) -> None:
        row = self.row(entry.source)
        row.take(entry.reason, count)
        row.stored -= count

    def _unsaid(self, said: Iterable[Entry]) -> None:
        """Take what was given up so short ago that the ledger's word on it is not durable."""
        claims = {
            (entry.source, claim.priority, claim.number)
            for entry in said
            if kind_of(entry.reason) is Kind.EVICTED
            for claim in entry.claims
        }
        for page in self._found.pages:
            horizon, number = self._found.horizons.get(page.priority), page.numbers[0][0]
            if (
                horizon is None
                or page.hours > 1
                or all(horizon.done.count(first, last) == last - first + 1 for first, last in page.sequences)
            ):
                continue
            for source, hours in page.sources.items():
                if (source, page.priority, number) in claims:
                    continue
                lost = sum(cell[2] for hour, cell in hours.items() if cell[2] and self._has(page, hour))
                self.row(source).dropped["quota"] += lost
                self.notes[Note.UNSAID] += lost

    def _tell_what_is_unknown(self) -> None:
        found = self._found
        self.notes[Note.UNKNOWN_SIZE] += found.unknown_gaps
        self.notes[Note.BAD_PAGES] += found.bad_pages
        self.notes[Note.UNOPENED] += len(found.unopened)
        self.notes = +self.notes
        for row in self.rows.values():
            row.dropped = Counter({reason: count for reason, count in row.dropped.items() if count})


def _covers(intervals: Iterable[tuple[int, int]], number: int) -> bool:
    return any(first <= number <= last for first, last in intervals)


def _within(span: Span | None) -> Callable[[int], bool]:
    return lambda time_ns: span is None or span[0] <= time_ns <= span[1]

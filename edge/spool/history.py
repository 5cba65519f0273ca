"""Everything a spool can tell about its own history, read from its files: the evidence for the account (edge/account.py).

Kept segments are walked record by record, deleted ones are pages of the book. It works beside a running agent: what it wrote after
the moment that `horizons` describe does not count, and a segment that it deletes meanwhile is found in the book.
"""

from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from edge.clock.boots_file import places
from edge.spool.book import read_book
from edge.spool.done import DoneSet
from edge.spool.done_file import read_done
from edge.spool.entries import LEDGER_SOURCE, Entry, entries_in
from edge.spool.export import lines_of, time_of
from edge.spool.extent import Extent, Place
from edge.spool.files import Files, ReadOnlyFiles
from edge.spool.lane import Gap, Lane
from edge.spool.lease import Horizon
from edge.spool.page import Page, heads
from edge.spool.provisional import timed_if_known
from edge.spool.reasons import UNKNOWN_SOURCE
from edge.spool.record import LINES
from edge.spool.segment import HEAD_BYTES, Segment, list_segments
from edge.spool.segment_reader import Record, SegmentReader
from telemetry.batch import Priority
from telemetry.errors import RejectedError

_OPEN_END = 1 << 63
_WINDOW_BYTES = 4096
Span = tuple[int, int]  # first and last time, ns since 1970 UTC, both within
OnBytes = Callable[[int], None]


@dataclass(slots=True)
class Sums:
    """Of kept records, by source: readings produced, lines of records that are done, that wait, and that turn out to be damaged now."""

    produced: Counter[str] = field(default_factory=Counter)
    done: Counter[str] = field(default_factory=Counter)
    waiting: Counter[str] = field(default_factory=Counter)
    damaged: Counter[str] = field(default_factory=Counter)

    def add(self, source: str, produced: int, lines: int, *, is_done: bool, is_damaged: bool = False) -> None:
        self.produced[source] += produced
        (self.done if is_done else self.damaged if is_damaged else self.waiting)[source] += lines


@dataclass(frozen=True, slots=True)
class Named:
    """A kept record that the ledger names."""

    is_done: bool
    is_within: bool


@dataclass(slots=True)
class Evidence:
    """What was found. `span` is of the same shape as `whole`, for the time range that was asked for; `undated` what has no time yet."""

    horizons: dict[str, Horizon]
    entries: list[Entry] = field(default_factory=list)
    pages: list[Page] = field(default_factory=list)
    whole: Sums = field(default_factory=Sums)
    span: Sums = field(default_factory=Sums)
    undated: Sums = field(default_factory=Sums)
    named: dict[tuple[str, int], Named] = field(default_factory=dict)
    headless: dict[str, DoneSet] = field(default_factory=dict)
    kept: dict[tuple[str, int], bool] = field(default_factory=dict)  # (priority, segment number) → is all of it done?
    bad_pages: int = 0
    unknown_gaps: int = 0
    unopened: list[str] = field(default_factory=list)


def read_history(
    folder: Path,
    epoch: bytes | None,
    span: Span | None = None,
    horizons: Mapping[Priority, Horizon] | None = None,
    on_bytes: OnBytes = lambda _: None,
    files: Files | None = None,
    waiting: Sequence[Page] = (),
) -> Evidence:
    """Read a spool. Without `horizons` no agent may be running; then all that is there counts, and what is delivered is as last saved.

    `waiting` are pages that the running agent could not write down yet.
    """
    return _Reading(folder, epoch or b"", span, horizons, on_bytes, files or ReadOnlyFiles()).read(waiting)


class _Reading:
    def __init__(
        self,
        folder: Path,
        epoch: bytes,
        span: Span | None,
        horizons: Mapping[Priority, Horizon] | None,
        on_bytes: OnBytes,
        files: Files,
    ) -> None:
        self._folder = folder
        self._epoch = epoch
        self._span = span
        self._on_bytes = on_bytes
        self._files = files
        self._is_live = horizons is not None
        offline = {each: Horizon(_OPEN_END, read_done(files, folder / each.value / "done").done) for each in Priority}
        self._found = Evidence({each.value: horizon for each, horizon in (horizons or offline).items()})
        self._places = places(self._files, folder.parent)
        self._claimed: set[tuple[str, int]] = set()

    def read(self, waiting: Sequence[Page]) -> Evidence:
        found = self._found
        before = self._pages(waiting)
        found.entries += self._ledger()
        paged = [entry for page in before for entry in page.entries]
        self._claimed = {(claim.priority, claim.number) for entry in (*paged, *found.entries) for claim in entry.claims}
        for priority in Priority:
            self._walk(priority, before)
        found.pages = [page for page in self._pages(waiting) if not any((page.priority, first) in found.kept for first, _ in page.numbers)]
        found.entries = [entry for page in found.pages for entry in page.entries] + found.entries
        return found

    def _pages(self, waiting: Sequence[Page]) -> list[Page]:
        pages, self._found.bad_pages = read_book(self._files, self._folder)
        return list({(page.priority, tuple(page.numbers)): page for page in (*pages, *waiting)}.values())

    def _segments(self, priority: Priority) -> list[Segment]:
        folder, limit = self._folder / priority.value, self._found.horizons[priority.value].next_sequence
        return [segment for segment in list_segments(self._files, folder) if segment.first < limit]

    def _ledger(self) -> Iterator[Entry]:
        """Yield the ledger's entries in kept records, by heads alone but for theirs."""
        segments, horizon = self._segments(Priority.HIGH), self._found.horizons[Priority.HIGH.value]
        for at, segment in enumerate(segments):
            end = min(horizon.next_sequence, segments[at + 1].first if at + 1 < len(segments) else _OPEN_END)
            try:
                reader = SegmentReader(self._files.open(segment.path), self._epoch or None, _WINDOW_BYTES)
            except OSError:
                continue
            try:
                for offset, head in heads(reader, segment, end):
                    record = reader.record_at(offset, segment.size) if head.source == LEDGER_SOURCE and head.count else None
                    if isinstance(record, Record):
                        yield from entries_in(timed_if_known(record, self._places.get))
            except OSError:
                continue
            finally:
                reader.close()

    def _walk(self, priority: Priority, pages: Sequence[Page]) -> None:
        segments = self._segments(priority)
        paged = [first for page in pages if page.priority == priority.value for first, _ in page.sequences]
        starts = sorted({*paged, *(segment.first for segment in segments)})
        horizon = self._found.horizons[priority.value]
        highest = 0
        for at, segment in enumerate(segments):
            place = bisect_right(starts, segment.first)
            end = min(starts[place] if place < len(starts) else _OPEN_END, horizon.next_sequence)
            follower = segments[at + 1] if at + 1 < len(segments) and segments[at + 1].first == end else None
            highest = max(highest, self._through(priority, segment, end, follower))
            self._on_bytes(segment.size)
        if not self._is_live:
            beyond = max([highest, *(last for page in pages if page.priority == priority.value for _, last in page.sequences)])
            self._found.horizons[priority.value] = Horizon(beyond + 1, horizon.done)

    def _through(self, priority: Priority, segment: Segment, end: int, follower: Segment | None) -> int:
        """Count the records of one segment; return the highest sequence in it."""
        done = self._found.horizons[priority.value].done
        try:
            if not self._is_there(segment):
                return segment.first
            self._files.open(segment.path).close()
        except OSError:
            self._found.unopened.append(segment.path.name)
            self._found.kept[priority.value, segment.number] = False
            return segment.first
        extent = Extent([segment], segment.size, end, self._lines_before(follower))
        gaps: list[Gap] = []
        lane = Lane(self._files, self._epoch, Place(segment.number, HEAD_BYTES, max(segment.first, 1), None), gaps.append)
        highest = segment.first - 1
        while record := lane.next(extent):
            highest = record.head.sequence
            self._record(priority.value, record, is_done=highest in done)
        lane.close()
        if highest < segment.first and not self._is_there(segment):
            return highest
        for gap in gaps:
            if gap.last < _OPEN_END - 1:
                self._gap(priority.value, gap, is_done=done.count(gap.first, gap.last) == gap.last - gap.first + 1)
                highest = max(highest, gap.last)
        self._found.kept[priority.value, segment.number] = done.count(segment.first, highest) == highest - segment.first + 1
        return highest

    def _is_there(self, segment: Segment) -> bool:
        """Tell whether a segment still is; what the agent gave up meanwhile has a page now."""
        try:
            return self._files.size(segment.path) >= 0
        except FileNotFoundError:
            return False

    def _lines_before(self, segment: Segment | None) -> int | None:
        if segment is None:
            return None
        try:
            reader = SegmentReader(self._files.open(segment.path), self._epoch or None)
        except OSError:
            return None
        try:
            head = reader.segment_head()
        finally:
            reader.close()
        return head.lines_before if head else None

    def _record(self, priority: str, record: Record, *, is_done: bool) -> None:
        record = timed_if_known(record, self._places.get)
        head, found = record.head, self._found
        found.whole.add(head.source, head.produced, head.count, is_done=is_done)
        has_time = head.kind == LINES and head.last_ns > 0
        is_within = self._is_within(head.last_ns) if has_time else False
        if (priority, head.sequence) in self._claimed:
            found.named[priority, head.sequence] = Named(is_done, is_within)
        if self._span is None:
            return
        if not has_time:
            found.undated.add(head.source, head.produced, head.count, is_done=is_done)
        elif lines := self._lines_within(record):
            beside = head.produced - head.count if is_within else 0
            found.span.add(head.source, lines + beside, lines, is_done=is_done)
        elif is_within:
            found.span.add(head.source, head.produced - head.count, 0, is_done=is_done)

    def _lines_within(self, record: Record) -> int:
        head, (first, last) = record.head, self._span or (0, 0)
        if head.last_ns < first or head.first_ns > last or not head.count:
            return 0
        if first <= head.first_ns and head.last_ns <= last:
            return head.count
        try:
            return sum(first <= time_of(line, record) <= last for line in lines_of(record))
        except RejectedError:
            return 0

    def _gap(self, priority: str, gap: Gap, *, is_done: bool) -> None:
        found, source = self._found, gap.source or UNKNOWN_SOURCE
        if gap.lines is None:
            found.unknown_gaps += not is_done
            return
        produced = gap.lines if gap.produced is None else gap.produced
        for sums in (found.whole, *((found.span,) if gap.last_ns is not None and self._is_within(gap.last_ns) else ())):
            sums.add(source, produced, gap.lines, is_done=is_done, is_damaged=True)
        if self._span and gap.last_ns is None:
            found.undated.add(source, produced, gap.lines, is_done=is_done, is_damaged=True)
        if gap.produced is None:
            found.headless.setdefault(priority, DoneSet(limit=1 << 20)).add(gap.first, gap.last)
        elif (priority, gap.first) in self._claimed:
            is_within = gap.last_ns is not None and self._is_within(gap.last_ns)
            found.named[priority, gap.first] = Named(is_done, is_within)

    def _is_within(self, time_ns: int) -> bool:
        return self._span is not None and self._span[0] <= time_ns <= self._span[1]

"""The records of one priority: one writer, two lanes, one set of what is delivered.

The live lane is first-in first-out from a place at, or a few records before, where writing stood when the link came back; the
backlog lane is first-in first-out up to there. One thread calls `write`; every other call is made under the spool's lock, except
`replayable`.
"""

from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

from edge.spool.appender import Appender, Written
from edge.spool.book import Book
from edge.spool.done import DoneSet
from edge.spool.done_file import DoneFile
from edge.spool.extent import Extent, Place, seek
from edge.spool.files import Files
from edge.spool.lane import Gap, Lane
from edge.spool.lease import ANY_SIZE, Horizon, LaneName, Lease, QueueState
from edge.spool.newest import NewestRecords
from edge.spool.page import Page, page_of
from edge.spool.quota import Standing
from edge.spool.record import PROVISIONAL, Head
from edge.spool.recovery import Recovered, recover
from edge.spool.segment import HEAD_BYTES, Segment
from edge.spool.segment_reader import Record, SegmentReader
from edge.spool.unsaid import Unsaid
from runtime.logs import Log
from telemetry.batch import Batch, Priority

_LOG = Log("edge.spool")
_MOST_SAVED = 250  # intervals; a slot of the done file has room for 253
_WINDOW_BYTES = 4096  # of heads that are read alone


class RecordQueue:
    """See the module. `on_gap` hears of acknowledged records that cannot be read, under the lock.

    `timed` makes line protocol of a provisional record, or says None while its time is not known: then the lanes wait there.
    """

    def __init__(
        self,
        files: Files,
        folder: Path,
        priority: Priority,
        epoch: bytes,
        segment_bytes: int,
        on_gap: Callable[[Priority, Gap], None],
        book: Book,
        timed: Callable[[Record], Record | None] = lambda _: None,
    ) -> None:
        self.priority = priority
        self._files = files
        self._folder = folder
        self._epoch = epoch
        self._on_gap = on_gap
        self._timed = timed
        self._book = book
        files.make_folder(folder)
        self._done_file = DoneFile(files, folder / "done")
        self.done = self._done_file.loaded.done
        self._done_changed = False
        self.evicted: Gap | None = None  # what an earlier process evicted and may not have accounted for
        self.recovered = recover(files, folder, epoch, self.done.highest, folder.parent / "quarantine")
        self._appender = Appender(files, folder, epoch, segment_bytes, self.recovered.next_sequence, self.recovered.lines)
        self._resume(self.recovered)

    def _resume(self, found: Recovered) -> None:
        last = found.segments[-1] if found.segments else None
        self._segments = found.segments
        self._next, self._lines = found.next_sequence, found.lines
        self._end = found.end or (last.size if last else HEAD_BYTES)
        self._appender.resume(last if found.end else None, self._end, found.highest_number)
        highest_saved = self.done.highest
        self.first_free = max(found.jumped_from, highest_saved + 1)  # records from here on never came to be
        self.done.add(found.jumped_from, found.next_sequence - 1)
        self.vanished = self._vanished()
        self._unsaid = Unsaid()
        self._paged: set[int] = set()  # first sequences of segments that have a page in the book
        self.done.add(1, self._oldest_kept - 1)
        self._leased = DoneSet(limit=1 << 16)
        self._newest = NewestRecords(found.newest)
        self._live_from, self._live_start = self._next, self._writing_place
        start = seek(self._files, self._epoch, self._extent, self.done.next_open(1))
        self._unopened: dict[int, Segment] = {}
        self._backlog = Lane(self._files, self._epoch, start, self._gap, self._step_over)
        self._live = Lane(self._files, self._epoch, self._writing_place, self._gap, self._step_over)
        self._oldest = Lane(self._files, self._epoch, start, lambda _: None)
        self._oldest_found: tuple[int, int] | None = None
        saved = self._done_file.loaded
        most = self._lines - start.lines if start.lines is not None else self._lines
        self._lines_unsent = max(0, min(most, saved.unsent + self._lines - saved.lines))
        if gone := list(self.vanished):
            lines = saved.unsent - saved.lines + start.lines if start.lines is not None and highest_saved < self._oldest_kept else 0
            for interval in gone:
                self._unsaid.add(*interval, 0)
            self._unsaid.add(gone[0][0], gone[0][0], max(0, lines))
            self._done_changed = True
            self.evicted = Gap(gone[0][0], gone[-1][1], max(0, lines) or None)

    # -- writing -------------------------------------------------------------------------------------------------------

    def write(self, batches: Sequence[Batch]) -> Written:
        """Make `batches` durable, without the lock. Raises OSError; then none of them counts."""
        return self._appender.write(batches)

    def publish(self, written: Written, batches: Sequence[Batch]) -> None:
        """Let the lanes read what was written."""
        if written.fresh:
            self._segments = [*self._segments, written.segment]
        self._lines_unsent += written.lines - self._lines
        self._end, self._next, self._lines = written.end, written.next_sequence, written.lines
        self._newest.published(written, batches)
        for sequence, batch in enumerate(batches, written.next_sequence - len(batches)):
            if batch.count == 0 and (sequence == 1 or sequence - 1 in self.done):  # else a lane gets there: intervals are few
                self._nothing_to_send(sequence)

    # -- reading -------------------------------------------------------------------------------------------------------

    def lease(self, name: LaneName, max_lines: int, max_raw_bytes: int, max_body_bytes: int = ANY_SIZE) -> Lease | None:
        """Hand out the next records of a lane, as many as fit into one request, at least one; None when there is none."""
        lane, extent = self._live if name is LaneName.LIVE else self._backlog, self._extent
        limit = self._live_from if name is LaneName.BACKLOG else self._next
        self._jump(lane, extent)
        records: list[Record] = []
        lines = raw = size = 0
        start = before = lane.place
        while lane.place.sequence < limit and (record := lane.next(extent)):
            if record.head.kind == PROVISIONAL:
                timed = self._timed(record)
                if timed is None:
                    lane.move(before)
                    break
                record = timed
            head = record.head
            sizes = ((lines + head.count, max_lines), (raw + head.raw_bytes, max_raw_bytes), (size + head.body_bytes, max_body_bytes))
            full = records and any(total > most for total, most in sizes)
            apart = records and self.done.next_open(records[-1].head.sequence + 1) < head.sequence  # a segment was stepped over
            if full or apart or head.sequence >= limit:
                lane.move(before)
                break
            if head.count == 0:
                self._nothing_to_send(head.sequence)
            elif head.sequence not in self.done and head.sequence not in self._leased:
                start = start if records else before
                records.append(record)
                lines, raw, size = lines + head.count, raw + head.raw_bytes, size + head.body_bytes
            elif records:
                break
            before = lane.place
        if not records:
            if name is LaneName.BACKLOG:
                self._try_unopened()
            return None
        lease = Lease(self.priority, name, tuple(records), b"".join(record.payload.body for record in records), lines, start)
        self._leased.add(lease.first, lease.last)
        return lease

    def accept(self, lease: Lease) -> None:
        """The records are delivered (or set aside): they are not handed out again."""
        self._lines_unsent -= sum(record.head.count for record in lease.records if record.head.sequence not in self.done)
        self.done.add(lease.first, lease.last)
        self._leased.remove(lease.first, lease.last)
        self._done_changed = True

    def release(self, lease: Lease) -> None:
        """The records could not be delivered now: they are handed out again, in order."""
        self._leased.remove(lease.first, lease.last)
        is_live = lease.first >= self._live_from
        if not is_live and self._backlog.place.sequence > lease.first:
            self._backlog.move(lease.start)
        if lease.last >= self._live_from and self._live.place.sequence > max(lease.first, self._live_from):
            self._live.move(lease.start if is_live else self._live_start)

    def split_lanes(self, newest: int = 0, newest_bytes: int = 0) -> None:
        """The link is back: what is written from now on is live, and so are the last `newest` records that are not delivered.

        Of these only as many as have `newest_bytes` of bodies, but at least one. Everything before is backlog.
        """
        start = self._newest.start(lambda sequence: sequence not in self.done, newest, newest_bytes)
        self._live_start = start or self._writing_place
        self._live_from = self._live_start.sequence
        self._live.move(self._live_start)

    def replayable(self, first_ns: int, last_ns: int) -> list[Head]:
        """Return the heads of all kept records with points between the two times. It reads everything, so call it without the lock."""
        extent, heads = self._extent, []
        walk = Lane(self._files, self._epoch, Place(0, HEAD_BYTES, 1, None), lambda _: None)
        while record := walk.next(extent):
            timed = self._timed(record) if record.head.kind == PROVISIONAL else record
            if timed and timed.head.count and timed.head.first_ns <= last_ns and timed.head.last_ns >= first_ns:
                heads.append(record.head)
        walk.close()
        return heads

    def again(self, heads: Sequence[Head]) -> int:
        """Hand out again those of the records that were delivered and are still kept; return how many lines they hold."""
        chosen = [head for head in heads if head.sequence >= self._oldest_kept and head.sequence in self.done]
        if not chosen:
            return 0
        for head in chosen:
            self.done.remove(head.sequence, head.sequence)
        if chosen[-1].sequence >= self._live_from:
            self.split_lanes()
        open_again = self.done.next_open(1)
        if self._backlog.place.sequence > open_again:
            self._backlog.move(seek(self._files, self._epoch, self._extent, open_again))
        lines = sum(head.count for head in chosen)
        self._lines_unsent += lines
        self._done_changed = True
        return lines

    # -- room ----------------------------------------------------------------------------------------------------------

    def sealed(self) -> list[Standing]:
        """Return what deleting would cost, for each segment but the one being written, oldest first."""
        firsts = [segment.first for segment in self._segments]
        return [self._standing(first, follower) for first, follower in pairwise(firsts)]

    def number_of(self, index: int) -> int:
        return self._segments[index].number

    def drop(self, index: int) -> list[Gap]:
        """Delete the sealed segment at `index` and return what of it was not delivered. Raises OSError."""
        segment, follower = self._segments[index], self._segments[index + 1]
        lost = self._undelivered(segment, self._end_of(segment, follower.first))
        self._write_page(segment, follower.first)
        if not lost:
            self.done.add(segment.first, follower.first - 1)
        self._save_before_dropping()
        self._files.unlink(segment.path)
        self._segments = [other for other in self._segments if other is not segment]
        self._unopened.pop(segment.number, None)
        for lane in (self._backlog, self._live, self._oldest):
            lane.let_go(segment.number)
        if lost:
            lines = sum(gap.lines or 0 for gap in lost)
            self._lines_unsent -= lines
            for first, last in self.done.missing(segment.first, follower.first - 1):
                self._unsaid.add(first, last, lines)
                lines = 0
        self.done.add(segment.first, follower.first - 1)
        self._done_changed = True
        return lost

    def start_over(self) -> bool:
        """Give up the segment being written if all of it is delivered; tell whether. On the writing thread. Raises OSError."""
        if not self._segments or self.done.next_open(self._segments[-1].first) < self._next:
            return False
        segment = self._segments[-1]
        self._write_page(segment, self._next)
        self._save_before_dropping()
        self._appender.close()
        self._files.unlink(segment.path)
        for lane in (self._backlog, self._live, self._oldest):
            lane.let_go(segment.number)
        self._segments, self._end = self._segments[:-1], HEAD_BYTES
        return True

    @property
    def mark(self) -> int:
        """How often the ledger was told of records that are gone."""
        return self._unsaid.mark

    def accounted(self, mark: int) -> None:
        """What the ledger was told up to `mark` is durable."""
        self._done_changed = self._unsaid.said(mark) or self._done_changed

    def horizon(self) -> Horizon:
        """Return what counts now, as it would be found after a crash in which all saving had come just in time."""
        return Horizon(self._next, self._unsaid.taken_from(self.done, _MOST_SAVED))

    @property
    def next_sequence(self) -> int:
        """The sequence of the next record. On the writing thread."""
        return self._appender.next_sequence

    def learn_of(self, pages: Iterable[Page]) -> None:
        """Take what has a page in the book and is not kept for gone, also between kept segments: a power cut may leave holes."""
        kept = {segment.number for segment in self._segments}
        for page in pages:
            self._paged |= {first for first, _ in page.sequences}
            if kept.intersection(first for first, _ in page.numbers):
                continue
            for first, last in page.sequences:
                for hole in self.done.missing(first, min(last, self._next - 1)):
                    self.vanished.add(*hole)
                    self._unsaid.add(*hole, 0)
                    self.done.add(*hole)

    def _end_of(self, segment: Segment, follower: int) -> int:
        """Return the sequence behind a segment's last: that of the next one, kept or gone before."""
        return min((first for first in self._paged if segment.first < first < follower), default=follower)

    def _write_page(self, segment: Segment, end: int) -> None:
        """Write down in the book what the records of a segment say that is about to be deleted."""
        place = self._extent.find(segment.number)
        follower = self._segments[place + 1] if place + 1 < len(self._segments) else None
        lines_end = seek(self._files, self._epoch, self._extent, follower.first).lines if follower else self._lines
        if self._end_of(segment, end) < end:
            end, lines_end = self._end_of(segment, end), None
        self._paged.add(segment.first)
        try:
            reader = SegmentReader(self._files.open(segment.path), self._epoch, _WINDOW_BYTES)
            try:
                page = page_of(reader, self.priority.value, segment, end, lines_end, self.done)
            finally:
                reader.close()
        except OSError as error:
            _LOG.warning("book.unread", segment=segment.path, reason=error)
            return
        self._book.add(page)

    def _save_before_dropping(self) -> None:
        """Have the disk know what was delivered, or else the next start takes a missing segment for one that was evicted undelivered."""
        for _ in range(2):
            with suppress(OSError):  # room matters more
                self.save(sync=True)
                return

    def _vanished(self) -> DoneSet:
        """Return what is neither kept nor known to be done: evicted by a process that was killed before the ledger said so."""
        has_account = self._segments and self._done_file.loaded.generation
        return DoneSet(self.done.missing(1, self._oldest_kept - 1) if has_account else ())

    def _standing(self, first: int, follower: int) -> Standing:
        if self.done.next_open(first) >= follower:
            return Standing.DELIVERED
        return Standing.LEASED if self._leased.count(first, follower - 1) else Standing.UNDELIVERED

    def _undelivered(self, segment: Segment, end: int) -> list[Gap]:
        if self.done.next_open(segment.first) >= end:
            return []
        lost: list[Gap] = []
        extent = Extent([segment], segment.size, end, seek(self._files, self._epoch, self._extent, end).lines)
        walk = Lane(self._files, self._epoch, Place(segment.number, HEAD_BYTES, segment.first, None), lost.append)
        while record := walk.next(extent):
            head = record.head
            lost.append(Gap(head.sequence, head.sequence, head.count, head.source, *head.span))
        walk.close()
        return [self._open_part(gap) for gap in lost if gap.lines != 0 and self.done.next_open(gap.first) <= gap.last]

    # -- state ---------------------------------------------------------------------------------------------------------

    def save(self, *, sync: bool = False) -> None:
        """Write down what is delivered or accounted for, if that changed. Raises OSError."""
        if self._done_changed or sync:
            known, unsent = self._unsaid.taken_from(self.done, _MOST_SAVED), max(0, self._lines_unsent) + self._unsaid.lines
            self._done_file.write(known, self._lines, unsent, sync=sync)
            self._done_changed = False

    def state(self) -> QueueState:
        unsent = self._unsent(self._next - 1)
        if not unsent:
            self._lines_unsent = 0  # damage of unknown size, or a forgotten interval, lets it drift
        return QueueState(
            unsent,
            max(0, self._lines_unsent),
            self.backlog_records,
            self.bytes_on_disk,
            len(self._segments),
            self._oldest_ns() if unsent else None,
            self._next - 1,
        )

    @property
    def backlog_records(self) -> int:
        return self._unsent(self._live_from - 1)

    @property
    def bytes_on_disk(self) -> int:
        return sum(segment.size for segment in self._segments)

    def close(self) -> None:
        """Raises OSError when the last state cannot be written."""
        for lane in (self._backlog, self._live, self._oldest):
            lane.close()
        self._appender.close()
        try:
            self.save(sync=True)
        finally:
            self._done_file.close()

    @property
    def _extent(self) -> Extent:
        return Extent(self._segments, self._end, self._next, self._lines)

    @property
    def _oldest_kept(self) -> int:
        return self._segments[0].first if self._segments else self._next

    @property
    def _writing_place(self) -> Place:
        number = self._segments[-1].number if self._segments else 0
        return Place(number, self._end, self._next, self._lines)

    def _jump(self, lane: Lane, extent: Extent) -> None:
        """Move a lane over delivered segments without reading them."""
        wanted = self.done.next_open(lane.place.sequence)
        if extent.segments and wanted > lane.place.sequence and extent.holder(wanted).number > lane.place.number:
            lane.move(seek(self._files, self._epoch, extent, wanted))

    def _nothing_to_send(self, sequence: int) -> None:
        """A record that holds receipts only is done as soon as it is durable."""
        if sequence not in self.done:
            self.done.add(sequence, sequence)
            self._done_changed = True

    def _step_over(self, segment: Segment, error: OSError) -> None:
        if segment.number not in self._unopened:
            _LOG.error("spool.unopened", segment=segment.path, reason=error)
        self._unopened[segment.number] = segment

    def _try_unopened(self) -> None:
        """Send the backlog lane, which has nothing else to do, back to a segment that was stepped over and can be opened now."""
        for number, segment in list(self._unopened.items()):
            try:
                self._files.open(segment.path).close()
            except OSError:
                continue
            del self._unopened[number]
            if self._next > self._live_from:
                self.split_lanes()
            if self._backlog.place.number > number:
                self._backlog.move(Place(number, HEAD_BYTES, segment.first, None))
            _LOG.info("spool.opened", segment=segment.path)

    def _unsent(self, last: int) -> int:
        first = self._oldest_kept
        return max(0, last - first + 1 - self.done.count(first, last))

    def _oldest_ns(self) -> int | None:
        """Return the time of the first record that is not delivered, None when that one is damaged or it cannot be read."""
        extent = self._extent
        wanted = self.done.next_open(1)
        if self._oldest_found and self._oldest_found[0] == wanted:
            return self._oldest_found[1]
        self._oldest.move(seek(self._files, self._epoch, extent, wanted, near=self._oldest.place))
        while self._oldest.place.sequence <= wanted:
            before = self._oldest.place
            record = self._oldest.next(extent)
            if record is None:
                return None
            if record.head.count and record.head.sequence >= wanted:
                self._oldest.move(before)
                if record.head.span[0] is None:
                    return None
                self._oldest_found = (wanted, record.head.first_ns)
                return record.head.first_ns
        return None

    def _gap(self, gap: Gap) -> None:
        """Account for records that are gone, unless they were delivered long ago or never were."""
        missing = gap.last - gap.first + 1 - self.done.count(gap.first, gap.last)
        if missing > 0:
            gap = self._open_part(gap)
            if gap.lines != 0:
                self._on_gap(self.priority, gap)
                self._lines_unsent -= gap.lines or 0
                self._unsaid.add(gap.first, gap.last, gap.lines or 0)
            self.done.add(gap.first, gap.last)
            self._done_changed = True

    def _open_part(self, gap: Gap) -> Gap:
        """Return the gap as it is to be reported: where some of it was accounted for before, nobody knows how many lines the rest held."""
        return replace(gap, lines=None) if gap.lines and self.done.count(gap.first, gap.last) else gap

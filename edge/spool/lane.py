"""A lane: a walk along the records of one priority, in order, that steps over damage and accounts for it."""

import errno
from collections.abc import Callable
from dataclasses import dataclass

from edge.spool.extent import Extent, Place
from edge.spool.files import Files
from edge.spool.record import Head
from edge.spool.segment import HEAD_BYTES, Segment
from edge.spool.segment_reader import Damage, Record, SegmentReader

_TRY_LATER = (errno.EMFILE, errno.ENFILE, errno.ENOMEM, errno.EINTR, errno.EAGAIN)


@dataclass(frozen=True, slots=True)
class Gap:
    """Records `first` to `last` are not there.

    `lines` is how many lines they held, None when it cannot be known, 0 when numbering only jumped. `source` and times are known
    when no more than the bodies were hit; so is `produced`, what they answer for.
    """

    first: int
    last: int
    lines: int | None
    source: str = ""
    first_ns: int | None = None
    last_ns: int | None = None
    produced: int | None = None


class Lane:
    """Yields intact records from a place onwards, each once. `on_gap` is told of records that are missing.

    A segment that is there and cannot be opened is stepped over without a word about its records when `on_unopened` takes it; else
    it is missing.
    """

    def __init__(
        self,
        files: Files,
        epoch: bytes,
        place: Place,
        on_gap: Callable[[Gap], None],
        on_unopened: Callable[[Segment, OSError], None] | None = None,
    ) -> None:
        self.place = place
        self._files = files
        self._epoch = epoch
        self._on_gap = on_gap
        self._on_unopened = on_unopened
        self._reader: SegmentReader | None = None
        self._reader_number = -1
        self._damaged: list[Head] = []

    def next(self, extent: Extent) -> Record | None:
        """Return the next record and move behind it, or None at the end of what may be read (or can be just now)."""
        while (segment := self._segment(extent)) is not None:
            try:
                item = self._item(segment, extent)
            except OSError as error:
                if error.errno in _TRY_LATER or not self._step_over(segment, extent, error):
                    return None
                continue
            if isinstance(item, Record):
                if self._arrived(item):
                    return item
            elif item is not None:
                if item.head:
                    self._damaged.append(item.head)
                self.place = Place(self.place.number, item.end, self.place.sequence, self.place.lines)
            elif not self._next_segment(segment, extent):
                return None
        return None

    def move(self, place: Place) -> None:
        """Go on from another place."""
        self.place = place
        self._damaged = []

    def let_go(self, number: int) -> None:
        """Close segment `number` if it is open: a deleted file keeps its room on the disk until then."""
        if self._reader_number == number:
            self.close()

    def close(self) -> None:
        if self._reader:
            self._reader.close()
        self._reader, self._reader_number = None, -1

    def _segment(self, extent: Extent) -> Segment | None:
        """Return the segment of the present place; when it is gone, stand at the start of the next one."""
        at = extent.find(self.place.number)
        if at == len(extent.segments):
            return None
        segment = extent.segments[at]
        if segment.number != self.place.number:
            follows = segment.first == self.place.sequence
            lines = self.place.lines if follows else None
            self.move(Place(segment.number, HEAD_BYTES, max(segment.first, self.place.sequence), lines))
        return segment

    def _item(self, segment: Segment, extent: Extent) -> Record | Damage | None:
        """Return what is at the present place, None when the segment has no more. Raises OSError when that may pass."""
        stop = extent.stop(segment)
        try:
            reader = self._open(segment)
        except OSError as error:
            if error.errno in _TRY_LATER or (self._on_unopened and error.errno != errno.ENOENT):
                raise
            return Damage(self.place.offset, stop, None) if self.place.offset < stop else None
        if self.place.lines is None and self.place.offset == HEAD_BYTES:
            head = reader.segment_head()
            lines = head.lines_before if head and head.first == self.place.sequence else None
            self.place = Place(self.place.number, HEAD_BYTES, self.place.sequence, lines)
        item = reader.record_at(self.place.offset, stop)
        limit = extent.limit(extent.find(segment.number))
        return None if isinstance(item, Record) and item.head.sequence >= limit else item

    def _step_over(self, segment: Segment, extent: Extent, error: OSError) -> bool:
        """Go on behind a segment that cannot be opened; False when nothing is there yet."""
        at = extent.find(segment.number) + 1
        if self._on_unopened is None or at == len(extent.segments):
            return False
        self._on_unopened(segment, error)
        follower = extent.segments[at]
        self.move(Place(follower.number, HEAD_BYTES, max(follower.first, self.place.sequence), None))
        return True

    def _next_segment(self, segment: Segment, extent: Extent) -> bool:
        at = extent.find(segment.number) + 1
        if at < len(extent.segments):
            self.place = Place(extent.segments[at].number, HEAD_BYTES, self.place.sequence, self.place.lines)
            return True
        if self.place.sequence < extent.next_sequence:
            self._missing(extent.next_sequence, extent.lines)
            self.place = Place(segment.number, extent.end, extent.next_sequence, extent.lines)
        return False

    def _arrived(self, record: Record) -> bool:
        """Take note of a record; False when it is a copy of one that came before (its segment failed to sync)."""
        head = record.head
        if head.sequence < self.place.sequence:
            self.place = Place(self.place.number, record.end, self.place.sequence, self.place.lines)
            return False
        if head.sequence > self.place.sequence:
            self._missing(head.sequence, head.lines_before)
        self._damaged = []
        self.place = Place(self.place.number, record.end, head.sequence + 1, head.lines_before + head.count)
        return True

    def _missing(self, until: int, lines_before: int | None) -> None:
        """Report the records from the present place up to `until`, one by one if all their heads are intact."""
        first = self.place.sequence
        heads = {head.sequence: head for head in self._damaged if first <= head.sequence < until}
        if len(heads) == until - first:
            for sequence, head in sorted(heads.items()):
                first_ns, last_ns = head.span
                self._on_gap(Gap(sequence, sequence, head.count, head.source, first_ns, last_ns, head.produced))
        else:
            # a start that could not open the last segment counts on from the one before: numbers jump, and lines go back
            lines = max(0, lines_before - self.place.lines) if lines_before is not None and self.place.lines is not None else None
            self._on_gap(Gap(first, until - 1, lines))
        self._damaged = []

    def _open(self, segment: Segment) -> SegmentReader:
        if self._reader is None or self._reader_number != segment.number:
            self.close()
            self._reader = SegmentReader(self._files.open(segment.path), self._epoch)
            self._reader_number = segment.number
        return self._reader

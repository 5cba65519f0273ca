"""What of one priority may be read, and places in it."""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from operator import attrgetter

from edge.spool.files import Files
from edge.spool.segment import HEAD_BYTES, Segment
from edge.spool.segment_reader import SegmentReader


@dataclass(frozen=True, slots=True)
class Place:
    """Where a walk stands: the next record is expected at `offset` of segment `number`, with `sequence`.

    `lines` is how many lines of this priority come before it, None when that is not known.
    """

    number: int
    offset: int
    sequence: int
    lines: int | None


@dataclass(frozen=True, slots=True)
class Extent:
    """The segments; where the synced data of the last one ends; the sequence and the lines that have been given out by then."""

    segments: Sequence[Segment]
    end: int
    next_sequence: int
    lines: int | None = None

    def stop(self, segment: Segment) -> int:
        return self.end if segment is self.segments[-1] else segment.size

    def limit(self, at: int) -> int:
        """Return the sequence that ends segment `at`: what it holds beyond was written again in the next one."""
        return self.segments[at + 1].first if at + 1 < len(self.segments) else self.next_sequence

    def find(self, number: int) -> int:
        """Return the index of the first segment with at least this number."""
        return bisect_left(self.segments, number, key=attrgetter("number"))

    def holder(self, sequence: int) -> Segment:
        """Return the segment that holds `sequence`, the first one when it is older than all. There must be a segment."""
        return self.segments[max(0, bisect_right(self.segments, sequence, key=attrgetter("first")) - 1)]


def seek(files: Files, epoch: bytes, extent: Extent, sequence: int, near: Place | None = None) -> Place:
    """Return the place of `sequence`, or of the first record behind it, or of damage before it. Reads heads of one segment only.

    `near` is a place known to be at or before it, from which the search may go on.
    """
    if not extent.segments:
        return Place(0, HEAD_BYTES, sequence, None)
    segment = extent.holder(sequence)
    place = Place(segment.number, HEAD_BYTES, max(segment.first, 1), None)
    try:
        reader = SegmentReader(files.open(segment.path), epoch)
    except OSError:
        return place
    try:
        if near and near.number == segment.number and near.sequence <= sequence:
            place = near
        else:
            head = reader.segment_head()
            place = Place(segment.number, HEAD_BYTES, place.sequence, head.lines_before if head else None)
        return _walk(reader, extent, segment, place, sequence)
    finally:
        reader.close()


def _walk(reader: SegmentReader, extent: Extent, segment: Segment, place: Place, sequence: int) -> Place:
    stop, limit = extent.stop(segment), extent.limit(extent.find(segment.number))
    while place.sequence < sequence:
        try:
            head = reader.head_at(place.offset, stop)
        except OSError:
            return place
        if head is None or head.sequence >= limit:
            return place
        if head.sequence > place.sequence:  # records are missing here; the walk that comes will account for them
            return place
        place = Place(segment.number, place.offset + head.length, max(place.sequence, head.sequence + 1), head.lines_before + head.count)
    return place

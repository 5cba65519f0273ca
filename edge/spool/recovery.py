"""Starting: what a priority's folder holds after any stop, clean or not. It never needs a hand.

It reads the last segment, and of a few before it the heads and receipts.

- Bytes behind the last intact record (a torn tail, or a last record that the medium spoilt) are copied to `quarantine/` and cut off.
- Damage between intact records stays where it is; the reader accounts for it.
- A last segment without one intact record is moved to `quarantine/`; numbering jumps over whatever it may have held.
- A last segment whose tail cannot be read or cut is left alone, and a new one is begun. So it is when a later segment was put away, or
  could not be.
- A segment that cannot be opened says nothing about its records: it stays, a new one is begun, and the lanes try it again.
- What is found intact is synced before it counts: a killed process may have left it in the kernel's memory only, and a message
  whose receipt is found is acknowledged at once when the broker sends it again.
"""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from edge.spool import quarantine
from edge.spool.extent import Place
from edge.spool.files import Files
from edge.spool.newest import MOST_NEWEST, Standing
from edge.spool.older_receipts import add_older_receipts
from edge.spool.receipts import RecentReceipts
from edge.spool.record import HEAD_BYTES as RECORD_HEAD_BYTES
from edge.spool.record import PROVISIONAL, Head
from edge.spool.segment import HEAD_BYTES, Segment, list_segments
from edge.spool.segment_reader import Damage, Record, SegmentReader
from runtime.logs import Log

_LOG = Log("edge.spool")
_BODIES_KEPT = 8


@dataclass(frozen=True, slots=True)
class Mended:
    """Something that recovery did: `count` lines it knows to be gone (None when it cannot know) of `source` ("" when unknown)."""

    action: str
    segment: str
    size_bytes: int
    source: str = ""
    count: int | None = None
    first_ns: int | None = None
    last_ns: int | None = None


@dataclass(slots=True)
class Recovered:
    """The state of one priority.

    `end` is where the next record goes in the last segment, None to begin a new one with a number above `highest_number`. No record
    has a sequence from `jumped_from` up to `next_sequence`. `newest` are the last intact records, `provisional` the last
    one without a trusted time.
    """

    segments: list[Segment]
    next_sequence: int
    jumped_from: int
    lines: int
    end: int | None
    highest_number: int
    mended: list[Mended] = field(default_factory=list)
    receipts: RecentReceipts = field(default_factory=RecentReceipts)
    last_times: dict[str, int] = field(default_factory=dict)  # latest point time (ns) by source, of the last segment
    last_bodies: dict[str, deque[bytes]] = field(default_factory=dict)  # of the last records of each source with line protocol
    provisional: Record | None = None
    newest: Sequence[Standing] = ()


@dataclass(slots=True)
class _Tail:
    last: Head | None = None
    damage: list[Damage] = field(default_factory=list)
    end: int = HEAD_BYTES
    newest: deque[Standing] = field(default_factory=lambda: deque(maxlen=MOST_NEWEST))
    times: dict[str, int] = field(default_factory=dict)

    @property
    def readable(self) -> bool:
        return all(damage.readable for damage in self.damage)


def recover(files: Files, folder: Path, epoch: bytes, highest_done: int, quarantine_folder: Path) -> Recovered:
    """Read the last segment of `folder` and mend its tail. Raises OSError only when the folder itself cannot be used."""
    segments = list_segments(files, folder)
    moved_number, moved_first = quarantine.highest_moved(files, quarantine_folder, folder.name)  # a power cut may bring those back
    result = Recovered([], 1, 1, 0, None, max(moved_number, segments[-1].number if segments else 0))
    floor = max(highest_done + 1, moved_first)
    unopened: list[Segment] = []
    while segments:
        segment = segments[-1]
        try:
            tail = _read_tail(files, segment, epoch, result)
        except OSError as error:
            unopened.insert(0, segments.pop())
            floor = max(floor, _beyond(segment))
            _LOG.error("spool.unopened", segment=segment.path, reason=error)
            continue
        if tail.last:
            floor = max(floor, _mend(files, segment, tail, result, quarantine_folder))
            result.lines = tail.last.lines_before + tail.last.count
            result.jumped_from, result.last_times, result.newest = tail.last.sequence + 1, tail.times, tail.newest
            add_older_receipts(files, segments, epoch, result.receipts)
            break
        segments.pop()
        floor = max(floor, _discard(files, segment, tail, result.mended, quarantine_folder))
    result.segments = segments + unopened
    result.next_sequence = max(floor, result.jumped_from)
    if unopened:
        result.end, result.jumped_from, result.newest = None, result.next_sequence, ()
    if result.segments and result.segments[-1].number < result.highest_number:
        result.end = None  # where a later one stays or comes back, a reader takes what is written on here for garbage of a failed sync
    return result


def _read_tail(files: Files, segment: Segment, epoch: bytes, result: Recovered) -> _Tail:
    """Walk a segment, collect receipts and newest heads, and return its last intact record and the damage behind. Raises OSError."""
    tail = _Tail()
    reader = SegmentReader(files.open(segment.path), epoch)
    offset = HEAD_BYTES
    while item := reader.record_at(offset, segment.size):
        offset = item.end
        if isinstance(item, Record):
            result.receipts.add(item.head.source, item.payload.receipts)
            if item.head.kind == PROVISIONAL:
                result.provisional = item
            elif item.head.count:
                tail.times[item.head.source] = max(item.head.last_ns, tail.times.get(item.head.source, 0))
                result.last_bodies.setdefault(item.head.source, deque(maxlen=_BODIES_KEPT)).append(item.payload.body)
            tail.last, tail.end = item.head, item.end
            place = Place(segment.number, item.offset, item.head.sequence, item.head.lines_before)
            tail.newest.append(Standing(place, item.head.body_bytes))
            tail.damage.clear()
        else:
            tail.damage.append(item)
    reader.close()
    return tail


def _mend(files: Files, segment: Segment, tail: _Tail, result: Recovered, quarantine_folder: Path) -> int:
    """Make the last segment ready to be written on, if it can be; return the lowest sequence that is free for certain."""
    try:
        _settle(files, segment, tail, quarantine_folder)
        if tail.readable:
            result.end = tail.end
    except OSError:
        result.receipts = RecentReceipts()  # what they speak of may not be on the disk
    if result.end is None:
        result.mended.append(_mended("left as it is", segment, tail))
        return _beyond(segment)
    if tail.damage:
        result.mended += [_mended_cut(segment, damage) for damage in tail.damage]
    return 1


def _settle(files: Files, segment: Segment, tail: _Tail, quarantine_folder: Path) -> None:
    """Cut readable damage off and see that the rest is on the device. Raises OSError."""
    file = files.open(segment.path)
    cut = tail.damage and tail.readable
    try:
        if cut:
            torn = file.read_at(tail.end, segment.size - tail.end).rstrip(b"\0")
            quarantine.keep(files, quarantine_folder, segment, tail.end, torn)
            file.truncate(tail.end)
        file.sync()
    finally:
        file.close()
    if cut:
        segment.size = tail.end
    files.sync_folder(segment.folder)


def _discard(files: Files, segment: Segment, tail: _Tail, mended: list[Mended], quarantine_folder: Path) -> int:
    """Put a segment without an intact record out of the way; return the lowest sequence that is free for certain."""
    if not tail.damage:
        try:
            files.unlink(segment.path)
        except OSError:
            return segment.first  # empty; it only looks untidy
        return segment.first
    moved = quarantine.move(files, quarantine_folder, segment)
    mended.append(_mended("quarantined" if moved else "left as it is", segment, tail))
    return _beyond(segment)


def _mended(action: str, segment: Segment, tail: _Tail) -> Mended:
    heads = [damage.head for damage in tail.damage]
    known = [head for head in heads if head is not None]
    if not known or len(known) < len(heads):
        return Mended(action, segment.path.name, segment.size - tail.end)
    sources = {head.source for head in known}
    return Mended(
        action,
        segment.path.name,
        segment.size - tail.end,
        sources.pop() if len(sources) == 1 else "",
        sum(head.count for head in known),
        min((first for head in known if (first := head.span[0]) is not None), default=None),
        max((last for head in known if (last := head.span[1]) is not None), default=None),
    )


def _mended_cut(segment: Segment, damage: Damage) -> Mended:
    size, head = damage.end - damage.offset, damage.head
    if head is None:
        return Mended("cut", segment.path.name, size)
    return Mended("cut", segment.path.name, size, head.source, head.count, *head.span)


def _beyond(segment: Segment) -> int:
    """Return a sequence that no record of the segment can have reached."""
    return segment.first + segment.size // RECORD_HEAD_BYTES + 1

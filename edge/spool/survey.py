"""Looking at a spool from outside, read-only, also while its agent runs: a walk over all records that names what is damaged."""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path

from edge.clock.boots import Place
from edge.clock.boots_file import places
from edge.spool.done import DoneSet
from edge.spool.done_file import read_done
from edge.spool.epoch import find_epoch
from edge.spool.files import Files, ReadOnlyFiles
from edge.spool.lock import is_held
from edge.spool.provisional import timed_if_known
from edge.spool.segment import HEAD_BYTES, Segment, list_segments
from edge.spool.segment_reader import Damage, Record, SegmentReader
from edge.spool.set_aside import read_set_aside
from telemetry.batch import Priority
from telemetry.errors import ConfigError, Problem


class Finding(Enum):
    """What can be wrong."""

    BODY = "the body of a record is damaged"
    BYTES = "bytes that are no record"
    TAIL = "a torn tail"
    UNREADABLE = "the medium cannot be read"
    MISSING = "records are missing"
    SEGMENT_HEAD = "the head of a segment is damaged"


@dataclass(frozen=True, slots=True)
class Found:
    """One thing that is wrong in a segment. `lines` is how many lines it cost, None when that cannot be known."""

    finding: Finding
    priority: Priority
    segment: str
    offset: int
    size_bytes: int
    lines: int | None = None
    source: str = ""


@dataclass(slots=True)
class QueueSurvey:
    """What one priority holds. Times are ns since 1970 UTC; `untimed_lines` are those whose time is not known yet."""

    done: DoneSet
    segments: int = 0
    size_bytes: int = 0
    records: int = 0
    lines: int = 0
    unsent_records: int = 0
    unsent_lines: int = 0
    untimed_lines: int = 0
    oldest_ns: int | None = None
    oldest_unsent_ns: int | None = None

    def add(self, record: Record) -> None:
        head = record.head
        self.records += 1
        if head.count == 0:  # receipts only
            return
        self.lines += head.count
        first_ns = head.span[0]
        self.oldest_ns = _least(self.oldest_ns, first_ns)
        if first_ns is None:
            self.untimed_lines += head.count
        if head.sequence not in self.done:
            self.unsent_records += 1
            self.unsent_lines += head.count
            self.oldest_unsent_ns = _least(self.oldest_unsent_ns, first_ns)


@dataclass(slots=True)
class SpoolSurvey:
    """What a whole spool holds."""

    queues: dict[Priority, QueueSurvey] = field(default_factory=dict)
    found: list[Found] = field(default_factory=list)
    set_aside: Counter[str] = field(default_factory=Counter)
    quarantine: dict[str, int] = field(default_factory=dict)


class SpoolFolder:
    """A spool on this machine's disk, for reading. `is_running` tells whether an agent holds it."""

    def __init__(self, given: Path, files: Files | None = None) -> None:
        """`given` is the spool's folder, or the state folder around it. Raises ConfigError when it is neither."""
        self._files = files or ReadOnlyFiles()
        candidates = [folder for folder in (given, given / "spool") if (folder / Priority.NORMAL.value).is_dir()]
        if not candidates:
            raise ConfigError(
                [
                    Problem(
                        str(given),
                        "",
                        "no spool is here; give the folder that holds high/, normal/ and bulk/, or its parent",
                    )
                ]
            )
        self.path = candidates[0]
        self.is_running = is_held(self.path)
        self._queues = {priority: self.path / priority.value for priority in Priority}
        self._places = places(self._files, self.path.parent)
        epoch = find_epoch(self._files, self.path, self._queues.values())
        self.epoch = epoch.bytes if epoch else None

    def total_bytes(self) -> int:
        return sum(segment.size for priority in Priority for segment in self._segments(priority))

    def done(self, priority: Priority) -> DoneSet:
        """Return what is delivered, as last saved."""
        return read_done(self._files, self._queues[priority] / "done").done

    def records(
        self, priority: Priority, on_found: Callable[[Found], None] = lambda _: None, on_bytes: Callable[[int], None] = lambda _: None
    ) -> Iterator[Record]:
        """Yield the intact records of a priority in order; `on_bytes` hears how many bytes were walked.

        Those of a boot whose time is known are line protocol, also where they are kept as provisional ones.
        """
        segments = self._segments(priority)
        walk = _Walk(priority, on_found, is_running=self.is_running)
        for at, segment in enumerate(segments):
            try:
                reader = SegmentReader(self._files.open(segment.path), self.epoch)
            except FileNotFoundError:
                continue  # the agent gave it up meanwhile
            except OSError:
                on_found(Found(Finding.UNREADABLE, priority, segment.path.name, 0, segment.size))
                continue
            limit = segments[at + 1].first if at + 1 < len(segments) else None
            try:
                found = walk.through(reader, segment, limit, on_bytes, is_growing=limit is None and self.is_running)
                yield from (timed_if_known(record, self.place) for record in found)
            finally:
                reader.close()

    def place(self, boot_id: str) -> Place | None:
        """Return when a boot was, None while that is not known."""
        return self._places.get(boot_id)

    def survey(self, on_bytes: Callable[[int], None] = lambda _: None) -> SpoolSurvey:
        """Read everything."""
        survey = SpoolSurvey()
        for priority in Priority:
            segments = self._segments(priority)
            queue = QueueSurvey(self.done(priority), len(segments), sum(segment.size for segment in segments))
            for record in self.records(priority, survey.found.append, on_bytes):
                queue.add(record)
            survey.queues[priority] = queue
        survey.set_aside.update(str(entry.get("reason")) for entry in read_set_aside(self.path / "set-aside"))
        quarantine = self.path / "quarantine"
        if quarantine.is_dir():
            survey.quarantine = {path.name: path.stat().st_size for path in sorted(quarantine.iterdir())}
        return survey

    def _segments(self, priority: Priority) -> list[Segment]:
        return list_segments(self._files, self._queues[priority]) if self._queues[priority].is_dir() else []


def _least(one: int | None, other: int | None) -> int | None:
    return min((each for each in (one, other) if each is not None), default=None)


class _Walk:
    """Where a walk over the segments of one priority stands."""

    def __init__(self, priority: Priority, on_found: Callable[[Found], None], *, is_running: bool) -> None:
        self._priority = priority
        self._is_running = is_running
        self._on_found = on_found
        self._sequence: int | None = None
        self._lines = 0
        self._number: int | None = None
        self._is_after_a_hole = False

    def through(
        self, reader: SegmentReader, segment: Segment, limit: int | None, on_bytes: Callable[[int], None], *, is_growing: bool
    ) -> Iterator[Record]:
        if segment.size > HEAD_BYTES and reader.segment_head() is None:
            self._report(Finding.SEGMENT_HEAD, segment, 0, HEAD_BYTES, 0)
        self._is_after_a_hole = self._number is not None and segment.number > self._number + 1
        self._number = segment.number
        offset = HEAD_BYTES
        while item := reader.record_at(offset, segment.size):
            on_bytes(item.end - offset)
            offset = item.end
            if isinstance(item, Record):
                if limit is not None and item.head.sequence >= limit:
                    break  # garbage of a failed sync: it was written again in the next segment
                if self._sequence is None or item.head.sequence >= self._sequence:
                    self._arrived(segment, item)
                    yield item
            elif not (is_growing and item.end == segment.size):  # else it is being written just now
                self._damaged(segment, item, is_last=limit is None)
        on_bytes(max(0, segment.size - offset))

    def _arrived(self, segment: Segment, record: Record) -> None:
        head = record.head
        is_given_up = self._is_after_a_hole and self._is_running  # whole segments, between our look at the folder and at them
        if self._sequence is not None and head.sequence > self._sequence and head.lines_before > self._lines and not is_given_up:
            self._report(Finding.MISSING, segment, record.offset, 0, head.lines_before - self._lines)
        self._sequence, self._lines, self._is_after_a_hole = head.sequence + 1, head.lines_before + head.count, False

    def _damaged(self, segment: Segment, damage: Damage, *, is_last: bool) -> None:
        size = damage.end - damage.offset
        lines, source = (damage.head.count, damage.head.source) if damage.head else (None, "")
        if not damage.readable:
            finding = Finding.UNREADABLE
        elif is_last and damage.end == segment.size:
            finding = Finding.TAIL
        else:
            finding = Finding.BODY if damage.head else Finding.BYTES
        self._report(finding, segment, damage.offset, size, lines, source)

    def _report(self, finding: Finding, segment: Segment, offset: int, size: int, lines: int | None, source: str = "") -> None:
        self._on_found(Found(finding, self._priority, segment.path.name, offset, size, lines, source))

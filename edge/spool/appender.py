"""Appending to one priority: one sequential write and one sync for a group of batches.

A failed write is cut off again. A failed sync is never tried again on the same pages, which the kernel may have dropped: the
records, still in memory, go to a new segment, and only when that is synced do they count.
"""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from edge.spool.files import Files
from edge.spool.record import pack
from edge.spool.segment import HEAD_BYTES, Segment, SegmentWriter
from telemetry.batch import Batch


@dataclass(frozen=True, slots=True)
class Written:
    """What a write made durable: records end at `end` of `segment`, which is new when `fresh`."""

    segment: Segment
    fresh: bool
    end: int
    next_sequence: int
    lines: int


class Appender:
    """The writing end of a queue; one thread uses it. `next_sequence` and `lines` count what is durable."""

    def __init__(self, files: Files, folder: Path, epoch: bytes, segment_bytes: int, next_sequence: int, lines: int) -> None:
        self.next_sequence = next_sequence
        self.lines = lines
        self._files = files
        self._folder = folder
        self._epoch = epoch
        self._segment_bytes = segment_bytes
        self._writer: SegmentWriter | None = None
        self._number = 0

    def resume(self, segment: Segment | None, end: int, highest_number: int) -> None:
        """Go on in `segment` at offset `end`, or in a new one numbered above `highest_number`. Raises OSError."""
        self._number = highest_number
        if segment:
            self._writer = SegmentWriter(self._files.open(segment.path), segment, end)

    def write(self, batches: Sequence[Batch]) -> Written:
        """Make `batches` durable. Raises OSError; then none of them counts, and the call may be made again."""
        records, sequence, lines = [], self.next_sequence, self.lines
        for batch in batches:
            records.append(pack(batch, sequence=sequence, epoch=self._epoch, durable=self.next_sequence - 1, lines_before=lines))
            sequence, lines = sequence + 1, lines + batch.count
        writer = self._writer
        if writer and (writer.end == HEAD_BYTES or writer.end + sum(map(len, records)) <= self._segment_bytes):
            written = self._append(writer, records, sequence, lines) or self._append_fresh(records, sequence, lines)
        else:
            written = self._append_fresh(records, sequence, lines)
        self.next_sequence, self.lines = sequence, lines
        return written

    def close(self) -> None:
        """Cut reserved space off and close."""
        if self._writer:
            with suppress(OSError):
                self._writer.cut(self._writer.end)
            self._writer.close()
            self._writer = None

    def _append(self, writer: SegmentWriter, records: list[bytes], sequence: int, lines: int) -> Written | None:
        """Append to the present segment; None when its sync failed and it must not be used again."""
        end = writer.end
        try:
            writer.append(records)
        except OSError:
            try:
                writer.cut(end)
            except OSError:
                self._give_up(writer, end)
            raise
        try:
            writer.sync()
        except OSError:
            self._give_up(writer, end)
            return None
        return Written(writer.segment, fresh=False, end=writer.end, next_sequence=sequence, lines=lines)

    def _append_fresh(self, records: list[bytes], sequence: int, lines: int) -> Written:
        self._number += 1  # never twice, not even after a failure: the name may come back after a power cut
        segment = Segment(self._folder, self._number, self.next_sequence, 0)
        writer: SegmentWriter | None = None
        try:
            writer = SegmentWriter.create(self._files, segment, epoch=self._epoch, lines_before=self.lines)
            writer.append(records)
            writer.sync()
            self._files.sync_folder(self._folder)
        except OSError:
            if writer:
                writer.close()
            try:
                self._files.unlink(segment.path)
                self._files.sync_folder(self._folder)
            except OSError:
                self.close()  # the name may come back, and then what is written to an earlier segment from here on would not count
            raise
        self.close()
        self._writer = writer
        return Written(segment, fresh=True, end=writer.end, next_sequence=sequence, lines=lines)

    def _give_up(self, writer: SegmentWriter, end: int) -> None:
        with suppress(OSError):
            writer.cut(end)
        writer.end = writer.segment.size = end
        writer.close()
        self._writer = None

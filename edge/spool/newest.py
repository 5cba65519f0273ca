"""Where the newest records of one priority stand, so that the live lane can start a little before the writing position."""

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from edge.spool.appender import Written
from edge.spool.extent import Place
from edge.spool.record import HEAD_BYTES
from telemetry.batch import Batch

MOST_NEWEST = 64  # records that are remembered


@dataclass(frozen=True, slots=True)
class Standing:
    """A record: its place, and the length of its body."""

    place: Place
    body_bytes: int


class NewestRecords:
    """The last records, oldest first; those `found` at the start, then each that is published."""

    def __init__(self, found: Sequence[Standing]) -> None:
        self._records = deque(found, MOST_NEWEST)

    def published(self, written: Written, batches: Sequence[Batch]) -> None:
        """Take note of what was written."""
        offset, lines, sequence = written.end, written.lines, written.next_sequence
        records = []
        for batch in reversed(batches[-MOST_NEWEST:]):
            offset -= HEAD_BYTES + len(batch.source.encode()) + len(batch.receipts) + len(batch.body)
            lines, sequence = lines - batch.count, sequence - 1
            records.append(Standing(Place(written.segment.number, offset, sequence, lines), len(batch.body)))
        self._records.extend(reversed(records))

    def start(self, is_open: Callable[[int], bool], most: int, most_body_bytes: int) -> Place | None:
        """Return the place from which the last `most` open records follow, with at most so many bytes of bodies but at least one.

        None when no remembered record is open or none is wanted.
        """
        start = None
        for record in reversed(self._records):
            if most <= 0:
                break
            if not is_open(record.place.sequence):
                continue
            most, most_body_bytes = most - 1, most_body_bytes - record.body_bytes
            if start and most_body_bytes < 0:
                break
            start = record.place
        return start

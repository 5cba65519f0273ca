"""Taking line protocol out of a spool, for a person or another store."""

import zlib
from collections.abc import Iterator

from edge.spool.lines import split_lines
from edge.spool.record import LINES
from edge.spool.segment_reader import Record
from edge.spool.survey import SpoolFolder
from telemetry.batch import Priority
from telemetry.errors import RejectedError

_GZIP = 31


def export_lines(folder: SpoolFolder, first_ns: int, last_ns: int, *, unsent_only: bool = False) -> Iterator[bytes]:
    """Yield the lines (LF included) with times in the closed range, high before normal before bulk, each in order of writing.

    Readings whose time is not known yet are left out.
    """
    for priority in Priority:
        done = folder.done(priority)
        for record in folder.records(priority):
            head = record.head
            if (
                head.count
                and head.kind == LINES
                and head.first_ns <= last_ns
                and head.last_ns >= first_ns
                and not (unsent_only and head.sequence in done)
            ):
                is_within = first_ns <= head.first_ns and head.last_ns <= last_ns
                lines = lines_of(record)
                yield from lines if is_within else (line for line in lines if first_ns <= time_of(line, record) <= last_ns)


def lines_of(record: Record) -> Iterator[bytes]:
    """Yield the lines of a record, LF included. Raises RejectedError when it holds no gzip member."""
    try:
        text = zlib.decompress(record.payload.body, wbits=_GZIP)
    except zlib.error as error:
        raise RejectedError(f"record {record.head.sequence} of {record.head.source} holds no gzip member: {error}") from error
    return (line + b"\n" for line in split_lines(text))


def time_of(line: bytes, record: Record) -> int:
    """Return the line's own time; what has none is taken to be of its record's first time."""
    try:
        return int(line[line.rindex(b" ") + 1 :])
    except ValueError:
        return record.head.first_ns

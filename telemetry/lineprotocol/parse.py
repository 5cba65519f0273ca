"""Line protocol to points: tolerant (each bad line costs only itself) or strict (the first error ends it)."""

import io
from collections import deque
from collections.abc import Iterable, Iterator
from itertools import pairwise
from typing import NamedTuple

from telemetry.errors import RejectedError
from telemetry.lineprotocol.grammar import Entry, SyntaxFault, read_entry, skip_blank
from telemetry.lineprotocol.precision import INT64_MAX, INT64_MIN, tick_ns
from telemetry.point import FieldValue, Point

MAX_LINE_BYTES = 1 << 20
MAX_STRING_LINES = 1000  # how far a quoted string may reach over line feeds before it counts as unclosed
MAX_STRING_REREADS = 32  # how many of those lines may hold a quote: each is a fresh look at the whole, and hostile text is full of them
MAX_STRING_BYTES = 1 << 16  # InfluxDB 1.x and 2.x: the longest string value


class ParsedPoint(NamedTuple):
    """A line as it was written: tags sorted by key, fields in the order of the text (a key may be there twice: the last one counts)."""

    measurement: str
    tags: tuple[tuple[str, str], ...]
    fields: tuple[tuple[str, FieldValue], ...]
    time_ns: int

    def as_point(self) -> Point:
        return Point(self.measurement, dict(self.tags), dict(self.fields), self.time_ns)


class LineError(RejectedError):
    """Line `line` (from 1) is not a point, because of `reason`."""

    def __init__(self, line: int, reason: str) -> None:
        super().__init__(reason)
        self.line = line

    def __str__(self) -> str:
        return f"line {self.line}: {self.reason}"


def parse(data: bytes, default_time_ns: int, precision: str = "ns") -> Iterator[tuple[int, ParsedPoint | LineError]]:
    """Yield (line number, point or error) for each entry of `data`, however bad its neighbours are.

    `default_time_ns`, cut to `precision`, is the time of a line without a timestamp. Blank lines and comments yield nothing.
    """
    return parse_lines(io.BytesIO(data), default_time_ns, precision)


def parse_lines(lines: Iterable[bytes], default_time_ns: int, precision: str = "ns") -> Iterator[tuple[int, ParsedPoint | LineError]]:
    """Like `parse`, reading no further than it must: each of `lines` ends in LF, except perhaps the last.

    A quoted string may go on in the following lines. When it never closes, or what follows it is wrong, its first line is
    the error and the lines after it are read again as lines of their own.
    """
    tick = tick_ns(precision)
    source = _Lines(lines)
    while (line := source.take()) is not None:
        number = source.number
        start = skip_blank(line, 0)
        if start == len(line):
            continue
        try:
            yield number, _to_point(_read_over_lines(line, start, source), default_time_ns, tick)
        except SyntaxFault as fault:
            yield number, LineError(number, f"column {fault.position + 1}: {fault.reason}")
        except RejectedError as error:
            yield number, LineError(number, error.reason)


def parse_strict(data: bytes, default_time_ns: int, precision: str = "ns") -> list[ParsedPoint]:
    """Return every point of `data`; LineError for the first thing that is wrong. What the public corpus expects of a decoder."""
    tick = tick_ns(precision)
    points: list[ParsedPoint] = []
    position = skip_blank(data, 0)
    while position < len(data):
        try:
            entry = read_entry(data, position)
            points.append(_to_point(entry, default_time_ns, tick))
        except SyntaxFault as fault:
            raise LineError(data.count(b"\n", 0, fault.position) + 1, fault.reason) from None
        except RejectedError as error:
            raise LineError(data.count(b"\n", 0, position) + 1, error.reason) from None
        position = skip_blank(data, entry.end)
    return points


class _Lines:
    """Lines that can be given back; `number` is that of the last one taken."""

    def __init__(self, lines: Iterable[bytes]) -> None:
        self._fresh = iter(lines)
        self._returned: deque[bytes] = deque()
        self.number = 0

    def take(self) -> bytes | None:
        line = self._returned.popleft() if self._returned else next(self._fresh, None)
        if line is not None:
            self.number += 1
        return line

    def give_back(self, lines: list[bytes]) -> None:
        self._returned.extendleft(reversed(lines))
        self.number -= len(lines)


def _read_over_lines(first: bytes, start: int, source: _Lines) -> Entry:
    if len(first) > MAX_LINE_BYTES:
        raise RejectedError(f"line is longer than {MAX_LINE_BYTES} bytes")
    taken: list[bytes] = []
    text = first
    rereads_left = MAX_STRING_REREADS
    while True:
        try:
            return read_entry(text, start)
        except SyntaxFault as fault:
            more = _up_to_next_quote(source, MAX_STRING_LINES - len(taken)) if fault.is_open_string and rereads_left else []
            taken += more
            text += b"".join(more)
            rereads_left -= 1
            if not more or len(text) - len(first) > MAX_STRING_BYTES:
                source.give_back(taken)
                raise


def _up_to_next_quote(source: _Lines, most: int) -> list[bytes]:
    """Take lines up to and with the next that holds a quote; none when there is no such line within reach."""
    taken: list[bytes] = []
    size = 0
    while len(taken) < most and size <= MAX_STRING_BYTES and (line := source.take()) is not None:
        taken.append(line)
        size += len(line)
        if b'"' in line:
            return taken
    source.give_back(taken)
    return []


def _to_point(entry: Entry, default_time_ns: int, tick: int) -> ParsedPoint:
    tags = sorted(entry.tags)
    for (before, _), (after, _) in pairwise(tags):
        if before == after:
            raise RejectedError(f"tag {after!r} is there twice")
    if entry.ticks is None:
        time_ns = default_time_ns // tick * tick
    else:
        time_ns = entry.ticks * tick
        if not INT64_MIN <= time_ns <= INT64_MAX:
            raise RejectedError("timestamp out of range")
    return ParsedPoint(entry.measurement, tuple(tags), tuple(entry.fields), time_ns)

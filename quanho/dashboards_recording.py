"""Recorded points for a replay: line protocol, plain or gzip, as `quanho spool export` and the file uplink write it; or a CSV file."""

import csv
import gzip
import io
import math
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO, cast

from quanho.failure import Failed
from quanho.lang import say
from telemetry.lineprotocol.parse import LineError, parse_lines
from telemetry.point import FieldValue, Point

_GZIP = b"\x1f\x8b"
_END_S = (1 << 63) // 10**9  # the last second that InfluxDB knows
TAGS = ("site", "gateway", "device")  # of a CSV file's points; each is "csv" unless it is said


@dataclass(slots=True)
class Recording:
    """What of a file a replay needs: points of some measurements, the time range of all (ns), and what could not be read."""

    points: list[Point] = field(default_factory=list)
    count: int = 0
    first_ns: int | None = None
    last_ns: int | None = None
    unreadable: int = 0
    complaint: str = ""

    def add(self, point: Point, measurements: Iterable[str]) -> None:
        self.count += 1
        self.first_ns = point.time_ns if self.first_ns is None else min(self.first_ns, point.time_ns)
        self.last_ns = point.time_ns if self.last_ns is None else max(self.last_ns, point.time_ns)
        if point.measurement in measurements:
            self.points.append(point)

    def complain(self, what: str) -> None:
        self.unreadable += 1
        self.complaint = self.complaint or what


@dataclass(frozen=True, slots=True)
class Columns:
    """How a CSV file is read: the column of the time, the column of each field of `measurement`, and whose readings they are."""

    time: str
    measurement: str
    fields: Mapping[str, str]
    tags: Mapping[str, str]


def read(path: Path, measurements: Sequence[str], columns: Columns | None = None) -> Recording:
    """Return a recording; "-" is standard input. Raises Failed where nothing can be read."""
    recording = Recording()
    try:
        with _opened(path) as stream:
            if columns is not None:
                _read_csv((line.decode("utf-8", "replace").removeprefix("\ufeff") for line in stream), columns, recording)
            else:
                for number, point in parse_lines(stream, 0):
                    if isinstance(point, LineError):
                        recording.complain(str(point))
                    elif point.time_ns <= 0:
                        recording.complain(say(f"dòng {number}: không có thời gian", f"line {number}: has no time"))
                    else:
                        recording.add(Point(point.measurement, dict(point.tags), dict(point.fields), point.time_ns), measurements)
    except (EOFError, gzip.BadGzipFile) as error:
        recording.complain(say(f"tệp nén bị cắt hoặc hỏng: {error}", f"the compressed file is cut or damaged: {error}"))
    except OSError as error:
        raise Failed(say(f"không đọc được {path}: {error.strerror}", f"cannot read {path}: {error.strerror}")) from error
    if not recording.count:
        why = f": {recording.complaint}" if recording.complaint else ""
        raise Failed(say(f"{path} không có điểm nào đọc được{why}", f"{path} holds no point that can be read{why}"))
    return recording


@contextmanager
def _opened(path: Path) -> Iterator[BinaryIO]:
    with sys.stdin.buffer if str(path) == "-" else path.open("rb") as raw:
        stream = raw if isinstance(raw, io.BufferedReader) else io.BufferedReader(cast(io.RawIOBase, raw))
        if stream.peek(2)[:2] == _GZIP:
            with gzip.open(stream, "rb") as inside:
                yield cast(BinaryIO, inside)
        else:
            yield stream


def _read_csv(text: Iterable[str], columns: Columns, recording: Recording) -> None:
    rows = csv.DictReader(text)
    wanted = (columns.time, *columns.fields.values())
    if missing := [name for name in wanted if name not in (rows.fieldnames or ())]:
        there = ", ".join(rows.fieldnames or ())
        raise Failed(
            say(f"CSV không có cột {', '.join(missing)}; có: {there}", f"the CSV has no column {', '.join(missing)}; it has: {there}")
        )
    for row in rows:
        try:
            moment = datetime.fromisoformat(row[columns.time])
            time_s = _seconds(moment)
            fields: dict[str, FieldValue] = {name: _number(row[column]) for name, column in columns.fields.items() if row[column]}
        except (ValueError, TypeError, OverflowError) as error:
            recording.complain(say(f"dòng {rows.line_num}: {error}", f"line {rows.line_num}: {error}"))
            continue
        point = Point(columns.measurement, columns.tags, {**fields, "quality": 0}, time_s * 10**9)
        recording.add(point, (columns.measurement,))


def _seconds(moment: datetime) -> int:
    """Return seconds since 1970 UTC, within what a store takes."""
    at_s = int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp())
    if not 0 < at_s < _END_S:
        raise ValueError(say(f"{moment} ngoài khoảng 1970–2262", f"{moment} is not within 1970 to 2262"))
    return at_s


def _number(text: str) -> float:
    """Return a number as a store takes it: none of nan and inf."""
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(say(f"{text} không phải số đo", f"{text} is no reading"))
    return number

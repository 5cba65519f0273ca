"""CSV with a column `hex`: one frame a row, beside it when it came and from which sensor.

    time,sensor,hex
    1625419056,MHZ19B,ff86027c42000000ba

Cells are separated by , ; or tab. Column `time`, in seconds since 1970 UTC, is when the frame was captured; `topic` its topic. Every row
is decoded: where rows are of several devices, say which with --where sensor=MHZ19B.
"""

import csv
from collections.abc import Iterator
from typing import BinaryIO

from quanho.captures.capture import CaptureOptions, Fault, FaultLog, Item, Piece, chosen
from quanho.captures.text import lines_of

_EARLIEST_S, _LATEST_S = 100_000_000, 9_000_000_000  # 1973 to 2255: another number is no time of a capture
_SEPARATORS = str.maketrans(":-_", "   ")  # between bytes, as some tools write them


def recognise(head: bytes, _name: str) -> bool:
    names, delimiter = _header(head.split(b"\n", 1)[0])
    return len(names) > 1 and "hex" in names and delimiter in head.decode("utf-8", "replace")


def read(stream: BinaryIO, options: CaptureOptions) -> Iterator[Item]:
    faults = FaultLog()
    names: list[str] = []
    delimiter = ","
    for line in lines_of(stream):
        if isinstance(line, Fault):
            yield from faults.add(line)
        elif not names:
            names, delimiter = _header(line.payload)
            if "hex" not in names:
                yield Fault("no column hex in the first line", line.place)
                return
            chosen(options, names)
        elif line.payload.strip():
            yield from _row(line, _cells(line.payload, delimiter), names, options, faults)
    yield from faults.end()


def _row(line: Piece, cells: list[str], names: list[str], options: CaptureOptions, faults: FaultLog) -> Iterator[Item]:
    row = dict(zip(names, cells, strict=False))
    if any(row.get(name) != value for name, value in options.where.items()):
        return
    label = row.get("sensor") or row.get("device") or ""
    place = f"{line.place[:-2]} ({label[:40]}): " if label.isprintable() and label else line.place
    digits = row.get("hex", "").removeprefix("0x").translate(_SEPARATORS)
    try:
        payload = bytes.fromhex(digits)
    except ValueError:
        yield from faults.add(Fault(f"column hex: no pairs of hexadecimal digits in {digits[:40]!r}", place))
        return
    if payload:
        yield Piece(payload, place, row.get("topic", ""), _time_ns(row.get("time", "")))
    else:
        yield from faults.add(Fault("no bytes in column hex", place))


def _header(line: bytes) -> tuple[list[str], str]:
    text = line.decode("utf-8-sig", "replace").strip().lower()
    delimiter = max(",;\t", key=text.count)
    return [name.strip() for name in _cells(text.encode(), delimiter)], delimiter


def _cells(line: bytes, delimiter: str) -> list[str]:
    try:
        return [cell.strip() for cell in next(csv.reader([line.decode("utf-8", "replace")], delimiter=delimiter), [])]
    except csv.Error:
        return []


def _time_ns(text: str) -> int | None:
    try:
        seconds = float(text)
    except ValueError:
        return None
    if not _EARLIEST_S < seconds < _LATEST_S:
        return None
    return int(text) * 1_000_000_000 if text.isdecimal() else round(seconds * 1_000_000_000)

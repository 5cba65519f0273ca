"""Intel HEX (Intel, Hexadecimal Object File Format Specification, rev. A, 1988).

A line is `:` and hex: count, address u16, type, data, checksum (all bytes of the line sum to 0 modulo 256). Types: 00 data, 01 end, 02
segment × 16, 03 start CS:IP, 04 upper half of the address, 05 start EIP. The end record is the last line; one without is cut off.
"""

import re

from firmware_bridge.bundle.images import ImageFacts, ImageProblem, joined
from telemetry.said import said

_LINE = re.compile(rb":([0-9A-Fa-f]{10,520})\r?")
_DATA, _END, _SEGMENT, _START_SEGMENT, _UPPER, _START = range(6)
_LENGTHS = {_END: 0, _SEGMENT: 2, _START_SEGMENT: 4, _UPPER: 2, _START: 4}


def facts(content: bytes) -> ImageFacts:
    """Return which addresses the file writes. Raises ImageProblem."""
    spans: list[tuple[int, int]] = []
    base, has_end = 0, False
    for number, line in enumerate(content.split(b"\n"), 1):
        if not line.strip():
            continue
        if has_end:
            raise ImageProblem(said(f"dòng {number}: còn gì đó sau bản ghi kết thúc", f"line {number}: something follows the end record"))
        kind, address, data = _record(line, number)
        if kind == _DATA:
            _extend(spans, base + address, base + address + len(data))
        elif kind in (_SEGMENT, _UPPER):
            base = int.from_bytes(data, "big") << (4 if kind == _SEGMENT else 16)
        has_end = kind == _END
    if not has_end:
        raise ImageProblem(said("thiếu bản ghi kết thúc; tệp bị cụt", "the end record is missing; the file is cut off"))
    if not spans:
        raise ImageProblem(said("tệp không ghi gì", "the file writes nothing"))
    return ImageFacts(joined(spans))


def _extend(spans: list[tuple[int, int]], start: int, end: int) -> None:
    """Add a span, to the last one where it goes on from there."""
    if spans and spans[-1][1] == start:
        spans[-1] = (spans[-1][0], end)
    elif end > start:
        spans.append((start, end))


def _record(line: bytes, number: int) -> tuple[int, int, bytes]:
    """Return type, address and data of a line."""
    found = _LINE.fullmatch(line)
    if found is None or len(found[1]) % 2:
        shown = line[:20].decode("ascii", "backslashreplace")
        raise ImageProblem(said(f"dòng {number} không phải Intel HEX: {shown}", f"line {number} is no Intel HEX: {shown}"))
    raw = bytes.fromhex(found[1].decode())
    if len(raw) != raw[0] + 5:
        raise ImageProblem(
            said(f"dòng {number}: có {len(raw) - 5} byte, mà khai {raw[0]}", f"line {number}: {len(raw) - 5} bytes, and it says {raw[0]}")
        )
    if sum(raw) & 0xFF:
        raise ImageProblem(said(f"dòng {number}: sai tổng kiểm tra", f"line {number}: the checksum is wrong"))
    if _LENGTHS.get(raw[3], raw[0]) != raw[0] or raw[3] > _START:
        raise ImageProblem(
            said(
                f"dòng {number}: loại {raw[3]} với {raw[0]} byte không phải bản ghi Intel HEX",
                f"line {number}: type {raw[3]} with {raw[0]} bytes is no record of Intel HEX",
            )
        )
    return raw[3], int.from_bytes(raw[1:3], "big"), raw[4:-1]

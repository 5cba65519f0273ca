"""Hexdumps of xxd and `hexdump -C`: an offset, bytes in hexadecimal, and perhaps the same as text.

    00000000: 424d 001c 0000 0008  BM......          xxd, in groups of any size
    00000000  42 4d 00 1c 00 00 00 08  00 08 00 00 |BM..........|          hexdump -C

Offsets are not believed: a dump may be joined from several.
"""

import re
from collections.abc import Iterator
from typing import BinaryIO

from quanho.captures.capture import CaptureOptions, Fault, FaultLog, Item, Piece, chosen
from quanho.captures.text import lines_of

_XXD = re.compile(rb"[0-9a-fA-F]{4,16}: ?((?:[0-9a-fA-F]{2,}(?: (?! )|$|(?=  )))+)(?:  .*)?", re.DOTALL)
_CANONICAL = re.compile(rb"[0-9a-fA-F]{6,16}  ((?:[0-9a-fA-F]{2} {1,2})*[0-9a-fA-F]{2}) *(?:\|.*)?", re.DOTALL)
_LIKELY = re.compile(rb"[0-9a-fA-F]{8}(?:: .*|  .*\|.*\|)", re.DOTALL)  # a log may begin with a year or a time
_OFFSET_ONLY = re.compile(rb"[0-9a-fA-F]{4,16}:?\s*")


def recognise(head: bytes, _name: str) -> bool:
    line = head.lstrip(b"\r\n").split(b"\n", 1)[0].rstrip(b"\r")
    return _LIKELY.fullmatch(line) is not None and _bytes_of(line) is not None


def read(stream: BinaryIO, options: CaptureOptions) -> Iterator[Item]:
    chosen(options, ())
    faults = FaultLog()
    for line in lines_of(stream):
        if isinstance(line, Fault):
            yield from faults.add(line)
        elif line.payload.strip() == b"*":
            yield from faults.add(Fault("repeated lines were left out of the dump; make it with hexdump -v or xxd", line.place))
        elif (payload := _bytes_of(line.payload)) is not None:
            yield Piece(payload)
        elif line.payload.strip() and not _OFFSET_ONLY.fullmatch(line.payload):
            yield from faults.add(Fault("not a line of a hexdump", line.place))
    yield from faults.end()


def _bytes_of(line: bytes) -> bytes | None:
    found = _XXD.fullmatch(line) or _CANONICAL.fullmatch(line.rstrip())
    if found is None:
        return None
    try:
        return bytes.fromhex(found[1].decode("ascii"))
    except ValueError:  # an odd number of digits
        return None

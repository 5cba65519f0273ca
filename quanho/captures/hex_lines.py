"""Hexadecimal digits and nothing else: `42 4d 00 1c` or `0x42,0x4D`. Only when asked for, as such lines may also be numbers."""

import re
from collections.abc import Iterator
from typing import BinaryIO

from quanho.captures.capture import CaptureOptions, Fault, FaultLog, Item, Piece, chosen
from quanho.captures.text import lines_of

_SEPARATORS = re.compile(rb"0[xX]|[\s,;:]+")


def recognise(_head: bytes, _name: str) -> bool:
    return False


def read(stream: BinaryIO, options: CaptureOptions) -> Iterator[Item]:
    chosen(options, ())
    faults = FaultLog()
    for line in lines_of(stream):
        if isinstance(line, Fault):
            yield from faults.add(line)
            continue
        try:
            payload = bytes.fromhex(_SEPARATORS.sub(b" ", line.payload).decode("ascii"))
        except ValueError:
            yield from faults.add(Fault("not hexadecimal digits in pairs", line.place))
            continue
        if payload:
            yield Piece(payload, line.place)
    yield from faults.end()

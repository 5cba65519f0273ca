"""Logs of gpsd's test suite: what a receiver sent, with lines of comment (`# Name: ...`) before it and perhaps between.

A line is a comment when it begins with # and holds only text; a # within binary data is data. Only files that begin with a comment are
taken for such a log.
"""

from collections.abc import Iterator
from typing import BinaryIO

from quanho.captures.capture import CaptureOptions, Item, Piece, chosen

_LINE_BYTES = 64 * 1024  # longer ones are binary data, handed on in pieces


def recognise(head: bytes, _name: str) -> bool:
    return head.startswith(b"#") and _is_comment(head.split(b"\n", 1)[0])


def read(stream: BinaryIO, options: CaptureOptions) -> Iterator[Item]:
    chosen(options, ())
    number, is_start = 1, True
    while line := stream.readline(_LINE_BYTES):
        if not (is_start and _is_comment(line)):
            yield Piece(line, f"line {number}: ")
        is_start = line.endswith(b"\n")
        number += is_start


def _is_comment(line: bytes) -> bool:
    if not line.startswith(b"#"):
        return False
    try:
        return line.decode("utf-8").strip().replace("\t", " ").isprintable()
    except UnicodeDecodeError:
        return False

"""Lines of a stream, with their numbers, of bounded length."""

from collections.abc import Iterable, Iterator
from typing import BinaryIO

from quanho.captures.capture import Fault, Piece

LINE_BYTES = 16 * 1024 * 1024


def lines_of(stream: BinaryIO) -> Iterator[Piece | Fault]:
    """Yield each line without its end; one that is too long is a Fault."""
    number = 0
    while line := stream.readline(LINE_BYTES):
        number += 1
        if len(line) == LINE_BYTES and not line.endswith(b"\n"):
            while rest := stream.readline(LINE_BYTES):
                if rest.endswith(b"\n"):
                    break
            yield _too_long(number)
        else:
            yield Piece(line.rstrip(b"\r\n"), f"line {number}: ")


def lines_in(pieces: Iterable[Piece]) -> Iterator[Piece | Fault]:
    """Yield the lines in pieces of a wire, each as soon as its end has come. A piece's own place goes before the number of the line."""
    number, place = 0, ""
    held = bytearray()
    is_too_long = False
    for piece in pieces:
        if not held and not is_too_long:
            place = piece.place
        parts = piece.payload.split(b"\n")
        for part in parts[:-1]:
            number += 1
            held += part
            if is_too_long or len(held) > LINE_BYTES:
                yield _too_long(number)
            else:
                yield Piece(bytes(held).rstrip(b"\r"), place or f"line {number}: ", piece.topic, piece.time_ns)
            held.clear()
            is_too_long = False
            place = piece.place
        held += parts[-1]
        if len(held) > LINE_BYTES:
            is_too_long = True
            held.clear()
    if is_too_long:
        yield _too_long(number + 1)
    elif held:
        yield Piece(bytes(held).rstrip(b"\r"), place or f"line {number + 1}: ")


def _too_long(number: int) -> Fault:
    return Fault(f"longer than {LINE_BYTES} bytes", f"line {number}: ")

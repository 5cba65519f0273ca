"""Raw bytes: what came out of the port, or one payload, as it is."""

from collections.abc import Iterator
from typing import BinaryIO, cast

from quanho.captures.capture import CHUNK_BYTES, CaptureOptions, Item, Piece, chosen


def recognise(_head: bytes, _name: str) -> bool:
    return True


def read(stream: BinaryIO, options: CaptureOptions) -> Iterator[Item]:
    """Yield chunks as they come: a pipe is not waited for."""
    import io

    chosen(options, ())
    while chunk := cast(io.BufferedReader, stream).read1(CHUNK_BYTES):
        yield Piece(chunk)

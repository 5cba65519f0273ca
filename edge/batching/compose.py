"""Turning a closed batch into batches for the spool: compressed once, each within the limits of the wire."""

import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

from edge.batching.batcher import Closed
from edge.batching.chunk import Chunk
from edge.spool.loss import Loss, earliest, latest
from edge.spool.receipts import pack
from edge.spool.record import MAX_BODY_BYTES
from telemetry.batch import Batch, Priority

MAX_LINES = 5000
LIKELY_RAW_BYTES = 256 << 10  # of text that usually compresses to one record; more is halved without trying
_LEVEL = 6
_GZIP = 31
_MOST_PRODUCED = 2**32 - 1  # that a record's head can say; only a device that makes up its losses comes there


@dataclass(frozen=True, slots=True)
class Part:
    """One batch, and the losses that it answers for."""

    batch: Batch
    losses: Sequence[Loss]


def compose(closed: Closed) -> list[Batch]:
    """Return the batches of `parts`."""
    return [part.batch for part in parts(closed)]


def parts(closed: Closed) -> list[Part]:
    """Return the batches, in order. A chunk whose lines do not fit one record spreads over several; its receipts ride on the last.

    Chunks without lines, all of whose messages were refused, ride along; where there is nothing to ride on, a batch of no lines holds
    their receipts and what they produced, or a crash before the acknowledgement would have them refused, and counted, twice.
    """
    found: list[Part] = []
    for _, chunks in groupby(closed.chunks, key=_kind):
        found += _fit(closed.source, closed.priority, list(chunks))
    return found


def _kind(chunk: Chunk) -> tuple[bool, int | None]:
    return chunk.is_provisional, chunk.acknowledgement.token if chunk.acknowledgement else None


def _fit(source: str, priority: Priority, chunks: list[Chunk]) -> Iterator[Part]:
    """Compress all chunks together; halve them until every part fits."""
    lines = [line for chunk in chunks for line in chunk.lines]
    produced = min(sum(chunk.produced for chunk in chunks), _MOST_PRODUCED)
    losses = _losses(chunks)
    if not lines:
        if (receipts := _receipts(chunks)) or produced or losses:
            first, last = earliest(loss.first_ns for loss in losses) or 0, latest(loss.last_ns for loss in losses) or 0
            yield Part(Batch(source, priority, 0, first, last, b"", 0, receipts, produced), losses)
        return
    raw = ("\n".join(lines) + "\n").encode()
    body = _compress(raw) if len(lines) <= MAX_LINES and len(raw) <= LIKELY_RAW_BYTES else None
    if body is not None and len(body) <= MAX_BODY_BYTES:
        first, last = min(chunk.first_ns for chunk in chunks if chunk.lines), max(chunk.last_ns for chunk in chunks if chunk.lines)
        receipts, is_provisional = _receipts(chunks), chunks[0].is_provisional
        yield Part(Batch(source, priority, len(lines), first, last, body, len(raw), receipts, produced, is_provisional), losses)
    elif len(chunks) > 1:
        middle = len(chunks) // 2
        yield from _fit(source, priority, chunks[:middle])
        yield from _fit(source, priority, chunks[middle:])
    else:
        yield from _fit(source, priority, _halves(chunks[0]))


def _halves(chunk: Chunk) -> list[Chunk]:
    middle = len(chunk.lines) // 2
    first = Chunk(chunk.lines[:middle], 0, 0, chunk.first_ns, chunk.last_ns, produced=middle, is_provisional=chunk.is_provisional)
    second = replace(chunk, lines=chunk.lines[middle:], produced=chunk.produced - middle)
    return [first, second]


def _losses(chunks: Sequence[Chunk]) -> Sequence[Loss]:
    """Return the losses of all chunks, added up by reason."""
    everything = Chunk()
    for chunk in chunks:
        for loss in chunk.losses:
            everything.lose(loss)
    return everything.losses


def _compress(raw: bytes) -> bytes:
    packer = zlib.compressobj(_LEVEL, zlib.DEFLATED, _GZIP)
    return packer.compress(raw) + packer.flush()


def _receipts(chunks: Sequence[Chunk]) -> bytes:
    acknowledgements = [chunk.acknowledgement for chunk in chunks if chunk.acknowledgement]
    if not acknowledgements:
        return b""
    ids = [packet_id for each in acknowledgements for packet_id in each.packet_ids]
    hashes = [value for each in acknowledgements for value in each.hashes]
    return pack(acknowledgements[0].token, ids, hashes) if ids else b""

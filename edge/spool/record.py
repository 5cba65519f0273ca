"""One record of the spool: a batch, with everything the ledger needs in front of its body.

Little endian; offsets in bytes:

     0   4  magic `QhR2`
     4   1  kind: 1 = a gzip member of line protocol, 2 = readings whose time is not trusted yet (edge/spool/provisional.py)
     5   1  length of the source's id
     6   2  zero
     8   8  sequence, counted from 1 within a priority
    16  16  epoch: the UUID made with the spool
    32   8  highest sequence that was on the disk for certain when this record was written
    40   8  lines in all earlier records of this priority
    48   8  earliest point time, ns since 1970 UTC (kind 2: since boot), signed
    56   8  latest point time
    64   4  lines in this record
    68   4  size of their text before compression
    72   4  length of the receipts
    76   4  length of the body
    80   4  readings made and messages refused that the record answers for, as the source's intake counted them
    84   4  CRC-32 of receipts and body
    88   4  CRC-32 of bytes 0 to 87 and the source id
    92      source id (UTF-8), receipts, body

A record of 0 lines has an empty body: it holds receipts and the count of what was refused, and is never sent.

The head carries its own checksum and can never be all zero, so a reader that lost its place finds the next record by the
magic, and space that was only reserved is told from data. Damage to the body leaves source, count and times known; damage to
the head leaves the count known from the next record's "lines in all earlier records". A record up to the sequence that a later
one calls certain had been synced, so it may have been acknowledged.
"""

import struct
import zlib
from dataclasses import dataclass

from telemetry.batch import Batch

MAGIC = b"QhR2"
LINES = 1
PROVISIONAL = 2
HEAD_BYTES = 92
MAX_BODY_BYTES = 64 * 1024
MAX_RECEIPTS_BYTES = 1 << 20
_FIELDS = struct.Struct("<4sBBHQ16sQQqqIIIIII")
_CRC = struct.Struct("<I")
MAX_SOURCE_BYTES = 255


@dataclass(frozen=True, slots=True)
class Head:
    """The head of a record; `length` is the whole record's size in bytes. Times of a PROVISIONAL record are ns since boot."""

    kind: int
    sequence: int
    epoch: bytes
    durable: int
    lines_before: int
    first_ns: int
    last_ns: int
    count: int
    raw_bytes: int
    produced: int
    source: str
    length: int
    receipts_bytes: int
    body_bytes: int
    payload_crc: int

    @property
    def span(self) -> tuple[int, int] | tuple[None, None]:
        """First and last point time in ns since 1970 UTC, where that is known."""
        return (self.first_ns, self.last_ns) if self.kind == LINES else (None, None)


@dataclass(frozen=True, slots=True)
class Payload:
    """What follows the head and the source id."""

    receipts: bytes
    body: bytes


def pack(batch: Batch, *, sequence: int, epoch: bytes, durable: int, lines_before: int) -> bytes:
    """Return the record of `batch`. The batch must respect the limits of telemetry.batch.Batch."""
    source = batch.source.encode()
    fields = _FIELDS.pack(
        MAGIC,
        PROVISIONAL if batch.is_provisional else LINES,
        len(source),
        0,
        sequence,
        epoch,
        durable,
        lines_before,
        batch.first_ns,
        batch.last_ns,
        batch.count,
        batch.raw_bytes,
        len(batch.receipts),
        len(batch.body),
        batch.produced,
        zlib.crc32(batch.body, zlib.crc32(batch.receipts)),
    )
    return b"".join((fields, _CRC.pack(zlib.crc32(source, zlib.crc32(fields))), source, batch.receipts, batch.body))


def unpack_head(data: bytes) -> Head | None:
    """Return the head (source id included) that `data` starts with, or None when there is no intact one."""
    if len(data) < HEAD_BYTES or data[:4] != MAGIC:
        return None
    source_bytes = data[5]
    source = data[HEAD_BYTES : HEAD_BYTES + source_bytes]
    if len(source) < source_bytes or _CRC.unpack_from(data, _FIELDS.size)[0] != zlib.crc32(source, zlib.crc32(data[: _FIELDS.size])):
        return None
    (_, kind, _, _, sequence, epoch, durable, before, first, last, count, raw_bytes, receipts, body, made, crc) = _FIELDS.unpack_from(data)
    if receipts > MAX_RECEIPTS_BYTES or body > MAX_BODY_BYTES:
        return None
    length = HEAD_BYTES + source_bytes + receipts + body
    name = source.decode(errors="replace")
    return Head(kind, sequence, epoch, durable, before, first, last, count, raw_bytes, made, name, length, receipts, body, crc)


def unpack_payload(head: Head, data: bytes) -> Payload | None:
    """Return receipts and body of `head` (`data` starts behind the source id), or None when they are short or damaged."""
    size = head.receipts_bytes + head.body_bytes
    if len(data) < size or zlib.crc32(data[:size]) != head.payload_crc:
        return None
    return Payload(data[: head.receipts_bytes], data[head.receipts_bytes : size])

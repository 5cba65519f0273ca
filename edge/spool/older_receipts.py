"""Receipts of earlier segments at start: back as far as a message can still be on its way, and no further than a start may take."""

from edge.spool.files import Files
from edge.spool.receipts import RecentReceipts
from edge.spool.segment import HEAD_BYTES, Segment
from edge.spool.segment_reader import SegmentReader

_MAX_SEGMENTS = 8
_MAX_BYTES = 64 << 20
_MAX_RECORDS = 4096  # about 50 ms on a small machine
_WINDOW_BYTES = 4096


def add_older_receipts(files: Files, segments: list[Segment], epoch: bytes, receipts: RecentReceipts) -> None:
    """Walk back from the last but one of `segments` by heads alone; bodies are neither read nor checked."""
    walked_bytes = records = 0
    for at in range(len(segments) - 2, max(-1, len(segments) - 2 - _MAX_SEGMENTS), -1):
        walked_bytes += segments[at].size
        if receipts.is_full or walked_bytes > _MAX_BYTES or records > _MAX_RECORDS:
            return
        older = RecentReceipts()
        try:
            records += _collect(files, segments[at], segments[at + 1].first, epoch, older)
        except OSError:
            return
        receipts.add_older(older)


def _collect(files: Files, segment: Segment, limit: int, epoch: bytes, older: RecentReceipts) -> int:
    """Collect the receipts of records below sequence `limit`; return how many records those are. Raises OSError."""
    reader = SegmentReader(files.open(segment.path), epoch, _WINDOW_BYTES)
    offset, records = HEAD_BYTES, 0
    try:
        while offset < segment.size:
            head = reader.head_at(offset, segment.size)
            if head is None:
                damage = reader.record_at(offset, segment.size)
                if damage is None:
                    break
                offset = damage.end
            elif head.sequence >= limit:
                break
            else:
                older.add(head.source, reader.receipts_at(offset, head))
                offset, records = offset + head.length, records + 1
    finally:
        reader.close()
    return records

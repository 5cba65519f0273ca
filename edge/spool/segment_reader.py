"""Reading a segment, damaged or not: every intact record is found, whatever lies between.

A place that the medium cannot read is damage like any other. It is stepped over 4 KiB at a time, and twice as far after each
further failure, because a dying card takes long to say no.
"""

from dataclasses import dataclass

from edge.spool.files import File
from edge.spool.record import HEAD_BYTES, MAGIC, MAX_SOURCE_BYTES, Head, Payload, unpack_head, unpack_payload
from edge.spool.segment import HEAD_BYTES as SEGMENT_HEAD_BYTES
from edge.spool.segment import SegmentHead, unpack_segment_head

_WINDOW_BYTES = 128 * 1024
_SKIP_BYTES = 4096
_MAX_SKIP_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class Record:
    """An intact record at `offset`."""

    offset: int
    head: Head
    payload: Payload

    @property
    def end(self) -> int:
        return self.offset + self.head.length


@dataclass(frozen=True, slots=True)
class Damage:
    """Bytes `offset` to `end` that are no record. `head` is known when only the rest of a record was hit."""

    offset: int
    end: int
    head: Head | None
    readable: bool = True


class SegmentReader:
    """Finds records between byte offsets. What lies below `stop` must not change while it is read (it is synced).

    Records of another `epoch` are damage; with None those of any spool count. `window_bytes` are read at once.
    """

    def __init__(self, file: File, epoch: bytes | None, window_bytes: int = _WINDOW_BYTES) -> None:
        self._file = file
        self._epoch = epoch
        self._window_bytes = window_bytes
        self._window = b""
        self._window_at = 0

    def record_at(self, offset: int, stop: int) -> Record | Damage | None:
        """Return the record at `offset`, or the damage that starts there, or None at the end of data (zeros are no data)."""
        try:
            head = self.head_at(offset, stop)
        except OSError:
            return self._damage(offset, stop)
        if head is None:
            return self._damage(offset, stop)
        size = head.receipts_bytes + head.body_bytes
        try:
            payload = unpack_payload(head, self._read(offset + head.length - size, size, stop))
        except OSError:
            return Damage(offset, offset + head.length, head, readable=False)
        if payload is None:
            return Damage(offset, offset + head.length, head)
        return Record(offset, head, payload)

    def head_at(self, offset: int, stop: int) -> Head | None:
        """Return the intact head at `offset` of a record that ends at or before `stop`. Raises OSError."""
        head = unpack_head(self._read(offset, HEAD_BYTES + MAX_SOURCE_BYTES, stop))
        if head is None or offset + head.length > stop or self._epoch not in (None, head.epoch):
            return None
        return head

    def receipts_at(self, offset: int, head: Head) -> bytes:
        """Return the receipts of the record with that head, not checked and without reading its body. Raises OSError."""
        start = offset + head.length - head.receipts_bytes - head.body_bytes
        return self._read(start, head.receipts_bytes, start + head.receipts_bytes)

    def segment_head(self) -> SegmentHead | None:
        """Return the segment's own head, None when it cannot be read."""
        try:
            return unpack_segment_head(self._file.read_at(0, SEGMENT_HEAD_BYTES))
        except OSError:
            return None

    def close(self) -> None:
        self._file.close()

    def _damage(self, offset: int, stop: int) -> Damage | None:
        at, skip = offset, _SKIP_BYTES
        empty = readable = True
        while at < stop:
            try:
                chunk = self._scan(at, stop)
            except OSError:
                readable = empty = False
                at, skip = at - at % _SKIP_BYTES + skip, min(2 * skip, _MAX_SKIP_BYTES)
                continue
            for hit in _hits(chunk):
                if at + hit > offset and self._is_head(at + hit, stop):
                    return Damage(offset, at + hit, None, readable)
            if not chunk:  # shorter than it was when it was listed
                break
            empty = empty and not chunk.strip(b"\0")
            border = len(MAGIC) - 1 if at + len(chunk) < stop and len(chunk) >= len(MAGIC) else 0
            at += len(chunk) - border  # the magic may lie across
        return None if empty else Damage(offset, stop, None, readable)

    def _scan(self, offset: int, stop: int) -> bytes:
        """Return bytes from `offset`, as many as can be read at once. Raises OSError when not even this 4 KiB block can."""
        try:
            return self._read(offset, _WINDOW_BYTES, stop)
        except OSError:
            return self._file.read_at(offset, min(_SKIP_BYTES - offset % _SKIP_BYTES, stop - offset))

    def _is_head(self, offset: int, stop: int) -> bool:
        try:
            return self.head_at(offset, stop) is not None
        except OSError:
            return False

    def _read(self, offset: int, size: int, stop: int) -> bytes:
        size = min(size, stop - offset)
        if size <= 0:
            return b""
        start = offset - self._window_at
        if start >= 0 and start + size <= len(self._window):
            return self._window[start : start + size]
        want = min(max(size, self._window_bytes), stop - offset)
        try:
            self._window, self._window_at = self._file.read_at(offset, want), offset
        except OSError:
            if want == size:
                raise
            return self._file.read_at(offset, size)  # the bad place may lie behind what is asked for
        return self._window[:size]


def _hits(chunk: bytes) -> list[int]:
    found = []
    hit = chunk.find(MAGIC)
    while hit >= 0:
        found.append(hit)
        hit = chunk.find(MAGIC, hit + 1)
    return found

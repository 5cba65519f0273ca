"""The spool's epoch: a UUID made with it, in every segment and record, so that a copied card is told from its twin.

File `epoch`: the UUID as text, a space, CRC-32 of that text as 8 hex digits, LF. A wrong epoch would turn every record into
damage, so a file that does not check is not believed; the segments are asked instead.
"""

import contextlib
import uuid
import zlib
from collections.abc import Iterable
from pathlib import Path

from edge.spool.files import Files, replace_file
from edge.spool.segment import HEAD_BYTES, NO_ROOM, Segment, list_segments
from edge.spool.segment_reader import Damage, SegmentReader

_NAME = "epoch"
_TEXT_BYTES = 36


def read_epoch(files: Files, folder: Path) -> uuid.UUID | None:
    """Return the epoch from its file, None when that is missing or damaged."""
    try:
        file = files.open(folder / _NAME)
    except OSError:
        return None
    try:
        data = file.read_at(0, len(_content(uuid.UUID(int=0))))
        epoch = uuid.UUID(data[:_TEXT_BYTES].decode("ascii"))
    except (OSError, ValueError):
        return None
    finally:
        file.close()
    return epoch if data == _content(epoch) else None


def find_epoch(files: Files, folder: Path, queues: Iterable[Path]) -> uuid.UUID | None:
    """Return the epoch of the spool in `folder` from its file, else from its segments, None when there is neither."""
    return read_epoch(files, folder) or _from_segments(files, queues)


def load_epoch(files: Files, folder: Path, queues: Iterable[Path]) -> uuid.UUID:
    """Return the epoch of the spool in `folder`, a new one for a new spool, and see that the file says so. Raises OSError."""
    epoch = read_epoch(files, folder)
    if epoch is None:
        folders = list(queues)
        epoch = _from_segments(files, folders) or _new(files, folder, folders)
        try:
            replace_file(files, folder / _NAME, _content(epoch))
        except OSError as error:
            if error.errno not in NO_ROOM:  # on a full disk the segments carry it until the next start
                raise
    return epoch


def _new(files: Files, folder: Path, queues: Iterable[Path]) -> uuid.UUID:
    """Return a new epoch. Raises OSError when something that may know the old one is there and cannot be opened."""
    for path in (folder / _NAME, *(segment.path for queue in queues for segment in list_segments(files, queue))):
        with contextlib.suppress(FileNotFoundError):
            files.open(path).close()
    return uuid.uuid4()


def _from_segments(files: Files, queues: Iterable[Path]) -> uuid.UUID | None:
    segments: list[Segment] = []
    for queue in queues:
        with contextlib.suppress(OSError):
            segments += list_segments(files, queue)
    for segment in sorted(segments, key=lambda each: each.number, reverse=True):
        with contextlib.suppress(OSError):
            reader = SegmentReader(files.open(segment.path), None)
            try:
                epoch = _epoch_of(reader, segment.size)
            finally:
                reader.close()
            if epoch:
                return uuid.UUID(bytes=epoch)
    return None


def _epoch_of(reader: SegmentReader, size: int) -> bytes | None:
    """Return the epoch by the segment's head, else by its first intact record."""
    head = reader.segment_head()
    if head:
        return head.epoch
    offset = HEAD_BYTES
    while item := reader.record_at(offset, size):
        if not isinstance(item, Damage):
            return item.head.epoch
        offset = item.end
    return None


def _content(epoch: uuid.UUID) -> bytes:
    text = str(epoch).encode("ascii")
    return text + f" {zlib.crc32(text):08x}\n".encode("ascii")

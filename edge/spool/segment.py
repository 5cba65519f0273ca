"""A segment: a file of records, named `NUMBER-FIRST.seg` after its own number and the sequence of its first record.

It starts with 64 bytes, little endian: magic `QhSg` 01 00 00 00, epoch (16 bytes), u64 number, u64 first sequence, u64 lines in
all earlier records of this priority, u32 CRC-32 of the 48 bytes before, zeros. Records follow without padding. A reader does not
need this head to be intact: every record says itself where it belongs.

Small records are written into space reserved by zeros, 64 KiB at a time, in the same write as the record that crosses the border.
An fsync that does not change the file's size spares the journal of the file system: on ext4 a 800-byte record costs 5 KiB of
device writes instead of 9. Records of 16 KiB and more gain nothing by it and are appended as they are.
"""

import errno
import re
import struct
import zlib
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from edge.spool.files import File, Files

HEAD_BYTES = 64
NO_ROOM = (errno.ENOSPC, errno.EDQUOT)
RESERVE_BYTES = 64 * 1024
SMALL_RECORD_BYTES = 16 * 1024
_HEAD = struct.Struct("<8s16sQQQ")
_CRC = struct.Struct("<I")
_MAGIC = b"QhSg\x01\0\0\0"
_NAME = re.compile(r"(\d{8})-(\d{12,})\.seg")


@dataclass(slots=True)
class Segment:
    """A segment file as the queue sees it. `size` is its size on disk in bytes."""

    folder: Path
    number: int
    first: int
    size: int

    @property
    def path(self) -> Path:
        return self.folder / segment_name(self.number, self.first)


def segment_name(number: int, first: int) -> str:
    return f"{number:08d}-{first:012d}.seg"


def list_segments(files: Files, folder: Path) -> list[Segment]:
    """Return the segments of `folder` by number; files of other names are left alone.

    So is a copy that somebody put there: a number that is taken, or a first sequence below that of an earlier segment.
    """
    found: list[Segment] = []
    for name in sorted(files.names(folder)):
        match = _NAME.fullmatch(name)
        if match and (not found or (found[-1].number < int(match[1]) and found[-1].first <= int(match[2]))):
            with suppress(FileNotFoundError):  # the agent gave it up while a tool was looking
                found.append(Segment(folder, int(match[1]), int(match[2]), files.size(folder / name)))
    return found


@dataclass(frozen=True, slots=True)
class SegmentHead:
    """The first 64 bytes of a segment."""

    epoch: bytes
    number: int
    first: int
    lines_before: int


def unpack_segment_head(data: bytes) -> SegmentHead | None:
    """Return the head of a segment, None when it is short or damaged."""
    if len(data) < HEAD_BYTES or data[:8] != _MAGIC or _CRC.unpack_from(data, _HEAD.size)[0] != zlib.crc32(data[: _HEAD.size]):
        return None
    return SegmentHead(*_HEAD.unpack_from(data)[1:])


class SegmentWriter:
    """Appends records to one segment. `end` is where the next record goes."""

    def __init__(self, file: File, segment: Segment, end: int) -> None:
        self.segment = segment
        self.end = end
        self._file = file
        self._reserved = max(end, segment.size)

    @classmethod
    def create(cls, files: Files, segment: Segment, *, epoch: bytes, lines_before: int) -> "SegmentWriter":
        """Make the file; the caller syncs it and its folder before anything is acknowledged."""
        head = _HEAD.pack(_MAGIC, epoch, segment.number, segment.first, lines_before)
        file = files.open(segment.path, create=True)
        try:
            file.truncate(0)
            file.write_at(0, (head + _CRC.pack(zlib.crc32(head))).ljust(HEAD_BYTES, b"\0"))
        except OSError:
            file.close()
            raise
        return cls(file, segment, HEAD_BYTES)

    def append(self, records: Iterable[bytes]) -> None:
        """Write `records` behind the last one, not yet synced. On OSError nothing that was there before is touched."""
        data = b"".join(records)
        end = self.end + len(data)
        if end > self._reserved and len(data) < SMALL_RECORD_BYTES:
            reserve = -(-end // RESERVE_BYTES) * RESERVE_BYTES
            try:
                self._file.write_at(self.end, data.ljust(reserve - self.end, b"\0"))
                self._reserved = reserve
            except OSError as error:
                if error.errno not in NO_ROOM:
                    raise
                self._file.write_at(self.end, data)  # the last bytes of a full disk may still hold the records alone
        else:
            self._file.write_at(self.end, data)
        self.end = end
        self._reserved = max(self._reserved, end)
        self.segment.size = self._reserved

    def sync(self) -> None:
        self._file.sync()

    def cut(self, end: int) -> None:
        """Drop what lies behind `end`, reserved space included. Raises OSError."""
        self._file.truncate(end)
        self.end = self._reserved = self.segment.size = end

    def close(self) -> None:
        self._file.close()

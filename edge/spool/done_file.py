"""The done set on disk: two slots of 4 KiB, of which one is always left alone, so that a torn write leaves the other.

Slot, little endian: magic `QhDn`, u32 CRC-32 of all that follows, u64 generation, u64 lines of this priority ever written, u64
of them not delivered, u32 number of intervals, then u64 first and u64 last of each.

It is written every few seconds at most, and synced only once in `_SYNC_EVERY` writes, which is when the other slot takes over:
with both slots unsynced, a power cut could tear both. An old slot only means that some records are sent twice.
"""

import struct
import zlib
from dataclasses import dataclass
from pathlib import Path

from edge.spool.done import DoneSet
from edge.spool.files import File, Files
from edge.spool.segment import NO_ROOM

_SLOT_BYTES = 4096
_SYNC_EVERY = 20
_HEAD = struct.Struct("<4sI")
_BODY = struct.Struct("<QQQI")
_INTERVAL = struct.Struct("<QQ")
_MAGIC = b"QhDn"


@dataclass(frozen=True, slots=True)
class Saved:
    """What a slot says: at a time when `lines` lines had been written, `unsent` of them were not delivered."""

    done: DoneSet
    lines: int = 0
    unsent: int = 0
    generation: int = 0


def parse_slot(data: bytes) -> Saved | None:
    """Return what one slot says, or None when it is torn or empty."""
    if len(data) < _HEAD.size + _BODY.size or data[:4] != _MAGIC:
        return None
    generation, lines, unsent, count = _BODY.unpack_from(data, _HEAD.size)
    end = _HEAD.size + _BODY.size + count * _INTERVAL.size
    if end > len(data) or _HEAD.unpack_from(data)[1] != zlib.crc32(data[_HEAD.size : end]):
        return None
    return Saved(DoneSet(_INTERVAL.iter_unpack(data[_HEAD.size + _BODY.size : end])), lines, unsent, generation)


def read_done(files: Files, path: Path) -> Saved:
    """Return the newest intact slot; an empty one when there is none."""
    try:
        file = files.open(path)
    except OSError:
        return Saved(DoneSet())
    try:
        return _newest(file)[0]
    finally:
        file.close()


class DoneFile:
    """Writes the done set. On a full disk it may not even be there yet."""

    def __init__(self, files: Files, path: Path) -> None:
        """Raises OSError when the file can be neither opened nor made, for another reason than want of room."""
        self._files = files
        self._path = path
        self._file: File | None = None
        self._since_sync = 0
        self._generation = 0
        self.loaded, self._durable_slot = Saved(DoneSet()), 1
        try:
            self._file = files.open(path, create=True)
        except OSError as error:
            if error.errno not in NO_ROOM:
                raise
            return
        self.loaded, self._durable_slot = _newest(self._file)
        self._generation = self.loaded.generation

    def write(self, done: DoneSet, lines: int, unsent: int, *, sync: bool = False) -> None:
        """Write `done` into the slot that may be torn. Raises OSError."""
        if self._file is None:
            self._file = self._files.open(self._path, create=True)
        if self._since_sync == 0:
            self._file.sync()  # what a process before us left in the other slot
        self._generation += 1
        intervals = list(done)
        body = _BODY.pack(self._generation, lines, unsent, len(intervals)) + b"".join(_INTERVAL.pack(*interval) for interval in intervals)
        slot = (_HEAD.pack(_MAGIC, zlib.crc32(body)) + body).ljust(_SLOT_BYTES, b"\0")
        if len(slot) > _SLOT_BYTES:
            raise ValueError(f"{len(intervals)} intervals do not fit into a slot")
        at = (1 - self._durable_slot) * _SLOT_BYTES
        if self._file.size() < 2 * _SLOT_BYTES and at == 0:
            slot = slot.ljust(2 * _SLOT_BYTES, b"\0")  # a disk that fills up later must not keep the other slot from being written
        self._file.write_at(at, slot)
        self._since_sync += 1
        if sync or self._since_sync >= _SYNC_EVERY:
            self._file.sync()
            self._since_sync, self._durable_slot = 1, 1 - self._durable_slot

    def close(self) -> None:
        if self._file:
            self._file.close()
            self._file = None


def _newest(file: File) -> tuple[Saved, int]:
    """Return the newest intact slot and its number (1 when there is none)."""
    best, slot_of_best = Saved(DoneSet()), 1
    for slot in (0, 1):
        try:
            parsed = parse_slot(file.read_at(slot * _SLOT_BYTES, _SLOT_BYTES))
        except OSError:
            continue
        if parsed and parsed.generation >= best.generation:
            best, slot_of_best = parsed, slot
    return best, slot_of_best

"""A disk in memory for the spool: what is not synced survives a power cut or not, sector by sector and name by name, by chance.

`fdatasync` makes a file's data and size durable, not its name; `sync_folder` makes the names of a folder durable. A rename
survives as a whole or not at all. Faults are put into `disk.faults`; each stays until it is spent or taken out.
"""

# ruff: noqa: ARG002 - faults take what the hook is given, and use what they need

import errno
import os
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from random import Random

from edge.spool.files import File

SECTOR_BYTES = 512


class Fault:
    """Something that goes wrong. Each hook may raise OSError."""

    def on_open(self, path: Path) -> None:
        """A file that is there is opened."""

    def on_read(self, path: Path, offset: int, size: int) -> None: ...

    def on_write(self, path: Path, offset: int, data: bytes) -> int | None:
        """Return how many bytes still get written before the write fails, None for all of them and no failure."""
        return None

    def on_sync(self, path: Path) -> bool:
        """Return False when the dirty pages are dropped and the caller is told that all is well."""
        return True

    def on_name(self, path: Path) -> None:
        """A name is made, changed or removed."""


class DroppedFsync(Fault):
    """`count` syncs (of names with that ending) fail with EIO; the dirty pages count as clean all the same: no other sync writes them."""

    def __init__(self, count: int = 1, ending: str = "") -> None:
        self.count = count
        self.ending = ending

    def on_sync(self, path: Path) -> bool:
        if self.count and path.name.endswith(self.ending):
            self.count -= 1
            raise OSError(errno.EIO, "fdatasync failed", str(path))
        return True


class LyingFsync(Fault):
    """A card that says that everything is written, and writes nothing."""

    def on_sync(self, path: Path) -> bool:
        return False


class TornWrite(Fault):
    """The next write stops after `size` bytes."""

    def __init__(self, size: int, code: int = errno.EIO) -> None:
        self.size: int | None = size
        self.code = code

    def on_write(self, path: Path, offset: int, data: bytes) -> int | None:
        size, self.size = self.size, None
        return size


class UnreadableRange(Fault):
    """Reading any of the bytes `first` to `last` of a file fails, as on a worn-out card."""

    def __init__(self, path: Path, first: int, last: int) -> None:
        self.path, self.first, self.last = path, first, last

    def on_read(self, path: Path, offset: int, size: int) -> None:
        if path == self.path and offset <= self.last and offset + size > self.first:
            raise OSError(errno.EIO, "cannot be read", str(path))


class Denied(Fault):
    """Files with this ending that are there cannot be opened."""

    def __init__(self, ending: str, code: int = errno.EACCES) -> None:
        self.ending, self.code = ending, code

    def on_open(self, path: Path) -> None:
        if path.name.endswith(self.ending):
            raise OSError(self.code, os.strerror(self.code), str(path))


class ReadOnly(Fault):
    """The file system was mounted (or went) read-only."""

    def on_write(self, path: Path, offset: int, data: bytes) -> int | None:
        raise OSError(errno.EROFS, "Read-only file system", str(path))

    def on_name(self, path: Path) -> None:
        raise OSError(errno.EROFS, "Read-only file system", str(path))


class StuckName(Fault):
    """Names with this ending can be neither removed nor renamed."""

    def __init__(self, ending: str) -> None:
        self.ending = ending

    def on_name(self, path: Path) -> None:
        if path.name.endswith(self.ending):
            raise OSError(errno.EPERM, "Operation not permitted", str(path))


class Killed(BaseException):
    """The process dies here; what it wrote stays in the kernel's memory."""


class KilledBeforeSync(Fault):
    """The process is killed between write and sync."""

    def on_sync(self, path: Path) -> bool:
        raise Killed


class _Inode:
    def __init__(self) -> None:
        self.live = bytearray()
        self.durable = bytearray()
        self.dirty: set[int] = set()
        self.handles = 0

    def touch(self, first: int, last: int) -> None:
        self.dirty.update(range(first // SECTOR_BYTES, -(-last // SECTOR_BYTES)))

    def write_back(self) -> None:
        _resize(self.durable, len(self.live))
        for sector in self.dirty:
            _copy_sector(self.live, self.durable, sector)
        self.dirty.clear()

    def after_power_cut(self, rng: Random) -> "_Inode":
        survivor = _Inode()
        survivor.durable = bytearray(self.durable)
        if len(self.live) != len(self.durable) and rng.random() < 0.5:
            _resize(survivor.durable, len(self.live))
        for sector in sorted(self.dirty):
            if rng.random() < 0.5:
                _copy_sector(self.live, survivor.durable, sector)
        survivor.live = bytearray(survivor.durable)
        return survivor


class Disk:
    """Files of one disk (see edge/spool/files.py). `opened` and `bytes_read` count what was asked for."""

    def __init__(self, seed: int = 0, capacity_bytes: int | None = None) -> None:
        self.faults: list[Fault] = []
        self.capacity_bytes = capacity_bytes
        self.opened: Counter[Path] = Counter()
        self.bytes_read = 0
        self._rng = Random(seed)
        self._names: dict[Path, _Inode] = {}
        self._durable_names: dict[Path, _Inode] = {}
        self._folders: set[Path] = set()
        self._pending: list[tuple[Path, Callable[[dict[Path, _Inode]], None]]] = []
        self._inodes: list[_Inode] = []

    # -- what a test does to it ----------------------------------------------------------------------------------------

    def power_cut(self) -> "Disk":
        """Return the disk as it is found afterwards. The present one must not be used any more."""
        names = dict(self._durable_names)
        for _, change in self._pending:
            if self._rng.random() < 0.5:
                change(names)
        found = Disk(self._rng.randrange(1 << 32), self.capacity_bytes)
        found._folders = self._folders
        survivors = {id(inode): inode.after_power_cut(self._rng) for inode in names.values()}
        found._names = {path: survivors[id(inode)] for path, inode in names.items()}
        found._durable_names = dict(found._names)
        found._inodes = list(survivors.values())
        return found

    def process_died(self) -> None:
        """Close what the process had open; the kernel keeps what it wrote."""
        for inode in self._inodes:
            inode.handles = 0

    def leave_room(self, room_bytes: int) -> None:
        """From now on only so many bytes more fit."""
        self.capacity_bytes = self.used_bytes() + room_bytes

    def used_bytes(self) -> int:
        """Return what files take up, deleted ones that are still open included."""
        named = {id(inode) for inode in self._names.values()}
        self._inodes = [inode for inode in self._inodes if inode.handles or id(inode) in named]
        return sum(len(inode.live) for inode in self._inodes)

    def content(self, path: Path) -> bytes:
        return bytes(self._names[path].live)

    def put(self, path: Path, data: bytes) -> None:
        """Make or replace a file, durably."""
        inode = self._names.get(path) or _Inode()
        inode.live[:] = data
        inode.durable[:] = data
        inode.dirty.clear()
        self._names[path] = self._durable_names[path] = inode
        self._inodes.append(inode)

    def remove(self, path: Path) -> None:
        """Remove a file behind the spool's back."""
        del self._names[path]
        self._durable_names.pop(path, None)

    def paths(self, ending: str = "") -> list[Path]:
        return sorted(path for path in self._names if path.name.endswith(ending))

    # -- Files ---------------------------------------------------------------------------------------------------------

    def open(self, path: Path, *, create: bool = False) -> File:
        if path not in self._names:
            if not create or path.parent not in self._folders:
                raise FileNotFoundError(errno.ENOENT, "No such file or directory", str(path))
            self._name_fault(path)
            if self.capacity_bytes is not None and self.used_bytes() >= self.capacity_bytes:
                raise OSError(errno.ENOSPC, "No space left on device", str(path))
            inode = _Inode()
            self._inodes.append(inode)
            self._change(path, lambda names: names.__setitem__(path, inode))
        else:
            for fault in self.faults:
                fault.on_open(path)
        self.opened[path] += 1
        return DiskFile(self, path, self._names[path])

    def names(self, folder: Path) -> list[str]:
        if folder not in self._folders:
            raise FileNotFoundError(errno.ENOENT, "No such file or directory", str(folder))
        inside = [path.name for path in (*self._names, *self._folders) if path.parent == folder and path != folder]
        return sorted(inside)

    def make_folder(self, folder: Path) -> None:
        if folder not in self._folders:
            self._name_fault(folder)
            self._folders |= {folder, *folder.parents}

    def unlink(self, path: Path) -> None:
        if path not in self._names:
            raise FileNotFoundError(errno.ENOENT, "No such file or directory", str(path))
        self._name_fault(path)

        def remove(names: dict[Path, _Inode]) -> None:
            names.pop(path, None)

        self._change(path, remove)

    def rename(self, old: Path, new: Path) -> None:
        self._name_fault(old)

        def move(names: dict[Path, _Inode]) -> None:
            if old in names:
                names[new] = names.pop(old)

        self._change(new, move)

    def sync_folder(self, folder: Path) -> None:
        for fault in self.faults:
            fault.on_sync(folder)
        for parent, change in self._pending:
            if parent == folder:
                change(self._durable_names)
        self._pending = [entry for entry in self._pending if entry[0] != folder]

    def size(self, path: Path) -> int:
        if path not in self._names:
            raise FileNotFoundError(errno.ENOENT, "No such file or directory", str(path))
        return len(self._names[path].live)

    def room_bytes(self) -> int:
        """Return how many bytes more fit."""
        return (1 << 40) if self.capacity_bytes is None else self.capacity_bytes - self.used_bytes()

    def _change(self, path: Path, change: Callable[[dict[Path, _Inode]], None]) -> None:
        change(self._names)
        self._pending.append((path.parent, change))

    def _name_fault(self, path: Path) -> None:
        for fault in self.faults:
            fault.on_name(path)


class DiskFile:
    """An open file of a Disk."""

    def __init__(self, disk: Disk, path: Path, inode: _Inode) -> None:
        self._disk, self._path, self._inode = disk, path, inode
        inode.handles += 1

    def read_at(self, offset: int, size: int) -> bytes:
        for fault in self._disk.faults:
            fault.on_read(self._path, offset, size)
        self._disk.bytes_read += size
        return bytes(self._inode.live[offset : offset + size])

    def write_at(self, offset: int, data: bytes) -> None:
        for fault in self._disk.faults:
            stop = fault.on_write(self._path, offset, data)
            if stop is not None and stop < len(data):
                self._store(offset, data[:stop])
                raise OSError(errno.EIO, "Input/output error", str(self._path))
        growth = max(0, offset + len(data) - len(self._inode.live))
        room = self._disk.room_bytes()
        if growth > max(0, room):
            self._store(offset, data[: len(data) - (growth - max(0, room))])
            raise OSError(errno.ENOSPC, "No space left on device", str(self._path))
        self._store(offset, data)

    def truncate(self, size: int) -> None:
        self._inode.touch(size, max(size, len(self._inode.live)))
        _resize(self._inode.live, size)

    def size(self) -> int:
        return len(self._inode.live)

    def sync(self) -> None:
        try:
            if all(fault.on_sync(self._path) for fault in self._disk.faults):
                self._inode.write_back()
        except OSError:
            self._inode.dirty.clear()  # Linux marks pages clean after a failed write-back
            raise
        self._inode.dirty.clear()

    def close(self) -> None:
        self._inode.handles -= 1

    def _store(self, offset: int, data: bytes) -> None:
        if not data:
            return
        if offset > len(self._inode.live):
            _resize(self._inode.live, offset)
        self._inode.live[offset : offset + len(data)] = data
        self._inode.touch(offset, offset + len(data))


def _resize(data: bytearray, size: int) -> None:
    if size < len(data):
        del data[size:]
    else:
        data.extend(bytes(size - len(data)))


def _copy_sector(source: bytearray, target: bytearray, sector: int) -> None:
    """Copy one sector as far as both reach: a sector that grew needs its size to be durable too."""
    first = sector * SECTOR_BYTES
    last = min(first + SECTOR_BYTES, len(source), len(target))
    if first < last:
        target[first:last] = source[first:last]

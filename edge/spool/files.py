"""File access for the spool, behind a small protocol so that tests can tear writes, fill the disk, fail a sync or cut the power.

Nothing here retries: a failed `sync` in particular is reported once, because the kernel may already have dropped the pages.
"""

import os
from contextlib import suppress
from pathlib import Path
from typing import Protocol


class File(Protocol):
    """An open file, addressed by byte offset."""

    def read_at(self, offset: int, size: int) -> bytes:
        """Return up to `size` bytes; fewer only at the end of the file."""
        ...

    def write_at(self, offset: int, data: bytes) -> None:
        """Write all of `data` or raise OSError; after an error any part of it may be there."""
        ...

    def truncate(self, size: int) -> None: ...

    def size(self) -> int: ...

    def sync(self) -> None:
        """Return once the data is on the device (fdatasync(2))."""
        ...

    def close(self) -> None: ...


class Files(Protocol):
    """A file system."""

    def open(self, path: Path, *, create: bool = False) -> File: ...

    def names(self, folder: Path) -> list[str]: ...

    def make_folder(self, folder: Path) -> None: ...

    def unlink(self, path: Path) -> None: ...

    def rename(self, old: Path, new: Path) -> None: ...

    def sync_folder(self, folder: Path) -> None:
        """Return once the names in `folder` are on the device."""
        ...

    def size(self, path: Path) -> int: ...


class DiskFile:
    """A file on a real disk."""

    def __init__(self, path: Path, *, create: bool) -> None:
        self._fd = os.open(path, os.O_RDWR | os.O_CLOEXEC | (os.O_CREAT if create else 0), 0o640)

    def read_at(self, offset: int, size: int) -> bytes:
        data = os.pread(self._fd, size, offset)
        if len(data) == size or not data:
            return data
        parts = [data]
        missing = size - len(data)
        while missing and (data := os.pread(self._fd, missing, offset + size - missing)):
            parts.append(data)
            missing -= len(data)
        return b"".join(parts)

    def write_at(self, offset: int, data: bytes) -> None:
        view = memoryview(data)
        while view:
            written = os.pwrite(self._fd, view, offset)
            view = view[written:]
            offset += written

    def truncate(self, size: int) -> None:
        os.ftruncate(self._fd, size)

    def size(self) -> int:
        return os.fstat(self._fd).st_size

    def sync(self) -> None:
        os.fdatasync(self._fd)

    def close(self) -> None:
        os.close(self._fd)


class ReadOnlyFile(DiskFile):
    """A file opened for reading, for tools that look at the spool of a running agent."""

    def __init__(self, path: Path) -> None:
        self._fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)


class DiskFiles:
    """The file system of this machine."""

    def open(self, path: Path, *, create: bool = False) -> File:
        return DiskFile(path, create=create)

    def names(self, folder: Path) -> list[str]:
        return sorted(path.name for path in folder.iterdir())

    def make_folder(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True, mode=0o750)

    def unlink(self, path: Path) -> None:
        path.unlink()

    def rename(self, old: Path, new: Path) -> None:
        old.rename(new)

    def sync_folder(self, folder: Path) -> None:
        fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(fd)
        finally:
            os.close(fd)

    def size(self, path: Path) -> int:
        return path.stat().st_size


class ReadOnlyFiles(DiskFiles):
    """The same for tools that must not change anything."""

    def open(self, path: Path, *, create: bool = False) -> File:
        if create:
            raise PermissionError(f"{path}: opened for reading only")
        return ReadOnlyFile(path)


def replace_file(files: Files, path: Path, data: bytes) -> None:
    """Give `path` this content as a whole: a power cut leaves the old one or the new one. Raises OSError; then the old one stays."""
    beside = path.with_name(f"{path.name}.new")
    file = files.open(beside, create=True)
    try:
        file.truncate(0)
        file.write_at(0, data)
        file.sync()
    except OSError:
        with suppress(OSError):
            files.unlink(beside)
        raise
    finally:
        file.close()
    files.rename(beside, path)
    files.sync_folder(path.parent)

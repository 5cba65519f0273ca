"""Files that count what is written and synced through them: segments, done sets, epoch, set-aside and all."""

import threading
from pathlib import Path

from edge.spool.files import File, Files


class CountedFiles:
    """A Files over another one. `written_bytes` and `sync_count` are since it was made; syncs of folders are counted too."""

    def __init__(self, files: Files) -> None:
        self._files = files
        self._lock = threading.Lock()
        self.written_bytes = 0
        self.sync_count = 0

    def open(self, path: Path, *, create: bool = False) -> File:
        return _CountedFile(self._files.open(path, create=create), self)

    def names(self, folder: Path) -> list[str]:
        return self._files.names(folder)

    def make_folder(self, folder: Path) -> None:
        self._files.make_folder(folder)

    def unlink(self, path: Path) -> None:
        self._files.unlink(path)

    def rename(self, old: Path, new: Path) -> None:
        self._files.rename(old, new)

    def sync_folder(self, folder: Path) -> None:
        self.count(0, 1)
        self._files.sync_folder(folder)

    def size(self, path: Path) -> int:
        return self._files.size(path)

    def count(self, written_bytes: int, syncs: int) -> None:
        with self._lock:
            self.written_bytes += written_bytes
            self.sync_count += syncs


class _CountedFile:
    """Counts before it writes: what fails half-way may have reached the device too."""

    def __init__(self, file: File, files: CountedFiles) -> None:
        self._file = file
        self._files = files
        self.read_at = file.read_at
        self.truncate = file.truncate
        self.size = file.size
        self.close = file.close

    def write_at(self, offset: int, data: bytes) -> None:
        self._files.count(len(data), 0)
        self._file.write_at(offset, data)

    def sync(self) -> None:
        self._files.count(0, 1)
        self._file.sync()

"""The file uplink: one `YYYY-MM-DD.lp.gz` a day (UTC), for a USB stick or a site without a store.

A file is a row of gzip members, each synced before it counts, so any gzip reader takes it. What a power cut left half written
behind the last whole member is cut off when the file is opened again. A record may be there twice after a crash: same bytes, harmless.
"""

import os
import zlib
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from runtime.influx_answers import Action, Answer
from telemetry.errors import TransientError

_READ_BYTES = 1 << 20


class FileTarget:
    """Writes below `folder`; `now_ns` is the wall clock."""

    def __init__(self, folder: Path, now_ns: Callable[[], int]) -> None:
        self._folder = folder
        self._now_ns = now_ns
        self._fd: int | None = None
        self._day = ""

    def connect(self) -> str:
        """Make the folder; TransientError when that cannot be done now (the stick is not in)."""
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            self._file()
        except OSError as error:
            raise TransientError(f"{self._folder}: {error.strerror}") from error
        return f"file {self._folder}"

    def send(self, body: bytes) -> Answer:
        """Append gzip members; they count once they are on the device."""
        try:
            fd = self._file()
            end = os.lseek(fd, 0, os.SEEK_END)
            try:
                _write_all(fd, body)
                os.fdatasync(fd)
            except OSError:
                os.ftruncate(fd, end)
                raise
        except OSError as error:
            self.close()
            return Answer(Action.RETRY, "disk", words=f"{self._folder}: {error.strerror}")
        return Answer(Action.ACCEPT, "accepted")

    def close(self) -> None:
        if self._fd is not None:
            os.close(self._fd)
            self._fd = None

    def _file(self) -> int:
        day = datetime.fromtimestamp(self._now_ns() / 1e9, UTC).strftime("%Y-%m-%d")
        if self._fd is None or day != self._day:
            self.close()
            path = self._folder / f"{day}.lp.gz"
            fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o640)
            os.ftruncate(fd, whole_members_bytes(fd))
            _sync_folder(self._folder)
            self._fd, self._day = fd, day
        return self._fd


def whole_members_bytes(fd: int) -> int:
    """Return where the last whole gzip member of an open file ends."""
    offset = end = 0
    member = zlib.decompressobj(31)
    while data := os.pread(fd, _READ_BYTES, offset):
        offset += len(data)
        while data:
            try:
                member.decompress(data, _READ_BYTES)
            except zlib.error:
                return end
            if member.eof:
                data = member.unused_data
                end = offset - len(data)
                member = zlib.decompressobj(31)
            else:
                data = member.unconsumed_tail
    return end


def _write_all(fd: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(fd, view) :]


def _sync_folder(folder: Path) -> None:
    fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)

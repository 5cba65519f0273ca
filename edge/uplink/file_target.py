"""The file uplink: one `YYYY-MM-DD.lp.gz` a day (UTC), for a USB stick or a site without a store.

A file is a row of gzip members, each synced before it counts, so any gzip reader takes it. What a power cut left half written
behind the last whole member is cut off when the file is opened again; a file that is damaged further up is left alone and the day
goes on in `YYYY-MM-DD-2.lp.gz`, then `-3` (daily_file.py). A record may be there twice after a crash: same bytes, harmless.

The folder must exist: the agent makes none. Name one on the stick, made there once, and not the mount point, which is there
without the stick too: with `/media/usb/quanho` readings wait in the spool until the stick is in, with `/media/usb` they would
fill the SD card.
"""

import os
from collections.abc import Callable
from datetime import UTC, datetime
from itertools import count
from pathlib import Path

from edge.uplink.daily_file import whole_members_end
from runtime.influx_answers import Action, Answer
from runtime.logs import Log
from telemetry.errors import TransientError

_LOG = Log("edge.uplink")


class FileTarget:
    """Writes below `folder`; `now_ns` is the wall clock."""

    round_trip_s = 0.0

    def __init__(self, folder: Path, now_ns: Callable[[], int]) -> None:
        self._folder = folder
        self._now_ns = now_ns
        self._fd: int | None = None
        self._day = ""

    def connect(self) -> str:
        """Open the file of the day; TransientError when that cannot be done now (the stick is not in)."""
        try:
            self._file()
        except OSError as error:
            raise TransientError(self._trouble(error)) from error
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
            return Answer(Action.RETRY, "disk", words=self._trouble(error))
        return Answer(Action.ACCEPT, "accepted")

    def close(self) -> None:
        if self._fd is not None:
            os.close(self._fd)
            self._fd = None

    def _file(self) -> int:
        day = datetime.fromtimestamp(self._now_ns() / 1e9, UTC).strftime("%Y-%m-%d")
        if self._fd is None or day != self._day:
            self.close()
            self._fd = next(fd for number in count(1) if (fd := _opened(self._folder / _name(day, number))) is not None)
            self._day = day
            _sync_folder(self._folder)
        return self._fd

    def _trouble(self, error: OSError) -> str:
        if isinstance(error, FileNotFoundError):
            return f"{self._folder} is not there: put the stick in; on a new one, make the folder once (mkdir)"
        return f"{self._folder}: {error.strerror}"


def _name(day: str, number: int) -> str:
    return f"{day}.lp.gz" if number == 1 else f"{day}-{number}.lp.gz"


def _opened(path: Path) -> int | None:
    """Return a file to append to, without the torn end it may have; None when it is damaged before its end. Raises OSError."""
    fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o640)
    try:
        end = whole_members_end(fd)
        if end is not None:
            os.ftruncate(fd, end)
            return fd
    except OSError:
        os.close(fd)
        raise
    _LOG.error("uplink.file_damaged", file=path, hint="readings go on in the next file of the day; copy this one and mend the copy")
    os.close(fd)
    return None


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

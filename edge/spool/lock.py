"""One agent a spool: an advisory lock on `lock` in its folder, which also names the process that holds it."""

import fcntl
import os
import time
from contextlib import suppress
from pathlib import Path

from telemetry.errors import TransientError

_WAIT_S = 5.0  # a tool that marks readings to be sent again holds it for a moment
_POLL_S = 0.05


class SpoolLock:
    """Held from `take` to `release`; the kernel releases it when the process dies."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / "lock"
        self._fd: int | None = None

    def take(self, wait_s: float = _WAIT_S) -> None:
        """Raise TransientError when another process holds it for `wait_s` seconds more, or the folder cannot be used."""
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o750)
            fd = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o640)
        except OSError as error:
            way_out = "make the folder writable, or name another in gateway.state_dir"
            raise TransientError(f"{self._path.parent}: the spool cannot be used: {error.strerror}; {way_out}") from error
        if not _locks(fd, wait_s):
            holder = os.pread(fd, 32, 0).decode(errors="replace").strip() or "unknown"
            os.close(fd)
            way_out = "stop it, or give this one a state_dir of its own"
            raise TransientError(f"{self._path.parent}: another agent (process {holder}) uses this spool; {way_out}")
        with suppress(OSError):  # on a full disk nobody reads who holds it; it is held all the same
            os.ftruncate(fd, 0)
            os.pwrite(fd, f"{os.getpid()}\n".encode(), 0)
        self._fd = fd

    def release(self) -> None:
        if self._fd is not None:
            os.close(self._fd)
            self._fd = None


def _locks(fd: int, wait_s: float) -> bool:
    deadline_s = time.monotonic() + wait_s
    while True:
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            if time.monotonic() >= deadline_s:
                return False
            time.sleep(_POLL_S)
        else:
            return True


def is_held(folder: Path) -> bool:
    """Tell whether a process holds the lock of the spool in `folder`, without changing anything."""
    try:
        fd = os.open(folder / "lock", os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        fcntl.flock(fd, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except OSError:
        return True
    finally:
        os.close(fd)
    return False

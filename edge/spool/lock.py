"""One agent a spool: an advisory lock on `lock` in its folder, which also names the process that holds it."""

import fcntl
import os
from pathlib import Path

from telemetry.errors import ConfigError, Problem


class SpoolLock:
    """Held from `take` to `release`; the kernel releases it when the process dies."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / "lock"
        self._fd: int | None = None

    def take(self) -> None:
        """Raise ConfigError when another process holds it."""
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o750)
            fd = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o640)
        except OSError as error:
            raise ConfigError([Problem(str(self._path.parent), "", f"the spool cannot be used: {error.strerror}")]) from error
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            holder = os.pread(fd, 32, 0).decode(errors="replace").strip() or "unknown"
            os.close(fd)
            message = f"another agent (process {holder}) uses this spool; stop it, or give this one a state_dir of its own"
            raise ConfigError([Problem(str(self._path.parent), "", message)]) from None
        os.ftruncate(fd, 0)
        os.pwrite(fd, f"{os.getpid()}\n".encode(), 0)
        self._fd = fd

    def release(self) -> None:
        if self._fd is not None:
            os.close(self._fd)
            self._fd = None


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

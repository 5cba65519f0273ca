"""One update of a board at a time, whoever runs it: an agent that is being replaced may still be in the middle of a flash."""

import fcntl
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_LOOK_S = 0.2


@contextmanager
def sole_owner(path: Path, stopping: threading.Event) -> Iterator[bool]:
    """Hold the lock inside the block; gives False when `stopping` came first. A process that dies lets go. Raises OSError."""
    fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        yield _is_locked(fd, stopping)
    finally:
        os.close(fd)


def _is_locked(fd: int, stopping: threading.Event) -> bool:
    while not stopping.is_set():
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            stopping.wait(_LOOK_S)
        else:
            return True
    return False

"""Giving a port to somebody else for a while, to flash the board on it, and taking it back.

The thread that owns the port asks `is_lent` as it comes round, closes the port and says `gave`. Who borrowed too long loses it: after
`seconds` the owner takes it back by itself, as far as the other program lets go of its lock.

Beside that a file is locked (flock) for as long as the loan lasts: a new config may replace the source, or another agent start, in the
middle of a flash, and whoever has the port next asks `is_lent_elsewhere` before it opens it.
"""

import fcntl
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from runtime.clock import Clock
from runtime.durable_file import make_folder
from telemetry.errors import TransientError

_GIVE_S = 5.0


class Lending:
    """One port. `wake` makes its owner come round at once. Building one does no I/O."""

    def __init__(self, source: str, file: Path, clock: Clock, wake: Callable[[], None]) -> None:
        self._source = source
        self._file = file
        self._clock = clock
        self._wake = wake
        self._lock = threading.Lock()
        self._loan: object | None = None
        self._until_s = 0.0
        self._free = threading.Event()

    @property
    def is_lent(self) -> bool:
        """Whether the owner has to keep its hands off. Any thread."""
        return self._loan is not None and self._clock.monotonic_s() < self._until_s

    def is_lent_elsewhere(self) -> bool:
        """Whether a source before this one lent the port, and has not got it back."""
        if self._loan is not None:
            return False
        try:
            fd = os.open(self._file, os.O_RDWR | os.O_CLOEXEC)
        except OSError:
            return False
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return True
        finally:
            os.close(fd)
        return False

    def gave(self) -> None:
        """The port is closed and unlocked. On the owner's thread, as often as it likes while it is lent."""
        self._free.set()

    @contextmanager
    def lend(self, seconds: float) -> Iterator[None]:
        """Hold the port's loan inside the block, `seconds` at most. Raises TransientError when it is lent already or not let go."""
        loan = object()
        with self._lock:
            if self.is_lent:
                raise TransientError(f"the port of {self._source} is lent already; wait until that is done")
            fd = self._locked()
            self._free.clear()
            self._loan, self._until_s = loan, self._clock.monotonic_s() + seconds
        self._wake()
        try:
            if not self._free.wait(_GIVE_S):
                raise TransientError(f"the port of {self._source} was not let go within {_GIVE_S:g} s; is the source running?")
            yield
        finally:
            with self._lock:
                if self._loan is loan:  # who was too late ends nothing but its own
                    self._loan = None
            if fd >= 0:
                os.close(fd)
            self._wake()

    def _locked(self) -> int:
        """Return the locked file, -1 where the disk has none: that keeps nobody from flashing."""
        with suppress(OSError):
            make_folder(self._file.parent, 0o700)
            fd = os.open(self._file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            try:
                fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                os.close(fd)
                if self._loan is None:
                    raise TransientError(f"the port of {self._source} is still lent; wait until that is done") from error
            else:
                return fd
        return -1

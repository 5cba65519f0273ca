"""Giving a port to somebody else for a while, to flash the board on it, and taking it back.

The thread that owns the port asks `is_wanted` and `is_lent` as it comes round, closes the port and says `gave`. Who borrowed too long
loses it: after `seconds` the owner takes it back by itself, as far as the other program lets go of its lock.
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from runtime.clock import Clock
from telemetry.errors import TransientError

_GIVE_S = 5.0


class Lending:
    """One port. `wake` makes its owner come round at once."""

    def __init__(self, source: str, clock: Clock, wake: Callable[[], None]) -> None:
        self._source = source
        self._clock = clock
        self._wake = wake
        self._lock = threading.Lock()
        self._until_s: float | None = None
        self._free = threading.Event()

    @property
    def is_lent(self) -> bool:
        """Whether the owner has to keep its hands off. Any thread."""
        until_s = self._until_s
        return until_s is not None and self._clock.monotonic_s() < until_s

    def gave(self) -> None:
        """The port is closed and unlocked. On the owner's thread."""
        self._free.set()

    @contextmanager
    def lend(self, seconds: float) -> Iterator[None]:
        """Hold the port's loan inside the block, `seconds` at most. Raises TransientError when it is lent already or not let go."""
        with self._lock:
            if self.is_lent:
                raise TransientError(f"the port of {self._source} is lent already; wait until that is done")
            self._free.clear()
            self._until_s = self._clock.monotonic_s() + seconds
        self._wake()
        try:
            if not self._free.wait(_GIVE_S):
                raise TransientError(f"the port of {self._source} was not let go within {_GIVE_S:g} s; is the source running?")
            yield
        finally:
            self._until_s = None
            self._wake()

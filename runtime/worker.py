"""A thread with an owner: named, supervised, and always joined."""

import threading
from collections.abc import Callable
from random import Random

from runtime.backoff import Backoff, next_delay
from runtime.clock import Clock, SystemClock
from runtime.logs import Log

RESTART = Backoff(first_s=0.5, ceiling_s=30.0)

_STABLE_S = 60.0  # a run of this length starts the back-off anew

log = Log("runtime.worker")


class Worker:
    """Runs `target(stopping)` on a thread of its own. The target returns when `stopping` is set, or when it is done.

    An exception that leaves the target is logged with its traceback and counted, and the target is called again after a
    growing pause. The owner calls `start` once and `stop` at the end.
    """

    def __init__(
        self,
        name: str,
        target: Callable[[threading.Event], None],
        *,
        backoff: Backoff = RESTART,
        clock: Clock | None = None,
        rng: Random | None = None,
    ) -> None:
        self.name = name
        self._target = target
        self._backoff = backoff
        self._clock = clock or SystemClock()
        self._rng = rng or Random()  # noqa: S311 -- jitter
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._failure_count = 0
        self._last_error = ""

    @property
    def failure_count(self) -> int:
        """How often the target ended in an exception since the start."""
        return self._failure_count

    @property
    def last_error(self) -> str:
        """The last of those exceptions, or an empty text."""
        return self._last_error

    @property
    def is_alive(self) -> bool:
        """Whether the thread runs, or waits to call its target again."""
        return self._thread.is_alive()

    def start(self) -> None:
        """Start the thread; returns at once."""
        self._thread.start()

    def ask_to_stop(self) -> None:
        """Set `stopping` and return at once."""
        self._stopping.set()

    def stop(self, timeout_s: float) -> bool:
        """Ask the target to return and wait `timeout_s` for that; tell whether the thread has ended. More than once is fine."""
        self.ask_to_stop()
        if self._thread.ident is None:
            return True
        self._thread.join(max(0.0, timeout_s))
        if self._thread.is_alive():
            log.warning("worker.stop_timed_out", worker=self.name, timeout_s=timeout_s)
        return not self._thread.is_alive()

    def _run(self) -> None:
        in_a_row = 0
        while not self._stopping.is_set():
            began_s = self._clock.monotonic_s()
            try:
                self._target(self._stopping)
            except Exception as error:  # the supervisor: log, count, start again
                in_a_row = 1 if self._clock.monotonic_s() - began_s >= _STABLE_S else in_a_row + 1
                delay_s = next_delay(self._backoff, in_a_row, self._rng)
                self._failure_count += 1
                self._last_error = f"{type(error).__name__}: {error}"
                log.exception("worker.failed", worker=self.name, failures=self._failure_count, again_in_s=round(delay_s, 1))
                self._stopping.wait(delay_s)
            else:
                return

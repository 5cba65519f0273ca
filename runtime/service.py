"""The life of a process: start its services in order, wait, then drain and stop them in reverse.

It ends on SIGTERM, SIGINT or `Shutdown.request`. First every service is drained, the ones started last first (sources before
the spool, the spool before the uplink, if the caller lists them the other way round), then each is stopped. A second signal
hurries: what still drains is left alone and each service has `hurried_stop_s` to stop.

Exit codes of `run`:
  0    drained and stopped, whichever of the signals asked for it
  1    a service failed, or did not stop within its time
  2    a service refused its configuration when it started
  130  a second Ctrl-C cut the drain short; 143 if it was SIGTERM (128 + signal, as shells report it)
"""

import os
import select
import signal
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from types import FrameType
from typing import Protocol

from runtime import sd_notify
from runtime.logs import Log
from telemetry.errors import ConfigError, QuanhoError

EXIT_CLEAN = 0
EXIT_FAILED = 1
EXIT_CONFIG = 2

_OWN_TIMEOUT_FIRST_S = 0.5  # a service that keeps to its limit just so is not called stuck
_SIGNALS = (signal.SIGTERM, signal.SIGINT)

log = Log("runtime.service")


class Service(Protocol):
    """A part of a process that is started, drained and stopped. Building one does no I/O."""

    @property
    def name(self) -> str: ...

    def start(self) -> None:
        """Begin. ConfigError or any other exception ends the process."""

    def drain(self, timeout_s: float) -> None:
        """Take in nothing more and finish what is under way, within `timeout_s`. `stop` may be called meanwhile."""

    def stop(self, timeout_s: float) -> None:
        """End every thread and close what is open, within `timeout_s`."""


@dataclass(frozen=True, slots=True)
class Limits:
    """How long the end may take, in seconds; `drain_s` and `stop_s` are for each service."""

    drain_s: float = 10.0
    stop_s: float = 5.0
    hurried_stop_s: float = 1.0


class Shutdown:
    """How any thread asks the process to end. The first reason counts."""

    def __init__(self) -> None:
        self._bell_out, self._bell_in = os.pipe2(os.O_CLOEXEC | os.O_NONBLOCK)
        self._lock = threading.Lock()
        self._reason = ""
        self._exit_code = EXIT_CLEAN

    @property
    def reason(self) -> str:
        """Why the process ends, or an empty text while it does not."""
        return self._reason

    @property
    def exit_code(self) -> int:
        return self._exit_code

    def request(self, reason: str) -> None:
        """End the process in order; exit code 0."""
        self._ask(reason, EXIT_CLEAN)

    def fail(self, reason: str) -> None:
        """End the process in order, because something broke for good; exit code 1."""
        self._ask(reason, EXIT_FAILED)

    def ring(self, byte: int = 0) -> None:
        """Wake the waiting thread; safe in a signal handler, which must take no lock."""
        with suppress(BlockingIOError):
            os.write(self._bell_in, bytes([byte]))

    def wait(self, timeout_s: float) -> bytes:
        """Wait for `ring` or the timeout and return the bytes rung, which are the numbers of signals or zero."""
        ready, _, _ = select.select([self._bell_out], [], [], max(0.0, timeout_s))
        return os.read(self._bell_out, 64) if ready else b""

    def _ask(self, reason: str, exit_code: int) -> None:
        with self._lock:
            if not self._reason:
                self._reason, self._exit_code = reason, exit_code
        self.ring()


def run(
    services: Sequence[Service],
    shutdown: Shutdown | None = None,
    *,
    limits: Limits = Limits(),
    is_healthy: Callable[[], bool] = lambda: True,
) -> int:
    """Run `services` until the process is asked to end and return its exit code. Main thread only (signals).

    systemd is told READY once all have started, gets its watchdog's beat while `is_healthy()`, and STOPPING at the end.
    """
    life = _Life(shutdown or Shutdown(), limits)
    with _signals_ring(life.shutdown):
        life.start(services)
        if not life.shutdown.reason:
            sd_notify.notify(sd_notify.READY)
            life.wait(is_healthy)
        sd_notify.notify(sd_notify.STOPPING)
        log.info("service.stopping", reason=life.shutdown.reason)
        life.end()
    return life.exit_code


class _Life:
    """What one `run` knows: the services that started, and how the end is going."""

    def __init__(self, shutdown: Shutdown, limits: Limits) -> None:
        self.shutdown = shutdown
        self._limits = limits
        self._started: list[Service] = []
        self._exit_code: int | None = None
        self._hurried = False

    @property
    def exit_code(self) -> int:
        return self.shutdown.exit_code if self._exit_code is None else self._exit_code

    def start(self, services: Sequence[Service]) -> None:
        for service in services:
            self._note(self.shutdown.wait(0.0))
            if self.shutdown.reason:
                return
            self._started.append(service)  # before it starts: one that fails half-way is stopped too
            try:
                service.start()
            except ConfigError as error:
                self._exit_code = EXIT_CONFIG
                for problem in error.problems:
                    log.error("service.refused_config", service=service.name, problem=problem)  # noqa: TRY400 -- a problem says what to do
                self.shutdown.fail(f"{service.name}: configuration refused")
            except QuanhoError as error:
                log.error("service.start_failed", service=service.name, reason=error)  # noqa: TRY400 -- its message says what to do
                self.shutdown.fail(f"{service.name}: {error}")
            except Exception as error:  # whatever broke, the services before it must be stopped
                log.exception("service.start_failed", service=service.name)
                self.shutdown.fail(f"{service.name}: {error}")
            else:
                log.debug("service.started", service=service.name)

    def wait(self, is_healthy: Callable[[], bool]) -> None:
        watchdog_s = sd_notify.watchdog_s()
        beat_s = watchdog_s / 3 if watchdog_s else 3600.0
        while not self.shutdown.reason:
            if watchdog_s and is_healthy():
                sd_notify.notify(sd_notify.WATCHDOG)
            self._note(self.shutdown.wait(beat_s))

    def end(self) -> None:
        for service in reversed(self._started):
            if not self._hurried:
                self._call(service, service.drain, "drain", self._limits.drain_s)
        for service in reversed(self._started):
            limit_s = self._limits.hurried_stop_s if self._hurried else self._limits.stop_s
            if not self._call(service, service.stop, "stop", limit_s) and self._exit_code is None:
                self._exit_code = EXIT_FAILED

    def _call(self, service: Service, method: Callable[[float], None], phase: str, limit_s: float) -> bool:
        """Run one phase of one service on a thread, so that a stuck service is left behind in time; tell if it ended well."""
        outcome: list[bool] = []

        def target() -> None:
            try:
                method(limit_s)
                outcome.append(True)
            except Exception:  # one broken service must not keep the others from ending
                log.exception("service.failed_at_end", service=service.name, phase=phase)
                outcome.append(False)
            self.shutdown.ring()

        threading.Thread(target=target, name=f"{phase} {service.name}", daemon=True).start()
        was_hurried = self._hurried
        deadline_s = time.monotonic() + limit_s + _OWN_TIMEOUT_FIRST_S
        while not outcome and time.monotonic() < deadline_s:
            self._note(self.shutdown.wait(deadline_s - time.monotonic()))
            if self._hurried and not was_hurried:
                was_hurried = True
                left_s = 0.0 if phase == "drain" else self._limits.hurried_stop_s
                deadline_s = min(deadline_s, time.monotonic() + left_s)
        if not outcome:
            log.error("service.stuck", service=service.name, phase=phase, after_s=limit_s)
        return outcome == [True]

    def _note(self, rung: bytes) -> None:
        """Take in the signals that arrived: the first asks for the end, any later one hurries it."""
        for number in rung:
            if number and not self.shutdown.reason:
                self.shutdown.request(signal.Signals(number).name)
            elif number and not self._hurried:
                self._hurried = True
                self._exit_code = 128 + number if self.exit_code == EXIT_CLEAN else self.exit_code
                log.warning("service.hurried", signal=signal.Signals(number).name)


@contextmanager
def _signals_ring(shutdown: Shutdown) -> Iterator[None]:
    """Have SIGTERM and SIGINT ring instead of ending the process, and put back what was there before."""

    def handler(number: int, frame: FrameType | None) -> None:  # noqa: ARG001 -- the shape signal.signal asks for
        shutdown.ring(number)

    before = {number: signal.signal(number, handler) for number in _SIGNALS}
    try:
        yield
    finally:
        for number, previous in before.items():
            signal.signal(number, previous)

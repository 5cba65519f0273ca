import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from runtime.service import EXIT_CLEAN, EXIT_CONFIG, EXIT_FAILED, Limits, Shutdown, run
from telemetry.errors import ConfigError, Problem

SHORT = Limits(drain_s=0.2, stop_s=0.2, hurried_stop_s=0.1)


class Recorded:
    """A service that writes down what happened to it, and can be made to fail or to hang in a phase."""

    def __init__(self, name: str, story: list[str], faults: dict[str, Callable[[], object]] | None = None) -> None:
        self.name = name
        self.limits_s: dict[str, float] = {}
        self._story = story
        self._faults = faults or {}

    def start(self) -> None:
        self._phase("start")

    def drain(self, timeout_s: float) -> None:
        self.limits_s["drain"] = timeout_s
        self._phase("drain")

    def stop(self, timeout_s: float) -> None:
        self.limits_s["stop"] = timeout_s
        self._phase("stop")

    def _phase(self, phase: str) -> None:
        self._story.append(f"{phase} {self.name}")
        self._faults.get(phase, lambda: None)()


def fail(error: Exception) -> Callable[[], object]:
    def raise_it() -> None:
        raise error

    return raise_it


def test_services_start_in_order_and_drain_and_stop_in_reverse() -> None:
    story: list[str] = []
    shutdown = Shutdown()
    services = [Recorded("spool", story), Recorded("source", story, {"start": lambda: shutdown.request("enough")})]
    assert run(services, shutdown) == EXIT_CLEAN
    assert story == ["start spool", "start source", "drain source", "drain spool", "stop source", "stop spool"]


def test_service_is_told_how_long_it_may_take() -> None:
    shutdown = Shutdown()
    service = Recorded("agent", [], {"start": lambda: shutdown.request("enough")})
    run([service], shutdown, limits=SHORT)
    assert service.limits_s == {"drain": 0.2, "stop": 0.2}


def test_service_that_fails_to_start_ends_the_process_and_what_ran_before_is_stopped() -> None:
    story: list[str] = []
    services = [Recorded("spool", story), Recorded("source", story, {"start": fail(OSError("no port"))}), Recorded("late", story)]
    assert run(services) == EXIT_FAILED
    assert story == ["start spool", "start source", "drain source", "drain spool", "stop source", "stop spool"]


def test_service_that_refuses_its_configuration_gives_exit_code_2() -> None:
    refuse = fail(ConfigError([Problem("edge.toml", "gateway.id", "is missing")]))
    assert run([Recorded("agent", [], {"start": refuse})]) == EXIT_CONFIG


def test_failure_that_a_thread_reports_gives_exit_code_1() -> None:
    shutdown = Shutdown()
    threading.Timer(0.05, lambda: shutdown.fail("the disk is gone")).start()
    assert run([Recorded("spool", [])], shutdown) == EXIT_FAILED
    assert shutdown.reason == "the disk is gone"


def test_first_reason_counts() -> None:
    shutdown = Shutdown()
    shutdown.request("enough")
    shutdown.fail("the disk is gone")
    assert (shutdown.reason, shutdown.exit_code) == ("enough", EXIT_CLEAN)


def test_stuck_service_is_left_behind_and_the_others_still_stop() -> None:
    story: list[str] = []
    shutdown, never = Shutdown(), threading.Event()
    services = [Recorded("spool", story), Recorded("stuck", story, {"drain": never.wait, "stop": never.wait})]
    shutdown_soon = Recorded("last", story, {"start": lambda: shutdown.request("enough")})
    assert run([*services, shutdown_soon], shutdown, limits=SHORT) == EXIT_FAILED
    assert story[-3:] == ["stop last", "stop stuck", "stop spool"]
    never.set()


def test_service_that_breaks_while_stopping_does_not_keep_the_others_from_it() -> None:
    story: list[str] = []
    shutdown = Shutdown()
    broken = Recorded("broken", story, {"start": lambda: shutdown.request("enough"), "stop": fail(OSError("gone"))})
    assert run([Recorded("spool", story), broken], shutdown) == EXIT_FAILED
    assert story[-1] == "stop spool"


def test_handlers_of_the_caller_are_put_back() -> None:
    before = signal.getsignal(signal.SIGTERM)
    shutdown = Shutdown()
    shutdown.request("enough")
    run([], shutdown)
    assert signal.getsignal(signal.SIGTERM) is before


@pytest.fixture
def systemd(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[socket.socket]:
    """The socket on which systemd hears of us."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind(str(tmp_path / "notify"))
        listener.settimeout(5)
        monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))
        yield listener


def test_systemd_hears_ready_then_beats_while_healthy_then_stopping(systemd: socket.socket, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WATCHDOG_USEC", "60000")
    shutdown, beats = Shutdown(), []

    def is_healthy() -> bool:
        beats.append(1)
        if len(beats) == 6:
            shutdown.request("enough")
        return len(beats) <= 3

    assert run([Recorded("agent", [])], shutdown, is_healthy=is_healthy) == EXIT_CLEAN
    assert [systemd.recv(100) for _ in range(5)] == [b"READY=1", b"WATCHDOG=1", b"WATCHDOG=1", b"WATCHDOG=1", b"STOPPING=1"]


PROGRAM = """
import sys, threading
from runtime.service import Limits, run
from tests.runtime.test_service import Recorded

class Told(list):
    def append(self, text):
        print(text, flush=True)

hang = threading.Event().wait if sys.argv[1] == "hang" else (lambda: None)
services = [Recorded("spool", Told()), Recorded("agent", Told(), {"drain": hang})]
sys.exit(run(services, limits=Limits(drain_s=60.0)))
"""


@pytest.fixture
def program() -> Iterator[Callable[[str], subprocess.Popen[str]]]:
    started: list[subprocess.Popen[str]] = []

    def start(how: str) -> subprocess.Popen[str]:
        command = [sys.executable, "-c", PROGRAM, how]
        started.append(subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=dict(os.environ)))
        expect(started[-1], "start spool", "start agent")
        return started[-1]

    yield start
    for process in started:
        process.kill()
        process.communicate()


def expect(process: subprocess.Popen[str], *lines: str) -> None:
    assert process.stdout is not None
    for line in lines:
        assert process.stdout.readline().strip() == line


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_signal_drains_stops_and_exits_with_0(program: Callable[[str], subprocess.Popen[str]], number: signal.Signals) -> None:
    process = program("calm")
    process.send_signal(number)
    expect(process, "drain agent", "drain spool", "stop agent", "stop spool")
    assert process.wait(10) == 0


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_second_signal_cuts_the_drain_short(program: Callable[[str], subprocess.Popen[str]], number: signal.Signals, code: int) -> None:
    process = program("hang")
    process.send_signal(number)
    expect(process, "drain agent")
    process.send_signal(number)
    expect(process, "stop agent", "stop spool")
    assert process.wait(10) == code

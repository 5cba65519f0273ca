import threading
from random import Random

import pytest

from runtime.backoff import Backoff
from runtime.worker import Worker
from tests.stand_ins.moved_clock import MovedClock
from tests.waiting import eventually

AT_ONCE = Backoff(0.001, 0.001)


def test_target_runs_until_it_is_asked_to_stop() -> None:
    runs: list[str] = []

    def target(stopping: threading.Event) -> None:
        runs.append(threading.current_thread().name)
        stopping.wait(10)

    worker = Worker("reader", target)
    worker.start()
    eventually(lambda: runs)
    assert worker.is_alive
    assert worker.stop(5)
    assert not worker.is_alive
    assert runs == ["reader"]


def test_target_that_raises_is_called_again_and_counted(caplog: pytest.LogCaptureFixture) -> None:
    enough = threading.Event()

    def target(stopping: threading.Event) -> None:
        if worker.failure_count == 3:
            enough.set()
            stopping.wait(10)
            return
        raise ValueError("torn")

    worker = Worker("reader", target, backoff=AT_ONCE, rng=Random(1))
    worker.start()
    assert enough.wait(5)
    assert worker.stop(5)
    assert (worker.failure_count, worker.last_error) == (3, "ValueError: torn")
    assert caplog.text.count("Traceback") == 3


def test_target_that_returns_is_not_called_again() -> None:
    runs: list[int] = []
    worker = Worker("once", lambda _: runs.append(1))
    worker.start()
    eventually(lambda: not worker.is_alive)
    assert runs == [1]


def test_stop_does_not_wait_out_the_pause_after_a_failure() -> None:
    def target(_: threading.Event) -> None:
        raise ValueError("torn")

    worker = Worker("reader", target, backoff=Backoff(3600.0, 3600.0), rng=Random(1))
    worker.start()
    eventually(lambda: worker.failure_count)
    assert worker.stop(5)


def test_stop_tells_when_the_target_does_not_listen() -> None:
    release = threading.Event()
    worker = Worker("deaf", lambda _: release.wait(10) and None)
    worker.start()
    assert not worker.stop(0.05)
    release.set()
    assert worker.stop(5)


def test_stop_before_start_is_fine() -> None:
    assert Worker("never", lambda _: None).stop(1)


def test_long_good_run_starts_the_back_off_anew(caplog: pytest.LogCaptureFixture) -> None:
    """A ceiling far above the first delay: were failures counted on, the third pause would be long."""
    clock = MovedClock()

    def target(stopping: threading.Event) -> None:
        if worker.failure_count == 40:
            stopping.wait(10)
            return
        clock.advance(3600)
        raise ValueError("daily")

    worker = Worker("reader", target, backoff=Backoff(0.001, 1e9), clock=clock, rng=Random(1))
    worker.start()
    eventually(lambda: worker.failure_count == 40, within_s=5)
    assert worker.stop(5)
    assert "daily" in caplog.text

"""A thread that everything hangs on does not die unheard."""

import pytest

from runtime.service import Shutdown
from runtime.vital_thread import VitalThread


def broken() -> None:
    raise ZeroDivisionError("nobody expected this")


def test_a_broken_target_is_reported_and_logged(caplog: pytest.LogCaptureFixture) -> None:
    deaths: list[str] = []
    thread = VitalThread("heart", broken, deaths.append)
    thread.start()
    thread.join(10.0)
    assert deaths == ["heart: ZeroDivisionError: nobody expected this"]
    assert "thread.died" in caplog.text


def test_a_target_that_ends_is_not_a_death() -> None:
    deaths: list[str] = []
    thread = VitalThread("heart", lambda: None, deaths.append)
    thread.start()
    thread.join(10.0)
    assert deaths == []


def test_a_death_ends_the_process_with_exit_code_1() -> None:
    shutdown = Shutdown()
    thread = VitalThread("heart", broken, shutdown.fail)
    thread.start()
    thread.join(10.0)
    assert (shutdown.reason, shutdown.exit_code) == ("heart: ZeroDivisionError: nobody expected this", 1)

"""The load of the host, as the kernel tells it."""

import pytest

from runtime import host


def test_load_is_the_mean_of_the_last_minute_and_not_of_a_longer_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.getloadavg", lambda: (0.5, 1.5, 2.5))
    assert host.load_1m() == 0.5


def test_machine_without_a_load_tells_none(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse() -> tuple[float, float, float]:
        raise OSError

    monkeypatch.setattr("os.getloadavg", refuse)
    assert host.load_1m() is None

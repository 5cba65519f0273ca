"""Rules for the whole suite: what may not be skipped, and an environment that is the same for everybody."""

import os

import pytest
from hypothesis import settings

from quanho import lang

pytest_plugins = ["tests.required", "tests.side_by_side"]

for name in ("QUANHO_LANG", "NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"):
    os.environ.pop(name, None)

settings.register_profile("quanho", deadline=None, print_blob=True)  # a loaded machine is slow, not wrong
settings.load_profile("quanho")


@pytest.fixture(autouse=True)
def no_language_chosen(monkeypatch: pytest.MonkeyPatch) -> None:
    """`--lang` holds for its process; the tests after it begin with none."""
    monkeypatch.setattr(lang, "_chosen", {})

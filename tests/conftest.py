"""Rules for the whole suite: what may not be skipped, and an environment that is the same for everybody."""

import os

from hypothesis import settings

pytest_plugins = ["tests.required", "tests.side_by_side"]

for name in ("QUANHO_LANG", "NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"):
    os.environ.pop(name, None)

settings.register_profile("quanho", deadline=None, print_blob=True)  # a loaded machine is slow, not wrong
settings.load_profile("quanho")

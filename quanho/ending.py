"""How a command that was told to end says so: SIGTERM, or a closed terminal, does what Ctrl-C does."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager

_SIGNALS = (signal.SIGTERM, signal.SIGHUP)


@contextmanager
def ending_on_sigterm() -> Iterator[None]:
    """Raise KeyboardInterrupt inside the block, so that a script that gives up leaves the same clear word. On the main thread."""
    before = {each: signal.signal(each, signal.default_int_handler) for each in _SIGNALS}
    try:
        yield
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)

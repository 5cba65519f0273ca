"""SIGTERM and SIGHUP as Ctrl-C: a script that gives up, or a terminal that is closed, leaves the same clear word and the same order."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def as_ctrl_c() -> Iterator[None]:
    """Have both raise KeyboardInterrupt inside. What is ignored already (`nohup`) stays ignored."""
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGHUP)}
    mine = [number for number, handler in before.items() if handler is not signal.SIG_IGN]
    for number in mine:
        signal.signal(number, signal.default_int_handler)
    try:
        yield
    finally:
        for number in mine:
            signal.signal(number, before[number])

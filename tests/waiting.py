"""Waiting for a condition with a deadline, instead of sleeping for a guess."""

import threading
import time
from collections.abc import Callable


def eventually(predicate: Callable[[], object], within_s: float = 10.0, what: str = "") -> object:
    """Poll `predicate` until it is truthy and return its value; fail after `within_s` seconds."""
    deadline = time.monotonic() + within_s
    pause = threading.Event()
    while True:
        value = predicate()
        if value:
            return value
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {within_s} s: {what or predicate}")
        pause.wait(0.01)

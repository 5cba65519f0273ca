"""A thread without which the process is of no use: when it breaks, the process ends and is started again by its supervisor."""

import threading
from collections.abc import Callable

from runtime.logs import Log

log = Log("runtime.thread")


class VitalThread(threading.Thread):
    """Runs `target`. An exception that leaves it is logged with its traceback, and `on_death` is told, on this thread."""

    def __init__(self, name: str, target: Callable[[], None], on_death: Callable[[str], None]) -> None:
        super().__init__(name=name, daemon=True)  # its owner joins it; one that hangs must not keep the process from ending
        self._work = target
        self._on_death = on_death

    def run(self) -> None:
        try:
            self._work()
        except Exception as error:
            log.exception("thread.died", thread=self.name)
            self._on_death(f"{self.name}: {type(error).__name__}: {error}")

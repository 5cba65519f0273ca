"""Ctrl-C (SIGTERM, or a closed terminal) during a run: the first ends it in order, with its account; the second leaves at once."""

import signal
from types import FrameType, TracebackType
from typing import Self

_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Interrupts:
    """Main thread only. Until `has_begun` there is nothing to account for, and the first signal leaves at once."""

    def __init__(self) -> None:
        self.is_asked = False
        self.has_begun = False

    def __enter__(self) -> Self:
        self._before = {number: signal.signal(number, self._ask) for number in _SIGNALS}
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def _ask(self, number: int, frame: FrameType | None) -> None:  # noqa: ARG002 (the shape signal.signal asks for)
        if self.is_asked or not self.has_begun:
            raise KeyboardInterrupt
        self.is_asked = True

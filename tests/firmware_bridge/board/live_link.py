"""A gateway on a real port, in real time: opens it, speaks the link, and keeps what happened."""

import os
import random
import select
import termios
import time
import tty
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Self

from firmware_bridge.link.events import Answered, Event, Frame, LogLine, Opened
from firmware_bridge.link.host import HostEnd
from firmware_bridge.link.records import Record


class LiveLink:
    """What arrives is durable `fsync_s` later."""

    def __init__(self, port: Path, *, quiet_s: float = 0.0, fsync_s: float = 0.0) -> None:
        self._fd = os.open(port, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
        tty.setraw(self._fd)
        settings = termios.tcgetattr(self._fd)
        settings[4] = settings[5] = termios.B115200
        termios.tcsetattr(self._fd, termios.TCSANOW, settings)
        self.host = HostEnd(new_session=lambda: random.randrange(1 << 16), byte_s=10 / 115_200, quiet_s=quiet_s)
        self.fsync_s = fsync_s
        self._synced_s = float("inf")
        self._syncing: list[Frame] = []
        self._waiting: list[Frame] = []
        self._unwritten = b""
        self.events: list[Event] = []

    def run(self, seconds: float, until: Callable[[], bool] = lambda: False) -> bool:
        """Let the link live until `until` holds; False when it did not within `seconds`."""
        end_s = time.monotonic() + seconds
        while (now_s := time.monotonic()) < end_s:
            if until():
                return True
            self._sync(now_s)
            self._unwritten += self.host.outgoing(now_s)
            if self._unwritten:
                self._unwritten = self._unwritten[os.write(self._fd, self._unwritten) :]
            wait_s = min(0.01, max(0.0, min(self.host.due_s(), self._synced_s) - now_s))
            readable, _, _ = select.select([self._fd], [], [], wait_s)
            data = os.read(self._fd, 4096) if readable else b""
            self._happened(self.host.received(data, time.monotonic()))
        return until()

    def opened(self, seconds: float = 10) -> Opened:
        """Wait for the next session."""
        assert self.run(seconds, lambda: any(isinstance(event, Opened) for event in self.events)), self.host.state
        return next(event for event in self.events if isinstance(event, Opened))

    def command(self, code: int, arguments: bytes = b"", seconds: float = 6) -> Answered:
        number = self.host.command(code, arguments)
        answers = lambda: [event for event in self.events if isinstance(event, Answered) and event.id == number]  # noqa: E731
        assert self.run(seconds, lambda: bool(answers())), self.host.state
        return answers()[0]

    def records(self, set_index: int) -> list[Record]:
        return [r for event in self.events if isinstance(event, Frame) for r in event.records if r.set_index == set_index]

    def logs(self) -> list[str]:
        return [event.text for event in self.events if isinstance(event, LogLine)]

    def close(self) -> None:
        os.close(self._fd)

    def _happened(self, events: list[Event]) -> None:
        self.events += events
        self._waiting += [event for event in events if isinstance(event, Frame)]
        self._sync(time.monotonic())

    def _sync(self, now_s: float) -> None:
        """One fsync at a time, each for all that waits."""
        if now_s >= self._synced_s:
            last = self._syncing[-1]
            self.host.durable(last.boot, (last.seq + 1) & 0xFFFF)
            self._syncing, self._synced_s = [], float("inf")
        if self._waiting and not self._syncing:
            self._syncing, self._waiting, self._synced_s = self._waiting, [], now_s + self.fsync_s

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None) -> None:
        self.close()

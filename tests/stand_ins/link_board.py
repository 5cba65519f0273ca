"""A board on a pseudo-terminal: the model of the link's board end, run in real time by a thread; it measures and does what it is told."""

import os
import select
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Self

from firmware_bridge.link.board_model import BoardEnd, Ordered
from firmware_bridge.link.commands import Code
from firmware_bridge.link.messages import WHOLE_HELLO, Ask, Hello, SensorField, SensorSet, wire
from tests.stand_ins.serial_line import SerialLine

BYTE_S = 10 / 115_200
WEATHER = SensorSet(0, "weather", (SensorField(0, "temperature", "°C", -1), SensorField(0, "humidity", "%", -1)), 50)
RAIN = SensorSet(1, "rain", (SensorField(1, "amount", "mm", -1),), 0)
HELLO = Hello(41, board="atmega328p-uno", firmware="reference", version="1.2.0", uid=b"\x1e\x95\x0f", device="tram-03", site="bac-ninh")


def own(code: int, arguments: bytes) -> tuple[int, bytes]:
    """A firmware's own command 130 gives back its arguments; 131 is busy."""
    return (0, arguments) if code == 130 else (3, b"") if code == 131 else (1, b"")


class LinkBoard:
    """Measures `WEATHER` every 50 ms from its start on. `started_boot` is raised by a restart. `on_said` changes what it says."""

    def __init__(
        self, path: Path, hello: Hello = HELLO, *, every_s: float = 0.05, on_said: Callable[[bytes], bytes] = lambda data: data
    ) -> None:
        self.line = SerialLine(path)
        self.ordered: list[Ordered] = []
        self.measured = 0
        self._hello = hello
        self._every_s = every_s
        self._on_said = on_said
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self.board = self._new_board()

    def _new_board(self) -> BoardEnd:
        return BoardEnd(self._hello, [WEATHER, RAIN], byte_s=BYTE_S, started_s=time.monotonic(), store_bytes=4000, own=own)

    def __enter__(self) -> Self:
        self.line.plug_in()
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None) -> None:
        self._stopped.set()
        self._thread.join(5)
        self.line.unplug()

    def _measure(self) -> None:
        self.measured += 1
        self.board.reading(0, {"temperature": 25 + self.measured % 10 / 10, "humidity": 80}, time.monotonic())

    def _run(self) -> None:
        fd = self.line.device_fd
        os.set_blocking(fd, False)
        next_s = time.monotonic()
        session, hello_s = 0, next_s
        while not self._stopped.is_set():
            now_s = time.monotonic()
            if self._every_s and now_s >= next_s:
                next_s += self._every_s
                self._measure()
            if self.board.session == 0 and now_s >= hello_s:
                hello_s = now_s + 0.1  # a board that a program's opening of the port resets says it at once
                self.board.received(wire(Ask(WHOLE_HELLO)), now_s)
            if self.board.session != session:
                session = self.board.session
                self.board.log(1, "ready")
            said = self._on_said(self.board.outgoing(now_s))
            if said:
                with suppress(BlockingIOError):  # nobody listens
                    os.write(fd, said)
            if self.board.restart_due is not None:
                self._hello = replace(self._hello, boot=self._hello.boot + 1)
                self.board = self._new_board()
            wait_s = min(max(self.board.due_s() - time.monotonic(), 0.0), max(next_s - now_s, 0.0) if self._every_s else 0.02, 0.02)
            if select.select([fd], [], [], wait_s)[0]:
                for order in self.board.received(os.read(fd, 4096), time.monotonic()):
                    self.ordered.append(order)
                    if order.code == Code.READ:
                        self._measure()

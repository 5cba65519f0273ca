"""A board in software at the other end of a pseudo-terminal: the model of its end (firmware_bridge/link/board_model.py) on a thread."""

import hashlib
import os
import select
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Self

from firmware_bridge.link.board_model import BoardEnd, Ordered
from firmware_bridge.link.messages import Hello, SensorField, SensorSet
from firmware_bridge.link.records import INTEGER, Value
from tests.stand_ins.serial_line import SerialLine

WEATHER = SensorSet(
    0, "weather", (SensorField(INTEGER, "temperature", "Cel", -1), SensorField(INTEGER, "humidity", "%", -1)), interval_ms=1000
)
COUNT = SensorSet(0, "reading", (SensorField(INTEGER, "n", "", 0),))
UID = bytes.fromhex("0102030405060708")
HELLO = Hello(boot=7, board="atmega328p-uno", firmware="reference", version="1.2.0", uid=UID, device="mast-01")
BYTE_S = 10 / 115_200


class SteeredBoard:
    """Plugged in and running from the start of the block. `damage` may change what leaves for the gateway; `is_deaf`: it hears nothing."""

    def __init__(self, path: Path, sensors: Sequence[SensorSet] = (COUNT,), hello: Hello = HELLO, store_bytes: int = 1200) -> None:
        self.line = SerialLine(path)
        self.ordered: list[Ordered] = []
        self.damage: Callable[[bytes], bytes] = bytes
        self.is_deaf = False
        self._sensors, self._hello, self._store_bytes = sensors, hello, store_bytes
        self._lock = threading.RLock()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="board")
        self.end = self._started()

    def reading(self, set_index: int = 0, **values: Value) -> bool:
        """Take a reading; False where there was no room."""
        with self._lock:
            return self.end.reading(set_index, values, time.monotonic())

    def readings(self, numbers: Sequence[int], every_s: float = 0.002) -> None:
        """Take a reading `n` each, `every_s` or when there is room."""
        for number in numbers:
            time.sleep(every_s)
            while not self.has_room() or not self.reading(n=number):
                time.sleep(0.002)

    def has_room(self) -> bool:
        with self._lock:
            return self.end.store.lost_count == 0 and sum(len(kept.records) for kept in self.end.store.frames) < self._store_bytes // 2

    def offer(self, data: bytes) -> str:
        """Offer a picture; return its hash."""
        with self._lock:
            self.end.offer(data, time.monotonic())
        return hashlib.sha256(data).hexdigest()

    def say(self, level: int, text: str) -> None:
        with self._lock:
            self.end.log(level, text)

    def restart(self, **changes: object) -> None:
        """Lose what is kept and start again, with the next boot number."""
        with self._lock:
            self._hello = replace(self._hello, boot=self._hello.boot + 1, **changes)  # type: ignore[arg-type]
            self.end = self._started()

    def unplug(self) -> None:
        with self._lock:
            self.line.unplug()

    def plug_in(self) -> None:
        with self._lock:
            self.line.plug_in()

    @property
    def kept_count(self) -> int:
        """Frames that are not acknowledged as durable."""
        with self._lock:
            return len(self.end.store.frames)

    def __enter__(self) -> Self:
        self.line.plug_in()
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._stopping.set()
        self._thread.join(5)
        self.line.unplug()

    def _started(self) -> BoardEnd:
        return BoardEnd(self._hello, self._sensors, byte_s=BYTE_S, started_s=time.monotonic(), store_bytes=self._store_bytes)

    def _run(self) -> None:
        while not self._stopping.is_set():
            with self._lock:
                heard = self._step()
            if not heard:
                time.sleep(0.001)

    def _step(self) -> bool:
        fd = self.line.device_fd
        if fd < 0:
            return False
        data = b""
        with suppress(OSError):
            if select.select([fd], [], [], 0)[0]:
                data = os.read(fd, 4096)
        now_s = time.monotonic()
        if data and not self.is_deaf:
            self.ordered += self.end.received(data, now_s)
        said = self.damage(self.end.outgoing(now_s))
        if said:
            with suppress(OSError):
                os.write(fd, said)
        return bool(data or said)


def described(measurement: str, fields: Mapping[str, str], interval_ms: int = 0, exponent: int = -1) -> SensorSet:
    """A set whose fields have these units."""
    return SensorSet(0, measurement, tuple(SensorField(INTEGER, name, unit, exponent) for name, unit in fields.items()), interval_ms)

"""A bad cable between two programs: a relay between ports that takes a byte's time for each byte and damages what it is told to.

`Wire` is one direction, pure: time is an argument, and the same seed gives the same faults. `FaultyLine` puts two of them between a port
that the program under test opens and a device: another port that is there already (a simulated board's), or one that its program opens.
"""

import os
import random
import select
import termios
import threading
import time
import tty
from collections import deque
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

_AHEAD_BYTES = 256
"""What the relay takes before the line has carried it: the rest waits in the sender's own buffer, as with a UART."""
_CATCH_UP_S = 0.02
_STANDARD_BAUD = {rate: getattr(termios, f"B{rate}") for rate in (9600, 19200, 38400, 57600, 115200, 230400, 460800, 921600)}


@dataclass(frozen=True)
class Faults:
    """What a line does to bytes. Chances are for each byte, `delay` for each piece; `one_frame_in` counts zero-ended frames."""

    drop: float = 0.0
    flip: float = 0.0
    duplicate: float = 0.0
    delay: float = 0.0
    delay_s: float = 0.0
    one_frame_in: int = 0
    split_bytes: int | None = None


CLEAN = Faults()


class Wire:
    """One direction."""

    def __init__(self, baud: int, faults: Faults = CLEAN, seed: int = 0) -> None:
        self.faults = faults
        self.damaged_frame_count = 0
        self._byte_s = 10.0 / baud
        self._random = random.Random(seed)
        self._queue: deque[tuple[float, int]] = deque()
        self._free_s = float("-inf")
        self._cut_until_s = float("-inf")
        self._frames = self._frame_at = self._damage_at = 0
        self._is_damage_due = False

    @property
    def room(self) -> int:
        """How many bytes it takes now."""
        return max(0, _AHEAD_BYTES - len(self._queue))

    def put(self, data: bytes, now_s: float) -> None:
        """The sender's bytes; while the line is cut they are gone."""
        if now_s < self._cut_until_s or not data:
            return
        at_s = max(self._free_s, now_s - _CATCH_UP_S)
        if self.faults.delay and self._random.random() < self.faults.delay:
            at_s = max(at_s, now_s) + self.faults.delay_s
        for byte in data:
            for changed in self._pass(byte):
                at_s += self._byte_s
                self._queue.append((at_s, changed))
        self._free_s = at_s

    def due(self, now_s: float) -> bytes:
        """What has come through by now, each byte once."""
        out = bytearray()
        while self._queue and self._queue[0][0] <= now_s and (self.faults.split_bytes is None or len(out) < self.faults.split_bytes):
            out.append(self._queue.popleft()[1])
        return bytes(out)

    def cut(self, now_s: float, for_s: float) -> None:
        """Lose what is on the line and what is put on it for a while."""
        self._queue.clear()
        self._cut_until_s = now_s + for_s

    def _pass(self, byte: int) -> tuple[int, ...]:
        byte = self._damage_frame(byte)
        if self.faults.drop and self._random.random() < self.faults.drop:
            return ()
        if self.faults.flip and self._random.random() < self.faults.flip:
            byte ^= 1 << self._random.randrange(8)
        if self.faults.duplicate and self._random.random() < self.faults.duplicate:
            return byte, byte
        return (byte,)

    def _damage_frame(self, byte: int) -> int:
        if byte == 0:
            if self._frame_at:
                self._frames += 1
                self._damage_at = self._random.randrange(self._frame_at)  # frames are about as long as the one before
                self._is_damage_due |= self.faults.one_frame_in > 0 and self._frames % self.faults.one_frame_in == 0
            self._frame_at = 0
            return byte
        if self._is_damage_due and self._frame_at == self._damage_at:
            byte ^= 1 << self._random.randrange(8)
            self._is_damage_due = False
            self.damaged_frame_count += 1
        self._frame_at += 1
        return byte


class FaultyLine:
    """Starts when it is entered. `port` is for the program under test; `device_port` for the device, if it is not there already.

    `to_device` and `from_device` are the two wires; their `faults` may be changed on the way.
    """

    def __init__(
        self,
        folder: Path,
        *,
        device: Path | None = None,
        baud: int = 115_200,
        faults: Faults = CLEAN,
        to_device: Faults | None = None,
        seed: int = 0,
    ) -> None:
        self.port = folder / "line"
        self.device_port = device or folder / "device"
        self.from_device = Wire(baud, faults, seed)
        self.to_device = Wire(baud, faults if to_device is None else to_device, seed + 1)
        self._folder = folder
        self._has_device = device is not None
        self._baud = baud
        self._fds: tuple[int, int] = (-1, -1)
        self._kept: list[int] = []
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    def cut(self, for_s: float) -> None:
        """Nothing passes for a while, either way."""
        for wire in (self.to_device, self.from_device):
            wire.cut(time.monotonic(), for_s)

    def start(self) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        near = self._pty(self.port)
        far = self._open_device() if self._has_device else self._pty(self.device_port)
        self._fds = (near, far)
        self._thread = threading.Thread(target=self._run, name="line", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()
        if self._thread is not None:
            self._thread.join()
        self.port.unlink(missing_ok=True)
        if not self._has_device:
            self.device_port.unlink(missing_ok=True)
        for fd in (*self._fds, *self._kept):
            with suppress(OSError):
                os.close(fd)

    def _pty(self, path: Path) -> int:
        ours, theirs = os.openpty()
        tty.setraw(theirs)
        self._kept.append(theirs)
        path.unlink(missing_ok=True)
        path.symlink_to(os.ttyname(theirs))
        os.set_blocking(ours, False)
        return ours

    def _open_device(self) -> int:
        fd = os.open(self.device_port, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
        tty.setraw(fd)
        settings = termios.tcgetattr(fd)
        settings[4] = settings[5] = _STANDARD_BAUD[self._baud]
        termios.tcsetattr(fd, termios.TCSANOW, settings)
        return fd

    def _run(self) -> None:
        near, far = self._fds
        wires = ((near, far, self.to_device), (far, near, self.from_device))
        unsent = {near: b"", far: b""}
        while not self._stop.is_set():
            readable, _, _ = select.select([source for source, _, wire in wires if wire.room], [], [], 0.001)
            now_s = time.monotonic()
            for source, sink, wire in wires:
                if source in readable:
                    with suppress(OSError):  # the device is unplugged: nothing comes
                        wire.put(os.read(source, wire.room), now_s)
                unsent[sink] = _written(sink, unsent[sink] + wire.due(now_s))
            if readable:
                self._stop.wait(0.0005)  # pieces of a few bytes, as a USB adapter hands them on

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None) -> None:
        self.stop()


def _written(fd: int, data: bytes) -> bytes:
    """Write what fits; return what does not, up to what a driver keeps."""
    if not data:
        return b""
    try:
        return data[os.write(fd, data) :]
    except BlockingIOError:
        return data[-4096:]
    except OSError:
        return b""

"""A real AVR in the demo: machine code of our own firmware in simavr, on a serial line to the agent.

The program that simulates the chip is not part of quanho (it is linked against simavr, which is GPL-3+): QUANHO_AVR_HOST names it, `make
demo` builds it. Without it the demo goes without a board, and says so; nothing takes its place.

Between chip and agent is a piece of wire of our own, which reads along: what left the board is counted here, as with every other device.
"""

import os
import subprocess
import termios
import threading
import tty
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from random import Random

from firmware_bridge.board.build import BuildError, build
from firmware_bridge.link import records
from firmware_bridge.link.body import Malformed
from firmware_bridge.link.frame import Cutter, Kind, RawFrame
from firmware_bridge.link.messages import Hello, SensorSet, read_data, read_hello, read_sensor
from quanho.demo import patterns
from quanho.demo.devices import Message
from quanho.demo.tally import Tally
from quanho.lang import say
from telemetry.errors import QuanhoError

PROGRAM = "QUANHO_AVR_HOST"
SOURCE, DEVICE = "board", "avr-01"
_DEFINES = {"FW_VERSION": '"1.2.0"', "FW_INTERVAL_MS": "500"}
_TICK_S = 0.01
_STEER_EVERY = 100  # ticks
_END_S = 5.0
_PIECE = 4096
_EMPTY_V, _SUN_V = 3.6, 0.6  # of a battery with a small solar panel


class NoBoard(QuanhoError):
    """There is no board to be had; the message, for the operator, says why and the way out."""


class Reader:
    """Counts the readings that pass by on the wire, each once however often its frame is sent. Pure."""

    def __init__(self) -> None:
        self._cutter = Cutter()
        self._boot = 0
        self._sets: dict[int, SensorSet] = {}
        self._seen: set[tuple[int, int]] = set()

    def passed(self, data: bytes) -> int:
        """Return how many readings the frames that end in `data` hold."""
        return sum(self._readings(frame) for frame in self._cutter.feed(data))

    def _readings(self, frame: RawFrame) -> int:
        try:
            if frame.kind == Kind.HELLO and isinstance(hello := read_hello(frame.body), Hello):
                self._boot = hello.boot
            elif frame.kind == Kind.SENSOR:
                one = read_sensor(frame.body)
                self._sets[one.index] = one
            elif frame.kind == Kind.DATA:
                data = read_data(frame.body)
                if (self._boot, data.seq) not in self._seen:
                    self._seen.add((self._boot, data.seq))
                    found, _ = records.decode(data.records, data.age_ms, 0.0, self._sets)
                    return sum(1 for one in found if one.values)
        except Malformed:
            pass  # the agent says so too
        return 0


class AvrBoard:
    """Life cycle: build (makes the port), `start`, `finish`, `close`."""

    def __init__(self, folder: Path, tally: Tally, hour: Callable[[], float]) -> None:
        """`hour` is that of the street. Raises NoBoard."""
        program = os.environ.get(PROGRAM, "")
        if not program:
            raise NoBoard(say(f"{PROGRAM} chưa đặt; `make demo` tự dựng", f"{PROGRAM} is not set; `make demo` builds it"))
        if not os.access(program, os.X_OK):
            raise NoBoard(say(f"{PROGRAM}={program} không chạy được", f"{PROGRAM}={program} cannot be run"))
        self.port = folder / "tty-board"
        self._folder, self._tally, self._hour = folder / "avr", tally, hour
        self._program_path = program
        self._program: subprocess.Popen[str] | None = None
        self._agent_fd = self._kept_fd = self._chip_fd = -1
        self._to_agent = self._to_chip = b""
        self._reader = Reader()
        self._rng = Random(1)  # noqa: S311 (not a secret)
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="board", daemon=True)

    def start(self) -> None:
        """Build the firmware and let it run. Raises NoBoard."""
        self._folder.mkdir()
        try:
            firmware = build("reference", "atmega328p", self._folder / "reference.hex", _DEFINES)
        except BuildError as error:
            raise NoBoard(str(error)) from error
        chip_port = self._folder / "tty"
        words = ["--mcu", "atmega328p", "--tty", str(chip_port), "--application", str(firmware), "--eeprom", str(self._folder / "eeprom")]
        with (self._folder / "log").open("w") as log:
            self._program = subprocess.Popen(
                [self._program_path, *words], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, text=True, start_new_session=True
            )
        if not self._answered():
            raise NoBoard(say(f"{self._program_path} không khởi động", f"{self._program_path} does not start"))
        self._chip_fd = _opened(chip_port)
        self._agent_fd, self._kept_fd = os.openpty()  # our own hold on the far end: without it a write fails while nobody listens
        tty.setraw(self._kept_fd)
        os.set_blocking(self._agent_fd, False)
        self.port.symlink_to(os.ttyname(self._kept_fd))
        self._steer()
        self._thread.start()

    def finish(self) -> None:
        """Cut the wire: what has passed is counted, and the agent has it."""
        self._stopping.set()
        if self._thread.ident is not None:
            self._thread.join(_END_S)

    def close(self) -> None:
        self.finish()
        program, self._program = self._program, None
        if program is not None:
            with suppress(OSError, subprocess.TimeoutExpired):
                program.communicate("quit\n", timeout=_END_S)
            program.kill()
            program.wait()
        self.port.unlink(missing_ok=True)
        for fd in (self._chip_fd, self._agent_fd, self._kept_fd):
            with suppress(OSError):
                os.close(fd)

    def _run(self) -> None:
        tick = 0
        while not self._stopping.wait(_TICK_S):
            tick += 1
            self._to_chip = _moved(self._agent_fd, self._chip_fd, self._to_chip)[0]
            self._to_agent, passed = _moved(self._chip_fd, self._agent_fd, self._to_agent)
            if count := self._reader.passed(passed):
                self._tally.add(SOURCE, Message(b"", readings=count))
            if tick % _STEER_EVERY == 0:
                self._steer()

    def _steer(self) -> None:
        """Have the sensors see what the street sees."""
        hour = self._hour()
        celsius = patterns.temperature(hour) + self._rng.gauss(0.0, 0.05)
        percent = min(99.0, patterns.humidity(hour))
        millivolts = round(1000 * (_EMPTY_V + _SUN_V * patterns.sun(hour)))
        for command in (f"dht PD3 {celsius:.1f} {percent:.1f}", f"adc 0 {millivolts}", "pulse PD2 1"):
            self._tell(command)

    def _tell(self, command: str) -> None:
        if self._program and self._program.stdin:
            with suppress(OSError):
                self._program.stdin.write(command + "\n")
                self._program.stdin.flush()
                self._answered()

    def _answered(self) -> bool:
        program = self._program
        return bool(program and program.stdout and program.stdout.readline().startswith("ok"))


def _opened(port: Path) -> int:
    """Open the chip's own port, at the speed that the firmware sets."""
    fd = os.open(port, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK | os.O_CLOEXEC)
    tty.setraw(fd)
    settings = termios.tcgetattr(fd)
    settings[4] = settings[5] = termios.B115200
    termios.tcsetattr(fd, termios.TCSANOW, settings)
    return fd


def _moved(source_fd: int, target_fd: int, waiting: bytes) -> tuple[bytes, bytes]:
    """Move what there is; return what the target does not take yet, and what it took."""
    data = waiting
    if len(data) < _PIECE:
        with suppress(OSError):
            data += os.read(source_fd, _PIECE)
    taken = 0
    if data:
        with suppress(OSError):
            taken = os.write(target_fd, data)
    return data[taken:], data[:taken]

"""MCU link: how much of a serial line carries readings, and how fast the gateway reads frames.

A process of its own is the board (the Python model, with the store of a board that has 2 KB of memory) on a pseudo-terminal; it lets each
byte take its time, both ways. The gateway's fsync is a timer. Reading payload are the records as docs/specs/link.md defines them; their
values alone are told beside it. With --port, a real board (or one in simavr) that fills its line is measured too.
"""

import argparse
import multiprocessing
import os
import select
import tempfile
import time
import tty
from collections import deque
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from bench.report import Limit, Report
from firmware_bridge.link.board_model import BoardEnd
from firmware_bridge.link.events import Frame
from firmware_bridge.link.frame import encode
from firmware_bridge.link.host import HostEnd
from firmware_bridge.link.line import BITS_A_BYTE, LinkLine
from firmware_bridge.link.messages import Hello, SensorField, SensorSet, wire
from runtime.serial_settings import SerialSettings

NAME = "link"
SHORT = ("--seconds", "6")
_CLEAN_LIMIT, _DAMAGED_LIMIT = 0.80, 0.55
_SPEED_LIMIT = 20.0
_ONE_IN = 50
_WEATHER = SensorSet(0, "weather", (SensorField(0, "temperature", "°C", -1), SensorField(0, "humidity", "%", -1)))
_VALUES = {"temperature": 25.4, "humidity": 81.2}  # two bytes each, a head and an `after` of one
_RECORD_BYTES, _VALUES_BYTES = 6, 4
_WARM_UP_S = 1.5


class Measured(NamedTuple):
    """Shares of the line's raw byte rate, and what was sent again."""

    records: float
    values: float
    again: int
    damaged: int


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of this benchmark."""
    parser.add_argument("--seconds", type=float, default=20, help="how long each row takes (default 20)")
    parser.add_argument("--baud", type=int, default=115_200, help="bits per second (default 115200)")
    parser.add_argument("--store", type=int, default=1200, help="bytes in which the board keeps readings (default 1200)")
    parser.add_argument("--port", help="measure the board at this port too; its firmware has to fill the line")
    parser.add_argument("--simavr", action="store_true", help="measure the C library on an ATmega328P in simavr too (115200 baud, 50 ms)")
    parser.add_argument("--fsync-ms", type=float, default=50, help="how long the gateway's fsync takes, ms (default 50)")


def run(options: argparse.Namespace) -> list[Report]:
    """Measure and return the report."""
    report = Report(
        f"MCU link, {options.baud:,} baud, store of {options.store:,} bytes, fsync {options.fsync_ms:g} ms, {options.seconds:g} s",
        ("board", "line", "records / line", "values / line", "sent again", "damaged at the gateway"),
    )
    for line, every, bound in (("clean", 0, _CLEAN_LIMIT), (f"one frame in {_ONE_IN} damaged", _ONE_IN, _DAMAGED_LIMIT)):
        found = _model(options, every)
        report.rows.append(("model", line, found.records, found.values, found.again, found.damaged))
        report.limits.append(Limit(f"reading payload over the line's byte rate, {line}", found.records, bound, at_least=True))
        if options.simavr:
            from bench.link_simavr import measure

            share = measure(every, options.seconds)
            report.rows.append(("ATmega328P in simavr", line, share.of_records, share.of_values, "-", share.damaged_count))
            report.limits.append(Limit(f"the same from an ATmega328P, {line}", share.of_records, bound, at_least=True))
    if options.port:
        found = measured_at(options.port, options.baud, options.seconds, options.fsync_ms / 1000)
        report.rows.append((options.port, "as it is", found.records, "-", found.again, found.damaged))
        report.limits.append(Limit("reading payload over the line's byte rate, real board", found.records, _CLEAN_LIMIT, at_least=True))
    speed = _speed(BITS_A_BYTE / options.baud)
    report.rows.append(("frames of 243 bytes", "memory", speed, "-", "-", "-"))
    report.limits.append(Limit("frames decoded on one core over what the line can bring", speed, _SPEED_LIMIT, at_least=True))
    kept_ms = options.store * BITS_A_BYTE / options.baud * 1000
    report.notes.append(
        f"The board's store is {kept_ms:.0f} ms of the line: a gateway that waits for a processor (load {os.getloadavg()[0]:.1f} on "
        f"{os.cpu_count()} cores now) acknowledges late, and the line pauses."
    )
    return [report]


def measured_at(port: str, baud: int, seconds: float, fsync_s: float) -> Measured:
    """Take readings of whatever board is at `port`, as the agent does, and return what share of the line they are.

    The values' share holds for the model's records alone."""
    line = LinkLine(SerialSettings(port=port, baudrate=baud, read_timeout_s=0.5))
    spool = _Spool(line.host, fsync_s)
    begin_s = end_s = 0.0
    counted = 0
    try:
        while not end_s or time.monotonic() < end_s:
            for event in line.step(max(0.0, min(0.02, spool.done_s - time.monotonic()))):
                if isinstance(event, Frame):
                    spool.take(event)
            spool.look()
            if not end_s and spool.durable_bytes:
                begin_s, end_s = time.monotonic() + _WARM_UP_S, time.monotonic() + _WARM_UP_S + seconds
            if begin_s and not counted and time.monotonic() >= begin_s:
                counted, begin_s = spool.durable_bytes, time.monotonic()
        passed_s = time.monotonic() - begin_s
    finally:
        line.close()
    share = (spool.durable_bytes - counted) / passed_s / (baud / BITS_A_BYTE)
    state = line.host.state
    return Measured(share, share * _VALUES_BYTES / _RECORD_BYTES, state.counts.again, state.cut.damaged)


class _Spool:
    """What comes while an fsync runs waits for the next."""

    def __init__(self, host: HostEnd, fsync_s: float) -> None:
        self.done_s = float("inf")
        self.durable_bytes = 0
        self._host = host
        self._fsync_s = fsync_s
        self._waiting: list[Frame] = []
        self._syncing: list[Frame] = []

    def take(self, frame: Frame) -> None:
        self._waiting.append(frame)
        self._begin()

    def look(self) -> None:
        if time.monotonic() >= self.done_s:
            self.durable_bytes += sum(frame.records_bytes for frame in self._syncing)
            self._host.durable(self._syncing[-1].boot, (self._syncing[-1].seq + 1) & 0xFFFF)
            self._syncing, self.done_s = [], float("inf")
            self._begin()

    def _begin(self) -> None:
        if self._waiting and not self._syncing:
            self._syncing, self._waiting, self.done_s = self._waiting, [], time.monotonic() + self._fsync_s


def _model(options: argparse.Namespace, damaged_every: int) -> Measured:
    master_fd, line_fd = os.openpty()
    tty.setraw(line_fd)
    board = multiprocessing.get_context("fork").Process(target=_be_board, args=(master_fd, options, damaged_every), daemon=True)
    board.start()
    try:
        with tempfile.TemporaryDirectory(prefix="bench-link-") as folder:
            port = Path(folder) / "board"
            port.symlink_to(os.ttyname(line_fd))
            return measured_at(str(port), options.baud, options.seconds, options.fsync_ms / 1000)
    finally:
        board.terminate()
        board.join(5)
        os.close(master_fd)
        os.close(line_fd)


def _be_board(fd: int, options: argparse.Namespace, damaged_every: int) -> None:
    """Measure as fast as the store takes it. A frame is written when its last byte has left, and heard when its last has come."""
    byte_s = BITS_A_BYTE / options.baud
    with suppress(OSError):
        os.nice(-10)  # hardware does not wait for what else runs here
    os.set_blocking(fd, False)
    began_s = at_s = time.monotonic()
    hello = Hello(1, board="model", firmware="bench", version="1.0.0", uid=b"bench")
    board = BoardEnd(hello, [_WEATHER], byte_s=byte_s, started_s=began_s, store_bytes=options.store)
    up, down = _Wire(byte_s, damaged_every), _Wire(byte_s, damaged_every)
    while True:
        now_s = time.monotonic()
        for data in down.arrived(now_s):
            board.received(data, now_s)
        while board.store.room_bytes > 2 * _RECORD_BYTES + 8:
            board.reading(0, _VALUES, now_s)
        while (due_s := board.due_s()) <= now_s:
            at_s = max(at_s, now_s - 0.005, due_s)  # a process that wakes late by so little is no reason for a gap on a UART
            said = board.outgoing(min(at_s, now_s))
            if not said:
                break
            up.put(said, min(at_s, now_s))
        for data in up.arrived(now_s):
            with suppress(BlockingIOError):
                os.write(fd, data)
        next_s = min(board.due_s(), up.next_s(), down.next_s(), now_s + 0.1)
        if select.select([fd], [], [], max(0.0, next_s - time.monotonic()))[0]:
            down.put(os.read(fd, 4096), time.monotonic())


class _Wire:
    """One direction of a line: bytes arrive one after the other, each in its time; every so many pieces one is damaged."""

    def __init__(self, byte_s: float, damaged_every: int) -> None:
        self._byte_s = byte_s
        self._every = damaged_every
        self._count = 0
        self._pieces: deque[tuple[float, bytes]] = deque()
        self._free_s = 0.0

    def put(self, data: bytes, at_s: float) -> None:
        self._count += 1
        if self._every and self._count % self._every == 0:
            middle = len(data) // 2
            data = data[:middle] + bytes((data[middle] ^ 0x10 or 0x11,)) + data[middle + 1 :]
        self._free_s = max(self._free_s, at_s) + len(data) * self._byte_s
        self._pieces.append((self._free_s, data))

    def arrived(self, now_s: float) -> list[bytes]:
        there = []
        while self._pieces and self._pieces[0][0] <= now_s:
            there.append(self._pieces.popleft()[1])
        return there

    def next_s(self) -> float:
        return self._pieces[0][0] if self._pieces else float("inf")


def _speed(byte_s: float) -> float:
    """Return how many times faster than the line the gateway's end takes full frames, readings and acknowledgements included."""
    host = HostEnd(new_session=lambda: 9, byte_s=byte_s)
    host.received(wire(Hello(1, set_count=1)), 0.0)
    host.outgoing(0.0)
    host.received(wire(Hello(1, session=9, set_count=1)) + wire(_WEATHER), 0.0)
    record = b"\0\0\xfc\x03\xd8\x0c"
    frames = [encode(3, seq.to_bytes(2, "little") + bytes(4) + record * (243 // len(record))) for seq in range(2000)]
    began_s = time.process_time()
    for seq, data in enumerate(frames):
        host.received(data, 1.0)
        host.durable(1, seq + 1)
        host.outgoing(1.0)
    return sum(map(len, frames)) * byte_s / (time.process_time() - began_s)

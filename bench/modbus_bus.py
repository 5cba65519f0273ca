"""Modbus bus: how late a good slave is read on a real pseudo-terminal while others die, are late, lie, tear answers and make noise.

A process of its own plays the slaves. The longest time between two rounds of each good slave, over its cadence, is the worst of the run;
a fifth is what may be lost. The first two cadences are left out: nobody knows then what a slave needs.
"""

import argparse
import itertools
import multiprocessing
import os
import random
import tempfile
import threading
import time
import tty
from collections.abc import Sequence
from pathlib import Path

from bench.report import Limit, Report
from edge.config import ModbusSource
from edge.framers.rtu import Options, RtuFramer
from edge.modbus.frame import open_rtu, read_span, rtu
from edge.sources.modbus import ModbusInput
from edge.spool.spool import Loss
from runtime.clock import SystemClock

NAME = "modbus-bus"
SHORT = ("--seconds", "15")
_LIMIT = 1.2
_GOOD_LATENCY_S = 0.01
_DIES_AFTER_S = 5.0
_BAD = ("dead", "dies", "late", "liar", "noise", "torn", "babbles", "twice", "miscounts", "drips", "floods", "echoes")
_DRIPS_FOR_S = 1.5


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of this benchmark."""
    parser.add_argument("--seconds", type=float, default=60, help="how long (default 60)")
    parser.add_argument("--good", type=int, default=5, help="good slaves (default 5)")
    parser.add_argument("--every", type=float, default=1.0, help="cadence of all, s (default 1)")
    parser.add_argument("--timeout", type=float, default=1.0, help="timeout_s of all (default 1)")


def run(options: argparse.Namespace) -> list[Report]:
    """Measure and return the report."""
    alone = _measure(options, ())
    worst = _measure(options, _BAD)
    report = Report(
        f"Modbus bus, {options.good} good slaves every {options.every:g} s, {options.seconds:g} s",
        ("beside them", "slave", "rounds", "longest / cadence"),
    )
    for beside, found in (("nobody", alone), (", ".join(_BAD), worst)):
        report.rows += [(beside, name, rounds, ratio) for name, (rounds, ratio) in found.items()]
    limit = Limit("longest time between two rounds over the cadence", max(ratio for _, ratio in worst.values()), _LIMIT, at_least=False)
    report.limits.append(limit)
    return [report]


def _measure(options: argparse.Namespace, bad: Sequence[str]) -> dict[str, tuple[int, float]]:
    master_fd, line_fd = os.openpty()
    tty.setraw(line_fd)
    player = multiprocessing.get_context("fork").Process(target=_play, args=(master_fd, options.good, bad), daemon=True)
    player.start()
    with tempfile.TemporaryDirectory(prefix="bench-modbus-") as folder:
        port = Path(folder) / "bus"
        port.symlink_to(os.ttyname(line_fd))
        names = [f"good-{number}" for number in range(options.good)] + list(bad)
        slaves = [
            {"id": number, "device": name, "template": "xy_md02", "every_s": options.every, "timeout_s": options.timeout}
            for number, name in enumerate(names, start=1)
        ]
        given = {"id": "bus", "kind": "modbus", "port": str(port), "baudrate": 115_200, "slave": slaves}
        intake = _Times()
        source = ModbusInput(ModbusSource.model_validate(given), intake, SystemClock())
        began_s = time.monotonic()
        source.start()
        threading.Event().wait(options.seconds)
        source.stop(5)
    player.terminate()
    player.join(5)
    os.close(master_fd)
    os.close(line_fd)
    return {name: intake.longest(name, began_s + 2 * options.every, options.every) for name in names[: options.good]}


class _Times:
    """An intake that notes when each device was read."""

    def __init__(self) -> None:
        self._read_s: dict[str, list[float]] = {}

    def messages(self, messages: Sequence[tuple[str, bytes]], *, bits: int = 0) -> None:  # noqa: ARG002
        for device, _ in messages:
            self._read_s.setdefault(device, []).append(time.monotonic())

    def refuse(self, topic: str, reason: str, acknowledgement: None = None, payload: bytes = b"") -> None:
        """Nothing is kept."""

    def lose(self, loss: Loss) -> None:
        """Nothing is kept."""

    def longest(self, device: str, after_s: float, every_s: float) -> tuple[int, float]:
        """Return the rounds and the longest time between two of them, in cadences; up to now, so that one never read again shows."""
        times = [at for at in self._read_s.get(device, ()) if at >= after_s]
        if len(times) < 2:
            return len(times), float("inf")
        return len(times), max(later - earlier for earlier, later in itertools.pairwise(times)) / every_s


def _play(fd: int, good: int, bad: Sequence[str]) -> None:
    """Be the slaves 1 to `good`, then the `bad` ones."""
    framer, slaves = RtuFramer(Options()), _Slaves(fd)
    while True:
        for frame in framer.feed(os.read(fd, 4096)):
            asked = open_rtu(frame)
            span = read_span(asked)
            if span is not None:
                answer = rtu(asked.unit, bytes((span.function, span.byte_count)) + bytes(span.byte_count))
                slaves.answer("good" if asked.unit <= good else bad[asked.unit - good - 1], answer, frame)


class _Slaves:
    """What each behaviour says when it is asked."""

    def __init__(self, fd: int) -> None:
        self._fd = fd
        self._rng = random.Random(7)
        self._owed = b""
        self._began_s = time.monotonic()

    def answer(self, behaviour: str, answer: bytes, request: bytes) -> None:
        late, self._owed = self._owed, answer if behaviour == "late" else b""
        if late:
            os.write(self._fd, late)
        time.sleep(_GOOD_LATENCY_S)
        is_alive = time.monotonic() - self._began_s < _DIES_AFTER_S
        for piece in {
            "good": [answer],
            "dies": [answer] if is_alive else [],
            "liar": [rtu(1, answer[1:-2])],
            "noise": [self._rng.randbytes(40)],
            "torn": [answer[: len(answer) // 2]],
            "babbles": [self._rng.randbytes(8) for _ in range(20)],
            "twice": [answer, answer],
            "miscounts": [rtu(answer[0], answer[1:2] + b"\x02\x00\x00")],
            "echoes": [request, answer],
        }.get(behaviour, []):
            os.write(self._fd, piece)
            if behaviour in {"babbles", "twice"}:
                time.sleep(0.01)
        if behaviour in {"drips", "floods"}:  # while the others are asked
            every_s, piece = (0.05, b"\x01") if behaviour == "drips" else (0.002, bytes(20))
            threading.Thread(target=self._drip, args=(every_s, piece), daemon=True).start()

    def _drip(self, every_s: float, piece: bytes) -> None:
        end_s = time.monotonic() + _DRIPS_FOR_S
        while time.monotonic() < end_s:
            os.write(self._fd, piece)
            time.sleep(every_s)

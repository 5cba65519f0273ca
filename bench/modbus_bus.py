"""Modbus: what slaves that misbehave cost the others, on a pseudo-terminal in real time.

Three slaves answer, one is dead, one answers into the next request, one answers for another id, one sends half. The limit: no reading of a
healthy slave comes later than 1.2 of its cadence after the one before.
"""

import argparse
import os
import threading
import time
import tty
from collections.abc import Iterator, Sequence
from itertools import pairwise

from bench.report import Limit, Report
from edge.config import ModbusSource
from edge.framers.rtu import Options, RtuFramer
from edge.modbus.frame import open_rtu, rtu
from edge.sources.modbus import ModbusInput
from edge.spool.spool import Loss
from runtime.clock import SystemClock

SHORT = ("--seconds", "15")
ALLOWED = 1.2
_HEALTHY = (1, 2, 3)
_DEAD, _LATE, _LIAR, _TORN = 10, 11, 12, 13
_ANSWER = b"\x04\x04\x01\x1d\x02\x65"


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--seconds", type=float, default=60, help="how long (60)")
    parser.add_argument("--every", type=float, default=1.0, help="cadence of each slave (1)")


def run(options: argparse.Namespace) -> Iterator[Report]:
    """Yield one report."""
    device_fd, port_fd = os.openpty()
    tty.setraw(port_fd)
    threading.Thread(target=_slaves, args=(device_fd,), daemon=True).start()
    slaves = [{"id": unit, "template": "xy_md02", "every_s": options.every} for unit in (*_HEALTHY, _DEAD, _LATE, _LIAR, _TORN)]
    settings = ModbusSource.model_validate({"id": "bus", "kind": "modbus", "port": os.ttyname(port_fd), "slave": slaves})
    intake = _Intake()
    source = ModbusInput(settings, intake, SystemClock())
    source.start()
    time.sleep(options.seconds)
    source.stop(5)
    report = Report("Modbus line with four slaves that misbehave", ("slave", "readings", "longest wait, cadences"))
    worst = 0.0
    for unit in _HEALTHY:
        times = intake.times.get(f"slave-{unit}", [])
        longest = max((b - a for a, b in pairwise(times)), default=float("inf")) / options.every
        worst = max(worst, longest)
        report.rows.append((unit, len(times), f"{longest:.2f}"))
    report.limits.append(Limit("longest wait between two readings of a healthy slave / cadence", worst, ALLOWED, at_least=False))
    yield report


class _Intake:
    def __init__(self) -> None:
        self.times: dict[str, list[float]] = {}

    def messages(self, messages: Sequence[tuple[str, bytes]], *, bits: int = 0) -> None:  # noqa: ARG002
        for device, _ in messages:
            self.times.setdefault(device, []).append(time.monotonic())

    def refuse(self, topic: str, reason: str, acknowledgement: None = None, payload: bytes = b"") -> None:
        """Damaged answers."""

    def lose(self, loss: Loss) -> None:
        """Slaves that are gone."""


def _slaves(fd: int) -> None:
    framer, owed = RtuFramer(Options()), b""
    while True:
        try:
            frames = framer.feed(os.read(fd, 256))
            for frame in frames:
                unit = open_rtu(frame).unit
                if owed:
                    os.write(fd, owed)
                    owed = b""
                if unit in _HEALTHY:
                    os.write(fd, rtu(unit, _ANSWER))
                elif unit == _LATE:
                    owed = rtu(_LATE, _ANSWER)
                elif unit == _LIAR:
                    os.write(fd, rtu(_HEALTHY[0], _ANSWER))
                elif unit == _TORN:
                    os.write(fd, rtu(_TORN, _ANSWER)[:5])
        except OSError:
            return

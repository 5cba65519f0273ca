"""Readings over the link from real AVR code: the `bench` firmware in simavr fills a 115,200 baud line, the gateway's fsync takes 50 ms.

    python -m bench.link_simavr

The share is what readings are of what the line carries in that time: all bytes of records, and of these the bytes of values alone.
Needs gcc-avr, avr-libc and libsimavr-dev, and one core for itself: simavr has to keep up with 16 MHz.
"""

import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from firmware_bridge.board.build import build
from firmware_bridge.link.records import Record
from tests.firmware_bridge.board.live_link import LiveLink
from tests.stand_ins.avr_board import AvrBoard
from tests.stand_ins.faulty_line import Faults, FaultyLine

BAUD = 115_200
FSYNC_S = 0.05
SECONDS = 10.0
ONE_FRAME_IN = 50


@dataclass(frozen=True)
class Share:
    """What a run carried. Shares are of the line's byte rate, 10 bits a byte."""

    seconds: float
    record_bytes: int
    value_bytes: int
    reading_count: int
    damaged_count: int
    missing_count: int
    line_bytes: float

    @property
    def of_records(self) -> float:
        return self.record_bytes / self.line_bytes

    @property
    def of_values(self) -> float:
        return self.value_bytes / self.line_bytes


def measure(one_frame_in: int = 0, seconds: float = SECONDS, mcu: str = "atmega328p") -> Share:
    """Run the bench firmware behind a line of 115,200 baud that damages each `one_frame_in`-th frame, both ways."""
    with tempfile.TemporaryDirectory(prefix="qh-") as name:
        folder = Path(name)
        firmware = build("bench", mcu, folder / "bench.hex")
        with (
            AvrBoard(folder / "board", mcu, firmware) as board,
            FaultyLine(folder / "line", device=board.port, baud=BAUD, faults=Faults(one_frame_in=one_frame_in)) as line,
            LiveLink(line.port, fsync_s=FSYNC_S) as link,
        ):
            link.opened()
            link.run(1.0)
            began_s, before = time.monotonic(), len(link.records(0))
            link.run(seconds)
            passed_s = time.monotonic() - began_s
            records = link.records(0)
            damaged = line.from_device.damaged_frame_count + line.to_device.damaged_frame_count
    return _share(records, before, passed_s, damaged)


def _share(records: list[Record], before: int, passed_s: float, damaged: int) -> Share:
    numbers = [int(record.values["n"]) for record in records]
    values = [_value_bytes(record) for record in records[before:]]
    return Share(
        seconds=passed_s,
        record_bytes=sum(values) + 2 * len(values),  # head and, while readings are dense, one byte of time
        value_bytes=sum(values),
        reading_count=len(values),
        damaged_count=damaged,
        missing_count=numbers[-1] - numbers[0] + 1 - len(numbers),
        line_bytes=passed_s * BAUD / 10,
    )


def _value_bytes(record: Record) -> int:
    return sum(_varint_bytes(int(value) * (1 if name == "n" else 2)) for name, value in record.values.items())


def _varint_bytes(number: int) -> int:
    return max(1, (number.bit_length() + 6) // 7)


def row(name: str, share: Share) -> str:
    """One line of the report."""
    return (
        f"{name:<34} {share.of_records:6.1%} records, {share.of_values:6.1%} values, "
        f"{share.reading_count / share.seconds:4.0f} readings/s, "
        f"{share.damaged_count} frames damaged, {share.missing_count} readings missing"
    )


def run() -> tuple[str, ...]:
    """Measure both lines; the rows of the report."""
    return (
        row("clean line, ATmega328P in simavr", measure()),
        row(f"one frame in {ONE_FRAME_IN} damaged", measure(ONE_FRAME_IN)),
    )


if __name__ == "__main__":
    print(*run(), sep="\n")

"""Modbus devices in software on a pseudo-terminal: what each id holds, and what it does with what it does not know."""

import threading
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field

from edge.framers.rtu import Options, RtuFramer
from edge.modbus.frame import Pdu, Span, open_rtu, read_span, rtu
from tests.stand_ins.serial_line import SerialLine

Registers = Mapping[int, Mapping[int, int]]  # function → address → number


@dataclass
class SoftSlave:
    """One device. `says` are answers to other functions, by function; `is_polite`: it refuses what it does not know, else it is silent."""

    registers: Registers = field(default_factory=dict)
    says: Mapping[int, bytes] = field(default_factory=dict)
    is_polite: bool = False
    times: int = 1  # it answers
    is_damaged: bool = False
    is_damaged_once: bool = False
    latency_s: float = 0.0

    def answer(self, pdu: Pdu) -> bytes | None:
        """Return function and data of the answer."""
        if pdu.function in self.says:
            return bytes((pdu.function,)) + self.says[pdu.function]
        span = read_span(pdu)
        if span is not None and span.function in self.registers:
            return self._read(span, self.registers[span.function])
        return bytes((pdu.function | 0x80, 1)) if self.is_polite else None

    @staticmethod
    def _read(span: Span, held: Mapping[int, int]) -> bytes:
        numbers = [held.get(span.address + place) for place in range(span.length)]
        if None in numbers:
            return bytes((span.function | 0x80, 2))
        data = b"".join(number.to_bytes(2, "big") for number in numbers if number is not None)
        return bytes((span.function, len(data))) + data


class SoftBus(threading.Thread):
    """Answers what is asked at the other end of `line` until that is unplugged."""

    def __init__(self, line: SerialLine, slaves: Mapping[int, SoftSlave]) -> None:
        super().__init__(daemon=True)
        self._line = line
        self._slaves = slaves

    def run(self) -> None:
        framer = RtuFramer(Options())
        while True:
            try:
                for frame in framer.feed(self._line.heard()):
                    self._say(open_rtu(frame))
            except OSError:
                return

    def _say(self, asked: Pdu) -> None:
        slave = self._slaves.get(asked.unit)
        answer = slave.answer(asked) if slave else None
        if slave is None or answer is None:
            return
        frame = rtu(asked.unit, answer)
        if slave.is_damaged or slave.is_damaged_once:
            frame = frame[:-1] + bytes((frame[-1] ^ 0xFF,))
            slave.is_damaged_once = False
        if slave.latency_s:
            threading.Timer(slave.latency_s, self._send, (frame, slave.times)).start()
        else:
            self._send(frame, slave.times)

    def _send(self, frame: bytes, times: int) -> None:
        with suppress(OSError):
            for _ in range(times):
                self._line.send(frame)

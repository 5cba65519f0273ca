"""The line that `quanho bus` works on: a serial port, a Modbus/TCP host, or a plain serial server; named, or taken from a config."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from edge.modbus.frame import Question
from edge.modbus.master import Exchange, Master, Wire
from edge.modbus.wires import SerialWire, TcpWire
from quanho.bus_trouble import explained
from runtime.clock import SystemClock
from runtime.serial_settings import SerialSettings
from telemetry.errors import TransientError

DEFAULT_TCP_PORT = 502
_BACK_WITHIN_S = 5.0  # gateways close a connection now and then, and adapters fall off the bus
_LOOK_S = 0.05
_CLOSED_OFTEN = 3  # in a row


class Setting(NamedTuple):
    """How a serial line talks; not used over TCP."""

    baud: int
    parity: str

    def __str__(self) -> str:
        return f"{self.baud} baud, {self.parity}"


@dataclass(frozen=True)
class Place:
    """Where a line is. `serial` has the settings of a port, `host` is set for TCP; `is_rtu`: RTU frames over TCP."""

    serial: SerialSettings | None = None
    host: str = ""
    tcp_port: int = DEFAULT_TCP_PORT
    is_rtu: bool = False

    @property
    def is_tcp(self) -> bool:
        """Whether frames are Modbus/TCP."""
        return bool(self.host) and not self.is_rtu

    @property
    def setting(self) -> Setting | None:
        """How a serial port talks, None over TCP."""
        return Setting(self.serial.baudrate, self.serial.parity) if self.serial else None

    def at(self, setting: Setting) -> "Place":
        """Return the same port at another baud rate and parity; over TCP nothing changes."""
        if self.serial is None:
            return self
        return replace(self, serial=self.serial.model_copy(update={"baudrate": setting.baud, "parity": setting.parity}))

    def described(self) -> dict[str, Any]:
        """Return it for JSON."""
        if self.serial is None:
            return {"host": self.host, "tcp_port": self.tcp_port, "tcp_framing": "rtu" if self.is_rtu else "tcp"}
        return {"port": self.serial.port, "baud": self.serial.baudrate, "parity": self.serial.parity}

    def __str__(self) -> str:
        return self.serial.port if self.serial else f"{self.host}:{self.tcp_port}"


def place(where: str, *, is_rtu: bool = False) -> Place:
    """Return the line that WHERE names: a path, or HOST[:PORT]; ValueError says what is wrong with it."""
    if where.startswith(("/", ".")) or "/" in where or "*" in where:
        return Place(SerialSettings(port=where))
    host, _, port = where.rpartition(":") if where.count(":") == 1 or where.startswith("[") else (where, "", "")
    if where.endswith("]"):
        host, port = where, ""
    if port and not (port.isdecimal() and 0 < int(port) < 65_536):
        raise ValueError(f"{where!r}: {port!r} is no TCP port, which is 1 to 65535")
    host = host.strip("[]")
    if not host or len(host) > 253 or any(not 0 < len(label) < 64 for label in host.rstrip(".").split(".")):
        raise ValueError(f"{where!r} is neither a path of a serial port nor HOST[:PORT]")
    return Place(host=host, tcp_port=int(port or DEFAULT_TCP_PORT), is_rtu=is_rtu)


class OpenLine:
    """A line that is open, and opened again where it went away; one thread uses it."""

    def __init__(self, where: Place, wire: SerialWire | TcpWire, clock: SystemClock) -> None:
        self.place = where
        self.wire: Wire = wire
        self.master = Master(wire, clock.monotonic_s, is_tcp=where.is_tcp)
        self._wire = wire
        self._clock = clock
        self._closed_count = 0

    def ask(self, unit: int, question: Question, wait_s: float, *, is_any_welcome: bool = False) -> Exchange:
        """Ask as soon as the answer can be told from late ones (edge/modbus/master.py); where the line is gone, wait for it a while.

        TransientError says why it does not come back.
        """
        while True:
            exchange = self._ask(unit, question, wait_s, is_any_welcome=is_any_welcome)
            if exchange.outcome != "held":
                return exchange
            time.sleep(max(0.0, exchange.again_s - self._clock.monotonic_s()))

    def _ask(self, unit: int, question: Question, wait_s: float, *, is_any_welcome: bool) -> Exchange:
        for is_last in (False, True):
            self.wait_until_open()
            try:
                exchange = self.master.ask(unit, question, wait_s, is_any_welcome=is_any_welcome)
            except TransientError as error:
                if is_last:
                    raise TransientError(explained(str(self.place), error.reason)) from error
            else:
                self._note_closed(exchange)
                return exchange
        raise AssertionError("not reached")

    def _note_closed(self, exchange: Exchange) -> None:
        """A host that ends the connection each time and never answers wants nobody, or not us."""
        self._closed_count = self._closed_count + 1 if exchange.outcome == "timeout" and self._wire.error() else 0
        if self._closed_count >= _CLOSED_OFTEN:
            raise TransientError(explained(str(self.place), self._wire.error()))

    def wait_until_open(self) -> None:
        end_s = time.monotonic() + _BACK_WITHIN_S
        while not self._wire.open():
            if time.monotonic() >= end_s:
                raise TransientError(explained(str(self.place), self._wire.error()))
            time.sleep(_LOOK_S)


@contextmanager
def opened(where: Place) -> Iterator[OpenLine]:
    """Yield the line, open; TransientError says why it cannot be had, and what to do."""
    clock = SystemClock()
    wire: SerialWire | TcpWire
    wire = TcpWire(where.host, where.tcp_port, clock) if where.serial is None else SerialWire(where.serial, clock)
    try:
        if not wire.open():
            raise TransientError(explained(str(where), wire.error()))
        yield OpenLine(where, wire, clock)
    finally:
        wire.close()

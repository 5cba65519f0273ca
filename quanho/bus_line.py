"""The line that `quanho bus` works on: a serial port or a Modbus/TCP host, opened for as long as the command runs."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

from edge.modbus.master import Master
from edge.modbus.wires import SerialWire, TcpWire
from runtime.clock import SystemClock
from runtime.serial_settings import SerialSettings
from telemetry.errors import TransientError

DEFAULT_TCP_PORT = 502


class Setting(NamedTuple):
    """How a serial line talks; not used over TCP."""

    baud: int
    parity: str


def is_host(where: str) -> bool:
    """Whether WHERE is HOST[:PORT] and not a device."""
    return not where.startswith(("/", ".")) and "/" not in where


@contextmanager
def opened(where: str, setting: Setting) -> Iterator[Master]:
    """Yield a master on the line; TransientError says why it cannot be had."""
    clock = SystemClock()
    wire: SerialWire | TcpWire
    if is_host(where):
        host, _, port = where.partition(":")
        wire = TcpWire(host, int(port or DEFAULT_TCP_PORT), clock)
    else:
        wire = SerialWire(SerialSettings.model_validate({"port": where, "baudrate": setting.baud, "parity": setting.parity}), clock)
    try:
        if not wire.open():
            raise TransientError(f"{where}: {wire.error() or 'cannot be opened'}")
        yield Master(wire, clock.monotonic_s, is_tcp=is_host(where))
    finally:
        wire.close()

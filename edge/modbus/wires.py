"""What a master speaks through: a serial port, or a TCP connection (edge/modbus/master.py: Wire)."""

import time

from runtime.clock import Clock
from runtime.serial_port import SerialPort
from runtime.serial_settings import SerialSettings
from runtime.tcp_line import TcpLine

_LOOK_S = 0.02  # how often a serial port is looked at while an answer is waited for
_BITS_A_CHARACTER = 11
_LEAST_GAP_S = 0.00175  # MODBUS over Serial Line V1.02, section 2.5.1.1: above 19200 baud


class SerialWire:
    """A serial port as the master sees it."""

    def __init__(self, settings: SerialSettings, clock: Clock) -> None:
        self._port = SerialPort(settings.model_copy(update={"read_timeout_s": _LOOK_S}), clock)
        self._gap_s = max(_LEAST_GAP_S, 3.5 * _BITS_A_CHARACTER / settings.baudrate)

    def open(self) -> bool:
        return self._port.open()

    def send(self, data: bytes) -> None:
        time.sleep(self._gap_s)  # 3.5 characters of silence before a frame
        self._port.write(data)

    def receive(self, wait_s: float) -> bytes:
        return self._port.read_within(min(wait_s, _LOOK_S)) if wait_s > 0 else self._port.read_now()

    def error(self) -> str:
        return self._port.state().last_error

    def interrupt(self) -> None:
        self._port.interrupt()

    def close(self) -> None:
        self._port.close()


class TcpWire:
    """A TCP connection as the master sees it: it is open `quiet_s` after it was made, where a device wants to be left alone first."""

    def __init__(self, host: str, port: int, clock: Clock, quiet_s: float = 0.0) -> None:
        self._line = TcpLine(host, port, clock)
        self._clock = clock
        self._quiet_s = quiet_s
        self._ready_at_s = 0.0

    def open(self) -> bool:
        is_new = not self._line.is_open
        if not self._line.open():
            return False
        if is_new:
            self._ready_at_s = self._clock.monotonic_s() + self._quiet_s
        return self._clock.monotonic_s() >= self._ready_at_s

    def send(self, data: bytes) -> None:
        self._line.send(data)

    def receive(self, wait_s: float) -> bytes:
        data = self._line.receive(wait_s)
        if not data and not self._line.is_open and wait_s > 0:
            time.sleep(min(wait_s, _LOOK_S))
        return data

    def error(self) -> str:
        return self._line.last_error

    def interrupt(self) -> None:
        """Nothing waits long."""

    def close(self) -> None:
        self._line.close()

"""A gateway's end of the link on a real port: a thin shell around `HostEnd`. One thread uses it."""

import secrets

from firmware_bridge.link.events import Event, Known, nothing_known
from firmware_bridge.link.host import HostEnd
from runtime.clock import Clock, SystemClock
from runtime.serial_port import PortState, SerialPort
from runtime.serial_settings import SerialSettings
from telemetry.errors import TransientError

BAUD = 115_200
BITS_A_BYTE = 10  # start, 8 data, stop


class LinkLine:
    """The board at the other end of a port, opened again whenever it comes back. `host` is the state machine: command, durable, state."""

    def __init__(self, settings: SerialSettings, clock: Clock | None = None, known: Known = nothing_known) -> None:
        self._clock = clock or SystemClock()
        self._port = SerialPort(settings, self._clock)
        self._times_opened = 0
        byte_s = BITS_A_BYTE / settings.baudrate
        self.host = HostEnd(new_session=lambda: secrets.randbelow(1 << 16), byte_s=byte_s, known=known)

    def step(self, wait_s: float) -> list[Event]:
        """Write what is due, wait `wait_s` at most for bytes or until more is due, and return what happened.

        While the port is away, that is nothing; `port` says why. A write that the device does not take is lost as it would be on the line.
        """
        if not self._port.open():
            return self.host.received(b"", self._clock.monotonic_s())
        self._note_opened()
        self._say()
        now_s = self._clock.monotonic_s()
        data = self._port.read_within(min(max(self.host.due_s() - now_s, 0.0), wait_s))
        events = self.host.received(data, self._clock.monotonic_s())
        self._say()
        return events

    def port(self) -> PortState:
        """Return what the port is doing. Any thread."""
        return self._port.state()

    def close(self) -> None:
        """Give the port back."""
        self._port.close()

    def _note_opened(self) -> None:
        times = self._port.state().open_count
        if times != self._times_opened:
            self._times_opened = times
            self.host.line_opened(self._clock.monotonic_s())

    def _say(self) -> None:
        said = self.host.outgoing(self._clock.monotonic_s())
        if not said:
            return
        try:
            self._port.write(said)
        except TransientError:
            return  # the reader finds the device gone; what was said is said again

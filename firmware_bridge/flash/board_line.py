"""A board's link on a serial port while it is being flashed: HostEnd on runtime's SerialPort, one thread, no spool behind it.

Nothing is said to be durable, so what the board measured meanwhile is still in its store when the agent comes.
"""

import secrets
from collections.abc import Callable
from typing import Self, TypeVar

from firmware_bridge.flash.causes import Cause, FlashError
from firmware_bridge.link.events import Event
from firmware_bridge.link.host import HostEnd
from runtime.clock import Clock, SystemClock
from runtime.serial_port import SerialPort
from runtime.serial_settings import SerialSettings
from telemetry.errors import TransientError

_LOOK_S = 0.05
T = TypeVar("T")


class BoardLine:
    """One board. Opening the port resets many boards; the link stays quiet until their bootloader is through."""

    def __init__(self, port: str, baud: int, clock: Clock | None = None) -> None:
        self._clock = clock or SystemClock()
        self._port_name = port
        settings = SerialSettings(port=port, baudrate=baud, read_timeout_s=_LOOK_S, reopen_first_s=0.2, reopen_ceiling_s=0.5)
        self._port = SerialPort(settings, self._clock)
        self.host = HostEnd(new_session=lambda: 1 + secrets.randbelow(65_535), byte_s=10 / baud)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._port.close()

    def until(self, found: Callable[[list[Event]], T | None], within_s: float) -> T | None:
        """Run the link until `found` (called with what happened, many times a second) returns something, or `within_s` is over."""
        end_s = self._clock.monotonic_s() + within_s
        while True:
            result = found(self._turn())
            if result is not None or self._clock.monotonic_s() >= end_s:
                return result

    def is_there(self) -> bool:
        """Whether the port was ever opened."""
        return self._port.state().open_count > 0

    def unavailable(self) -> FlashError:
        """Return the error for a port that could not be opened."""
        reason = self._port.state().last_error or f"{self._port_name} cannot be opened"
        causes = {"in use by": Cause.PORT_BUSY, "may not open": Cause.PORT_DENIED}
        return FlashError(next((cause for words, cause in causes.items() if words in reason), Cause.PORT_MISSING), reason)

    def _turn(self) -> list[Event]:
        data = self._port.read()
        now_s = self._clock.monotonic_s()
        events = self.host.received(data, now_s)
        said = self.host.outgoing(now_s)
        if said and self._port.state().is_open:
            try:
                self._port.write(said)
            except TransientError:
                return events  # the next read finds out why
        return events

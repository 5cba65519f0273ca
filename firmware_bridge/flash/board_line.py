"""A board's link on a serial port while it is being flashed: nothing behind it, so nothing is said to be durable.

What the board measured meanwhile is still in its store when the agent comes.
"""

import os
from collections.abc import Callable
from typing import Self, TypeVar

from firmware_bridge.flash.causes import Cause, FlashError
from firmware_bridge.link.events import Event
from firmware_bridge.link.line import LinkLine
from runtime.clock import Clock, SystemClock
from runtime.serial_settings import SerialSettings
from telemetry.said import as_is, said

_LOOK_S = 0.05
_GONE_S = 2.0  # USB that is part of the chip leaves and returns at a reset
T = TypeVar("T")


class BoardLine:
    """One board. Opening the port resets many boards; the link stays quiet until their bootloader is through."""

    def __init__(self, port: str, baud: int, clock: Clock | None = None) -> None:
        self._clock = clock or SystemClock()
        self._port_name = port
        settings = SerialSettings(port=port, baudrate=baud, read_timeout_s=_LOOK_S, reopen_first_s=0.2, reopen_ceiling_s=0.5)
        self._line = LinkLine(settings, self._clock)
        self.host = self._line.host

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._line.close()

    def until(self, found: Callable[[list[Event]], T | None], within_s: float) -> T | None:
        """Run the link until `found` (called with what happened, many times a second) returns something, or `within_s` is over.

        UNPLUGGED when the port was open and its name is gone.
        """
        there_s = self._clock.monotonic_s()
        end_s = there_s + within_s
        while True:
            result = found(self._line.step(_LOOK_S))
            now_s = self._clock.monotonic_s()
            if result is not None or now_s >= end_s:
                return result
            if not self.is_there() or os.path.exists(self._port_name):  # noqa: PTH110 -- many times a second
                there_s = now_s
            elif now_s - there_s > _GONE_S:
                raise FlashError(
                    Cause.UNPLUGGED,
                    said(f"{self._port_name} đã biến mất: bo mạch bị rút ra", f"{self._port_name} is gone: the board was unplugged"),
                )

    def is_there(self) -> bool:
        """Whether the port was ever opened."""
        return self._line.port().open_count > 0

    def unavailable(self) -> FlashError:
        """Return the error for a port that could not be opened."""
        unknown = said(f"không mở được {self._port_name}", f"{self._port_name} cannot be opened")
        reason = as_is(self._line.port().last_error or unknown)
        causes = {"in use by": Cause.PORT_BUSY, "may not open": Cause.PORT_DENIED}
        return FlashError(next((cause for words, cause in causes.items() if words in reason), Cause.PORT_MISSING), reason)

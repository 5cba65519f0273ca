"""What every talk keeps to. A talk is pure: *now* is an argument, in seconds that never step, and it does no I/O."""

from typing import Protocol

from runtime.settings import Settings


class TalkSettings(Settings):
    """What every talk's table has; each adds a literal `kind`."""


class Talk(Protocol):
    """The host's half of a conversation with one sensor."""

    def opened(self, now_s: float) -> None:
        """The port was opened, for the first time or after a re-plug: the sensor may have forgotten everything."""
        ...

    def step(self, now_s: float) -> bytes:
        """Return what to send now, nothing if nothing is due. It counts as sent."""
        ...

    def farewell(self) -> bytes:
        """Return what leaves the sensor as it is without a talk: awake, and reporting by itself if that is its way."""
        ...

    def bits(self, now_s: float) -> int:
        """Return the quality bits of a reading that comes now."""
        ...

"""A moment, as points are stamped with it."""

from typing import NamedTuple, Protocol

from runtime.clock import Clock
from telemetry import quality


class Stamp(NamedTuple):
    """A moment: ns since 1970 UTC, or, while time is not trusted, since boot; `bits` are quality bits of what is stamped with it."""

    ns: int
    is_trusted: bool
    bits: int


class Stamps(Protocol):
    """Who stamps; see AgentTime."""

    @property
    def boot_id(self) -> str: ...

    @property
    def before_ns(self) -> int | None:
        """The last sign of life before this process, in ns since 1970 UTC; None where there was none."""
        ...

    def stamp(self) -> Stamp: ...

    def best_ns(self) -> int: ...

    def at_boot_ns(self, boot_ns: int) -> int | None: ...


class WallTime:
    """A clock that is believed as it is: for measurements, and for what is not an agent."""

    before_ns = None

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    @property
    def boot_id(self) -> str:
        return self._clock.boot_id

    def stamp(self) -> Stamp:
        return Stamp(self._clock.wall_ns(), is_trusted=True, bits=quality.GOOD)

    def best_ns(self) -> int:
        return self._clock.wall_ns()

    def at_boot_ns(self, boot_ns: int) -> int | None:
        return self._clock.wall_ns() - self._clock.boot_ns() + boot_ns

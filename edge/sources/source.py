"""What every source keeps to, and every source by the name a config gives it. A new one is one file and one row here.

Each module has `build(settings, context) -> Source`; it is imported when a config names it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from edge.intake import SourceIntake
from edge.spool.receipts import Receipts
from edge.spool.spool import Loss
from runtime.clock import Clock
from runtime.tls import TrustedTime
from telemetry.point import Reading

SOURCES = {
    "mqtt": "edge.sources.mqtt",
    "serial": "edge.sources.serial",
    "modbus": "edge.sources.modbus",
    "link": "edge.sources.link",
}


@dataclass(frozen=True, slots=True)
class SourceState:
    """What a source is doing: `detail` names the device or session, `received` counts messages since the start.

    `board` is what a board says of itself (edge/link/board_view.py), ready for JSON.
    """

    connected: bool = False
    detail: str = ""
    received: int = 0
    last_error: str = ""
    board: Mapping[str, object] | None = None


@dataclass(frozen=True, slots=True)
class SourceContext:
    """What the agent gives a source: a client id of this spool alone, a folder for its state, its intake, what the spool has of
    earlier messages, and the time by which certificates are judged (None: the system's)."""

    client_id: str
    state_dir: Path
    intake: SourceIntake
    receipts: Sequence[Receipts]
    clock: Clock
    trusted_ns: TrustedTime | None = None


class Intake(Protocol):
    """Takes the messages of one source, on that source's thread; blocks while the disk does not take what came before."""

    def messages(self, messages: Sequence[tuple[str, bytes]], *, bits: int = 0) -> None:
        """Take (topic, payload) pairs that arrived together, in order; `bits`: quality that the source knows of."""
        ...

    def own(self, readings: Sequence[Reading]) -> None:
        """Take readings that the source itself makes, not its device."""
        ...

    def device_restarted(self) -> None:
        """Know that the device was unplugged and is back."""
        ...

    def refuse(self, topic: str, reason: str, acknowledgement: None = None, payload: bytes = b"") -> None:
        """Set aside bytes that cannot be decoded."""
        ...

    def lose(self, loss: Loss) -> None:
        """Account for readings that never became a message."""
        ...


class Source(Protocol):
    """One input of the gateway. Building one does no I/O."""

    @property
    def name(self) -> str: ...

    def start(self) -> None:
        """Begin to listen; returns at once, connected or not."""

    def drain(self) -> None:
        """Take in nothing more; returns at once."""

    def stop(self, timeout_s: float) -> None:
        """End the thread and close the port or connection, within `timeout_s`."""

    def state(self) -> SourceState:
        """Return the state now. Any thread."""
        ...

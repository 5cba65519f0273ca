"""A chunk: what one read of a source brought, kept together so that its acknowledgement fits its lines exactly."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

from edge.spool.set_aside import SetAside
from edge.spool.spool import Loss


class Acknowledgement(Protocol):
    """What a source wants told once a chunk is durable.

    `token` names the session; `packet_ids` and `hashes` (u32) the messages, in order of arrival (edge/spool/receipts.py).
    """

    @property
    def token(self) -> int: ...

    @property
    def packet_ids(self) -> Sequence[int]: ...

    @property
    def hashes(self) -> Sequence[int]: ...

    def settle(self) -> None:
        """The chunk is durable: acknowledge it. Called once, on the writing thread."""
        ...


@dataclass(slots=True)
class Chunk:
    """Lines of line protocol without LF, with the earliest and latest time among them, and what was refused beside them.

    `raw_bytes` is about the size of the lines as text, `refused_bytes` that of the refused payloads. `losses` go to the ledger when
    the chunk is written: what is never written stays unacknowledged, comes again, and would be counted twice. `work_s` is how long
    it took to make.
    """

    lines: list[str] = field(default_factory=list)
    raw_bytes: int = 0
    refused_bytes: int = 0
    first_ns: int = 0
    last_ns: int = 0
    messages: int = 0
    refused: list[SetAside] = field(default_factory=list)
    losses: list[Loss] = field(default_factory=list)
    acknowledgement: Acknowledgement | None = None
    work_s: float = 0.0

    @property
    def held_bytes(self) -> int:
        """What the chunk keeps in memory, about."""
        return self.raw_bytes + self.refused_bytes

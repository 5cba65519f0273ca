"""A chunk: what one read of a source brought, kept together so that its acknowledgement fits its lines exactly."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

from edge.spool.loss import Loss, earliest, latest
from edge.spool.set_aside import SetAside

# What CPython 3.11 takes beside the text itself, in bytes, about.
_CHUNK_BYTES = 512
_LINE_BYTES = 64
_MESSAGE_BYTES = 80  # packet id and hash of its acknowledgement
_LOSS_BYTES = 256
_REFUSED_BYTES = 256


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

    `raw_bytes` is about the size of the lines as text, `refused_bytes` that of what is kept of refused messages. `losses` go to the
    ledger when the chunk is written: what is never written stays unacknowledged, comes again, and would be counted twice. `produced` counts
    the readings made and the messages refused, also those that were lost before. A provisional chunk, made before time is trusted, holds
    lines of edge/spool/provisional.py and times since boot. `work_s` is how long it took to make. `is_urgent`: its device has hardly
    room for more until it is acknowledged.
    """

    lines: list[str] = field(default_factory=list)
    raw_bytes: int = 0
    refused_bytes: int = 0
    first_ns: int = 0
    last_ns: int = 0
    messages: int = 0
    produced: int = 0
    is_provisional: bool = False
    refused: list[SetAside] = field(default_factory=list)
    losses: list[Loss] = field(default_factory=list)
    acknowledgement: Acknowledgement | None = None
    work_s: float = 0.0
    is_urgent: bool = False

    @property
    def held_bytes(self) -> int:
        """What the chunk keeps in memory, about; never 0, so that messages that are only counted fill memory too."""
        overhead = _CHUNK_BYTES + _LINE_BYTES * len(self.lines) + _MESSAGE_BYTES * self.messages + _LOSS_BYTES * len(self.losses)
        return self.raw_bytes + self.refused_bytes + overhead

    def refuse(self, item: SetAside) -> None:
        """Add something refused that is kept in full."""
        self.refused.append(item)
        self.refused_bytes += _REFUSED_BYTES + len(item.payload) + len(item.topic) + len(item.reason)

    def lose(self, loss: Loss) -> None:
        """Add a loss to that of the same source and reason, if there is one."""
        for at, known in enumerate(self.losses):
            if (known.source, known.reason) == (loss.source, loss.reason):
                self.losses[at] = _sum(known, loss)
                return
        self.losses.append(loss)


def _sum(one: Loss, other: Loss) -> Loss:
    count = None if one.count is None or other.count is None else one.count + other.count
    first, last = earliest((one.first_ns, other.first_ns)), latest((one.last_ns, other.last_ns))
    return replace(one, count=count, first_ns=first, last_ns=last)

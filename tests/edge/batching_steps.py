"""What the tests of batching and intake have in common: acknowledgements that are counted, chunks, and what a spool holds."""

import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from edge.batching.chunk import Chunk
from edge.spool.lease import LaneName
from edge.spool.spool import Spool

ONE_DAY_NS = 1_700_000_000_000_000_000


@dataclass
class Counted:
    """An acknowledgement that counts how often it was settled; `on_settle` looks around at that moment."""

    token: int = 1
    packet_ids: Sequence[int] = (1,)
    hashes: Sequence[int] = (7,)
    settled: int = 0
    on_settle: Callable[[], object] = field(default=lambda: None)

    def settle(self) -> None:
        self.on_settle()
        self.settled += 1


def chunk_of(*lines: str, acknowledgement: Counted | None = None) -> Chunk:
    """A chunk as an intake makes it, one message a line."""
    size = sum(map(len, lines)) + len(lines)
    first_ns, last_ns = ONE_DAY_NS, ONE_DAY_NS + 1
    return Chunk(list(lines), size, first_ns=first_ns, last_ns=last_ns, messages=len(lines), acknowledgement=acknowledgement)


def text_of(body: bytes) -> list[str]:
    """The lines of gzip members in a row."""
    text = b""
    while body:
        member = zlib.decompressobj(31)
        text += member.decompress(body)
        body = member.unused_data
    return text.decode().splitlines()


def lines_in(spool: Spool) -> list[str]:
    """Every line that is durable and not delivered, in the order of delivery; they count as delivered from then on."""
    lines: list[str] = []
    while lease := spool.lease(LaneName.LIVE, 5000, 1 << 20) or spool.lease(LaneName.BACKLOG, 5000, 1 << 20):
        lines += text_of(lease.body)
        spool.accept(lease)
    return lines

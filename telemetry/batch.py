"""A batch: points of one source made durable and sent together."""

from dataclasses import dataclass
from enum import Enum


class Priority(Enum):
    """How much a batch matters when there is no room or little line: bulk goes first when the quota is spent, high is never evicted."""

    HIGH = "high"
    NORMAL = "normal"
    BULK = "bulk"


@dataclass(frozen=True, slots=True)
class Batch:
    """Line protocol of one source, encoded and compressed once and sent as stored.

    `body` is one gzip member whose text ends in LF, at most 64 KiB compressed; `raw_bytes` is the size of that text;
    `count` its lines, 0 for receipts alone; `first_ns` and `last_ns` the earliest and latest point time (ns since 1970 UTC); `receipts` the
    acknowledgements that wait for it (edge/spool/receipts.py), empty for sources that do not acknowledge. `produced` is how many
    readings and refused messages it answers for. Of a provisional batch, whose time is not trusted yet, the times are ns since boot and
    the body is not line protocol yet (edge/spool/provisional.py).
    """

    source: str
    priority: Priority
    count: int
    first_ns: int
    last_ns: int
    body: bytes
    raw_bytes: int
    receipts: bytes = b""
    produced: int = 0
    is_provisional: bool = False

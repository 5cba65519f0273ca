"""What a queue hands out, and what it says of itself."""

from dataclasses import dataclass
from enum import Enum

from edge.spool.done import DoneSet
from edge.spool.extent import Place
from edge.spool.segment_reader import Record
from telemetry.batch import Priority

ANY_SIZE = 1 << 62


class LaneName(Enum):
    """Which of the two lanes."""

    LIVE = "live"
    BACKLOG = "backlog"


@dataclass(frozen=True, slots=True)
class Lease:
    """Records handed out for delivery: `body` is their gzip members in a row. It ends with accept or release."""

    priority: Priority
    lane: LaneName
    records: tuple[Record, ...]
    body: bytes
    count: int
    start: Place

    @property
    def first(self) -> int:
        return self.records[0].head.sequence

    @property
    def last(self) -> int:
        return self.records[-1].head.sequence


@dataclass(frozen=True, slots=True)
class QueueState:
    """Depth of one priority. `oldest_ns` is the earliest point time of the first record that is not delivered."""

    records_unsent: int
    lines_unsent: int
    backlog_records: int
    bytes_on_disk: int
    segments: int
    oldest_ns: int | None
    last_sequence: int = 0


@dataclass(frozen=True, slots=True)
class Horizon:
    """What of a priority counts at one moment: records below `next_sequence`; `done` are those that are accounted for."""

    next_sequence: int
    done: DoneSet

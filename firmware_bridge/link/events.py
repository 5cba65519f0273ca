"""What the gateway's end of a link tells its owner."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

from firmware_bridge.link.messages import Chunk, Hello, SensorSet
from firmware_bridge.link.records import Record

NOT_ANSWERED = None


class FrameIdentity(NamedTuple):
    """Which frame of readings it is. `body_hash` (CRC-32 of its records) tells it from another under a boot number that was used twice."""

    uid: bytes
    boot: int
    seq: int
    body_hash: int


Known = Callable[[FrameIdentity], bool]
"""Tells whether a frame is durable from an earlier run: then it is acknowledged and not handed out."""


def nothing_known(_: FrameIdentity) -> bool:
    return False


@dataclass(frozen=True, slots=True)
class Opened:
    """A session began: who the board is, and what it measures."""

    hello: Hello
    sensors: tuple[SensorSet, ...]


@dataclass(frozen=True, slots=True)
class Closed:
    """The session ended; `why` in English, for the log."""

    why: str


@dataclass(frozen=True, slots=True)
class Refused:
    """The board speaks versions that this gateway does not."""

    board_min: int
    board_max: int


@dataclass(frozen=True, slots=True)
class Frame:
    """Readings, in order; they took `records_bytes`. Tell `HostEnd.durable(boot, seq + 1)` once they are, also where `fault` says that the
    rest of them could not be read."""

    boot: int
    seq: int
    body_hash: int
    records: tuple[Record, ...]
    fault: str = ""
    records_bytes: int = 0


@dataclass(frozen=True, slots=True)
class LogLine:
    """What the firmware says. `level` 0 debug, 1 info, 2 warning, 3 error."""

    level: int
    text: str
    at_s: float


@dataclass(frozen=True, slots=True)
class Answered:
    """What came of a command; `status` is None where nobody answered: done or not, nobody knows."""

    id: int
    status: int | None
    returned: bytes = b""


@dataclass(frozen=True, slots=True)
class PictureOffered:
    """The board has a picture; ask for it by `HostEnd.want`. It was taken at `taken_s`."""

    picture: int
    size_bytes: int
    sha256: bytes
    format: int
    taken_s: float


Event = Opened | Closed | Refused | Frame | LogLine | Answered | PictureOffered | Chunk

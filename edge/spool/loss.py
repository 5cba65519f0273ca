"""What is lost: the spool's word to the ledger."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import NamedTuple


class Claim(NamedTuple):
    """`lines` of a loss belong to one record, or to one segment for reason `quota`: that is how a word said twice is told from two.

    `priority` is the value of a telemetry.batch.Priority, `number` the sequence of the record or the number of the segment.
    """

    priority: str
    number: int
    lines: int


@dataclass(frozen=True, slots=True)
class Loss:
    """Readings that the spool will not deliver. `count` is None when it cannot be known; times are ns since 1970 UTC.

    A `count` below 0 takes back what a process that was killed in mid-write had said too early. `detail` is for people, in English.
    """

    reason: str
    source: str
    count: int | None
    first_ns: int | None
    last_ns: int | None
    claims: tuple[Claim, ...] = ()
    detail: str = ""

    def of(self, priority: str, number: int) -> "Loss":
        """Return the loss with the record (or segment) that it belongs to."""
        return replace(self, claims=(Claim(priority, number, self.count or 0),))


def earliest(times: Iterable[int | None]) -> int | None:
    """Return the earliest time that is known."""
    return min((time for time in times if time is not None), default=None)


def latest(times: Iterable[int | None]) -> int | None:
    """Return the latest time that is known."""
    return max((time for time in times if time is not None), default=None)

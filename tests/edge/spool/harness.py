"""What the spool's tests share: batches whose source names them, a spool with its losses, and draining it."""

from collections.abc import Iterator
from pathlib import Path

from edge.spool.files import Files
from edge.spool.lease import LaneName, Lease
from edge.spool.settings import SpoolSettings
from edge.spool.spool import Loss, Spool
from telemetry.batch import Batch, Priority
from telemetry.errors import SpoolFull

FOLDER = Path("/spool")
MAX_LINES = 5000
MAX_RAW_BYTES = 1 << 20


def batch(name: str, priority: Priority = Priority.NORMAL, *, body_bytes: int = 100, count: int = 1, receipts: bytes = b"") -> Batch:
    """Return a batch whose source is `name` and whose body begins with it. Bodies are opaque to the spool."""
    body = name.encode().ljust(body_bytes, b".")
    at = sum(name.encode()) * 1_000
    return Batch(name, priority, count, at, at + count - 1, body, len(body), receipts)


def settings(**values: object) -> SpoolSettings:
    return SpoolSettings.model_validate({"quota_bytes": 4 << 20, **values})


class OpenSpool:
    """A spool on `files`, and what it reported as lost."""

    def __init__(self, files: Files, *, folder: Path = FOLDER, **values: object) -> None:
        self.losses: list[Loss] = []
        self.spool = Spool(folder, settings(**values), self.losses.append, files)

    def append(self, *names: str, priority: Priority = Priority.NORMAL, body_bytes: int = 100, count: int = 1) -> None:
        self.spool.append([batch(name, priority, body_bytes=body_bytes, count=count) for name in names])

    def append_ledger(self) -> None:
        """Append the ledger's word on all that was reported so far, as housekeeping does."""
        marks = self.spool.marks()
        self.append("ledger", priority=Priority.HIGH)
        self.spool.accounted(marks)

    def append_until_full(self, priority: Priority) -> tuple[list[str], str]:
        """Append records of 60 kB until the spool refuses one; return the accepted names and the reason."""
        accepted: list[str] = []
        for each in range(200):
            try:
                self.append(f"f{each}", priority=priority, body_bytes=60_000)
            except SpoolFull as full:
                return accepted, full.reason
            accepted.append(f"f{each}")
        raise AssertionError("it was never full")

    def leases(self, lane: LaneName, max_lines: int = MAX_LINES) -> Iterator[Lease]:
        """Lease and accept until the lane is empty."""
        while lease := self.spool.lease(lane, max_lines, MAX_RAW_BYTES):
            yield lease
            self.spool.accept(lease)

    def drain(self, max_lines: int = MAX_LINES) -> list[str]:
        """Deliver everything; return the sources of the records, backlog first."""
        return [name for lane in (LaneName.BACKLOG, LaneName.LIVE) for lease in self.leases(lane, max_lines) for name in sources(lease)]

    def lost(self) -> list[tuple[str, str, int | None]]:
        return [(loss.reason, loss.source, loss.count) for loss in self.losses]


def sources(lease: Lease) -> list[str]:
    return [record.head.source for record in lease.records]

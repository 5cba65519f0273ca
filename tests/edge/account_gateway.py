"""A gateway without threads for the account's tests: the real spool, ledger and composing, on a disk that can be hurt."""

import zlib
from collections.abc import Callable, Sequence
from pathlib import Path
from random import Random

from edge.account import Account, balance
from edge.batching.batcher import Closed
from edge.batching.chunk import Chunk
from edge.batching.close_policy import Cause
from edge.batching.compose import parts
from edge.encode import Encoder
from edge.ledger import Ledger
from edge.spool.history import Span, read_history
from edge.spool.lease import LaneName, Lease
from edge.spool.settings import SpoolSettings
from edge.spool.spool import Loss, Spool
from edge.uplink.refused import refused_losses
from telemetry.batch import Batch, Priority
from tests.faults.disk import Disk

FOLDER = Path("/spool")
START_NS = 1_700_000_000 * 10**9
SECOND_NS = 10**9


class Gateway:
    """One process of it; `now_ns` is its clock. Reopen another on the same disk for the next process."""

    def __init__(self, disk: Disk, now_ns: int = START_NS, seed: int = 0) -> None:
        self.disk, self.now_ns = disk, now_ns
        self.ledger = Ledger("bn", "gw-1")
        self.spool = Spool(FOLDER, SpoolSettings.model_validate({"quota_bytes": 4 << 20}), self.ledger.note, disk)
        self.leases: list[Lease] = []
        self._encoder = Encoder()
        self._rng = Random(seed)
        self._parked: dict[Priority, list[Batch]] = {}

    def take_in(
        self,
        source: str,
        lines: int,
        rejected: int = 0,
        never_a_line: int = 0,
        priority: Priority = Priority.NORMAL,
        line_bytes: int = 40,
        hide: Callable[[Loss], bool] = lambda _: False,
    ) -> None:
        """Commit one batch as the writer does: first the ledger's word on what it lost, then the batch. `hide` keeps words back."""
        self.now_ns += SECOND_NS
        texts = [f'reading,device={source} n={each}i,t="{self._noise(line_bytes)}" {self.now_ns + each}' for each in range(lines)]
        raw = sum(map(len, texts)) + len(texts)
        chunk = Chunk(texts, raw, 0, self.now_ns, self.now_ns + max(0, lines - 1), produced=lines + rejected + never_a_line)
        if rejected:
            chunk.lose(Loss("decoder rejected", source, rejected, self.now_ns, self.now_ns))
        if never_a_line:
            chunk.lose(Loss("memory full", source, never_a_line, self.now_ns, self.now_ns))
        if priority in self._parked:  # what comes now waits in memory, unnumbered, and is none of this test's business
            self.write()
            return
        composed = parts(Closed(source, priority, [chunk], 1, Cause.AGE))
        for sequence, part in enumerate(composed, self.spool.next_sequence(priority)):
            for loss in part.losses:
                if not hide(loss):
                    self.ledger.note(loss.of(priority.value, sequence))
        self._parked[priority] = [part.batch for part in composed]
        self.write()

    def report(self) -> None:
        """Make the ledger's words durable."""
        self.write(Priority.HIGH)

    def write(self, *priorities: Priority) -> None:
        """Write what is parked, high first and with the ledger's words; what the disk does not take stays parked."""
        marks = self.spool.marks()
        if points := self.ledger.points(self.now_ns):
            text = "".join(self._encoder.line(point) + "\n" for point in points).encode()
            times = [point.time_ns for point in points]
            batch = Batch("ledger", Priority.HIGH, len(points), min(times), max(times), _gzip(text), len(text), produced=len(points))
            self._parked.setdefault(Priority.HIGH, []).append(batch)
        for priority in priorities or Priority:
            if batches := self._parked.get(priority):
                self.spool.append(batches)
                del self._parked[priority]
            if priority is Priority.HIGH:
                self.spool.accounted(marks)

    def lease(self, lane: LaneName, most_lines: int = 1000) -> bool:
        found = self.spool.lease(lane, most_lines, 1 << 20)
        if found:
            self.leases.append(found)
        return found is not None

    def lease_of(self, source: str) -> Lease:
        """Lease until a lease begins with a record of `source`; the ones before it are delivered."""
        for lane in LaneName:
            while lease := self.spool.lease(lane, 1000, 1 << 20):
                if lease.records[0].head.source == source:
                    return lease
                self.spool.accept(lease)
        raise AssertionError(f"nothing of {source} waits")

    def deliver(self, lease: Lease, refused: int = 0) -> None:
        """The store takes a lease but for its first `refused` lines."""
        lines = [line for record in lease.records for line in zlib.decompress(record.payload.body, wbits=31).split(b"\n") if line]
        for loss in refused_losses(lease.records, lines[:refused], lease.priority):
            self.ledger.note(loss)
        self.report()
        self.spool.accept(lease)

    def deliver_all(self) -> int:
        """Deliver what there is; return how many lines."""
        count = 0
        for lane in LaneName:
            while lease := self.spool.lease(lane, 1000, 1 << 20):
                self.spool.accept(lease)
                count += lease.count
        return count

    def account(self, span: Span | None = None) -> Account:
        """The account of the running agent."""
        found = read_history(
            FOLDER, self.spool.epoch.bytes, span, self.spool.horizons(), files=self.disk, waiting=self.spool.pages_waiting()
        )
        return balance(found, span)

    def _noise(self, size: int) -> str:
        return self._rng.randbytes(size // 2).hex()


def account_of(disk: Disk, epoch: bytes, span: Span | None = None) -> Account:
    """The account of a spool that no agent uses."""
    return balance(read_history(FOLDER, epoch, span, files=disk), span)


def differences(account: Account) -> Sequence[tuple[str, int]]:
    return [(row.source, row.difference) for row in account.rows if row.difference]


def _gzip(text: bytes) -> bytes:
    packer = zlib.compressobj(6, zlib.DEFLATED, 31)
    return packer.compress(text) + packer.flush()

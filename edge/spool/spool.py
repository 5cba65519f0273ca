"""The spool: the durable store-and-forward queue of a gateway. One folder:

    epoch             UUID made with the spool
    lock              held by the agent
    high/ normal/ bulk/    segments and `done` of each priority
    set-aside/        what can never be delivered, with the reason
    quarantine/       bytes that were damaged, for a person to look at
    book              what the records of deleted segments said
    unreported.jsonl  losses that a tool met while no agent ran

`append` returns when the batches are on the device. `lease` hands out ready bodies; `accept` and `release` end a lease. Delivered
segments stay as history until the quota asks for their room. Nothing here ever needs a hand to start.
"""

import threading
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path

from edge.clock.boots import Place
from edge.spool import unreported
from edge.spool.book import Book, read_book
from edge.spool.epoch import load_epoch
from edge.spool.files import DiskFiles, Files
from edge.spool.lane import Gap
from edge.spool.lease import ANY_SIZE, Horizon, LaneName, Lease, QueueState
from edge.spool.ledger_tail import ledger_tail, taken_back, unsaid
from edge.spool.loss import Loss, earliest, latest
from edge.spool.page import Page
from edge.spool.provisional import boot_of, retimed
from edge.spool.queue import RecordQueue
from edge.spool.quota import Holding, what_to_give
from edge.spool.receipts import Receipts
from edge.spool.record import HEAD_BYTES
from edge.spool.segment import NO_ROOM
from edge.spool.segment_reader import Record
from edge.spool.set_aside import SetAsideStore
from edge.spool.settings import SpoolSettings
from telemetry.batch import Batch, Priority
from telemetry.errors import SpoolFull, TransientError

__all__ = ["Loss", "Spool"]

_SEND_ORDER = (Priority.HIGH, Priority.NORMAL, Priority.BULK)


class Spool:
    """See the module. One thread appends; leases may be taken and ended by any thread.

    `on_loss` is called by whichever thread meets the loss, often in the middle of its work: it must not call the spool.
    """

    def __init__(
        self,
        folder: Path,
        settings: SpoolSettings,
        on_loss: Callable[[Loss], None],
        files: Files | None = None,
        place: Callable[[str], Place | None] = lambda _: None,
    ) -> None:
        """Open or make the spool in `folder`. Raises TransientError only when the folder cannot be used at all.

        `place` says when a boot was (edge/clock/agent_time.py); it is called under the lock.
        """
        self._files = files or DiskFiles()
        self._settings = settings
        self._on_loss = on_loss
        self._place = place
        self._lock = threading.RLock()
        try:
            self._open(folder)
        except OSError as error:
            reason = f"the spool cannot be used: {error.strerror or error}; make the folder writable, or name another in gateway.state_dir"
            raise TransientError(f"{error.filename or folder}: {reason}") from error
        for queue in self._queues.values():
            for mended in queue.recovered.mended:
                on_loss(Loss(f"spool {mended.action}", mended.source, mended.count, mended.first_ns, mended.last_ns))
        self._finish_what_a_kill_left(folder)
        for loss in unreported.take(self._files, folder):
            on_loss(loss)

    def _finish_what_a_kill_left(self, folder: Path) -> None:
        """Have the ledger say what it did not get to say, and take back what it said too early."""
        entries = ledger_tail(self._files, self.epoch.bytes, self._queues[Priority.HIGH].recovered.segments)
        pages, _ = read_book(self._files, folder)
        losses = taken_back(entries, {priority.value: queue.first_free for priority, queue in self._queues.items()})
        for priority, queue in self._queues.items():
            queue.learn_of(page for page in pages if page.priority == priority.value)
            losses += unsaid(priority.value, queue.vanished, queue.evicted, pages, entries)
        for loss in losses:
            self._on_loss(loss)

    def _open(self, folder: Path) -> None:
        self._files.make_folder(folder)
        folders = {priority: folder / priority.value for priority in Priority}
        for queue_folder in folders.values():
            self._files.make_folder(queue_folder)
        self._files.sync_folder(folder)
        with suppress(OSError):  # not every parent may be opened by us
            self._files.sync_folder(folder.parent)
        self.epoch = load_epoch(self._files, folder, folders.values())
        room = partial(self._make_room, Priority.NORMAL)
        quota_bytes = int(self._settings.set_aside_bytes)
        self.set_aside = SetAsideStore(self._files, folder / "set-aside", quota_bytes, self._on_loss, room)
        self._book = Book(self._files, folder)
        self._queues = {
            priority: RecordQueue(
                self._files, path, priority, self.epoch.bytes, self._settings.used_segment_bytes, self._gap, self._book, self._timed
            )
            for priority, path in folders.items()
        }

    @property
    def piece_bytes(self) -> int:
        """What should be appended at once, at most, about."""
        return self._settings.used_segment_bytes

    def append(self, batches: Sequence[Batch]) -> None:
        """Return once `batches`, all of one priority, are durable: one write, one sync.

        Raises SpoolFull when there is no room and nothing may be evicted; then none of them counts.
        """
        queue = self._queues[batches[0].priority]
        size = sum(HEAD_BYTES + len(batch.source) + len(batch.receipts) + len(batch.body) for batch in batches)
        while self._total_bytes() + size > int(self._settings.quota_bytes):
            if size > int(self._settings.quota_bytes) or not self._make_room(queue.priority):
                raise SpoolFull("the quota is spent and nothing that is left may be evicted")
        while True:
            try:
                written = queue.write(batches)
                break
            except OSError as error:
                if error.errno not in NO_ROOM or not (self._make_room(queue.priority) or self._start_over()):
                    raise SpoolFull(f"the disk does not take it: {error.strerror or error}") from error
        with self._lock:
            queue.publish(written, batches)
            for batch in batches:
                queue.recovered.receipts.add(batch.source, batch.receipts)
            self._book.write()

    def next_sequence(self, priority: Priority) -> int:
        """Return the sequence that the next batch of a priority gets. On the writing thread."""
        return self._queues[priority].next_sequence

    def marks(self) -> dict[Priority, int]:
        """Return how far `on_loss` has been told of records that are gone; see `accounted`."""
        with self._lock:
            return {priority: queue.mark for priority, queue in self._queues.items()}

    def accounted(self, marks: Mapping[Priority, int]) -> None:
        """The ledger's word on all that `on_loss` was told up to `marks` is durable."""
        with self._lock:
            for priority, mark in marks.items():
                self._queues[priority].accounted(mark)

    def horizons(self) -> dict[Priority, Horizon]:
        """Return what counts at this moment."""
        with self._lock:
            return {priority: queue.horizon() for priority, queue in self._queues.items()}

    def pages_waiting(self) -> Sequence[Page]:
        """Return pages of the book that a full disk has not taken yet."""
        with self._lock:
            return self._book.waiting

    def newest_found(self, sources: Collection[str] | None = None) -> int | None:
        """Return the latest point time (ns) of these sources, or of all, that was found at the end of the spool when it was opened."""
        times = [found for queue in self._queues.values() for found in queue.recovered.last_times.items()]
        return max((time for source, time in times if sources is None or source in sources), default=None)

    def last_bodies(self, source: str) -> list[bytes]:
        """Return the bodies of the last records of a source that were found at the end of the spool, oldest first."""
        return [body for queue in self._queues.values() for body in queue.recovered.last_bodies.get(source, ())]

    def lease(self, lane: LaneName, max_lines: int, max_raw_bytes: int, max_body_bytes: int = ANY_SIZE) -> Lease | None:
        """Hand out the next request's worth of records of a lane, high before normal before bulk; None when it is empty.

        The limits are those of a request, but it holds at least one record, however large.
        """
        with self._lock:
            for priority in _SEND_ORDER:
                lease = self._queues[priority].lease(lane, max_lines, max_raw_bytes, max_body_bytes)
                if lease:
                    return lease
        return None

    def accept(self, lease: Lease) -> None:
        """The records are delivered or set aside."""
        with self._lock:
            self._queues[lease.priority].accept(lease)

    def release(self, lease: Lease) -> None:
        """The records could not be delivered now."""
        with self._lock:
            self._queues[lease.priority].release(lease)

    def split_lanes(self, newest: int = 0, newest_bytes: int = 0) -> None:
        """The link is back: what is written from now on goes first, and with it, of each priority, the last `newest` records.

        Of these only as many as have `newest_bytes` of bodies, but at least one.
        """
        with self._lock:
            for queue in self._queues.values():
                queue.split_lanes(newest, newest_bytes)

    def backlog_records(self) -> int:
        """Return how many records of the backlog are not delivered. Cheap."""
        with self._lock:
            return sum(queue.backlog_records for queue in self._queues.values())

    def replay(self, first_ns: int, last_ns: int) -> int:
        """Send again what is kept of delivered readings in a time range; return how many lines that is. It reads everything kept."""
        lines = 0
        for queue in self._queues.values():
            heads = queue.replayable(first_ns, last_ns)
            with self._lock:
                lines += queue.again(heads)
        return lines

    def receipts(self, source: str) -> list[Receipts]:
        """Return the receipts of a source that the spool holds, as far back as matters, oldest first."""
        with self._lock:
            return [receipts for queue in self._queues.values() for receipts in queue.recovered.receipts.of(source)]

    def boot_lengths(self) -> list[tuple[str, int]]:
        """Return boot times (ns) at which boots without a trusted clock were alive when the spool was opened, by boot id."""
        records = [record for queue in self._queues.values() if (record := queue.recovered.provisional)]
        return [(boot_id, record.head.last_ns) for record in records if (boot_id := boot_of(record))]

    def state(self) -> dict[Priority, QueueState]:
        with self._lock:
            return {priority: queue.state() for priority, queue in self._queues.items()}

    def save(self) -> None:
        """Write down what is delivered. Raises OSError; losing it only means that records are sent twice."""
        with self._lock:
            for queue in self._queues.values():
                queue.save()

    def close(self) -> None:
        """Write the last state down. Raises OSError when the disk does not take it; the spool is closed all the same."""
        failed: OSError | None = None
        with self._lock:
            for queue in self._queues.values():
                try:
                    queue.close()
                except OSError as error:
                    failed = error
            self.set_aside.close()
        if failed:
            raise failed

    def _total_bytes(self) -> int:
        return sum(queue.bytes_on_disk for queue in self._queues.values())

    def _make_room(self, priority: Priority) -> bool:
        """Delete one segment so that `priority` can be written; False when nothing may go. Any thread."""
        with self._lock:
            give = what_to_give({each: self._holding(each) for each in Priority}, priority)
            if give is None:
                return False
            giver, index = give
            number = self._queues[giver].number_of(index)
            try:
                lost = self._queues[giver].drop(index)
            except OSError:
                return False
            for loss in _losses("quota", lost):
                self._on_loss(loss.of(giver.value, number))
            self._book.write()  # what a full disk did not take before
        return True

    def _start_over(self) -> bool:
        """Give up a segment that is being written and wholly delivered: on a full disk it is the last room there is."""
        has_room = False
        with self._lock:
            with suppress(OSError):
                has_room = any(self._queues[priority].start_over() for priority in reversed(_SEND_ORDER))
            self._book.write()
        return has_room

    def _holding(self, priority: Priority) -> Holding:
        queue, settings = self._queues[priority], self._settings
        normal = 1.0 - settings.high_share - settings.bulk_share
        share = {Priority.HIGH: settings.high_share, Priority.NORMAL: normal, Priority.BULK: settings.bulk_share}[priority]
        return Holding(queue.bytes_on_disk, int(share * int(settings.quota_bytes)), queue.sealed())

    def _timed(self, record: Record) -> Record | None:
        made = retimed(record, self._place)
        if made is None:
            return None
        timed, unread_count = made
        if unread_count:
            self._on_loss(Loss("spool damaged", record.head.source, unread_count, None, None, detail="provisional and unreadable"))
        return timed

    def _gap(self, priority: Priority, gap: Gap) -> None:
        self._on_loss(Loss("spool damaged", gap.source, gap.lines, gap.first_ns, gap.last_ns).of(priority.value, gap.first))


def _losses(reason: str, gaps: Sequence[Gap]) -> list[Loss]:
    """Return one loss a source, and one for each gap of unknown size."""
    losses = [Loss(reason, gap.source, None, gap.first_ns, gap.last_ns) for gap in gaps if gap.lines is None]
    known: dict[str, list[Gap]] = {}
    for gap in gaps:
        if gap.lines is not None:
            known.setdefault(gap.source, []).append(gap)
    for source, parts in known.items():
        count = sum(gap.lines or 0 for gap in parts)
        losses.append(Loss(reason, source, count, earliest(gap.first_ns for gap in parts), latest(gap.last_ns for gap in parts)))
    return losses

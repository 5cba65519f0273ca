"""The writer on a real spool, on a disk that fills up."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from random import Random

import pytest
from pydantic import ByteSize

from edge.batching.batcher import Batcher, Closed
from edge.batching.close_policy import ClosePolicy
from edge.batching.writer import SpoolWriter
from edge.spool.set_aside import SetAside, read_set_aside
from edge.spool.settings import SpoolSettings
from edge.spool.spool import Loss, Spool
from runtime.clock import SystemClock
from telemetry.batch import Batch, Priority
from tests.edge.batching_steps import Counted, chunk_of, lines_in
from tests.faults.real_disk import FullDisk
from tests.waiting import eventually


class Desk:
    """A spool, its writer, the batchers of a source and of the ledger; `account` is what the ledger has to say."""

    def __init__(self, folder: Path, disk: FullDisk, age_s: float) -> None:
        self.folder = folder
        self.disk = disk
        self.account: list[str] = []
        self.durable: list[str] = []
        self.deaths: list[str] = []
        clock = SystemClock()
        self.spool = Spool(folder, SpoolSettings(), lambda _: None, disk)
        self.writer = SpoolWriter(self.spool, clock, self._ledger, self._on_durable, self.deaths.append)
        self.street, self.ledger = (
            Batcher(name, priority, ClosePolicy(age_s, 1 << 18), 1 << 20, clock, self.writer.wake)
            for name, priority in (("street", Priority.NORMAL), ("ledger", Priority.HIGH))
        )
        for batcher in (self.street, self.ledger):
            self.writer.attach(batcher)
        self.writer.start()

    def put(self, *lines: str, on_settle: Callable[[], object] = lambda: None) -> Counted:
        acknowledgement = Counted(on_settle=on_settle)
        assert self.street.add(chunk_of(*lines, acknowledgement=acknowledgement))
        return acknowledgement

    def _ledger(self, _losses: Sequence[Loss]) -> Batcher:
        lines, self.account = self.account, []
        if lines:
            self.ledger.add(chunk_of(*lines))
        return self.ledger

    def _on_durable(self, group: Sequence[Closed]) -> None:
        for closed in group:
            self.durable += [line for chunk in closed.chunks for line in chunk.lines]


@pytest.fixture
def disk() -> FullDisk:
    return FullDisk(".seg")


@pytest.fixture
def desks(tmp_path: Path, disk: FullDisk) -> Iterator[Callable[..., Desk]]:
    made: list[Desk] = []

    def make(age_s: float = 0.01) -> Desk:
        made.append(Desk(tmp_path / "spool", disk, age_s))
        return made[-1]

    yield make
    disk.is_full = False
    for desk in made:
        desk.writer.stop(10)
        desk.spool.close()


def test_an_acknowledgement_is_settled_once_its_lines_are_durable(desks: Callable[..., Desk]) -> None:
    desk = desks()
    unsent: list[int] = []
    acknowledgement = desk.put("a", "b", on_settle=lambda: unsent.append(desk.spool.state()[Priority.NORMAL].lines_unsent))
    eventually(lambda: acknowledgement.settled)
    assert unsent == [2]
    eventually(lambda: desk.durable == ["a", "b"])
    assert lines_in(desk.spool) == ["a", "b"]


def test_no_acknowledgement_overtakes_the_ledger(desks: Callable[..., Desk]) -> None:
    desk = desks()
    desk.account = ["ledger count=1"]
    unsent: list[int] = []
    acknowledgement = desk.put("a", on_settle=lambda: unsent.append(desk.spool.state()[Priority.HIGH].lines_unsent))
    eventually(lambda: acknowledgement.settled)
    assert unsent == [1]
    assert lines_in(desk.spool) == ["ledger count=1", "a"]


def test_nothing_is_settled_while_the_disk_is_full_and_nothing_is_written_twice_afterwards(
    desks: Callable[..., Desk], disk: FullDisk
) -> None:
    desk = desks()
    disk.is_full = True
    desk.account = ["ledger count=1"]
    acknowledgements = [desk.put(f"line {number}") for number in range(50)]
    eventually(lambda: desk.writer.state.trouble)
    assert "No space left" in desk.writer.state.trouble
    later = desk.put("later")
    assert not any(each.settled for each in acknowledgements)
    disk.is_full = False
    eventually(lambda: later.settled, within_s=20)
    assert [each.settled for each in acknowledgements] == [1] * 50
    assert lines_in(desk.spool) == ["ledger count=1", *(f"line {number}" for number in range(50)), "later"]
    eventually(lambda: desk.writer.state.trouble == "")


def test_what_was_set_aside_is_not_set_aside_again_when_the_disk_fills_up_behind_it(desks: Callable[..., Desk], disk: FullDisk) -> None:
    desk = desks()
    disk.is_full = True
    acknowledgement = Counted()
    chunk = chunk_of("good", acknowledgement=acknowledgement)
    chunk.refused = [SetAside(1, "street", "not JSON", topic="t", payload=b"poison")]
    assert desk.street.add(chunk)
    eventually(lambda: desk.writer.state.trouble)
    disk.is_full = False
    eventually(lambda: acknowledgement.settled, within_s=20)
    assert [entry["payload"] for entry in read_set_aside(desk.folder / "set-aside")] == ["poison"]
    assert lines_in(desk.spool) == ["good"]


def test_stopping_writes_what_is_open_whatever_its_age(desks: Callable[..., Desk]) -> None:
    desk = desks(age_s=3600)
    acknowledgement = desk.put("a")
    assert desk.writer.stop(10)
    assert acknowledgement.settled == 1
    assert lines_in(desk.spool) == ["a"]


def test_flushing_writes_what_is_open_and_goes_on(desks: Callable[..., Desk]) -> None:
    desk = desks(age_s=3600)
    first = desk.put("a")
    desk.writer.flush()
    eventually(lambda: first.settled)
    second = desk.put("b")
    desk.writer.flush()
    eventually(lambda: second.settled)
    assert lines_in(desk.spool) == ["a", "b"]


def test_stopping_on_a_full_disk_ends_and_settles_nothing(desks: Callable[..., Desk], disk: FullDisk) -> None:
    desk = desks()
    disk.is_full = True
    acknowledgement = desk.put("a")
    eventually(lambda: desk.writer.state.trouble)
    assert desk.writer.stop(10)
    assert acknowledgement.settled == 0


def test_a_writer_that_breaks_is_reported_and_acknowledges_nothing(disk: FullDisk, tmp_path: Path) -> None:
    desk = Desk(tmp_path / "spool", disk, 0.01)
    desk.spool.set_aside.add = None  # type: ignore[method-assign, assignment]
    acknowledgement = desk.put("a v=1 1")
    eventually(lambda: desk.deaths, what="the death of the writer")
    assert desk.deaths[0].startswith("spool-writer: TypeError")
    assert acknowledgement.settled == 0
    desk.spool.close()


def test_a_priority_without_room_holds_back_neither_normal_nor_high(tmp_path: Path) -> None:
    spool = Spool(tmp_path / "spool", SpoolSettings(quota_bytes=ByteSize(4 << 20)), lambda _: None)
    noise = Random(7)
    for _ in range(80):
        spool.append([Batch("filler", Priority.NORMAL, 1, 1, 1, noise.randbytes(60_000), 60_000)])
    deaths: list[str] = []
    ledger: list[Batcher] = []
    writer = SpoolWriter(spool, SystemClock(), lambda _: ledger[0], lambda _: None, deaths.append)
    batchers = {each: Batcher(each.value, each, ClosePolicy(0.01, 1 << 18), 1 << 20, SystemClock(), writer.wake) for each in Priority}
    ledger.append(batchers[Priority.HIGH])
    for batcher in batchers.values():
        writer.attach(batcher)
    writer.start()

    def bulk_has_no_room() -> str:
        batchers[Priority.BULK].add(chunk_of(f'b s="{noise.randbytes(30_000).hex()}" 1'))
        return writer.state.trouble

    try:
        eventually(bulk_has_no_room)
        waiting = [Counted(), Counted()]
        for priority, acknowledgement in zip((Priority.NORMAL, Priority.HIGH), waiting, strict=True):
            batchers[priority].add(chunk_of("m v=1 1", acknowledgement=acknowledgement))
        eventually(lambda: all(each.settled for each in waiting), what="normal and high written")  # theirs may have made room for bulk
        assert not deaths
    finally:
        writer.stop(10.0)
        spool.close()


def test_what_a_source_that_left_had_parked_is_its_own_and_not_that_of_its_successor(desks: Callable[..., Desk], disk: FullDisk) -> None:
    desk = desks()
    disk.is_full = True
    desk.put("a")
    eventually(lambda: desk.writer.state.trouble)
    left = desk.street
    left.close()
    desk.writer.detach(left)
    desk.street = Batcher("street", Priority.NORMAL, ClosePolicy(0.01, 1 << 18), 1 << 20, SystemClock(), desk.writer.wake)
    desk.writer.attach(desk.street)
    acknowledgement = desk.put("b")
    disk.is_full = False
    eventually(lambda: acknowledgement.settled and not left.waiting_bytes)
    eventually(lambda: sorted(desk.durable) == ["a", "b"])
    assert desk.street.waiting_bytes == 0
    assert desk.deaths == []


def test_what_is_larger_than_a_segment_is_written_in_pieces_so_that_room_can_be_made_for_it(tmp_path: Path) -> None:
    losses: list[Loss] = []
    spool = Spool(tmp_path / "spool", SpoolSettings(quota_bytes=ByteSize(4 << 20)), losses.append)
    writer = SpoolWriter(spool, SystemClock(), lambda _: ledger, lambda _: None, lambda _: None)
    street, ledger = (
        Batcher(name, priority, ClosePolicy(3600, 1 << 30), 64 << 20, SystemClock(), writer.wake)
        for name, priority in (("street", Priority.NORMAL), ("ledger", Priority.HIGH))
    )
    for batcher in (street, ledger):
        writer.attach(batcher)
    noise = Random(7)
    lines = [f"m,device=d f={noise.random()},g={noise.random()} {at}" for at in range(300_000)]
    acknowledgement = Counted()
    for first in range(0, len(lines), 1000):
        assert street.add(chunk_of(*lines[first : first + 1000], acknowledgement=acknowledgement if first == 0 else None))
    writer.start()
    try:
        writer.flush()
        eventually(lambda: acknowledgement.settled, 60.0, "six megabytes in a spool of four")
        assert writer.state.lines == len(lines)
        assert 0 < sum(loss.count or 0 for loss in losses if loss.reason == "quota") < len(lines)
    finally:
        writer.stop(10)
        spool.close()

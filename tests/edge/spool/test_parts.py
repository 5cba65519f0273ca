"""The spool's parts on their own: record, done set and file, receipts, set-aside store, lock."""

import errno
import json
import os
import threading
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule
from pydantic import ValidationError

from edge.spool import receipts, record
from edge.spool.done import DoneSet
from edge.spool.done_file import DoneFile, read_done
from edge.spool.files import DiskFiles
from edge.spool.lock import SpoolLock, is_held
from edge.spool.loss import Loss
from edge.spool.set_aside import SetAside, SetAsideStore, read_set_aside
from edge.spool.settings import SpoolSettings
from telemetry.batch import Batch, Priority
from telemetry.errors import TransientError
from tests.faults.disk import Disk, DroppedFsync, TornWrite

_I64 = st.integers(-(1 << 63), (1 << 63) - 1)
_U32 = st.integers(0, (1 << 32) - 1)
_batches = st.builds(
    Batch,
    st.text("abcxyz-ơ", min_size=1, max_size=50),
    st.sampled_from(Priority),
    _U32,
    _I64,
    _I64,
    st.binary(max_size=300),
    _U32,
    st.binary(max_size=50),
)


@given(_batches, st.integers(1, 1 << 62), st.binary(min_size=16, max_size=16), st.binary(max_size=99))
def test_a_record_reads_back_as_it_was_packed(batch: Batch, sequence: int, epoch: bytes, follows: bytes) -> None:
    data = record.pack(batch, sequence=sequence, epoch=epoch, durable=sequence - 1, lines_before=3) + follows
    head = record.unpack_head(data)
    assert head
    assert (head.source, head.count, head.first_ns, head.last_ns) == (batch.source, batch.count, batch.first_ns, batch.last_ns)
    assert (head.sequence, head.epoch, head.durable, head.lines_before) == (sequence, epoch, sequence - 1, 3)
    assert head.length == len(data) - len(follows)
    payload = record.unpack_payload(head, data[head.length - len(batch.receipts) - len(batch.body) :])
    assert payload == record.Payload(batch.receipts, batch.body)


@given(st.binary(max_size=400))
def test_no_bytes_break_the_readers_of_heads_slots_and_receipts(data: bytes) -> None:
    record.unpack_head(record.MAGIC + data)
    receipts.unpack(data)


@given(st.lists(st.integers(0, 0xFFFF), max_size=300), _U32)
def test_receipts_read_back_as_they_were_packed(ids: list[int], token: int) -> None:
    hashes = [each * 7919 for each in ids]
    assert receipts.unpack(receipts.pack(token, ids, hashes)) == receipts.Receipts(token, tuple(ids), tuple(hashes))


class DoneMachine(RuleBasedStateMachine):
    """DoneSet beside a plain set."""

    def __init__(self) -> None:
        super().__init__()
        self.done, self.plain = DoneSet(), set[int]()

    @rule(first=st.integers(1, 60), size=st.integers(0, 9))
    def add(self, first: int, size: int) -> None:
        self.done.add(first, first + size - 1)
        self.plain.update(range(first, first + size))

    @rule(first=st.integers(1, 60), size=st.integers(0, 9))
    def remove(self, first: int, size: int) -> None:
        self.done.remove(first, first + size - 1)
        self.plain.difference_update(range(first, first + size))

    @invariant()
    def agree(self) -> None:
        assert {each for each in range(80) if each in self.done} == self.plain
        assert self.done.highest == max(self.plain, default=0)
        assert self.done.count(10, 40) == len(self.plain & set(range(10, 41)))
        assert all(self.done.next_open(each) == min(set(range(each, 99)) - self.plain) for each in (1, 7, 30, 60, 69))
        intervals = list(self.done)
        assert all(low[1] + 1 < high[0] for low, high in pairwise(intervals))


TestDoneMachine = DoneMachine.TestCase


def test_the_done_set_is_bounded_and_goes_on_growing_where_it_is_used() -> None:
    done = DoneSet(limit=10)
    for each in range(100):
        done.add(each * 10 + 1, each * 10 + 5)
    assert len(list(done)) == 10
    for sequence in range(2000, 2050):
        done.add(sequence, sequence)
    assert list(done)[-1] == (2000, 2049)
    done.remove(2010, 2010)
    assert len(list(done)) == 10
    assert done.highest == 2049


def test_a_full_done_set_fits_into_its_slot_and_reads_back() -> None:
    disk, path = Disk(), Path("/s/done")
    disk.make_folder(path.parent)
    done = DoneSet((each * 3 + 1, each * 3 + 1) for each in range(1000))
    file = DoneFile(disk, path)
    file.write(done, 7, 5, sync=True)
    saved = read_done(disk, path)
    assert list(saved.done) == list(done)
    assert (saved.lines, saved.unsent) == (7, 5)
    assert disk.size(path) <= 8192


@pytest.mark.parametrize("at", range(0, 60, 3))
def test_a_torn_slot_leaves_the_one_before(at: int) -> None:
    disk, path = Disk(), Path("/s/done")
    disk.make_folder(path.parent)
    file = DoneFile(disk, path)
    file.write(DoneSet([(1, 5)]), 5, 0, sync=True)
    file.write(DoneSet([(1, 9)]), 9, 0)
    assert list(read_done(disk, path).done) == [(1, 9)]
    disk.faults.append(TornWrite(at))
    with pytest.raises(OSError, match="Input/output"):
        file.write(DoneSet([(1, 12), (14, 15)]), 15, 1)
    assert list(read_done(disk, path).done) in ([(1, 5)], [(1, 9)])


@pytest.mark.parametrize("seed", range(15))
def test_a_power_cut_never_tears_both_slots(seed: int) -> None:
    disk, path = Disk(seed), Path("/s/done")
    disk.make_folder(path.parent)
    file = DoneFile(disk, path)
    disk.sync_folder(path.parent)
    for generation in range(30):
        done = DoneSet((each * 100 + 1, each * 100 + 1 + generation) for each in range(200))
        file.write(done, generation, 0, sync=generation == 0)
    saved = read_done(disk.power_cut(), path)
    assert len(list(saved.done)) == 200
    assert saved.lines >= 30 - 21


@given(st.lists(st.tuples(st.integers(1, 40), st.integers(1, 40))), st.integers(1, 40), st.integers(0, 40))
def test_what_is_missing_from_a_done_set_is_the_rest(intervals: list[tuple[int, int]], first: int, last: int) -> None:
    done = DoneSet(intervals)
    holes = done.missing(first, last)
    assert [each for low, high in holes for each in range(low, high + 1)] == [each for each in range(first, last + 1) if each not in done]
    assert all(low <= high for low, high in holes)


def refused(number: int) -> SetAside:
    return SetAside(number, "s", "too old", line=b"m f=%d %d" % (number, number))


def test_set_aside_things_are_there_after_a_power_cut_and_read_back(tmp_path: Path) -> None:
    for seed in range(20):
        disk, folder = Disk(seed), tmp_path / str(seed)
        disk.make_folder(folder)
        store = SetAsideStore(disk, folder, 1 << 30)
        store.add([refused(1), SetAside(2, "mqtt", "no reading", topic="a/b", payload=b"\xff\x00")])
        disk.faults.append(TornWrite(20))
        with pytest.raises(OSError, match="Input/output"):
            store.add([refused(3)])
        store.add([refused(4)])
        disk.faults.append(DroppedFsync(1))
        with pytest.raises(OSError, match="fdatasync"):
            store.add([refused(5)])
        store.add([refused(6)])
        found = disk.power_cut()
        SetAsideStore(found, folder, 1 << 30).add([refused(7)])
        DiskFiles().make_folder(folder)
        for path in found.paths(".jsonl"):
            path.write_bytes(found.content(path))
        entries = list(read_set_aside(folder))
        assert {1, 2, 4, 6, 7} <= {entry["at"] for entry in entries}
        assert {"at": 2, "source": "mqtt", "reason": "no reading", "topic": "a/b", "payload_base64": "/wA="} in entries


def test_the_set_aside_store_keeps_its_quota_and_counts_what_went() -> None:
    disk, folder = Disk(), Path("/s")
    disk.make_folder(folder)
    losses: list[Loss] = []
    store = SetAsideStore(disk, folder, 12 << 20, losses.append)
    payload = SetAside(1, "s", "r", topic="t", payload=b"x" * 60_000)
    for _ in range(400):
        store.add([payload])
    assert sum(disk.size(path) for path in disk.paths(".jsonl")) <= (12 << 20) + 60_100
    kept = sum(disk.content(path).count(b"\n") for path in disk.paths(".jsonl"))
    assert {(loss.reason, loss.source) for loss in losses} == {("set-aside shed", "")}
    assert sum(loss.count or 0 for loss in losses) == 400 - kept > 0
    assert store.lost_count == 0


def test_on_a_full_disk_the_set_aside_store_gives_its_oldest_file_and_then_loses_and_says_so() -> None:
    disk, folder = Disk(), Path("/s")
    disk.make_folder(folder)
    losses: list[Loss] = []
    earlier = SetAsideStore(disk, folder, 12 << 20)
    earlier.add([refused(1), refused(2)])
    earlier.close()
    store = SetAsideStore(disk, folder, 12 << 20, losses.append)
    disk.leave_room(0)
    store.add([refused(3)])
    assert losses == [Loss("set-aside shed", "", 2, None, None)]
    assert b"m f=3" in disk.content(disk.paths(".jsonl")[0])
    losses.clear()
    disk.capacity_bytes = 50
    store.add([refused(4), refused(5)])
    assert losses == [Loss("set-aside shed", "", 1, None, None), Loss("set-aside full", "s", 2, 4, 5)]
    assert store.lost_count == 2
    assert disk.used_bytes() == 0
    disk.capacity_bytes = None
    store.add([refused(6)])
    assert len(losses) == 2


def test_a_long_payload_is_cut_and_says_so() -> None:
    entry = json.loads(SetAside(1, "s", "r", topic="t", payload=b"x" * 100_000).to_json())
    assert len(entry["payload"]) == 65_536
    assert entry["payload_bytes"] == 100_000


def test_a_second_agent_is_told_who_holds_the_spool(tmp_path: Path) -> None:
    first, second = SpoolLock(tmp_path / "spool"), SpoolLock(tmp_path / "spool")
    first.take()
    with pytest.raises(TransientError, match=rf"process {os.getpid()}.*stop it, or give this one a state_dir of its own"):
        second.take(wait_s=0.1)
    first.release()
    second.take()
    second.release()


def test_an_agent_waits_for_a_tool_that_holds_the_spool_for_a_moment(tmp_path: Path) -> None:
    tool, agent = SpoolLock(tmp_path / "spool"), SpoolLock(tmp_path / "spool")
    tool.take()
    letting_go = threading.Timer(0.2, tool.release)
    letting_go.start()
    agent.take()
    agent.release()
    letting_go.join()


def test_a_spool_is_locked_on_a_full_disk_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> int:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "pwrite", full)
    lock = SpoolLock(tmp_path / "spool")
    lock.take()
    assert is_held(tmp_path / "spool")
    with pytest.raises(TransientError, match="process unknown"):
        SpoolLock(tmp_path / "spool").take(wait_s=0)
    lock.release()


@pytest.mark.parametrize(
    ("values", "words"),
    [({"high_share": 0.5, "bulk_share": 0.5}, "nothing is left for priority normal"), ({"set_aside_bytes": "7MiB"}, "8388608")],
)
def test_settings_that_leave_no_room_are_refused(values: dict[str, object], words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        SpoolSettings.model_validate(values)

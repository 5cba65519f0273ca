"""Acknowledged after durable, and what a stop of any kind leaves behind."""

import pytest

from edge.spool import receipts
from edge.spool.lease import LaneName
from edge.spool.receipts import Receipts
from telemetry.batch import Priority
from telemetry.errors import SpoolFull, TransientError
from tests.edge.spool.harness import FOLDER, OpenSpool, batch
from tests.faults.disk import Disk, DroppedFsync, Killed, KilledBeforeSync, ReadOnly, TornWrite


@pytest.mark.parametrize("seed", range(40))
def test_what_was_appended_survives_a_power_cut(seed: int) -> None:
    disk = Disk(seed)
    opened = OpenSpool(disk)
    names = [f"n{each}" for each in range(12)]
    for name in names:
        opened.append(name, body_bytes=30_000)
    disk.faults.append(DroppedFsync(9))
    with pytest.raises(SpoolFull):
        opened.append("refused")
    found = OpenSpool(disk.power_cut())
    assert [name for name in found.drain() if name != "refused"] == names


@pytest.mark.parametrize("seed", range(20))
def test_a_record_that_a_killed_process_left_unsynced_is_made_durable_before_its_receipts_count(seed: int) -> None:
    disk = Disk(seed)
    opened = OpenSpool(disk)
    opened.append("a")
    disk.faults.append(KilledBeforeSync())
    packed = receipts.pack(7, [1, 2], [11, 12])
    with pytest.raises(Killed):
        opened.spool.append([batch("source", receipts=packed)])
    disk.process_died()
    disk.faults.clear()
    found = OpenSpool(disk)
    assert found.spool.receipts("source") == [Receipts(7, (1, 2), (11, 12))]
    assert OpenSpool(disk.power_cut()).drain() == ["a", "source"]


def test_receipts_of_records_that_could_not_be_synced_at_start_do_not_count() -> None:
    disk = Disk()
    OpenSpool(disk).spool.append([batch("source", receipts=receipts.pack(7, [1], [11]))])
    disk.process_died()
    disk.faults.append(DroppedFsync(1, ending=".seg"))
    found = OpenSpool(disk)
    assert found.spool.receipts("source") == []
    found.append("b")
    assert found.drain() == ["source", "b"]


def test_receipts_reach_back_across_the_border_of_a_segment() -> None:
    disk = Disk()
    opened = OpenSpool(disk)
    for number in range(1, 7):
        packed = receipts.pack(7, [number], [number * 10])
        opened.spool.append([batch("source", body_bytes=60_000, receipts=packed)])
    disk.process_died()
    assert len(disk.paths(".seg")) == 2
    found = OpenSpool(disk).spool.receipts("source")
    assert [each.packet_ids for each in found][-4:] == [(3,), (4,), (5,), (6,)]


def test_as_many_receipts_are_kept_at_restart_as_messages_can_be_on_their_way() -> None:
    disk = Disk()
    opened = OpenSpool(disk, quota_bytes=64 << 20, segment_bytes=256 << 10)
    for start in range(0, 120_000, 1000):
        ids = [(start + each) % 65_535 + 1 for each in range(1000)]
        opened.spool.append([batch("source", body_bytes=20_000, receipts=receipts.pack(1, ids, ids))])
        opened.spool.append([batch("quiet", body_bytes=100, receipts=receipts.pack(2, ids[:1], ids[:1]))])
    disk.process_died()
    found = OpenSpool(disk, quota_bytes=64 << 20, segment_bytes=256 << 10).spool
    known = [packet_id for each in found.receipts("source") for packet_id in each.packet_ids]
    assert known[-1] == 119_999 % 65_535 + 1
    assert 65_535 <= len(known) <= 67_000
    assert set(known) == set(range(1, 65_536))
    assert found.receipts("quiet")[-1].packet_ids == (119_000 % 65_535 + 1,)


def test_receipts_held_in_memory_are_bounded_by_what_can_be_on_its_way() -> None:
    recent = receipts.RecentReceipts()
    for start in range(0, 400_000, 1000):
        recent.add("s", receipts.pack(1, [(start + each) & 0xFFFF for each in range(1000)], [0] * 1000))
    messages = sum(len(each.hashes) for each in recent.of("s"))
    assert 65_535 <= messages <= 67_000


def test_a_failed_sync_moves_the_records_to_a_new_segment_before_they_count() -> None:
    disk = Disk()
    opened = OpenSpool(disk)
    opened.append("a")
    disk.faults.append(DroppedFsync(1))
    opened.append("b")
    assert len(disk.paths(".seg")) == 2
    for seed in range(10):
        del seed
        disk = disk.power_cut()
    assert OpenSpool(disk).drain() == ["a", "b"]


@pytest.mark.parametrize("size", [0, 1, 50, 87, 88, 120, 187])
def test_a_failed_write_leaves_nothing_and_the_next_one_goes_on(size: int) -> None:
    disk = Disk()
    opened = OpenSpool(disk)
    opened.append("a")
    disk.faults.append(TornWrite(size))
    with pytest.raises(SpoolFull, match="the disk does not take it"):
        opened.append("b")
    opened.append("c")
    disk.process_died()
    again = OpenSpool(disk)
    assert again.drain() == ["a", "c"]
    assert again.lost() == []


def test_a_read_only_folder_is_refused_with_a_way_out() -> None:
    for prepared in (False, True):
        disk = Disk()
        if prepared:
            OpenSpool(disk).spool.close()
            disk.remove(FOLDER / "epoch")
        disk.faults.append(ReadOnly())
        with pytest.raises(TransientError, match=r"/spool.*Read-only file system.*make the folder writable"):
            OpenSpool(disk)


def test_a_disk_that_goes_read_only_is_a_state() -> None:
    disk = Disk()
    opened = OpenSpool(disk)
    opened.append("a")
    disk.faults.append(ReadOnly())
    with pytest.raises(SpoolFull):
        opened.append("b")
    assert opened.drain() == ["a"]
    with pytest.raises(OSError, match="Read-only"):
        opened.spool.save()
    disk.faults.clear()
    opened.append("c")
    assert opened.drain() == ["c"]


def test_start_reads_the_last_segments_only() -> None:
    disk = Disk()
    opened = OpenSpool(disk, quota_bytes=64 << 20, segment_bytes=256 << 10)
    for number in range(200):
        opened.append(f"n{number}", body_bytes=60_000)
        opened.append(f"h{number}", priority=Priority.HIGH, body_bytes=60_000)
    opened.spool.close()
    assert len(disk.paths(".seg")) >= 100
    disk.opened.clear()
    disk.bytes_read = 0
    again = OpenSpool(disk, quota_bytes=64 << 20, segment_bytes=256 << 10)
    state = again.spool.state()
    assert state[Priority.NORMAL].lines_unsent == state[Priority.HIGH].records_unsent == 200
    segments = [path for path in disk.opened if path.suffix == ".seg"]
    assert len(segments) <= (3 + 8) * len(Priority)
    assert disk.bytes_read < 12 * (256 << 10)


def test_a_clean_restart_sends_nothing_twice() -> None:
    disk = Disk()
    opened = OpenSpool(disk)
    opened.append("a", "b", "c")
    lease = opened.spool.lease(LaneName.LIVE, 2, 1 << 20)
    assert lease
    opened.spool.accept(lease)
    opened.spool.close()
    assert OpenSpool(disk).drain() == ["c"]


@pytest.mark.parametrize("seed", range(30))
def test_a_power_cut_while_the_done_file_is_written_resends_little(seed: int) -> None:
    disk = Disk(seed)
    opened = OpenSpool(disk)
    names = [f"n{each}" for each in range(60)]
    for name in names:
        opened.append(name)
        list(opened.leases(LaneName.LIVE))
        opened.spool.save()
    again = OpenSpool(disk.power_cut())
    assert len(again.drain()) <= 21


def test_numbers_go_on_above_what_is_done_even_when_the_data_is_gone() -> None:
    disk = Disk()
    opened = OpenSpool(disk)
    opened.append("a", "b", "c")
    assert opened.drain() == ["a", "b", "c"]
    opened.spool.close()
    disk.remove(disk.paths(".seg")[0])
    again = OpenSpool(disk)
    again.append("d")
    [lease] = again.leases(LaneName.LIVE)
    assert lease.first == 4
    state = again.spool.state()[Priority.NORMAL]
    assert state.records_unsent == state.lines_unsent == 0


def test_jumped_numbers_count_neither_as_unsent_nor_as_lost() -> None:
    disk = Disk()
    opened = OpenSpool(disk)
    opened.append("a")
    opened.spool.close()
    disk.put(FOLDER / "normal" / "00000002-000000000002.seg", b"\xff" * 5000)
    opened = OpenSpool(disk)
    assert opened.spool.state()[Priority.NORMAL].records_unsent == 1
    opened.append("b")
    opened.spool.close()
    disk.put(FOLDER / "normal" / "done", b"")
    again = OpenSpool(disk)
    assert again.drain() == ["a", "b"]
    assert again.lost() == []
    assert again.spool.state()[Priority.NORMAL].records_unsent == 0

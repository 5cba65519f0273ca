"""Damaged media: the spool always starts, delivers every other record, and accounts for the one that was hit."""

import uuid
from contextlib import nullcontext
from pathlib import Path

import pytest

from edge.spool.lease import LaneName
from edge.spool.record import HEAD_BYTES, pack
from telemetry.batch import Priority
from telemetry.errors import SpoolFull
from tests.edge.spool.harness import FOLDER, OpenSpool, batch
from tests.faults.disk import Disk, DroppedFsync, LyingFsync, StuckName, UnreadableRange

NORMAL = FOLDER / "normal"


def closed_disk(*groups: list[str], body_bytes: int = 60, count: int = 2) -> Disk:
    """Return a disk with a spool that was stopped cleanly; each group was appended at once."""
    disk = Disk()
    opened = OpenSpool(disk)
    for names in groups:
        opened.append(*names, body_bytes=body_bytes, count=count)
    opened.spool.close()
    return disk


def segment_of(disk: Disk) -> Path:
    return next(path for path in disk.paths(".seg") if path.parent == NORMAL)


def test_a_tail_torn_at_any_byte_costs_only_the_torn_record() -> None:
    disk = closed_disk(["a", "b"])
    path, two = segment_of(disk), disk.content(segment_of(disk))
    opened = OpenSpool(disk)
    opened.append("c")
    opened.spool.close()
    three = disk.content(path)
    for cut in range(len(two), len(three)):
        disk.put(path, three[:cut])
        disk.put(NORMAL / "done", b"")
        opened = OpenSpool(disk)
        assert opened.drain() == ["a", "b"]
        head_survived = cut >= len(two) + HEAD_BYTES + 1
        known = [] if cut == len(two) else [("spool cut", "", None)]
        assert opened.lost() == known, (cut, head_survived)
        opened.append("d")
        assert opened.drain() == ["d"]


def test_a_flipped_bit_at_any_byte_costs_at_most_its_record_and_is_accounted_for() -> None:
    names = ["a", "b", "c", "d"]
    disk = closed_disk(["a", "b"], ["c", "d"])
    path, good = segment_of(disk), disk.content(segment_of(disk))
    length = (len(good) - 64) // 4
    for at in range(len(good)):
        disk.put(path, good[:at] + bytes([good[at] ^ (1 << at % 8)]) + good[at + 1 :])
        disk.put(NORMAL / "done", b"")
        opened = OpenSpool(disk)
        hit = (at - 64) // length if at >= 64 else None
        expected = [name for index, name in enumerate(names) if index != hit]
        assert opened.drain() == expected, at
        body_hit = hit is not None and (at - 64) % length >= HEAD_BYTES + 1
        if hit is None:
            assert opened.lost() == []
        elif hit == 3:
            assert opened.lost() == [("spool cut", "d" if body_hit else "", 2 if body_hit else None)]
        else:
            assert opened.lost() == [("spool damaged", names[hit] if body_hit else "", 2)], at
        assert opened.spool.state()[Priority.NORMAL].lines_unsent == 0


def test_a_spoilt_last_record_is_kept_in_quarantine() -> None:
    disk = closed_disk(["a", "b"])
    path = segment_of(disk)
    data = bytearray(disk.content(path))
    data[-1] ^= 1
    disk.put(path, bytes(data))
    assert OpenSpool(disk).drain() == ["a"]
    [kept] = disk.paths(".torn")
    assert kept.parent == FOLDER / "quarantine"
    assert disk.content(kept) == bytes(data[-(len(data) - 64) // 2 :])


@pytest.mark.parametrize("offset_in_record", [0, 20, 120], ids=["magic", "head", "body"])
def test_two_damaged_neighbours_are_both_accounted_for(offset_in_record: int) -> None:
    disk = closed_disk(["a", "b", "c", "d"], count=3)
    path = segment_of(disk)
    data = bytearray(disk.content(path))
    length = (len(data) - 64) // 4
    for index in (1, 2):
        data[64 + index * length + offset_in_record] ^= 0x10
    disk.put(path, bytes(data))
    opened = OpenSpool(disk)
    assert opened.drain() == ["a", "d"]
    assert sum(loss.count or 0 for loss in opened.losses) == 6
    assert {loss.reason for loss in opened.losses} == {"spool damaged"}


@pytest.mark.parametrize("beyond", range(-5, 6))
def test_a_record_whose_magic_lies_across_the_border_of_a_reading_window_is_found(beyond: int) -> None:
    disk = Disk()
    opened = OpenSpool(disk)
    opened.append("a", count=2)
    start = 64 + HEAD_BYTES + 1 + 100
    overhead = 2 * (HEAD_BYTES + 1)
    opened.append("b", body_bytes=65_400, count=3)
    opened.append("c", body_bytes=128 * 1024 + beyond - overhead - 65_400, count=4)
    opened.append("d")
    opened.spool.close()
    path = segment_of(disk)
    data = bytearray(disk.content(path))
    stop = start + 128 * 1024 + beyond
    data[start:stop] = (b"QhR2" * len(data))[: stop - start]
    disk.put(path, bytes(data))
    opened = OpenSpool(disk)
    assert opened.drain() == ["a", "d"]
    assert opened.lost() == [("spool damaged", "", 7)]


def test_a_body_that_contains_a_whole_record_is_one_record() -> None:
    inner = closed_disk(["inner"])
    record = inner.content(segment_of(inner))[64:]
    disk = Disk()
    opened = OpenSpool(disk)
    body = b"QhR2" * 3 + record
    opened.spool.append([type(batch("x"))("outer", Priority.NORMAL, 1, 1, 1, body, len(body), record)])
    opened.append("next")
    [lease] = opened.leases(LaneName.LIVE)
    assert [each.head.source for each in lease.records] == ["outer", "next"]
    assert lease.records[0].payload.body == body
    assert lease.records[0].payload.receipts == record


@pytest.mark.parametrize(
    "content", [b"", bytes(64), bytes(5000), b"QhSg", b"\xff" * 300], ids=["empty", "zeros", "reserved", "cut head", "ones"]
)
def test_a_last_segment_without_a_record_never_keeps_the_spool_from_starting(content: bytes) -> None:
    disk = closed_disk(["a"])
    last = NORMAL / "00000002-000000000002.seg"
    disk.put(last, content)
    opened = OpenSpool(disk)
    assert opened.drain() == ["a"]
    assert last not in disk.paths()
    assert opened.lost() == ([("spool quarantined", "", None)] if len(content) == 300 else [])
    opened.append("b")
    opened.spool.close()
    assert OpenSpool(disk).drain() == ["b"]


def test_an_empty_segment_in_the_middle_is_accounted_for_by_the_next_one() -> None:
    disk = Disk()
    opened = OpenSpool(disk)
    for name in "abcdefghi":
        opened.append(name, body_bytes=60_000)
    opened.spool.close()
    middle = disk.paths(".seg")[1]
    disk.put(middle, b"")
    opened = OpenSpool(disk)
    delivered = opened.drain()
    assert sum(loss.count or 0 for loss in opened.losses) == 9 - len(delivered) > 0


def test_a_missing_segment_is_accounted_for() -> None:
    disk = Disk()
    opened = OpenSpool(disk)
    for name in "abcdefghijkl":
        opened.append(name, body_bytes=60_000)
    opened.spool.close()
    disk.remove(disk.paths(".seg")[1])
    opened = OpenSpool(disk)
    delivered = opened.drain()
    assert opened.lost() == [("spool damaged", "", 12 - len(delivered))]


def test_files_of_other_names_are_left_alone() -> None:
    disk = closed_disk(["a"])
    foreign = [NORMAL / name for name in ("note.txt", "x.seg", "00000009-1.seg", ".00000002-000000000002.seg.swp", "lost+found")]
    for path in foreign:
        disk.put(path, b"mine")
    assert OpenSpool(disk).drain() == ["a"]
    assert set(foreign) <= set(disk.paths())


def test_a_copy_of_a_segment_that_somebody_put_back_does_no_harm() -> None:
    disk = Disk()
    opened = OpenSpool(disk)
    for name in "abcdefghijkl":
        opened.append(name, body_bytes=60_000)
    opened.spool.close()
    first, second, *_ = disk.paths(".seg")
    for name in (f"{first.name[:8]}-{second.name[9:]}", f"00000009-{first.name[9:]}"):
        disk.put(NORMAL / name, disk.content(second))
    opened = OpenSpool(disk)
    opened.append("m")
    assert opened.drain() == list("abcdefghijklm")
    opened.spool.close()
    assert OpenSpool(disk).drain() == []


def test_a_range_that_cannot_be_read_costs_only_what_lies_in_it() -> None:
    names = [f"n{each:02}" for each in range(40)]
    disk = closed_disk(*[[name] for name in names], body_bytes=4000, count=1)
    path = segment_of(disk)
    disk.faults.append(UnreadableRange(path, 50_000, 58_000))
    opened = OpenSpool(disk)
    delivered = opened.drain()
    assert len(delivered) >= 35
    assert sum(loss.count or 0 for loss in opened.losses) == 40 - len(delivered)


def test_a_tail_that_cannot_be_read_is_left_as_it_is_and_a_new_segment_begun() -> None:
    names = [f"n{each:02}" for each in range(40)]
    disk = closed_disk(*[[name] for name in names], body_bytes=4000, count=1)
    path = segment_of(disk)
    before = disk.content(path)
    disk.faults.append(UnreadableRange(path, 150_000, 1 << 30))
    opened = OpenSpool(disk)
    opened.append("new")
    delivered = opened.drain()
    assert delivered[-1] == "new"
    assert delivered[:-1] == names[: len(delivered) - 1]
    assert disk.content(path) == before
    assert opened.lost()[0][0] == "spool left as it is"
    disk.faults.clear()
    opened.spool.close()
    assert OpenSpool(disk).drain() == []


def test_a_segment_that_can_neither_be_moved_nor_removed_does_not_stop_the_start() -> None:
    for content in (b"", b"\xff" * 3000):
        disk = closed_disk(["a"])
        disk.put(NORMAL / "00000002-000000000002.seg", content)
        disk.faults.append(StuckName("00000002-000000000002.seg"))
        opened = OpenSpool(disk)
        opened.append("b")
        assert opened.drain() == ["a", "b"]
        opened.spool.close()
        again = OpenSpool(disk)
        again.append("c")
        assert again.drain() == ["c"]


@pytest.mark.parametrize("spoil", [lambda _: b"", lambda data: data[:-2] + b"f\n", lambda data: bytes([data[0] ^ 1]) + data[1:], None])
def test_a_lost_or_spoilt_epoch_is_taken_from_the_segments(spoil: object) -> None:
    disk = closed_disk(["a", "b"])
    path = FOLDER / "epoch"
    epoch = uuid.UUID(disk.content(path)[:36].decode())
    disk.remove(path) if spoil is None else disk.put(path, spoil(disk.content(path)))  # type: ignore[operator]
    opened = OpenSpool(disk)
    assert opened.spool.epoch == epoch
    assert opened.drain() == ["a", "b"]
    assert disk.content(path).startswith(str(epoch).encode())


def test_the_epoch_is_found_even_when_the_segment_head_is_gone_too() -> None:
    disk = closed_disk(["a", "b"])
    path = segment_of(disk)
    disk.put(path, b"\xff" * 64 + disk.content(path)[64:])
    disk.remove(FOLDER / "epoch")
    assert OpenSpool(disk).drain() == ["a", "b"]


def test_records_of_another_spool_are_not_taken_for_ours() -> None:
    disk, other = closed_disk(["a"]), closed_disk(["theirs"])
    disk.put(NORMAL / "00000002-000000000002.seg", other.content(segment_of(other)))
    opened = OpenSpool(disk)
    assert opened.drain() == ["a"]
    assert [loss.reason for loss in opened.losses] == ["spool quarantined"]
    assert disk.paths("00000002-000000000002.seg")[0].parent.name == "quarantine"


def test_a_lying_card_loses_what_it_swallowed_but_the_spool_starts_and_reuses_no_delivered_number() -> None:
    disk = closed_disk(["a"])
    opened = OpenSpool(disk)
    liar = LyingFsync()
    disk.faults.append(liar)
    opened.append("b", "c")
    assert opened.drain() == ["a", "b", "c"]
    disk.faults.clear()
    opened.spool.save()
    done = disk.content(NORMAL / "done")
    disk = disk.power_cut()
    disk.put(NORMAL / "done", done)
    opened = OpenSpool(disk)
    opened.append("d")
    assert opened.drain()[-1:] == ["d"]


def test_damage_in_the_segment_being_written_is_accounted_for_while_running() -> None:
    disk = Disk()
    opened = OpenSpool(disk)
    opened.append("a", count=5)
    opened.append("b", count=7)
    path = segment_of(disk)
    data = bytearray(disk.content(path))
    data[data.index(b"QhR2", 100)] ^= 1
    disk.put(path, bytes(data))
    assert opened.drain() == ["a"]
    assert opened.lost() == [("spool damaged", "", 7)]
    assert opened.spool.state()[Priority.NORMAL].lines_unsent == 0
    opened.append("c")
    assert opened.drain() == ["c"]
    assert len(opened.losses) == 1


def test_a_sector_of_zeros_at_the_end_of_synced_data_is_damage() -> None:
    disk = Disk()
    opened = OpenSpool(disk)
    opened.append("a", count=5)
    opened.append("b", count=7)
    path = segment_of(disk)
    data = disk.content(path)
    at = data.index(b"QhR2", 100)
    disk.put(path, data[:at].ljust(len(data), b"\0"))
    assert opened.drain() == ["a"]
    assert opened.lost() == [("spool damaged", "", 7)]


@pytest.mark.parametrize("failures", [1, 2], ids=["the rewrite succeeds", "the rewrite fails too"])
def test_garbage_of_a_failed_sync_is_never_delivered_instead_of_what_was_written_later(failures: int) -> None:
    disk = closed_disk(["a"])
    opened = OpenSpool(disk)
    path = segment_of(disk)
    good = disk.content(path)
    disk.faults.append(DroppedFsync(failures))
    with nullcontext() if failures == 1 else pytest.raises(SpoolFull):
        opened.append("b")
    opened.append("c")
    garbage = pack(batch("x", count=2), sequence=2, epoch=opened.spool.epoch.bytes, durable=1, lines_before=2)
    disk.put(path, good + garbage)  # what the failed sync wrote after all, and no truncation reached
    disk.process_died()
    for _ in range(2):
        opened = OpenSpool(disk)
        assert opened.drain() == ["a", *(["b"] if failures == 1 else []), "c"]
        assert opened.lost() == []


def test_numbers_that_a_quarantined_segment_may_have_held_are_not_used_again() -> None:
    disk = closed_disk(["a"])
    disk.put(NORMAL / "00000002-000000000002.seg", b"\xff" * 8800)
    opened = OpenSpool(disk)
    opened.append("b")
    assert [lease.last for lease in opened.leases(LaneName.LIVE)] == [2 + 8800 // HEAD_BYTES + 1]

"""Segments that were given up and are there again, after a power cut or because they cannot be moved, cost no reading that was accepted."""

from pathlib import Path

import pytest

from edge.spool.segment import HEAD_BYTES
from telemetry.batch import Priority
from telemetry.errors import SpoolFull
from tests.edge.spool.harness import FOLDER, OpenSpool
from tests.faults.disk import Disk, DroppedFsync, StuckName, TornWrite

_FOLDER = FOLDER / Priority.NORMAL.value
_SEEDS = range(12)


def numbers(disk: Disk) -> list[int]:
    return [int(path.name[:8]) for path in disk.paths(".seg") if path.parent == _FOLDER]


def with_a_bad_last_segment(disk: Disk, first: int, *names: str) -> None:
    """Leave a spool that holds `names`, and behind them a segment without one intact record."""
    opened = OpenSpool(disk)
    for name in names:
        opened.append(name)
    opened.spool.close()
    number = max(numbers(disk), default=0) + 1
    disk.put(_FOLDER / f"{number:08d}-{first:012d}.seg", b"\xff" * 12_000)


@pytest.mark.parametrize("stop_cleanly", [True, False])
@pytest.mark.parametrize("seed", _SEEDS)
def test_the_number_of_a_quarantined_segment_is_not_used_again(seed: int, stop_cleanly: bool) -> None:
    disk = Disk(seed)
    with_a_bad_last_segment(disk, 1)
    first = OpenSpool(disk)
    assert first.lost() == [("spool quarantined", "", None)]
    if stop_cleanly:
        first.spool.close()
    disk.process_died()
    second = OpenSpool(disk)
    second.append("kept")
    assert numbers(disk) == [2]
    assert OpenSpool(disk.power_cut()).drain() == ["kept"]


@pytest.mark.parametrize("seed", _SEEDS)
def test_what_is_written_after_a_segment_was_quarantined_counts_when_that_one_comes_back(seed: int) -> None:
    disk = Disk(seed)
    with_a_bad_last_segment(disk, 2, "before")
    opened = OpenSpool(disk)
    names = ["before"]
    for each in range(8):  # more than one segment
        names.append(f"n{each}")
        opened.append(names[-1], body_bytes=60_000)
    assert OpenSpool(disk.power_cut()).drain() == names


@pytest.mark.parametrize("bad", [b"\xff" * 12_000, b""])
def test_what_is_written_beside_a_segment_that_cannot_be_put_away_counts_at_the_next_start(bad: bytes) -> None:
    disk = Disk()
    with_a_bad_last_segment(disk, 2, "before")
    disk.put(_FOLDER / "00000002-000000000002.seg", bad)
    disk.faults.append(StuckName("00000002-000000000002.seg"))
    opened = OpenSpool(disk)
    names = ["before"]
    for each in range(8):
        names.append(f"n{each}")
        opened.append(names[-1], body_bytes=60_000)
    opened.spool.close()
    again = OpenSpool(disk)
    assert again.drain() == names
    assert all(reason == "spool left as it is" for reason, _, _ in again.lost())


@pytest.mark.parametrize("sync_fails", [False, True])
def test_a_reading_counts_although_a_later_segment_that_failed_comes_back(sync_fails: bool) -> None:
    for seed in range(80):
        disk = Disk(seed)
        opened = OpenSpool(disk)
        names = [f"n{each}" for each in range(4)]
        for name in names:
            opened.append(name, body_bytes=64_000)
        disk.faults = [TornRecords(400), DroppedFsync(int(sync_fails), _FOLDER.name)]
        with pytest.raises(SpoolFull):  # they need a new segment, of which one record is written
            opened.append(*(f"never{each}" for each in range(40)), body_bytes=200)
        opened.append("kept")
        found = OpenSpool(disk.power_cut()).drain()
        assert [name for name in found if "never" not in name] == [*names, "kept"]


class TornRecords(TornWrite):
    """The next write of records, not of a segment's head, stops after `size` bytes."""

    def on_write(self, path: Path, offset: int, data: bytes) -> int | None:
        return super().on_write(path, offset, data) if len(data) > HEAD_BYTES else None

"""What was evicted is accounted for even when the process is killed before the ledger says so, and nothing is that was delivered."""

import pytest

from edge.spool.lease import LaneName
from telemetry.batch import Priority
from tests.edge.spool.harness import OpenSpool, sources
from tests.faults.disk import Disk


def evicting(disk: Disk, names: int = 100) -> OpenSpool:
    opened = OpenSpool(disk)
    for each in range(names):
        opened.append(f"n{each}", body_bytes=60_000, count=10)
    assert opened.losses
    return opened


def test_what_was_evicted_before_a_kill_is_reported_at_the_next_start_with_its_lines() -> None:
    disk = Disk()
    lost = sum(loss.count or 0 for loss in evicting(disk).losses)
    disk.process_died()
    again = OpenSpool(disk)
    assert {reason for reason, _, _ in again.lost()} == {"quota"}
    assert sum(count or 0 for _, _, count in again.lost()) == lost
    assert "" not in {source for _, source, _ in again.lost()}, "the book knows whose they were"
    assert again.spool.state()[Priority.NORMAL].lines_unsent == 1000 - lost
    assert 10 * len(again.drain()) == 1000 - lost


def test_it_is_reported_again_until_a_batch_of_the_ledger_is_durable() -> None:
    disk = Disk()
    evicting(disk)
    for _ in range(2):
        disk.process_died()
        again = OpenSpool(disk)
        assert again.losses
        again.spool.save()
    again.append_ledger()
    again.spool.save()
    disk.process_died()
    assert OpenSpool(disk).losses == []


def test_eviction_that_the_ledger_knows_of_is_not_reported_again() -> None:
    disk = Disk()
    opened = evicting(disk)
    opened.append_ledger()
    opened.spool.close()
    assert OpenSpool(disk).losses == []


@pytest.mark.parametrize("seed", range(5))
def test_history_that_went_is_never_taken_for_readings_that_were_lost(seed: int) -> None:
    disk = Disk(seed)
    opened = OpenSpool(disk)
    for each in range(150):
        opened.append(f"n{each}", body_bytes=60_000)
        opened.drain()
    disk.process_died()
    assert OpenSpool(disk).losses == []
    assert OpenSpool(disk.power_cut()).losses == []


def test_eviction_after_the_ledger_was_drawn_up_is_not_covered_by_it() -> None:
    disk = Disk()
    opened = OpenSpool(disk)
    marks = opened.spool.marks()
    for each in range(100):
        opened.append(f"n{each}", body_bytes=60_000)
    opened.append("ledger", priority=Priority.HIGH)
    opened.spool.accounted(marks)
    opened.spool.close()
    assert sum(count or 0 for _, _, count in OpenSpool(disk).lost()) == len(opened.losses) > 0


def test_without_the_book_the_lines_are_known_and_their_sources_are_not() -> None:
    disk = Disk()
    lost = sum(loss.count or 0 for loss in evicting(disk).losses)
    disk.process_died()
    disk.remove(disk.paths("book")[0])
    assert OpenSpool(disk).lost() == [("quota", "", lost)]


def test_a_lost_done_file_says_nothing_about_eviction() -> None:
    disk = Disk()
    evicting(disk).spool.close()
    disk.put(next(path for path in disk.paths("done") if path.parent.name == "normal"), b"")
    assert OpenSpool(disk).losses == []


def test_lines_that_were_accounted_for_are_not_counted_again_when_what_lay_beside_them_is_missed() -> None:
    """Of a gap that an earlier process accounted for in part, nobody knows how many lines the rest held."""
    for finds in (found_by_a_lane, found_by_the_next_eviction):
        disk = Disk()
        kept = evicting_in_the_middle(disk)
        disk.process_died()
        disk.remove(disk.paths("book")[0])  # which knows all of it
        again = OpenSpool(disk)
        assert again.losses == []
        reason, kept = finds(again, kept)
        assert [count for reason_, name, count in again.lost() if (reason_, name) == (reason, "")] == [None]
        assert again.spool.state()[Priority.NORMAL].lines_unsent >= 10 * sum("high" not in name for name in kept)
        assert sorted(name for name in again.drain() if name != "ledger") == sorted(kept)


def evicting_in_the_middle(disk: Disk) -> list[str]:
    """Have one segment evicted behind the first one, which the ledger knows, and then another, which it does not; return what is kept."""
    opened = OpenSpool(disk)
    names = [f"n{each}" for each in range(60)]
    for name in names:
        opened.append(name, body_bytes=60_000, count=10)
    assert opened.spool.lease(LaneName.LIVE, 10, 1 << 20)
    for priority in (Priority.HIGH, Priority.NORMAL):
        losses = len(opened.losses)
        while len(opened.losses) == losses:
            names.append(f"{priority.value}{len(names)}")
            opened.append(names[-1], priority=priority, body_bytes=60_000, count=10)
        if priority is Priority.HIGH:
            opened.append_ledger()
    return [name for name in names if name not in {loss.source for loss in opened.losses}]


def found_by_a_lane(again: OpenSpool, kept: list[str]) -> tuple[str, list[str]]:
    delivered: list[str] = []
    while not again.losses:
        lease = again.spool.lease(LaneName.BACKLOG, 10, 1 << 20)
        assert lease
        again.spool.accept(lease)
        delivered += sources(lease)
    return "spool damaged", [name for name in kept if name not in delivered]


def found_by_the_next_eviction(again: OpenSpool, kept: list[str]) -> tuple[str, list[str]]:
    while not again.losses:
        kept.append(f"later{len(kept)}")
        again.append(kept[-1], body_bytes=60_000, count=10)
    return "quota", [name for name in kept if name not in {loss.source for loss in again.losses}]

"""Quota and full disk are states: what goes, in which order, and what is said about it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.spool.lease import LaneName
from edge.spool.quota import Holding, Standing, what_to_give
from edge.spool.set_aside import SetAside
from telemetry.batch import Priority
from telemetry.errors import SpoolFull
from tests.edge.spool.harness import FOLDER, OpenSpool, sources
from tests.faults.disk import Disk, StuckName

_SHARE = {Priority.HIGH: 100, Priority.NORMAL: 700, Priority.BULK: 200}
_holdings = st.fixed_dictionaries(
    {
        priority: st.builds(Holding, st.integers(0, 1000), st.just(_SHARE[priority]), st.lists(st.sampled_from(Standing), max_size=4))
        for priority in Priority
    }
)


@given(_holdings, st.sampled_from(Priority))
def test_history_goes_before_any_reading_and_high_never_goes_undelivered(holdings: dict[Priority, Holding], asking: Priority) -> None:
    give = what_to_give(holdings, asking)
    history = any(Standing.DELIVERED in holding.sealed for holding in holdings.values())
    if give is None:
        assert not history
        return
    priority, index = give
    standing = holdings[priority].sealed[index]
    assert standing is (Standing.DELIVERED if history else Standing.UNDELIVERED)
    assert standing not in holdings[priority].sealed[:index]
    if standing is Standing.UNDELIVERED:
        assert priority is not Priority.HIGH
        assert (asking, priority) != (Priority.BULK, Priority.NORMAL)


def fill(opened: OpenSpool, priority: Priority, prefix: str, count: int) -> list[str]:
    names = [f"{prefix}{each:03}" for each in range(count)]
    for name in names:
        opened.append(name, priority=priority, body_bytes=60_000)
    return names


def test_history_goes_first_and_nobody_hears_of_it() -> None:
    opened = OpenSpool(Disk())
    fill(opened, Priority.NORMAL, "old", 40)
    opened.drain()
    fill(opened, Priority.HIGH, "high", 50)
    assert opened.losses == []
    assert len(opened.drain()) == 50


def test_bulk_goes_before_normal_and_the_ledger_hears_exactly_what_went() -> None:
    opened = OpenSpool(Disk())
    bulk = fill(opened, Priority.BULK, "bulk", 20)
    normal = fill(opened, Priority.NORMAL, "normal", 60)
    lost = [loss.source for loss in opened.losses]
    assert {loss.reason for loss in opened.losses} == {"quota"}
    assert lost == bulk[: len(lost)] or lost[: lost.index(normal[0])] == bulk[: lost.index(normal[0])]
    assert sorted([*lost, *opened.drain()]) == sorted(bulk + normal)


def test_high_is_never_evicted_and_stops_acceptance_instead() -> None:
    opened = OpenSpool(Disk())
    accepted, reason = opened.append_until_full(Priority.HIGH)
    assert "nothing that is left may be evicted" in reason
    assert opened.losses == []
    with pytest.raises(SpoolFull):
        opened.append("bulk", priority=Priority.BULK, body_bytes=60_000)
    assert opened.drain() == accepted
    opened.append("again", priority=Priority.HIGH)


def test_a_group_larger_than_the_quota_costs_nobody_anything() -> None:
    opened = OpenSpool(Disk())
    names = fill(opened, Priority.BULK, "b", 10)
    with pytest.raises(SpoolFull):
        opened.append(*(f"x{each}" for each in range(80)), body_bytes=60_000)
    assert opened.losses == []
    assert opened.drain() == names


def test_records_on_their_way_are_not_evicted() -> None:
    opened = OpenSpool(Disk())
    fill(opened, Priority.NORMAL, "n", 30)
    lease = opened.spool.lease(LaneName.LIVE, 3, 1 << 20)
    assert lease
    fill(opened, Priority.NORMAL, "m", 60)
    lost = {loss.source for loss in opened.losses}
    assert lost
    assert not lost & set(sources(lease))
    opened.spool.release(lease)
    assert opened.drain()[:3] == sources(lease)


def test_damage_in_an_evicted_segment_is_accounted_for_too() -> None:
    disk = Disk()
    opened = OpenSpool(disk)
    names = fill(opened, Priority.BULK, "b", 30)
    path = disk.paths(".seg")[0]
    data = bytearray(disk.content(path))
    data[data.index(b"QhR2", 70_000)] ^= 1
    disk.put(path, bytes(data))
    fill(opened, Priority.NORMAL, "n", 80)
    assert ("quota", "", 1) in opened.lost()
    gone = sum(loss.count or 0 for loss in opened.losses if not loss.source.startswith("n"))
    assert gone == len(names) - sum(name in names for name in opened.drain())


def test_room_of_an_evicted_segment_is_free_at_once_though_a_lane_was_reading_it() -> None:
    disk = Disk()
    opened = OpenSpool(disk)
    fill(opened, Priority.BULK, "b", 20)
    lease = opened.spool.lease(LaneName.LIVE, 1, 1 << 20)
    assert lease
    opened.spool.release(lease)
    opened.spool.state()
    disk.leave_room(1000)
    opened.append("high", priority=Priority.HIGH, body_bytes=60_000)
    assert len(opened.losses) == 4  # one segment


def test_a_full_disk_is_a_state_and_ends_by_itself() -> None:
    disk = Disk()
    opened = OpenSpool(disk)
    opened.append("a")
    disk.leave_room(100)
    for _ in range(3):
        with pytest.raises(SpoolFull, match="No space left"):
            opened.append("b1", "b2", body_bytes=60_000)
    disk.process_died()
    again = OpenSpool(disk)
    assert again.drain() == ["a"]
    disk.capacity_bytes = None
    again.append("c", body_bytes=60_000)
    assert again.drain() == ["c"]
    assert opened.losses == again.losses == []


def test_a_spool_starts_on_a_full_disk_with_a_torn_tail() -> None:
    disk = Disk()
    opened = OpenSpool(disk)
    opened.append("a", "b", body_bytes=20_000)
    opened.spool.close()
    path = disk.paths(".seg")[0]
    disk.put(path, disk.content(path)[:-1])
    disk.remove(disk.paths("done")[1])
    disk.leave_room(0)
    again = OpenSpool(disk)
    assert again.drain() == ["a"]
    assert again.lost() == [("spool cut", "", None)]


def test_the_last_bytes_of_a_disk_take_a_record_without_its_reserve() -> None:
    disk = Disk()
    opened = OpenSpool(disk)
    disk.leave_room(1000)
    opened.append("a")
    assert opened.drain() == ["a"]


def test_when_the_oldest_segment_cannot_be_removed_acceptance_stops() -> None:
    disk = Disk()
    opened = OpenSpool(disk)
    fill(opened, Priority.NORMAL, "n", 60)
    disk.faults.append(StuckName(".seg"))
    lost = len(opened.losses)
    with pytest.raises(SpoolFull):
        fill(opened, Priority.NORMAL, "m", 30)
    assert len(opened.losses) == lost
    disk.faults.clear()
    opened.append("later")
    assert opened.drain()[-1] == "later"


def test_history_makes_room_for_what_is_set_aside_too() -> None:
    disk = Disk()
    opened = OpenSpool(disk)
    fill(opened, Priority.NORMAL, "n", 20)
    opened.drain()
    disk.leave_room(10)
    for at in range(50):
        opened.spool.set_aside.add([SetAside(at, "s", "no reading", topic="t", payload=b"x" * 1000)])
    assert opened.losses == []


def test_undelivered_readings_make_room_for_what_is_set_aside_as_they_do_for_readings() -> None:
    disk = Disk()
    opened = OpenSpool(disk)
    fill(opened, Priority.NORMAL, "n", 20)
    disk.leave_room(10)
    opened.spool.set_aside.add([SetAside(1, "s", "no reading", topic="t", payload=b"x" * 1000)])
    assert {loss.reason for loss in opened.losses} == {"quota"}
    assert opened.spool.set_aside.lost_count == 0


def test_whole_segments_in_quarantine_are_never_deleted_and_torn_ends_are_bounded() -> None:
    disk = Disk()
    for number in range(1, 9):
        disk.make_folder(FOLDER / "normal")
        disk.put(FOLDER / "normal" / f"{number:08d}-{number * 1_000_000:012d}.seg", b"\xff" * (6 << 20))
        OpenSpool(disk).spool.close()
    assert [path.parent.name for path in disk.paths(".seg")] == ["quarantine"] * 8
    for number in range(20, 28):
        opened = OpenSpool(disk)
        opened.append(f"a{number}")
        opened.spool.close()
        path = next(path for path in disk.paths(".seg") if path.parent.name == "normal")
        disk.put(path, disk.content(path) + b"\xff" * (6 << 20))
        OpenSpool(disk).spool.close()
    assert len(disk.paths(".torn")) == 5
    assert len([path for path in disk.paths(".seg") if path.parent.name == "quarantine"]) == 8


def test_a_full_disk_with_one_wholly_delivered_segment_ends_by_itself() -> None:
    disk = Disk()
    opened = OpenSpool(disk)
    opened.append(*(f"old{each}" for each in range(5)), body_bytes=40_000)
    disk.leave_room(10_000)
    with pytest.raises(SpoolFull):
        opened.append("waits", body_bytes=60_000)
    assert opened.drain() == [f"old{each}" for each in range(5)]
    opened.append("waits", body_bytes=60_000)
    assert opened.drain() == ["waits"]
    opened.append("next", body_bytes=1_000)
    again = OpenSpool(disk.power_cut())
    assert again.drain()[-1:] == ["next"]
    assert (opened.losses, again.losses) == ([], [])

"""Live first, first in first out within a lane, nothing twice; replay; what draining costs."""

import time
import tracemalloc

from edge.spool.lease import LaneName
from telemetry.batch import Priority
from tests.edge.spool.harness import OpenSpool, batch, sources
from tests.faults.disk import Disk

LIVE, BACKLOG = LaneName.LIVE, LaneName.BACKLOG


def test_after_an_outage_the_newest_go_first_and_the_backlog_in_order_beside_them() -> None:
    opened = OpenSpool(Disk())
    opened.append("old1", "old2")
    opened.spool.split_lanes()
    opened.append("new1")
    live, backlog = opened.spool.lease(LIVE, 1, 1 << 20), opened.spool.lease(BACKLOG, 1, 1 << 20)
    assert live and backlog  # noqa: PT018
    assert (sources(live), sources(backlog)) == (["new1"], ["old1"])
    opened.append("new2")
    assert [sources(lease) for lease in opened.leases(LIVE)] == [["new2"]]
    assert [sources(lease) for lease in opened.leases(BACKLOG)] == [["old2"]]


def test_the_newest_of_each_priority_go_before_a_backlog_that_was_there_when_the_link_came_back() -> None:
    opened = OpenSpool(Disk())
    opened.append(*(f"n{each}" for each in range(30)))
    opened.append("h0", "h1", priority=Priority.HIGH)
    opened.spool.split_lanes(newest=2, newest_bytes=1 << 20)
    opened.append("n30")
    assert [sources(lease) for lease in opened.leases(LIVE)] == [["h0", "h1"], ["n28", "n29", "n30"]]
    assert opened.spool.backlog_records() == 28
    assert opened.drain() == [f"n{each}" for each in range(28)]


def test_the_newest_are_found_again_by_an_agent_that_starts_with_a_backlog() -> None:
    disk = Disk()
    opened = OpenSpool(disk)
    opened.append(*(f"n{each}" for each in range(300)))
    opened.spool.close()
    again = OpenSpool(disk)
    again.spool.split_lanes(newest=3, newest_bytes=1 << 20)
    assert [sources(lease) for lease in again.leases(LIVE)] == [["n297", "n298", "n299"]]
    assert again.drain() == [f"n{each}" for each in range(297)]


def test_the_newest_are_bounded_in_bytes_and_the_last_one_is_always_among_them() -> None:
    opened = OpenSpool(Disk())
    opened.append("a", "b", "c", body_bytes=1000)
    opened.spool.split_lanes(newest=16, newest_bytes=2000)
    assert [sources(lease) for lease in opened.leases(LIVE)] == [["b", "c"]]
    opened.append("large", body_bytes=60_000)
    opened.spool.split_lanes(newest=16, newest_bytes=2000)
    assert [sources(lease) for lease in opened.leases(LIVE)] == [["large"]]
    assert opened.drain() == ["a"]


def test_what_is_delivered_does_not_count_among_the_newest() -> None:
    opened = OpenSpool(Disk())
    opened.append("a", "b", "c")
    opened.spool.split_lanes(newest=1, newest_bytes=1 << 20)
    assert [sources(lease) for lease in opened.leases(LIVE)] == [["c"]]
    opened.spool.split_lanes(newest=1, newest_bytes=1 << 20)
    assert [sources(lease) for lease in opened.leases(LIVE)] == [["b"]]
    assert opened.drain() == ["a"]


def test_a_lease_across_the_new_border_comes_back_in_both_lanes_when_it_is_released() -> None:
    opened = OpenSpool(Disk())
    opened.append("a", "b", "c", "d")
    lease = opened.spool.lease(LIVE, 10, 1 << 20)
    assert lease
    opened.spool.split_lanes(newest=2, newest_bytes=1 << 20)
    assert opened.spool.lease(LIVE, 10, 1 << 20) is None
    opened.spool.release(lease)
    live, backlog = opened.spool.lease(LIVE, 10, 1 << 20), opened.spool.lease(BACKLOG, 10, 1 << 20)
    assert live and backlog  # noqa: PT018
    assert (sources(live), sources(backlog)) == (["c", "d"], ["a", "b"])


def test_a_request_is_bounded_by_the_bytes_of_its_bodies() -> None:
    opened = OpenSpool(Disk())
    opened.append("a", "b", "c", body_bytes=1000)
    first, second = (opened.spool.lease(LIVE, 10, 1 << 20, 2000) for _ in range(2))
    assert first and second  # noqa: PT018
    assert (sources(first), sources(second)) == (["a", "b"], ["c"])


def test_high_goes_before_normal_before_bulk_within_a_lane() -> None:
    opened = OpenSpool(Disk())
    for priority in (Priority.BULK, Priority.NORMAL, Priority.HIGH):
        opened.append(priority.value, priority=priority)
    assert opened.drain() == ["high", "normal", "bulk"]


def test_a_lease_released_after_the_lanes_split_comes_back_first_in_the_backlog() -> None:
    opened = OpenSpool(Disk())
    opened.append("a", "b", "c", "d")
    first = opened.spool.lease(LIVE, 2, 1 << 20)
    assert first
    opened.spool.split_lanes()
    opened.append("e")
    passed = opened.spool.lease(BACKLOG, 10, 1 << 20)
    assert passed
    assert sources(passed) == ["c", "d"]
    opened.spool.release(first)
    opened.spool.release(passed)
    assert opened.drain() == ["a", "b", "c", "d", "e"]


def test_leases_of_one_lane_may_end_in_any_order() -> None:
    opened = OpenSpool(Disk())
    opened.append("a", "b", "c", "d", "e", "f")
    leases = [opened.spool.lease(LIVE, 2, 1 << 20) for _ in range(3)]
    assert all(leases)
    opened.spool.accept(leases[1])  # type: ignore[arg-type]
    opened.spool.release(leases[2])  # type: ignore[arg-type]
    opened.spool.release(leases[0])  # type: ignore[arg-type]
    assert opened.drain() == ["a", "b", "e", "f"]
    assert opened.spool.state()[Priority.NORMAL].lines_unsent == 0


def test_a_request_is_bounded_by_lines_and_by_text_and_holds_at_least_one_record() -> None:
    opened = OpenSpool(Disk())
    opened.append("a", "b", "c", count=10)
    assert [lease.count for lease in opened.leases(LIVE, max_lines=20)] == [20, 10]
    opened.append("large", body_bytes=50_000)
    lease = opened.spool.lease(LIVE, 0, 10)
    assert lease
    assert lease.body == batch("large", body_bytes=50_000).body


def test_many_outages_without_a_drain_lose_nothing_and_send_each_record_once() -> None:
    opened = OpenSpool(Disk())
    names = []
    for each in range(400):
        opened.spool.split_lanes()
        opened.append(f"old{each}")
        opened.spool.split_lanes()
        opened.append(f"live{each}")
        names += [f"old{each}", f"live{each}"]
        assert [sources(lease) for lease in opened.leases(LIVE)] == [[f"live{each}"]]
    opened.spool.save()
    rest = opened.drain()
    assert {f"old{each}" for each in range(400)} <= set(rest)
    assert len(rest) == len(set(rest)) <= 800 - 240
    assert opened.spool.state()[Priority.NORMAL].records_unsent == 0


def test_replay_sends_again_what_is_kept_of_a_time_range_once() -> None:
    disk = Disk()
    opened = OpenSpool(disk)
    names = [f"n{each}" for each in range(9)]
    for name in names:
        opened.append(name, body_bytes=60_000, count=3)
    assert opened.drain() == names
    middle = batch("n4").first_ns
    assert opened.spool.replay(middle, middle) == 3
    assert opened.spool.state()[Priority.NORMAL].lines_unsent == 3
    opened.append("new")
    assert opened.drain() == ["n4", "new"]
    assert opened.spool.replay(middle + 1_000_000, middle + 2_000_000) == 0
    assert opened.spool.replay(0, 1 << 60) == 9 * 3 + 1
    opened.spool.close()
    assert OpenSpool(disk).drain() == [*names, "new"]


def test_replay_while_the_backlog_drains_keeps_the_order_and_repeats_nothing_else() -> None:
    opened = OpenSpool(Disk())
    opened.append("a", "b", "c", "d")
    first = next(opened.leases(LIVE, max_lines=2))
    opened.spool.accept(first)
    assert opened.spool.replay(0, 1 << 60) == 2
    assert opened.drain() == ["a", "b", "c", "d"]


def test_a_long_delivered_history_is_not_read_again_when_the_lanes_split() -> None:
    disk = Disk()
    opened = OpenSpool(disk, quota_bytes=64 << 20, segment_bytes=256 << 10)
    for each in range(300):
        opened.append(f"n{each}", body_bytes=60_000)
        list(opened.leases(LIVE))
    opened.spool.split_lanes()
    opened.append("new")
    disk.bytes_read = 0
    assert opened.drain() == ["new"]
    opened.spool.state()
    assert disk.bytes_read < 1 << 20


def test_draining_a_large_backlog_keeps_memory_flat() -> None:
    opened = OpenSpool(Disk(), quota_bytes=64 << 20)
    for each in range(60):
        opened.append(*(f"n{each}-{index}" for index in range(10)), body_bytes=50_000)
    tracemalloc.start()
    try:
        peaks = []
        for count, _ in enumerate(opened.leases(LIVE)):
            if count % 8 == 7:
                peaks.append(tracemalloc.get_traced_memory()[1])
                tracemalloc.reset_peak()
        assert max(peaks) < 8 << 20
        assert peaks[-1] < peaks[1] + (1 << 20)
    finally:
        tracemalloc.stop()


def test_small_records_are_leased_and_accepted_at_thousands_a_second() -> None:
    opened = OpenSpool(Disk(), quota_bytes=64 << 20)
    for each in range(20):
        opened.append(*(f"n{each}-{index}" for index in range(500)), body_bytes=60)
    begun = time.process_time()
    assert len(opened.drain()) == 10_000
    assert time.process_time() - begun < 2.0  # 5,000 a second; far less here

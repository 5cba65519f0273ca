"""Frame counters: gaps are told once, and neither a rejoin nor a turn-over nor a late uplink is one."""

from hypothesis import given
from hypothesis import strategies as st

from edge.decoders.lorawan.counters import MOST_DEVICES, FrameCounters

S = 1_000_000_000


def missed(counters: FrameCounters, f_cnts: list[int], device: str = "d", start_s: int = 0) -> list[int | None]:
    """Return how many each of the uplinks, ten seconds apart, says were missed."""
    found = [counters.note(device, f_cnt, (start_s + number * 10) * S) for number, f_cnt in enumerate(f_cnts)]
    return [one.reading_count if one else 0 for one in found]


def test_a_gap_is_told_once_with_its_device_and_times() -> None:
    counters = FrameCounters()
    counters.note("70b3d57ba0003bb8", 20, 100 * S)
    found = counters.note("70b3d57ba0003bb8", 24, 500 * S)
    assert found is not None
    assert (found.reason, found.reading_count, found.first_ns, found.last_ns) == ("not received", 3, 100 * S, 500 * S)
    assert "70b3d57ba0003bb8" in found.detail
    assert "f_cnt 21" in found.detail
    assert counters.note("70b3d57ba0003bb8", 25, 510 * S) is None


def test_the_first_uplink_of_a_device_tells_of_no_gap() -> None:
    assert missed(FrameCounters(), [4711]) == [0]


def test_a_counter_of_16_bits_turns_over() -> None:
    assert missed(FrameCounters(), [65_533, 65_535, 0, 3]) == [0, 1, 0, 2]
    counters = FrameCounters()
    assert missed(counters, [65_533]) == [0]
    found = counters.note("d", 2, 20 * S)
    assert found is not None
    assert (found.reading_count, found.detail) == (4, "uplinks of d: from f_cnt 65534 to before f_cnt 2")


def test_a_counter_of_32_bits_goes_on_beyond_16() -> None:
    assert missed(FrameCounters(), [65_535, 65_536, 70_000, 70_001]) == [0, 0, 4_463, 0]


def test_a_device_that_starts_again_missed_nothing() -> None:
    assert missed(FrameCounters(), [500, 501, 0, 1, 2]) == [0, 0, 0, 0, 0]
    assert missed(FrameCounters(), [500, 501, 1, 2]) == [0, 0, 0, 0]


def test_after_a_join_the_uplinks_from_the_first_on_count() -> None:
    counters = FrameCounters()
    counters.note("d", 20, 10 * S)
    counters.joined("d", 20 * S)
    assert missed(counters, [4, 5], start_s=30) == [3, 0]


def test_after_a_join_a_gap_is_counted_from_the_first_uplink_not_from_the_old_counter() -> None:
    counters = FrameCounters()
    counters.note("d", 3, 10 * S)
    counters.joined("d", 20 * S)
    found = counters.note("d", 6, 30 * S)
    assert found is not None
    assert (found.reading_count, found.first_ns) == (5, 20 * S)
    assert "a new session" in found.detail


def test_after_a_join_a_counter_above_the_old_one_is_no_gap_from_it() -> None:
    counters = FrameCounters()
    counters.note("d", 3, 10 * S)
    counters.joined("d", 20 * S)
    assert missed(counters, [0, 1, 2, 3, 4], start_s=30) == [0] * 5


def test_an_uplink_that_comes_twice_or_late_is_no_news() -> None:
    counters = FrameCounters()
    times = {10: 100, 11: 110, 12: 120, 13: 130}
    found = [counters.note("d", f_cnt, times[f_cnt] * S) for f_cnt in (10, 11, 11, 13, 12, 13, 10)]
    assert [one.reading_count if one else 0 for one in found] == [0, 0, 0, 1, 0, 0, 0]


def test_without_times_a_small_step_back_is_late_and_a_fall_to_0_a_new_session() -> None:
    counters = FrameCounters()
    found = [counters.note("d", f_cnt, None) for f_cnt in (40, 39, 41, 0, 1, 2)]
    assert all(one is None for one in found)
    assert counters.note("d", 4, None) is not None


def test_a_step_that_no_counter_can_take_has_no_number() -> None:
    counters = FrameCounters()
    counters.note("d", 1, S)
    found = counters.note("d", 50_000, 2 * S)
    assert found is not None
    assert found.reading_count is None


def test_devices_do_not_touch_one_another_and_the_longest_silent_is_forgotten() -> None:
    counters = FrameCounters()
    for number in range(MOST_DEVICES + 1):
        counters.note(f"d{number}", 1, S)
    assert missed(counters, [5], "d1") == [3]
    assert missed(counters, [5], "d0") == [0]


@given(st.lists(st.integers(1, 40), min_size=1, max_size=60), st.integers(0, 2**16))
def test_what_is_missed_and_what_came_add_up(steps: list[int], first: int) -> None:
    counters = FrameCounters()
    f_cnts = [first]
    for step in steps:
        f_cnts.append(f_cnts[-1] + step)
    assert sum(count or 0 for count in missed(counters, f_cnts)) == f_cnts[-1] - first + 1 - len(f_cnts)


@given(st.lists(st.tuples(st.integers(0, 2**32 - 1), st.none() | st.integers(0, 2**62)), max_size=60))
def test_any_sequence_gives_counts_above_zero_or_nothing(uplinks: list[tuple[int, int | None]]) -> None:
    counters = FrameCounters(most_devices=2)
    for f_cnt, time_ns in uplinks:
        found = counters.note(str(f_cnt % 3), f_cnt, time_ns)
        assert found is None or found.reading_count is None or 0 < found.reading_count <= 16_384

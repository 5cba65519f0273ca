"""No point of a series hides another, and none is made twice."""

from hypothesis import given
from hypothesis import strategies as st

from edge.series import Series, SeriesTable

SECOND_NS = 1_000_000_000


def one_series() -> tuple[SeriesTable, Series]:
    table = SeriesTable(10)
    series = table.admit("air", "air", {})
    assert series is not None
    return table, series


def test_arrivals_in_one_nanosecond_or_slightly_backwards_go_behind_the_newest() -> None:
    table, series = one_series()
    assert [table.place_arrival(series, at, {"a": 1.0}) for at in (100, 100, 99, 200)] == [100, 101, 102, 200]
    assert table.moved_count == 2


def test_a_clock_that_is_set_back_is_believed() -> None:
    table, series = one_series()
    table.place_arrival(series, 100 * SECOND_NS, {"a": 1.0})
    assert table.place_arrival(series, 50 * SECOND_NS, {"a": 1.0}) == 50 * SECOND_NS


def test_a_repeat_keeps_its_time_and_another_value_goes_behind() -> None:
    table, series = one_series()
    values = [1.0, 1.0, 2.0, 1.0, 2.0, 3.0]
    assert [table.place_stamped(series, 100, {"a": value}) for value in values] == [100, 100, 101, 100, 101, 102]
    assert (table.repeated_count, table.moved_count) == (3, 2)


def test_other_fields_of_the_same_moment_join_its_point() -> None:
    table, series = one_series()
    assert [table.place_stamped(series, 100, fields) for fields in ({"a": 1.0}, {"b": 2.0}, {"b": 3.0})] == [100, 100, 101]


def test_a_long_burst_of_one_second_stays_in_order() -> None:
    table, series = one_series()
    assert [table.place_stamped(series, 100, {"a": float(number)}) for number in range(50)] == list(range(100, 150))


def test_late_points_keep_their_own_time_and_do_not_become_the_last_value() -> None:
    table, series = one_series()
    table.place_stamped(series, 200, {"a": 2.0})
    assert table.place_stamped(series, 100, {"a": 1.0}) == 100
    assert (series.time_ns, series.fields) == (200, {"a": 2.0})


def test_the_last_values_are_of_all_fields_of_a_device_that_tells_them_in_turns() -> None:
    table, series = one_series()
    for at in range(3):
        table.place_arrival(series, (10 * at + 1) * SECOND_NS, {"temperature": float(at)})
        table.place_arrival(series, (10 * at + 2) * SECOND_NS, {"rain": float(at)})
    assert series.fields == {"rain": 2.0}
    assert series.latest(20 * SECOND_NS) == {"temperature": 2.0, "rain": 2.0}
    assert series.latest(22 * SECOND_NS) == {"rain": 2.0}


def test_a_device_that_names_ever_other_fields_costs_no_more_memory() -> None:
    table, series = one_series()
    for at in range(1000):
        table.place_arrival(series, at, {f"field{at}": 1.0})
    assert len(series.latest(0)) == len(series.others) + 1 < 10


def test_the_table_is_bounded_and_shows_the_last_values() -> None:
    table = SeriesTable(1)
    series = table.admit("a", "air", {"device": "d"})
    assert series is not None
    table.place_arrival(series, 5, {"x": 1.0})
    assert table.admit("b", "air", {}) is None
    assert [(one.key, one.time_ns, one.fields, one.count) for one in table.snapshot()] == [("a", 5, {"x": 1.0}, 1)]


@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 3)), max_size=8))
def test_no_stamped_point_replaces_another_value(sent: list[tuple[int, int]]) -> None:
    table, series = one_series()
    stored: dict[int, int] = {}
    for time_ns, value in sent:
        placed_ns = table.place_stamped(series, time_ns, {"a": value})
        assert stored.setdefault(placed_ns, value) == value
        assert placed_ns >= time_ns


@given(st.lists(st.integers(0, 5_000).map(lambda ms: ms * 1_000_000), max_size=200))
def test_no_two_points_of_a_source_without_repeats_share_a_time_wherever_its_times_jump(times: list[int]) -> None:
    table, series = one_series()
    placed = [table.place_once(series, at, {"a": 1.0}) for at in times]
    assert len(set(placed)) == len(times)
    assert all(0 <= got - wanted < SECOND_NS + 1_000_000 for got, wanted in zip(placed, times, strict=True))


def test_times_that_go_through_the_past_again_keep_their_milliseconds() -> None:
    table, series = one_series()
    first = [table.place_once(series, second * SECOND_NS, {"a": 1.0}) for second in range(10)]
    again = [table.place_once(series, second * SECOND_NS, {"a": 1.0}) for second in range(12)]
    assert first == [second * SECOND_NS for second in range(10)]
    assert [at // 1_000_000 for at in again] == [second * 1000 for second in range(12)]
    assert set(first) & set(again) == set()

from edge.uplink.refusals import DAY_S, RefusalTable


def refused(times: int, now_s: float = 0.0) -> RefusalTable:
    table = RefusalTable()
    for _ in range(times):
        table.note("air", "pm25", now_s)
    return table


def test_a_field_is_blocked_after_more_than_twenty_refusals() -> None:
    assert not refused(20).blocked("air", "pm25", 1.0)
    assert refused(21).blocked("air", "pm25", 1.0)
    assert not refused(21).blocked("air", "pm10", 1.0)


def test_a_blocked_field_is_tried_again_after_a_day_and_blocked_by_one_more_refusal() -> None:
    table = refused(21)
    assert table.blocked("air", "pm25", DAY_S - 1)
    assert not table.blocked("air", "pm25", DAY_S)
    table.note("air", "pm25", DAY_S + 1)
    assert table.blocked("air", "pm25", DAY_S + 2)


def test_a_field_that_is_taken_again_starts_from_nothing() -> None:
    table = refused(21)
    table.note("air", "pm25", 3 * DAY_S)
    assert not table.blocked("air", "pm25", 3 * DAY_S + 1)


def test_the_table_is_bounded_and_forgets_what_it_heard_of_longest_ago() -> None:
    table = RefusalTable(limit=0, size=3)
    for name in ("a", "b", "c", "a", "d"):
        table.note("air", name, 0.0)
    assert len(table) == 3
    assert table.blocked("air", "a", 1.0)
    assert not table.blocked("air", "b", 1.0)

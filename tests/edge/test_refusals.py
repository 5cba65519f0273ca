from edge.uplink.refusals import DAY_S, RefusalTable


def refused(times: int, now_s: float = 0.0) -> RefusalTable:
    table = RefusalTable()
    for _ in range(times):
        table.note("air", "pm25", "float", now_s)
    return table


def test_a_field_is_blocked_after_more_than_twenty_refusals() -> None:
    assert not refused(20).blocked("air", "pm25", "float", 1.0)
    assert refused(21).blocked("air", "pm25", "float", 1.0)
    assert not refused(21).blocked("air", "pm10", "float", 1.0)


def test_a_field_is_blocked_only_as_the_type_that_was_refused() -> None:
    table = refused(21)
    assert table.blocked("air", "pm25", "float", 1.0)
    assert not table.blocked("air", "pm25", "integer", 1.0)


def test_a_blocked_field_is_tried_again_after_a_day_and_blocked_by_one_more_refusal() -> None:
    table = refused(21)
    assert table.blocked("air", "pm25", "float", DAY_S - 1)
    assert not table.blocked("air", "pm25", "float", DAY_S)
    table.note("air", "pm25", "float", DAY_S + 1)
    assert table.blocked("air", "pm25", "float", DAY_S + 2)


def test_a_field_that_is_taken_again_starts_from_nothing() -> None:
    table = refused(21)
    table.note("air", "pm25", "float", 3 * DAY_S)
    assert not table.blocked("air", "pm25", "float", 3 * DAY_S + 1)


def test_the_table_is_bounded_and_forgets_what_it_heard_of_longest_ago() -> None:
    table = RefusalTable(limit=0, size=3)
    for name in ("a", "b", "c", "a", "d"):
        table.note("air", name, "float", 0.0)
    assert len(table) == 3
    assert table.blocked("air", "a", "float", 1.0)
    assert not table.blocked("air", "b", "float", 1.0)

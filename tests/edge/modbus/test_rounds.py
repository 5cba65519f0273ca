"""Which rows are read in which round: slow ones less often, and never too late."""

from hypothesis import given
from hypothesis import strategies as st

from edge.modbus.frame import Span
from edge.modbus.plan import Rounds, reads_of
from edge.modbus.template import Template
from tests.edge.modbus.maps import row, template

LATE = 1.2  # of the cadence: as late as a round may begin
periods = st.sampled_from([None, 1.0, 5.0, 7.5, 10.0, 25.0, 60.0])
maps = st.lists(st.tuples(st.integers(0, 6), st.integers(1, 4), periods), min_size=1, max_size=8)  # gap before it, registers, every_s


def made(rows: list[tuple[int, int, float | None]], max_gap: int) -> Template:
    fields, at = [], 0
    for number, (gap, length, every_s) in enumerate(rows):
        kind = {1: "uint16", 2: "uint32", 3: "ascii", 4: "uint64"}[length]
        more = {"length": 3} if kind == "ascii" else {}
        fields.append(row(f"f{number}", at + gap, type=kind, every_s=every_s, **more))
        at += gap + length
    return template(*fields, max_gap=max_gap, max_registers=20)


@given(maps, st.integers(0, 6), st.sampled_from([1.0, 5.0, 10.0, 30.0]), st.lists(st.floats(0, LATE - 1), min_size=20, max_size=60))
def test_each_row_is_read_within_its_time_and_no_request_is_sent_without_one_that_is_due(
    rows: list[tuple[int, int, float | None]], max_gap: int, cadence_s: float, delays: list[float]
) -> None:
    one = made(rows, max_gap)
    rounds = Rounds(one, cadence_s)
    read_at: dict[str, float] = {}
    for number, late in enumerate(delays):
        now_s = (number + late) * cadence_s
        reads = rounds.due(now_s)
        assert len(reads) <= len(reads_of(one))
        assert sum(span.length for span in reads) <= sum(span.length for span in reads_of(one))
        due = {
            field.name
            for field in one.field
            if now_s - read_at.get(field.name, -1e9) > max(0.0, (field.every_s or 0.0) - LATE * cadence_s) - 1e-6
        }
        for span in reads:
            assert any(span.holds(field.needs) and field.name in due for field in one.field)
            rounds.took(span, now_s)
        for field in one.field:
            if any(span.holds(field.needs) for span in reads):
                read_at[field.name] = now_s
            slack_s = (LATE - 1) * cadence_s
            assert now_s - read_at[field.name] <= max((field.every_s or 0.0) - cadence_s, 0.0) + slack_s + 1e-6
        rounds.finished()


def test_a_slow_row_is_read_every_nth_round() -> None:
    rounds = Rounds(template(row("fast", 0), row("slow", 10, every_s=35)), 10)
    seen = []
    for number in range(9):
        reads = rounds.due(10.0 * number)
        seen.append([span.address for span in reads])
        for span in reads:
            rounds.took(span, 10.0 * number)
        rounds.finished()
    assert seen == [[0, 10], [0], [0], [0, 10], [0], [0], [0, 10], [0], [0]]


def test_what_was_not_answered_stays_due_and_failed_rounds_do_not_count() -> None:
    rounds = Rounds(template(row("fast", 0), row("slow", 10, every_s=20)), 10)
    fast, slow = Span(3, 0, 1), Span(3, 10, 1)
    assert rounds.due(0.0) == [fast, slow]
    rounds.took(fast, 0.0)  # then the device was silent
    assert rounds.due(0.1) == [fast, slow]
    rounds.took(fast, 0.1)
    rounds.took(slow, 0.1)
    rounds.finished()
    assert rounds.due(10.0) == [fast]  # and silent again: asked once more
    assert rounds.due(10.1) == [fast]


def test_after_a_long_silence_a_slow_row_is_due_although_few_rounds_were_finished() -> None:
    rounds = Rounds(template(row("fast", 0), row("slow", 10, every_s=600)), 10)
    for span in rounds.due(0.0):
        rounds.took(span, 0.0)
    rounds.finished()
    assert len(rounds.due(3600.0)) == 2


def test_a_slow_row_among_fast_ones_comes_along_and_one_at_the_end_is_cut_off() -> None:
    rounds = Rounds(template(row("a", 0), row("slow", 1, every_s=60), row("b", 2), row("last", 3, every_s=60)), 10)
    for span in rounds.due(0.0):
        rounds.took(span, 0.0)
    rounds.finished()
    assert rounds.due(10.0) == [Span(3, 0, 3)]


def test_a_map_of_slow_rows_has_rounds_without_a_request() -> None:
    rounds = Rounds(template(row("serial", 0, type="ascii", length=4, every_s=3600)), 10)
    rounds.took(rounds.due(0.0)[0], 0.0)
    rounds.finished()
    assert rounds.due(10.0) == []


def test_a_block_is_read_whole_or_not_at_all() -> None:
    blocks = [{"function": 3, "address": 0, "length": 10}, {"address": "40021", "length": 4}]
    one = template(row("a", 4, every_s=60), row("b", 21), block=blocks)
    assert reads_of(one) == (Span(3, 0, 10), Span(3, 20, 4))
    rounds = Rounds(one, 10)
    for span in rounds.due(0.0):
        rounds.took(span, 0.0)
    rounds.finished()
    assert rounds.due(10.0) == [Span(3, 20, 4)]


def test_where_a_device_tells_of_its_faults_is_read_in_every_round() -> None:
    rounds = Rounds(template(row("slow", 0, every_s=100), fault=[{"function": 3, "address": 5}]), 10)
    for span in rounds.due(0.0):
        rounds.took(span, 0.0)
    rounds.finished()
    assert rounds.due(10.0) == [Span(3, 5, 1)]

"""A line that somebody else masters: each fault is counted for the slave that it is of."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.modbus.frame import Span, read_request, rtu
from edge.modbus.overheard import Event, Overheard

ONE, TWO = rtu(1, read_request(Span(3, 0, 2))), rtu(2, read_request(Span(4, 0, 1)))
ANSWER_ONE, ANSWER_TWO = rtu(1, b"\x03\x04\x00\x01\x00\x02"), rtu(2, b"\x04\x02\x00\x07")
QUIET = b""


def overheard(*script: tuple[float, bytes]) -> tuple[Overheard, list[Event]]:
    line = Overheard()
    return line, [event for at_s, data in script for event in line.hear(data, at_s)]


def test_an_answer_behind_its_request_counts_with_its_latency() -> None:
    line, events = overheard((1.0, ONE), (1.03, ANSWER_ONE[:4]), (1.05, ANSWER_ONE[4:]), (2.0, TWO), (2.02, ANSWER_TWO))
    assert [(event.unit, event.kind) for event in events] == [(1, "answer"), (2, "answer")]
    assert list(line.counts[1].latencies_s) == [pytest.approx(0.05)]
    assert (line.counts[1].asked, line.counts[1].answered, line.request_count) == (1, 1, 2)


def test_who_does_not_answer_is_known_when_the_next_is_asked() -> None:
    line, events = overheard((1.0, ONE), (1.5, QUIET), (2.0, TWO), (2.02, ANSWER_TWO))
    assert [(event.unit, event.kind) for event in events] == [(1, "timeout"), (2, "answer")]
    assert (line.counts[1].timeouts, line.counts[2].timeouts) == (1, 0)


@pytest.mark.parametrize("quiet", [True, False])
def test_a_damaged_answer_is_of_the_slave_that_was_asked(quiet: bool) -> None:
    damaged = (1.02, ANSWER_ONE[:-1] + b"\x00")
    line, _ = overheard((1.0, ONE), damaged, *([(1.2, QUIET)] if quiet else []), (2.0, TWO), (2.02, ANSWER_TWO), (2.2, QUIET))
    assert (line.counts[1].damaged, line.counts[1].timeouts, line.counts[2].answered) == (1, 0, 1)
    assert line.line.noise_bytes == 0


def test_an_exception_is_an_answer() -> None:
    line, events = overheard((1.0, ONE), (1.02, rtu(1, b"\x83\x02")))
    assert (line.counts[1].exceptions, line.counts[1].answered, events[0].what) == (
        1,
        1,
        "read holding registers 0 to 1: exception 2, illegal data address",
    )


def test_late_repeated_and_foreign_are_told_apart() -> None:
    line, events = overheard(
        (1.0, ONE), (2.0, TWO), (2.01, ANSWER_ONE), (2.02, ANSWER_TWO), (2.05, ANSWER_TWO), (3.0, rtu(9, b"\x03\x02\0\0")), (3.2, QUIET)
    )
    assert [(event.unit, event.kind) for event in events] == [(1, "timeout"), (1, "late"), (2, "answer"), (2, "repeated"), (9, "foreign")]
    assert (line.counts[1].late, line.counts[2].repeated, line.line.foreign) == (1, 1, 1)


def test_the_answer_to_a_write_is_not_taken_for_another_request() -> None:
    write = rtu(1, b"\x06\x00\x01\x00\x03")
    line, events = overheard((1.0, write), (1.02, write), (2.0, write), (2.02, write))
    assert (line.counts[1].asked, line.counts[1].answered, len(events)) == (2, 2, 2)


def test_nobody_owes_an_answer_to_a_broadcast() -> None:
    line, events = overheard((1.0, rtu(0, b"\x06\x00\x01\x00\x03")), (2.0, ONE))
    assert (events, list(line.counts)) == ([], [1])


def test_noise_is_the_line_s_and_nobody_s() -> None:
    line, _ = overheard((1.0, bytes(30)), (1.2, QUIET), (2.0, ONE), (2.02, ANSWER_ONE))
    assert (line.line.noise_bytes, line.line.zeros, line.counts[1].damaged) == (30, 30, 0)


def test_two_masters_show_as_requests_that_run_into_each_other() -> None:
    line, _ = overheard(*((0.1 * number + late_s, frame) for number in range(9) for late_s, frame in ((0.0, ONE), (0.005, TWO))))
    assert line.line.hasty >= 9


def test_what_came_in_one_lump_has_no_latency() -> None:
    line, _ = overheard((1.0, ONE + ANSWER_ONE))
    assert (line.counts[1].answered, len(line.counts[1].latencies_s)) == (1, 0)


@given(st.lists(st.sampled_from([ONE, TWO, ANSWER_ONE, ANSWER_TWO, b"\x07\x03", QUIET, b"\x00" * 5]), max_size=40), st.integers(1, 9))
def test_every_request_has_one_fate(pieces: list[bytes], chunk: int) -> None:
    line = Overheard()
    for number, piece in enumerate(pieces):
        for at in range(0, len(piece) or 1, chunk):
            line.hear(piece[at : at + chunk], number * 0.1)
    for counts in line.counts.values():
        assert 0 <= counts.asked - counts.answered - counts.timeouts - counts.damaged <= 1


@given(st.lists(st.binary(max_size=300), max_size=20))
def test_whatever_is_heard_little_is_remembered(chunks: list[bytes]) -> None:
    line = Overheard()
    for number, chunk in enumerate(chunks):
        line.hear(chunk, number * 0.05)
    assert len(line.counts) <= 256

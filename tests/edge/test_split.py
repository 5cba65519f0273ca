import json
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from math import ceil, log2
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.uplink.split import Splitter
from runtime.influx_answers import Action, Answer, judge

NOW = datetime(2026, 11, 23, tzinfo=UTC)
ONE_INTEGER = (
    b'partial write: field type conflict: input field "v" on measurement "m" is type integer, already exists as type float dropped=1'
)
Bad = Callable[[bytes], bool]


class ModelServer:
    """Refuses requests that hold a bad line, as one generation of InfluxDB would; sometimes it is away."""

    def __init__(self, is_bad: Bad, dialect: str = "atomic", away: Sequence[bool] = ()) -> None:
        self.is_bad = is_bad
        self.dialect = dialect
        self.away = list(away)
        self.stored: set[bytes] = set()
        self.request_count = 0

    def send(self, lines: Sequence[bytes]) -> Answer:
        if self.away and self.away.pop():
            return judge(503, {}, b"", NOW)
        self.request_count += 1
        bad = [line for line in lines if self.is_bad(line)]
        if not bad:
            self.stored.update(lines)
            return judge(204, {}, b"", NOW)
        if self.dialect != "atomic":
            self.stored.update(line for line in lines if not self.is_bad(line))
        return judge(400, {}, json.dumps({"error": self.words(bad)}).encode(), NOW)

    def words(self, bad: list[bytes]) -> str:
        if self.dialect == "quoting":
            return "partial write: " + "\n".join(f"unable to parse '{line.decode()}': bad" for line in bad) + " dropped=0"
        if self.dialect == "conflict":
            return (
                'partial write: field type conflict: input field "v" on measurement "m" is type integer, '
                f"already exists as type float dropped={len(bad)}"
            )
        return f"no thanks, line {bad[0].decode()!r}"


def lines_of(count: int, bad: Sequence[int] = ()) -> list[bytes]:
    marked = set(bad)
    return [f"m,d=d{index % 50} v={index}{'i' if index in marked else ''} {1000 + index}".encode() for index in range(count)]


def is_integer(line: bytes) -> bool:
    return b"i " in line


def search(server: ModelServer, lines: Sequence[bytes]) -> Splitter:
    first = judge(400, {}, json.dumps({"error": server.words([line for line in lines if server.is_bad(line)])}).encode(), NOW)
    return finish(Splitter(lines, first), server)


def finish(splitter: Splitter, server: ModelServer) -> Splitter:
    while (part := splitter.next()) is not None:
        splitter.answered(server.send(part))
    return splitter


def assert_told_apart(splitter: Splitter, server: ModelServer, lines: Sequence[bytes]) -> None:
    bad = [line for line in lines if server.is_bad(line)]
    assert sorted(line for line, _ in splitter.refused) == sorted(bad)
    assert all(reason for _, reason in splitter.refused)
    assert server.stored >= set(lines) - set(bad)
    assert splitter.accepted_count == len(lines) - len(bad)


@settings(deadline=None)
@given(
    count=st.integers(2, 400),
    dialect=st.sampled_from(["atomic", "good-stored", "quoting", "conflict"]),
    away=st.lists(st.booleans(), max_size=30),
    data=st.data(),
)
def test_every_good_line_is_stored_and_every_bad_one_has_a_reason(count: int, dialect: str, away: list[bool], data: st.DataObject) -> None:
    bad = data.draw(st.sets(st.integers(0, count - 1), min_size=1, max_size=8))
    server = ModelServer(is_integer, dialect, away)
    splitter = search(server, lines_of(count, sorted(bad)))
    assert splitter.is_done
    assert_told_apart(splitter, server, lines_of(count, sorted(bad)))
    assert server.request_count <= 2 * len(bad) * ceil(log2(count)) + 21
    if dialect in ("quoting", "conflict"):
        assert server.request_count <= 1


@settings(deadline=None, max_examples=30)
@given(count=st.integers(1, 5000), dialect=st.sampled_from(["atomic", "good-stored", "quoting", "conflict"]))
def test_a_wholly_bad_batch_costs_few_requests(count: int, dialect: str) -> None:
    lines = lines_of(count, range(count))
    server = ModelServer(is_integer, dialect)
    splitter = search(server, lines)
    assert server.request_count <= 60
    assert [line for line, _ in sorted(splitter.refused)] == sorted(lines)


@given(st.sets(st.integers(0, 59), min_size=1))
def test_small_batches_with_any_bad_lines_are_refused_or_stored_line_by_line(bad: set[int]) -> None:
    lines = lines_of(60, sorted(bad))
    server = ModelServer(is_integer)
    splitter = search(server, lines)
    assert splitter.accepted_count + len(splitter.refused) == 60
    if not splitter.gave_up:
        assert_told_apart(splitter, server, lines)


@pytest.mark.parametrize("position", [0, 2500, 4999])
def test_one_bad_line_among_five_thousand_is_found(position: int) -> None:
    server = ModelServer(is_integer)
    splitter = search(server, lines_of(5000, [position]))
    assert_told_apart(splitter, server, lines_of(5000, [position]))
    assert server.request_count <= 27


def test_one_bad_device_in_turn_with_good_ones_is_not_taken_for_a_wholly_bad_batch() -> None:
    lines = lines_of(1000, range(0, 1000, 50))
    server = ModelServer(is_integer)
    splitter = search(server, lines)
    assert not splitter.gave_up
    assert_told_apart(splitter, server, lines)


def test_a_search_without_end_is_cut_off_and_loses_no_line() -> None:
    rng = Random(5)
    lines = lines_of(5000, [index for index in range(5000) if rng.random() < 0.5])
    server = ModelServer(is_integer)
    splitter = search(server, lines)
    assert server.request_count <= 600
    assert splitter.gave_up
    assert splitter.accepted_count + len(splitter.refused) == 5000
    assert "not told apart" in splitter.refused[-1].reason


def test_too_large_a_request_is_halved_until_it_fits() -> None:
    lines = lines_of(1000)
    sizes: list[int] = []

    def send(part: Sequence[bytes]) -> Answer:
        sizes.append(len(part))
        return judge(413 if len(part) > 70 else 204, {}, b"", NOW)

    splitter = Splitter(lines, judge(413, {}, b"", NOW))
    while (part := splitter.next()) is not None:
        splitter.answered(send(part))
    assert (splitter.accepted_count, splitter.refused) == (1000, [])
    assert len(sizes) <= 32


def test_a_line_too_large_by_itself_is_refused() -> None:
    splitter = Splitter([b"m v=1 1"], judge(413, {}, b"", NOW))
    assert splitter.is_done
    assert splitter.refused == [(b"m v=1 1", "too-large (HTTP 413)")]


def test_trouble_in_the_middle_waits_with_the_same_lines() -> None:
    server = ModelServer(is_integer)
    lines = lines_of(8, [3])
    splitter = Splitter(lines, server.send(lines))
    part = splitter.next()
    splitter.answered(judge(401, {}, b"", NOW))
    assert splitter.must_wait is not None
    assert splitter.must_wait.action is Action.HOLD
    assert splitter.next() == part
    finish(splitter, server)
    assert splitter.must_wait is None
    assert_told_apart(splitter, server, lines)


def test_only_lines_of_the_wrong_type_are_refused_not_all_that_carry_the_field() -> None:
    lines = [b"m v=1i 1", b"m v=1 2", b"n v=1i 3", b'm v="1i" 4', b"m w=1i 5"]
    splitter = Splitter(lines, judge(400, {}, ONE_INTEGER, NOW))
    assert [line for line, _ in splitter.refused] == [b"m v=1i 1"]
    assert splitter.next() == lines[1:]


def test_where_the_count_of_the_server_disagrees_the_suspects_are_tried_apart() -> None:
    in_another_shard = b"m v=2i 99999999999999"
    lines = [b"m v=1i 1", in_another_shard, b"m v=1 3", b"m v=1 4"]
    server = ModelServer(lambda line: line == lines[0], "good-stored")
    splitter = finish(Splitter(lines, judge(400, {}, ONE_INTEGER, NOW)), server)
    assert_told_apart(splitter, server, lines)


def test_points_beyond_retention_are_the_oldest_ones() -> None:
    lines = [b"m v=1 50", b"m v=1 10", b"m v=1 40", b"m v=1 20"]
    splitter = Splitter(lines, judge(400, {}, b'{"error":"partial write: points beyond retention policy dropped=2"}', NOW))
    assert [line for line, _ in splitter.refused] == [b"m v=1 10", b"m v=1 20"]
    assert splitter.next() == [b"m v=1 50", b"m v=1 40"]


def test_a_cause_that_fits_no_line_is_searched_for() -> None:
    lines = lines_of(100, [17])
    server = ModelServer(is_integer)
    first = judge(400, {}, b"unable to parse 'something else': bad", NOW)
    assert_told_apart(finish(Splitter(lines, first), server), server, lines)

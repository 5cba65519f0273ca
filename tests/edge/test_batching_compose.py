"""From closed batches to records: within the limits of the wire, in order, with the receipts where they belong."""

from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from edge.batching.batcher import Closed
from edge.batching.chunk import Chunk
from edge.batching.close_policy import Cause
from edge.batching.compose import LIKELY_RAW_BYTES, MAX_LINES, compose
from edge.intake import MAX_LINE_BYTES
from edge.spool.receipts import Receipts, unpack
from edge.spool.record import MAX_BODY_BYTES
from telemetry.batch import Batch, Priority
from tests.edge.batching_steps import Counted, chunk_of, text_of


def composed(*chunks: Chunk) -> list[Batch]:
    return compose(Closed("street", Priority.NORMAL, list(chunks), sum(chunk.messages for chunk in chunks), Cause.AGE))


def noise(size: int, seed: int) -> str:
    """Text that does not compress to less than three quarters."""
    return Random(seed).randbytes(size * 3 // 8).hex()[:size]


def check_limits(batches: list[Batch]) -> list[str]:
    lines: list[str] = []
    for batch in batches:
        found = text_of(batch.body) if batch.count else []
        lines += found
        assert batch.count == len(found) <= MAX_LINES
        assert batch.raw_bytes == len("".join(line + "\n" for line in found).encode()) <= LIKELY_RAW_BYTES
        assert len(batch.body) <= MAX_BODY_BYTES
    return lines


def test_chunks_of_one_session_become_one_record_with_all_receipts() -> None:
    first, second = Counted(9, (1, 2), (11, 12)), Counted(9, (3,), (13,))
    [batch] = composed(chunk_of("a", "b", acknowledgement=first), chunk_of("c", acknowledgement=second))
    assert text_of(batch.body) == ["a", "b", "c"]
    assert unpack(batch.receipts) == Receipts(9, (1, 2, 3), (11, 12, 13))


def test_chunks_of_two_sessions_never_share_a_record() -> None:
    batches = composed(chunk_of("a", acknowledgement=Counted(1)), chunk_of("b", acknowledgement=Counted(2)))
    assert [text_of(batch.body) for batch in batches] == [["a"], ["b"]]
    assert [unpack(batch.receipts) for batch in batches] == [Receipts(1, (1,), (7,)), Receipts(2, (1,), (7,))]


def test_receipts_of_a_chunk_that_needs_several_records_ride_on_the_last() -> None:
    lines = [f"{number} {noise(600, number)}" for number in range(600)]
    batches = composed(chunk_of(*lines, acknowledgement=Counted(5, (8,), (80,))))
    assert len(batches) > 1
    assert check_limits(batches) == lines
    assert [unpack(batch.receipts) for batch in batches] == [None] * (len(batches) - 1) + [Receipts(5, (8,), (80,))]


def test_six_thousand_short_lines_are_two_records() -> None:
    lines = [f"m v={number}" for number in range(6000)]
    assert check_limits(composed(chunk_of(*lines))) == lines


def test_the_largest_line_there_may_be_fits_a_record() -> None:
    line = "".join(map(chr, Random(1).choices(range(33, 127), k=MAX_LINE_BYTES)))
    assert check_limits(composed(chunk_of(line))) == [line]


def test_bytes_are_counted_and_not_letters() -> None:
    assert check_limits(composed(chunk_of(*["nhiệt độ ẩm " * 40] * 4000)))


def test_refused_messages_that_nobody_acknowledges_make_no_record() -> None:
    assert composed(Chunk(messages=3)) == []


def test_receipts_of_refused_messages_ride_on_a_neighbour_of_their_session_or_else_alone() -> None:
    refused, other = Counted(9, (1, 2), (11, 12)), Counted(9, (3,), (13,))
    [alone] = composed(Chunk(messages=2, acknowledgement=refused))
    assert (alone.count, alone.body, alone.raw_bytes, unpack(alone.receipts)) == (0, b"", 0, Receipts(9, (1, 2), (11, 12)))
    [together] = composed(Chunk(messages=2, acknowledgement=refused), chunk_of("a", acknowledgement=other))
    assert (together.count, unpack(together.receipts)) == (1, Receipts(9, (1, 2, 3), (11, 12, 13)))
    strangers = composed(Chunk(messages=2, acknowledgement=refused), chunk_of("a", acknowledgement=Counted(8)))
    assert [batch.count for batch in strangers] == [0, 1]


@settings(max_examples=30, deadline=None)
@given(st.lists(st.lists(st.integers(1, 40_000), max_size=12), max_size=8), st.integers(0, 3))
def test_whatever_the_sizes_every_line_is_there_once_in_order(sizes: list[list[int]], sessions: int) -> None:
    chunks, wanted = [], []
    for at, chunk_sizes in enumerate(sizes):
        lines = [f"{at} {number} {noise(size, number)}" for number, size in enumerate(chunk_sizes)]
        chunks.append(chunk_of(*lines, acknowledgement=Counted(at * sessions // 8, (at,), (at,))))
        wanted += lines
    batches = composed(*chunks)
    assert check_limits(batches) == wanted
    ids = [one for batch in batches if (receipts := unpack(batch.receipts)) for one in receipts.packet_ids]
    assert ids == sorted(set(ids))
    assert set(ids) == set(range(len(sizes)))

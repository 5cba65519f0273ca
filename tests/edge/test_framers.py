"""What every framer promises; each joins by a row in FRAMERS and a stream of its own in STREAMS."""

import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.framers.framer import Framer
from edge.framers.table import FRAMERS, Framing, build_framer

FRAMER = st.sampled_from(sorted(FRAMERS))
LINE_PIECES = [b"\n", b"\r", b"\r\n", b"\x00", b"\xff", b"23.5,71", b"x" * 15, b"x" * 16, b"y" * 17]
STREAMS = {
    "lines": st.lists(st.sampled_from(LINE_PIECES)).map(b"".join),
}


def framer(kind: str = "lines", **options: object) -> Framer:
    return build_framer(Framing.model_validate({"kind": kind, **options}))


def test_every_framer_joins_this_suite() -> None:
    assert STREAMS.keys() == FRAMERS.keys()


@given(data=st.data(), kind=FRAMER)
def test_any_chunking_gives_the_same_frames_and_counts(data: st.DataObject, kind: str) -> None:
    stream = data.draw(STREAMS[kind] | st.binary())
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)))))
    whole, chunked = framer(kind, max_line_bytes=16), framer(kind, max_line_bytes=16)
    expected = whole.feed(stream)
    frames = [frame for a, b in zip([0, *cuts], [*cuts, len(stream)], strict=True) for frame in chunked.feed(stream[a:b])]
    assert frames == expected
    assert chunked.counts == whole.counts


@given(data=st.data(), kind=FRAMER)
def test_one_byte_at_a_time_gives_the_same_frames(data: st.DataObject, kind: str) -> None:
    stream = data.draw(STREAMS[kind])
    slow = framer(kind, max_line_bytes=16)
    assert [frame for byte in stream for frame in slow.feed(bytes([byte]))] == framer(kind, max_line_bytes=16).feed(stream)


@given(data=st.data(), kind=FRAMER)
def test_no_byte_is_both_kept_and_dropped(data: st.DataObject, kind: str) -> None:
    stream = data.draw(STREAMS[kind] | st.binary())
    one = framer(kind, max_line_bytes=16)
    frames = one.feed(stream)
    one.restart(mid_frame=False)
    marks = sum(stream.count(mark) for mark in (b"\r", b"\n"))
    assert sum(map(len, frames)) + one.counts.dropped_bytes + marks == len(stream)
    assert one.counts.frames == len(frames)


@pytest.mark.parametrize("kind", sorted(FRAMERS))
def test_memory_is_bounded_whatever_the_device_sends(kind: str) -> None:
    endless = framer(kind, max_line_bytes=4096)
    tracemalloc.start()
    for _ in range(1000):
        endless.feed(b"\x7f" * 4096)
    peak_bytes = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak_bytes < 64 * 1024
    assert endless.counts.dropped_bytes == 4096 * 1000


@pytest.mark.parametrize("kind", sorted(FRAMERS))
def test_restart_forgets_what_was_unfinished(kind: str) -> None:
    torn = framer(kind)
    torn.feed(b"12")
    torn.restart(mid_frame=False)
    assert torn.feed(b"3.5\n") == [b"3.5"]
    assert torn.counts.dropped_bytes == 2


# -- lines -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("end", [b"\n", b"\r", b"\r\n", b"\n\r", b"\r\n\r\n"])
def test_line_may_end_in_any_of_the_usual_ways(end: bytes) -> None:
    assert framer().feed(b"a,1" + end + b"b,2" + end) == [b"a,1", b"b,2"]


def test_empty_lines_are_no_frames() -> None:
    assert framer().feed(b"\n\n\r\n\r") == []


def test_unfinished_line_waits_for_its_end() -> None:
    line = framer()
    assert line.feed(b"$GPRMC,12") == []
    assert line.feed(b"3519*6A\r") == [b"$GPRMC,123519*6A"]


def test_longest_line_is_kept_and_a_longer_one_dropped_with_its_count() -> None:
    line = framer(max_line_bytes=4)
    assert line.feed(b"1234\n12345\n12\n") == [b"1234", b"12"]
    assert (line.counts.frames, line.counts.overlong, line.counts.dropped_bytes) == (2, 1, 5)


def test_rest_of_a_line_whose_start_was_lost_is_no_line() -> None:
    """`temp=123.5` heard from its sixth byte on would read as another temperature."""
    line = framer()
    line.restart(mid_frame=True)
    assert line.feed(b"23.5\r\ntemp=21.0\r\n") == [b"temp=21.0"]
    assert line.counts.dropped_bytes == 4

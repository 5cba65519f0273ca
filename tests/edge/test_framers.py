"""What every framer promises; each joins by a row in FRAMERS and a stream of its own in STREAMS."""

import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.framers import cobs, shdlc, slip
from edge.framers.framer import DROPS_NAMED, Framer
from edge.framers.table import FRAMERS, FRAMING, build_framer

FRAMER = st.sampled_from(sorted(FRAMERS))
LINE_PIECES = [b"\n", b"\r", b"\r\n", b"\x00", b"\xff", b"23.5,71", b"x" * 15, b"x" * 16, b"y" * 17]
DUST = bytes.fromhex("aac00600060058d93dab")  # Nova SDS011, of the corpus
CO2 = bytes.fromhex("ff86027c42000000ba")  # Winsen MH-Z19B, of the corpus
HEADER_PIECES = [DUST, CO2, DUST[:7], DUST[1:], DUST[:-1] + b"\xac", CO2[:3], b"\xaa", b"\xaa\xaa", b"\xff\xff", b"\x00", b"\xab" * 9]
ASK = bytes.fromhex("f703000d0001015f")  # a request and its answer, of the corpus (sigrok-dumps, flowmeter)
TELL = bytes.fromhex("f7030200087197")
RTU_PIECES = [ASK, TELL, ASK[:5], TELL[1:], TELL[:-1] + b"\x98", b"\x00", b"\xff\x03", b"\x01\x10\x00\x00\x00\x01\xff"]
FIX = b"$GPGLL,4916.45,N,12311.12,W,225444,A*31"
SHIP = b"!AIVDM,1,1,,A,14eG;o@034o8sd<L9i:a;WF>062D,0*7D"
NMEA_PIECES = [FIX, SHIP, FIX[:20], FIX[:-1] + b"2", b"\r\n", b"$", b"!", b"\xb5\x62\x01$GP\x00", b"$GPGGA,*", b"x" * 40]
FIRST = b"\x00\xc0\x7e\xdb\x02"  # all that has to be stuffed
REPLY = b"\x00\x03\x00\x02\x7e\x11"  # address, command, state, length, data
COUNTED_SUM = bytes((sum(FIRST) + len(FIRST) & 0xFF,))
SUM = bytes((sum(FIRST) & 0xFF,))
STUFFED = [b"\x00", b"\xc0", b"\xdb", b"\xdb\xdc", b"\x7e", b"\x7d\x5e", b"\x03ab", b"x" * 30, b"\x05\xff"]
STREAMS = {  # streams that tempt each framer
    "lines": st.lists(st.sampled_from(LINE_PIECES)).map(b"".join),
    "header": st.lists(st.sampled_from(HEADER_PIECES)).map(b"".join),
    "nmea": st.lists(st.sampled_from(NMEA_PIECES)).map(b"".join),
    **{kind: st.lists(st.sampled_from(STUFFED)).map(b"".join) for kind in ("cobs", "slip", "shdlc", "length")},
    "rtu": st.lists(st.sampled_from(RTU_PIECES)).map(b"".join),
}
SMALL: dict[str, dict[str, object]] = {  # options with a small limit
    "lines": {"max_line_bytes": 16},
    "rtu": {"idle_reset_s": 0.1},
    "cobs": {"max_frame_bytes": 16, "checksum": "sum8"},
    "slip": {"max_frame_bytes": 16, "checksum": "sum8"},
    "shdlc": {"idle_reset_s": 0.1},
    "length": {"max_frame_bytes": 16, "checksum": "sum8"},
    "nmea": {"max_sentence_bytes": 60},
    "header": {
        "max_frame_bytes": 16,
        "shapes": [
            {"header": "aac0", "size": 10, "checksum": "sum8", "checksum_from": 2, "trailer": "ab"},
            {"header": "ff86", "size": 9, "checksum": "sum8_negated", "checksum_from": 1},
        ],
    },
}
GOOD: dict[str, list[tuple[bytes, bytes]]] = {  # on the wire, and as a frame
    "header": [(DUST, DUST), (CO2, CO2)],
    "rtu": [(ASK, ASK), (TELL, TELL)],
    "nmea": [(FIX, FIX), (SHIP, SHIP)],
    "cobs": [(b"\0" + cobs.encoded(FIRST + SUM) + b"\0", FIRST)],
    "slip": [(b"\xc0" + slip.encoded(FIRST + SUM) + b"\xc0", FIRST)],
    "shdlc": [(shdlc.wrapped(REPLY), REPLY)],
    "length": [(bytes((len(FIRST),)) + FIRST + COUNTED_SUM, FIRST)],
}
MARKS = {"lines": (b"\r", b"\n"), "header": (), "rtu": (), "nmea": ()}
UNMARKED = {"cobs", "slip", "shdlc", "length"}  # what is beside a frame is not of one length


def framer(kind: str = "lines", **options: object) -> Framer:
    return build_framer(FRAMING.validate_python({"kind": kind, **(options or (SMALL[kind] if kind != "lines" else {}))}))


def test_every_framer_joins_this_suite() -> None:
    assert STREAMS.keys() == SMALL.keys() == MARKS.keys() | UNMARKED == FRAMERS.keys()


@given(data=st.data(), kind=FRAMER)
def test_any_chunking_gives_the_same_frames_and_counts(data: st.DataObject, kind: str) -> None:
    stream = data.draw(STREAMS[kind] | st.binary())
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)))))
    whole, chunked = framer(kind, **SMALL[kind]), framer(kind, **SMALL[kind])
    expected = whole.feed(stream)
    frames = [frame for a, b in zip([0, *cuts], [*cuts, len(stream)], strict=True) for frame in chunked.feed(stream[a:b])]
    assert frames == expected
    assert chunked.counts == whole.counts
    assert chunked.silence() == whole.silence()
    assert chunked.drops() == whole.drops()


@given(data=st.data(), kind=FRAMER)
def test_one_byte_at_a_time_gives_the_same_frames(data: st.DataObject, kind: str) -> None:
    stream = data.draw(STREAMS[kind])
    slow = framer(kind, **SMALL[kind])
    assert [frame for byte in stream for frame in slow.feed(bytes([byte]))] == framer(kind, **SMALL[kind]).feed(stream)


@given(data=st.data(), kind=FRAMER)
def test_no_byte_is_both_kept_and_dropped(data: st.DataObject, kind: str) -> None:
    stream = data.draw(STREAMS[kind] | st.binary())
    one = framer(kind, **SMALL[kind])
    frames = one.feed(stream) + one.silence()
    if kind not in UNMARKED:
        marks = sum(stream.count(mark) for mark in MARKS[kind])
        assert sum(map(len, frames)) + one.counts.dropped_bytes + marks == len(stream)
    assert one.counts.frames == len(frames)
    drops = one.drops()
    assert len(drops) < DROPS_NAMED
    assert sum(drop.size for drop in drops) == one.counts.dropped_bytes
    assert sum(drop.is_frame for drop in drops) == one.counts.damaged


@pytest.mark.parametrize("kind", sorted(FRAMERS))
def test_memory_is_bounded_whatever_the_device_sends(kind: str) -> None:
    endless = framer(kind, **SMALL[kind])
    tracemalloc.start()
    for _ in range(50):
        endless.feed(b"\x7f" * 4096)
    peak_bytes = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak_bytes < 64 * 1024
    assert endless.counts.dropped_bytes > 4000 * 50


@given(data=st.data(), kind=st.sampled_from(sorted(set(FRAMERS) - {"lines"})), noise=st.binary(max_size=40))
def test_a_good_frame_behind_anything_is_found(data: st.DataObject, kind: str, noise: bytes) -> None:
    """Whatever came before it: noise, a frame that was cut short, one with a wrong checksum."""
    wire, good = data.draw(st.sampled_from(GOOD[kind]))
    one = framer(kind, **SMALL[kind])
    frames = one.feed(data.draw(STREAMS[kind]) + noise) + one.silence()
    assert one.feed(wire) + one.silence() == [good], frames


def test_nameless_drops_do_not_pile_up() -> None:
    one = framer("header")
    for _ in range(10 * DROPS_NAMED):
        one.feed(b"noise" + DUST)
    assert len(one.drops()) == DROPS_NAMED
    assert one.drops() == []


def test_restart_forgets_what_was_unfinished() -> None:
    torn = framer()
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


# -- header ------------------------------------------------------------------------------------------------------------


def test_damaged_frame_between_good_ones_costs_only_itself() -> None:
    one = framer("header")
    broken = DUST[:2] + b"\xff" + DUST[3:]
    assert one.feed(DUST + broken + CO2) == [DUST, CO2]
    assert [(drop.reason, drop.size, drop.is_frame) for drop in one.drops()] == [("wrong checksum", 10, True)]


def test_two_damaged_frames_in_a_row_are_two() -> None:
    one = framer("header")
    broken = DUST[:2] + b"\xff" + DUST[3:]
    assert one.feed(broken + broken + DUST) == [DUST]
    assert [drop.size for drop in one.drops()] == [10, 10]


def test_frame_that_was_cut_short_does_not_swallow_the_next() -> None:
    one = framer("header")
    assert one.feed(DUST[:6] + DUST) + one.silence() == [DUST]
    assert [(drop.reason, drop.size) for drop in one.drops()] == [("wrong last byte", 6)]


def test_last_frame_that_was_cut_short_is_told_when_the_line_falls_silent() -> None:
    one = framer("header")
    assert one.feed(DUST + DUST[:6]) + one.silence() == [DUST]
    assert [(drop.reason, drop.size) for drop in one.drops()] == [("cut short", 6)]


def test_noise_is_no_damaged_frame() -> None:
    one = framer("header")
    assert one.feed(b"\x00\x01" + DUST) == [DUST]
    assert [(drop.reason, drop.head, drop.is_frame) for drop in one.drops()] == [("noise", b"\x00\x01", False)]


def test_checksum_byte_that_looks_like_a_header_hides_no_frame() -> None:
    """The checksum of the first frame is 0xAA, the start of the second 0xC0: no frame begins between them."""
    first = bytes.fromhex("aac0aa00000000000000")[:8]
    first += bytes((sum(first[2:8]) & 0xFF,)) + b"\xab"
    assert first[8] == 0xAA
    one = framer("header")
    assert one.feed(first + DUST + first) == [first, DUST, first]


def test_length_in_the_frame_is_believed_only_where_it_is_possible() -> None:
    shape = {"header": "424d", "length_at": 2, "length_bytes": 2, "length_plus": 4, "sizes": [8, 12], "checksum": "sum16_be"}
    one = framer("header", shapes=[shape], max_frame_bytes=32)
    good = bytes.fromhex("424d0004") + b"\x12\x34" + (0x42 + 0x4D + 4 + 0x12 + 0x34).to_bytes(2, "big")
    assert one.feed(bytes.fromhex("424dffff") + good) == [good]
    assert [drop.reason for drop in one.drops()] == ["impossible length"]

"""What every framer promises; each joins by a row in FRAMERS and a stream of its own in STREAMS."""

import tracemalloc
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.framers import cobs, shdlc, slip
from edge.framers.checksums import CHECKS
from edge.framers.framer import DROPS_NAMED, Framer
from edge.framers.table import FRAMERS, FRAMING, build_framer

FRAMER = st.sampled_from(sorted(FRAMERS))
LINE_PIECES = [b"\n", b"\r", b"\r\n", b"\x00", b"\xff", b"23.5,71", b"x" * 15, b"x" * 16, b"y" * 17]
DUST = bytes.fromhex("aac00600060058d93dab")  # Nova SDS011, of the corpus
CO2 = bytes.fromhex("ff86027c42000000ba")  # Winsen MH-Z19B, of the corpus
HEADER_PIECES = [DUST, CO2, DUST[:7], DUST[1:], DUST[:-1] + b"\xac", CO2[:3], b"\xaa", b"\xaa\xaa", b"\xff\xff", b"\x00", b"\xab" * 9]
DEVICE_STOPPED = bytes.fromhex("00010000")  # Sensirion SPS30 data sheet, section 5.3: answers to "start" and "read version"
VERSION = bytes.fromhex("00d100070202000700000000")[:11]
SHDLC_PIECES = [
    shdlc.wrapped(DEVICE_STOPPED),
    shdlc.wrapped(VERSION),
    shdlc.wrapped(DEVICE_STOPPED)[:4],
    shdlc.wrapped(VERSION)[3:],
    b"\x7e",
    b"\x7d",
    b"\x7e\x7e",
    b"\x7d\x5e",
    b"\x00",
]
READINGS = [b"T=23.5", b"\x00\x00", b"\xc0\xdb\x07", b"\x11\xff"]
SUM = CHECKS["sum8"].of
COBS_FRAMES = [cobs.encoded(frame + SUM(frame)) for frame in READINGS]
COBS_PIECES = [*(frame + b"\0" for frame in COBS_FRAMES), COBS_FRAMES[0][:4], COBS_FRAMES[1], b"\0", b"\x01", b"\xff", b"y" * 20]
SLIP_FRAMES = [slip.encoded(frame + SUM(frame)) for frame in READINGS]
SLIP_PIECES = [*(frame + b"\xc0" for frame in SLIP_FRAMES), SLIP_FRAMES[0][:4], SLIP_FRAMES[2], b"\xc0", b"\xdb", b"\xdb\xdc", b"y" * 20]
LENGTH_FRAMES = [bytes((len(frame),)) + frame + SUM(bytes((len(frame),)) + frame) for frame in READINGS]
LENGTH_PIECES = [*LENGTH_FRAMES, LENGTH_FRAMES[0][:4], LENGTH_FRAMES[0][1:], b"\x00", b"\x01", b"\x02\x10", b"\x10", b"\xff"]
ASK = bytes.fromhex("f703000d0001015f")  # a request and its answer, of the corpus (sigrok-dumps, flowmeter)
TELL = bytes.fromhex("f7030200087197")
RTU_PIECES = [ASK, TELL, ASK[:5], TELL[1:], TELL[:-1] + b"\x98", b"\x00", b"\xff\x03", b"\x01\x10\x00\x00\x00\x01\xff"]
FIX = b"$GPGLL,4916.45,N,12311.12,W,225444,A*31"
SHIP = b"!AIVDM,1,1,,A,14eG;o@034o8sd<L9i:a;WF>062D,0*7D"
TAG = b"\\s:hn01,c:1241544035*3E\\"
NMEA_PIECES = [FIX, SHIP, TAG + SHIP, FIX[:20], FIX[:-1] + b"2", b"\r\n", b"$", b"!", b"\\", b"\xb5\x62\x01$GP\x00", b"$GPGGA,*", b"x" * 40]
NMEA_PIECES += [TAG, TAG[:9], b"*31", FIX[:-3] + b"\r\n"]
STREAMS = {  # streams that tempt each framer
    "lines": st.lists(st.sampled_from(LINE_PIECES)).map(b"".join),
    "header": st.lists(st.sampled_from(HEADER_PIECES)).map(b"".join),
    "shdlc": st.lists(st.sampled_from(SHDLC_PIECES)).map(b"".join),
    "cobs": st.lists(st.sampled_from(COBS_PIECES)).map(b"".join),
    "slip": st.lists(st.sampled_from(SLIP_PIECES)).map(b"".join),
    "length": st.lists(st.sampled_from(LENGTH_PIECES)).map(b"".join),
    "nmea": st.lists(st.sampled_from(NMEA_PIECES)).map(b"".join),
    "rtu": st.lists(st.sampled_from(RTU_PIECES)).map(b"".join),
}
SMALL: dict[str, dict[str, object]] = {  # options with a small limit
    "lines": {"max_line_bytes": 16},
    "rtu": {"idle_reset_s": 0.1},
    "nmea": {"max_sentence_bytes": 60},
    "header": {
        "max_frame_bytes": 16,
        "shapes": [
            {"header": "aac0", "size": 10, "checksum": "sum8", "checksum_from": 2, "trailer": "ab"},
            {"header": "ff86", "size": 9, "checksum": "sum8_negated", "checksum_from": 1},
        ],
    },
    "shdlc": {"max_frame_bytes": 16},
    "cobs": {"max_frame_bytes": 16, "checksum": "sum8"},
    "slip": {"max_frame_bytes": 16, "checksum": "sum8"},
    "length": {"max_frame_bytes": 16, "checksum": "sum8"},
}
GOOD: dict[str, list[tuple[bytes, bytes]]] = {  # on the line, and as it is handed out
    "header": [(DUST, DUST), (CO2, CO2)],
    "shdlc": [(shdlc.wrapped(frame), frame) for frame in (DEVICE_STOPPED, VERSION)],
    "cobs": [(wire + b"\0", frame) for wire, frame in zip(COBS_FRAMES, READINGS, strict=True)],
    "slip": [(wire + b"\xc0", frame) for wire, frame in zip(SLIP_FRAMES, READINGS, strict=True)],
    "length": list(zip(LENGTH_FRAMES, READINGS, strict=True)),
    "rtu": [(ASK, ASK), (TELL, TELL)],
    "nmea": [(FIX, FIX), (SHIP, SHIP)],
}
MARKS: dict[str, tuple[bytes, ...]] = {  # bytes that are between frames
    "lines": (b"\r", b"\n"),
    "header": (),
    "shdlc": (b"\x7e",),
    "cobs": (b"\0",),
    "slip": (b"\xc0",),
    "length": (),
    "rtu": (),
    "nmea": (),
}
ON_THE_LINE: dict[str, Callable[[bytes], int]] = {  # how many bytes a frame was, without the marks
    "lines": len,
    "header": len,
    "shdlc": lambda frame: len(shdlc.wrapped(frame)) - 2,
    "cobs": lambda frame: len(cobs.encoded(frame + SUM(frame))),
    "slip": lambda frame: len(slip.encoded(frame + SUM(frame))),
    "length": lambda frame: 1 + len(frame) + 1,
    "rtu": len,
    "nmea": len,
}


def framer(kind: str = "lines", **options: object) -> Framer:
    return build_framer(FRAMING.validate_python({"kind": kind, **(options or (SMALL[kind] if kind != "lines" else {}))}))


def test_every_framer_joins_this_suite() -> None:
    assert STREAMS.keys() == SMALL.keys() == MARKS.keys() == ON_THE_LINE.keys() == FRAMERS.keys() == {"lines", *GOOD}


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
    marks = sum(stream.count(mark) for mark in MARKS[kind])
    assert sum(map(ON_THE_LINE[kind], frames)) + one.counts.dropped_bytes + marks == len(stream)
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
    assert endless.counts.dropped_bytes > 4095 * 50


@given(data=st.data(), kind=st.sampled_from(sorted(set(FRAMERS) - {"lines"})), noise=st.binary(max_size=40))
def test_a_good_frame_behind_anything_is_found(data: st.DataObject, kind: str, noise: bytes) -> None:
    """Whatever came before it: noise, a frame that was cut short, one with a wrong checksum."""
    good, handed_out = data.draw(st.sampled_from(GOOD[kind]))
    one = framer(kind, **SMALL[kind])
    frames = one.feed(data.draw(STREAMS[kind]) + noise) + one.silence()
    assert one.feed(good) + one.silence() == [handed_out], frames


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


# -- delimited: shdlc, cobs, slip --------------------------------------------------------------------------------------


@given(frame=st.binary(max_size=255), address=st.integers(0, 255))
def test_any_shdlc_frame_comes_out_as_it_went_in(frame: bytes, address: int) -> None:
    whole = bytes((address, 0x03, 0x00, len(frame))) + frame
    assert framer("shdlc", max_frame_bytes=260).feed(shdlc.wrapped(whole)) == [whole]


@pytest.mark.parametrize(
    ("wire", "content"),
    [  # data sheet of the SPS30, section 5.3: start, stop, read and their answers
        ("7e0000020103f97e", "0000020103"),
        ("7e000000 00ff7e", "00000000"),
        ("7e000300fc7e", "000300"),
        ("7e00d1002e7e", "00d100"),
        ("7e00d1002f7e", None),
    ],
)
def test_shdlc_frames_of_the_data_sheet(wire: str, content: str | None) -> None:
    assert framer("shdlc", max_frame_bytes=260).feed(bytes.fromhex(wire)) == ([bytes.fromhex(content)] if content else [])


def test_noise_between_shdlc_frames_is_no_damaged_frame() -> None:
    one = framer("shdlc", max_frame_bytes=260)
    good = shdlc.wrapped(VERSION)
    assert one.feed(b"boot" + good + b"\x01\x02\x03" + good) == [VERSION, VERSION]
    assert [(drop.reason, drop.is_frame) for drop in one.drops()] == [("noise", False)] * 2


def test_shdlc_frame_that_was_cut_short_does_not_swallow_the_next() -> None:
    one = framer("shdlc", max_frame_bytes=260)
    good = shdlc.wrapped(VERSION)
    assert one.feed(good[:6] + good + good[:7]) + one.silence() == [VERSION]
    assert [(drop.reason, drop.size) for drop in one.drops()] == [("wrong checksum", 5), ("cut short", 6)]


def test_one_flag_between_two_shdlc_frames_is_enough() -> None:
    good = shdlc.wrapped(VERSION)
    assert framer("shdlc", max_frame_bytes=260).feed(good + good[1:]) == [VERSION, VERSION]


SPECIAL = st.lists(st.sampled_from([0x00, 0x01, 0xC0, 0xDB, 0xDC, 0xDD, 0xFF]), min_size=1).map(bytes)


@given(frame=st.binary(min_size=1, max_size=1024) | SPECIAL, kind=st.sampled_from(["cobs", "slip"]), check=st.sampled_from(sorted(CHECKS)))
def test_any_stuffed_frame_comes_out_as_it_went_in(frame: bytes, kind: str, check: str) -> None:
    encode, end = (cobs.encoded, b"\0") if kind == "cobs" else (slip.encoded, b"\xc0")
    wire = encode(frame + CHECKS[check].of(frame))
    assert end not in wire
    assert framer(kind, checksum=check, max_frame_bytes=4096).feed(wire + end) == [frame]


@pytest.mark.parametrize(
    ("frame", "wire"),
    [  # Cheshire and Baker, and the examples of Wikipedia's article on COBS
        ("00", "0101"),
        ("0000", "010101"),
        ("001100", "01021101"),
        ("11220033", "031122 0233"),
        ("11223344", "0511223344"),
        ("11000000", "0211010101"),
        (bytes(range(1, 255)).hex(), "ff" + bytes(range(1, 255)).hex() + "01"),
        (bytes(range(255)).hex(), "01ff" + bytes(range(1, 255)).hex() + "01"),
        (bytes(range(1, 256)).hex(), "ff" + bytes(range(1, 255)).hex() + "02ff"),
    ],
)
def test_cobs_stuffs_as_published(frame: str, wire: str) -> None:
    assert cobs.encoded(bytes.fromhex(frame)).hex() == wire.replace(" ", "")
    assert cobs.decoded(bytes.fromhex(wire)) == bytes.fromhex(frame)


def test_last_full_run_of_cobs_may_stand_alone() -> None:
    """Some encoders leave the 01 behind 254 bytes out; it says nothing."""
    assert cobs.decoded(b"\xff" + b"x" * 254) == b"x" * 254


@pytest.mark.parametrize(("kind", "end"), [("cobs", b"\0"), ("slip", b"\xc0")])
def test_damaged_stuffing_costs_only_its_frame(kind: str, end: bytes) -> None:
    wire, frame = GOOD[kind][0]
    broken = {"cobs": b"\x09abc", "slip": b"abc\xdbd"}[kind]
    one = framer(kind, checksum="sum8")
    assert one.feed(wire + broken + end + wire) == [frame, frame]
    assert [drop.size for drop in one.drops()] == [len(broken)]
    assert one.counts.damaged == 1
    assert framer(kind, checksum="none").feed(broken + end) == []


def test_stuffed_frame_beyond_the_limit_is_overlong() -> None:
    one = framer("slip", max_frame_bytes=8)
    assert one.feed(b"12345678\xc0123456789\xc0ab\xc0") == [b"12345678", b"ab"]
    assert (one.counts.overlong, one.counts.dropped_bytes) == (1, 9)


@pytest.mark.parametrize("byte", [0, 1])
def test_longest_cobs_frame_is_kept_and_a_longer_one_dropped_whatever_is_in_it(byte: int) -> None:
    """Zeros need no room on the wire, other bytes one in 254."""
    one = framer("cobs", max_frame_bytes=1024)
    longest, longer = bytes([byte]) * 1024, bytes([byte]) * 1025
    assert one.feed(cobs.encoded(longest) + b"\0" + cobs.encoded(longer) + b"\0" + cobs.encoded(b"ab") + b"\0") == [longest, b"ab"]
    assert one.counts.overlong + one.counts.damaged == 1


# -- length ------------------------------------------------------------------------------------------------------------


@given(
    frames=st.lists(st.binary(min_size=1, max_size=300), max_size=5),
    prefix=st.sampled_from([("u16_be", 2, "big"), ("u16_le", 2, "little"), ("u32_be", 4, "big"), ("u32_le", 4, "little")]),
    check=st.sampled_from(sorted(CHECKS)),
    is_length_checked=st.booleans(),
)
def test_length_prefixed_frames_come_out_as_they_went_in(
    frames: list[bytes], prefix: tuple[str, int, str], check: str, is_length_checked: bool
) -> None:
    name, width, order = prefix
    wire = b""
    for frame in frames:
        head = len(frame).to_bytes(width, "big" if order == "big" else "little")
        wire += head + frame + CHECKS[check].of(head * is_length_checked + frame)
    one = framer("length", length=name, checksum=check, is_length_checked=is_length_checked, max_frame_bytes=300)
    assert one.feed(wire) == frames
    assert one.counts.dropped_bytes == 0


def test_impossible_length_and_wrong_checksum_drop_one_byte_at_a_time() -> None:
    good, frame = GOOD["length"][0]
    broken = good[:-1] + b"\x00"
    one = framer("length", checksum="sum8", max_frame_bytes=16)
    assert one.feed(good + b"\xfe\xfd" + good + broken + good) == [frame, frame, frame]
    assert [(drop.reason, drop.size) for drop in one.drops()] == [("impossible length", 2), ("wrong checksum", len(broken))]


@pytest.mark.parametrize(
    ("length", "noise"),
    [("u16_be", "ff"), ("u16_le", "ffff"), ("u16_le", "ff"), ("u32_be", "ffffff"), ("u32_le", "ffffff"), ("u32_le", "ffffffffff")],
)
@pytest.mark.parametrize("chunk_bytes", [1, 3, 100])
def test_wide_lengths_are_found_behind_noise_however_they_are_chunked(length: str, noise: str, chunk_bytes: int) -> None:
    head = (6).to_bytes(int(length[1:3]) // 8, "big" if length.endswith("be") else "little")
    stream = bytes.fromhex(noise) + head + b"T=23.5" + SUM(head + b"T=23.5")
    one = framer("length", length=length, checksum="sum8", max_frame_bytes=16)
    assert [frame for at in range(0, len(stream), chunk_bytes) for frame in one.feed(stream[at : at + chunk_bytes])] == [b"T=23.5"]
    assert one.counts.dropped_bytes == len(noise) // 2


def test_silence_brings_length_prefixed_frames_back_in_step() -> None:
    one = framer("length", max_frame_bytes=200)
    assert one.feed(b"\x0512") + one.silence() == []
    assert one.feed(b"\x0512345") == [b"12345"]
    assert one.drops()[0].reason == "cut short"


def test_length_may_count_itself() -> None:
    assert framer("length", length="u16_le", length_plus=-2).feed(b"\x05\x00abc") == [b"abc"]


@pytest.mark.parametrize("kind", ["cobs", "slip"])
def test_the_rest_of_a_stuffed_frame_whose_start_was_lost_is_no_frame(kind: str) -> None:
    """Without a checksum nothing else tells: 01 02 03 is a frame of SLIP, and 02 41 one of COBS."""
    end = {"cobs": b"\0", "slip": b"\xc0"}[kind]
    framer = build_framer(FRAMING.validate_python({"kind": kind}))
    framer.restart(mid_frame=True)
    assert framer.feed(b"\x02\x41" + end) == []
    assert framer.feed(b"\x02\x42" + end) == [b"\x42" if kind == "cobs" else b"\x02\x42"]


def test_what_comes_before_the_first_length_prefixed_frame_is_noise_where_its_start_was_lost() -> None:
    for mid_frame, damaged in ((True, 0), (False, 1)):
        framer = build_framer(FRAMING.validate_python({"kind": "length", "checksum": "sum8", "max_frame_bytes": 8}))
        framer.restart(mid_frame=mid_frame)
        assert framer.feed(bytes.fromhex("ffff 02 0102 05")) == [b"\1\2"]
        assert framer.counts.damaged == damaged


@pytest.mark.parametrize("content", ["00030005aabb", "000309aabb", "00030002aabbcc"])
def test_shdlc_frame_whose_length_does_not_fit_is_damaged(content: str) -> None:
    framer = build_framer(FRAMING.validate_python({"kind": "shdlc"}))
    assert framer.feed(shdlc.wrapped(bytes.fromhex(content))) == []
    assert [drop.reason for drop in framer.drops()] == ["length does not fit"]

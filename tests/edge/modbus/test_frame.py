"""How long frames are, and what is in them. Bytes are the examples of the Modbus Application Protocol V1.1b3, section 6."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.framers.rtu import frame_size
from edge.modbus.frame import Pdu, Span, answer_size, has_right_crc, mbap, open_rtu, read_request, read_span, request_size, rtu, split_mbap

EXAMPLES = {  # function: request, answer
    "1": ("01 0013 0013", "01 03 cd6b05"),
    "2": ("02 00c4 0016", "02 03 acdb35"),
    "3": ("03 006b 0003", "03 06 022b 0000 0064"),
    "4": ("04 0008 0001", "04 02 000a"),
    "5": ("05 00ac ff00", "05 00ac ff00"),
    "6": ("06 0001 0003", "06 0001 0003"),
    "7": ("07", "07 6d"),
    "8": ("08 0000 a537", "08 0000 a537"),
    "11": ("0b", "0b ffff 0108"),
    "12": ("0c", "0c 08 0000 0108 0121 2000"),
    "15": ("0f 0013 000a 02 cd01", "0f 0013 000a"),
    "16": ("10 0001 0002 04 000a 0102", "10 0001 0002"),
    "20": ("14 0e 06 0004 0001 0002 06 0003 0009 0002", "14 0c 05 06 0dfe 0020 05 06 33cd 0040"),
    "21": ("15 0d 06 0004 0007 0003 06af 04be 100d", "15 0d 06 0004 0007 0003 06af 04be 100d"),
    "22": ("16 0004 00f2 0025", "16 0004 00f2 0025"),
    "23": ("17 0003 0006 000e 0003 06 00ff 00ff 00ff", "17 0c 00fe 0acd 0001 0003 000d 00ff"),
    "24": ("18 04de", "18 0006 0002 01b8 1284"),
    "43": ("2b 0e 01 00", "2b 0e 01 01 00 00 03 00 02 4142 01 03 434445 02 01 46"),
}


def framed(pdu: str) -> bytes:
    return rtu(0x11, bytes.fromhex(pdu))


@pytest.mark.parametrize("function", EXAMPLES)
def test_the_sizes_of_the_standards_examples_are_right(function: str) -> None:
    request, answer = map(framed, EXAMPLES[function])
    assert request_size(request) == len(request)
    assert answer_size(answer) == len(answer)


@pytest.mark.parametrize("function", EXAMPLES)
def test_a_frame_that_has_begun_has_its_size_or_none_yet(function: str) -> None:
    request, answer = map(framed, EXAMPLES[function])
    assert all(request_size(request[:size]) in {None, len(request)} for size in range(len(request)))
    assert all(answer_size(answer[:size]) in {None, len(answer)} for size in range(len(answer)))


@pytest.mark.parametrize("function", EXAMPLES)
def test_a_frame_is_cut_where_it_ends_whatever_follows(function: str) -> None:
    request, answer = map(framed, EXAMPLES[function])
    assert frame_size(request + answer, 0) == len(request)
    assert frame_size(request + answer + request, len(request)) == len(answer)


@pytest.mark.parametrize("function", EXAMPLES)
def test_an_exception_to_any_function_is_five_bytes(function: str) -> None:
    frame = rtu(0x11, bytes((int(function) | 0x80, 2)))
    assert answer_size(frame) == len(frame) == 5
    assert open_rtu(frame).exception == "exception 2, illegal data address"


def test_the_standards_crc_is_right_and_no_flipped_bit_goes_unseen() -> None:
    frame = bytes.fromhex("02 07 41 12")  # MODBUS over Serial Line V1.02, section 6.2.2: CRC 0x1241 of 02 07
    assert has_right_crc(frame)
    assert not any(has_right_crc((int.from_bytes(frame, "big") ^ 1 << bit).to_bytes(4, "big")) for bit in range(32))


@pytest.mark.parametrize("data", ["0000 0000", "0000 007e", "ffff 0002", "0000"])
def test_a_read_of_nothing_too_much_or_beyond_the_end_asks_for_nothing(data: str) -> None:
    assert read_span(Pdu(1, 3, bytes.fromhex(data))) is None


@given(st.sampled_from([1, 2, 3, 4]), st.integers(0, 65_000), st.integers(1, 125))
def test_a_request_asks_for_what_was_meant(function: int, address: int, length: int) -> None:
    span = Span(function, address, length)
    assert read_span(open_rtu(rtu(5, read_request(span)))) == span


tcp_frames = st.lists(st.tuples(st.integers(0, 65_535), st.integers(0, 255), st.binary(min_size=1, max_size=253)), min_size=1, max_size=5)


@given(tcp_frames)
def test_tcp_frames_in_a_row_come_apart_as_they_were(frames: list[tuple[int, int, bytes]]) -> None:
    payload = b"".join(mbap(*frame) for frame in frames)
    assert split_mbap(payload) == [(number, Pdu(unit, pdu[0], pdu[1:])) for number, unit, pdu in frames]


@given(tcp_frames, st.data())
def test_a_tcp_frame_that_is_cut_is_none(frames: list[tuple[int, int, bytes]], data: st.DataObject) -> None:
    last = mbap(*frames[-1])
    kept = data.draw(st.integers(1, len(last) - 1))
    assert split_mbap(b"".join(mbap(*frame) for frame in frames[:-1]) + last[:kept]) is None


@given(st.binary(max_size=300))
def test_any_bytes_have_a_size_or_none(head: bytes) -> None:
    for size in (request_size(head), answer_size(head)):
        assert size is None or size >= 0
    whole = frame_size(head, 0)
    assert whole is None or 0 <= whole <= min(len(head), 256)


@pytest.mark.parametrize("head", ["0001 0001 0006", "0001 0000 0001", "0001 0000 00ff"])
def test_another_protocol_or_a_length_that_no_frame_has_is_no_tcp_frame(head: str) -> None:
    assert split_mbap(bytes.fromhex(head) + bytes(int(head[-4:], 16))) is None

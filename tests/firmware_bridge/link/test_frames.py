"""COBS, varints and frames: what one end writes the other reads, and damage costs what it hits."""

import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware_bridge.link import cobs, frame, varint
from firmware_bridge.link.frame import Cutter, Kind

_ZERO_RICH = st.lists(st.sampled_from([0, 0, 1, 254, 255, 7]), max_size=254).map(bytes)
_BODIES = st.binary(max_size=frame.BODY_BYTES)


@given(st.one_of(st.binary(max_size=254), _ZERO_RICH))
def test_cobs_gives_back_what_it_took_without_a_zero_and_one_byte_longer(data: bytes) -> None:
    coded = cobs.encode(data)

    assert cobs.decode(coded) == data
    assert 0 not in coded
    assert len(coded) == len(data) + 1


@pytest.mark.parametrize(
    ("plain", "coded"),
    [
        ("", "01"),
        ("00", "0101"),
        ("11 22 00 33", "03 11 22 02 33"),
        ("11 00 00 00", "02 11 01 01 01"),
        ("01" * 254, "ff" + "01" * 254),
        ("01" * 253 + "00", "fe" + "01" * 253 + "01"),
    ],
)
def test_cobs_writes_the_bytes_of_the_paper(plain: str, coded: str) -> None:
    assert cobs.encode(bytes.fromhex(plain)) == bytes.fromhex(coded)


@given(st.binary(max_size=300).map(lambda data: data.replace(b"\0", b"\1")))
def test_cobs_takes_any_bytes_and_refuses_what_no_encoder_made(coded: bytes) -> None:
    try:
        plain = cobs.decode(coded)
    except cobs.CobsError:
        return
    assert cobs.encode(plain) == coded


def test_cobs_refuses_what_does_not_fit_a_frame() -> None:
    with pytest.raises(ValueError, match="255 bytes"):
        cobs.encode(bytes(255))


@given(st.integers(0, varint.LARGEST), st.binary(max_size=4))
def test_a_varint_is_read_back_with_where_it_ends(number: int, behind: bytes) -> None:
    coded = varint.encode(number)

    assert varint.decode(b"x" + coded + behind, 1) == (number, 1 + len(coded))
    assert len(coded) <= 5


@pytest.mark.parametrize("coded", ["", "80", "ffffffff1f", "8080808080", "808080808001"])
def test_a_varint_that_does_not_end_or_is_too_large_is_refused(coded: str) -> None:
    with pytest.raises(varint.VarintError):
        varint.decode(bytes.fromhex(coded), 0)


@given(st.integers(-(1 << 31), (1 << 31) - 1))
def test_zigzag_keeps_the_number_and_makes_small_ones_short(number: int) -> None:
    assert varint.unzigzag(varint.zigzag(number)) == number
    assert varint.zigzag(number) <= max(0, 2 * abs(number))


@given(st.integers(0, 0xFFFF), st.integers(1, 0x7FFF))
def test_sequence_numbers_are_compared_around_their_end(first: int, steps: int) -> None:
    later = (first + steps) & 0xFFFF

    assert varint.is_before(first, later)
    assert not varint.is_before(later, first)
    assert varint.ahead(later, first) == steps


def test_a_frame_is_kind_body_and_crc_as_written_in_the_spec() -> None:
    whole = frame.encode(Kind.LOG, b"\x01hi\x00")

    crc = zlib.crc32(b"\x04\x01hi\x00").to_bytes(4, "little")
    assert whole == cobs.encode(b"\x04\x01hi\x00" + crc) + b"\0"
    assert zlib.crc32(b"123456789") == 0xCBF43926  # the check value of CRC-32/ISO-HDLC


@given(st.lists(st.tuples(st.integers(0, 255), _BODIES), max_size=6), st.data())
def test_frames_come_out_whole_however_the_bytes_are_split(sent: list[tuple[int, bytes]], data: st.DataObject) -> None:
    line = b"".join(frame.encode(kind, body) for kind, body in sent)
    cutter, found, at = Cutter(), [], 0
    while at < len(line):
        size = data.draw(st.integers(1, 300))
        for one in cutter.feed(line[at : at + size]):
            end = min(at + size, len(line)) - one.bytes_behind
            found.append((one.kind, one.body))
            assert line[end - 1] == 0
            assert line[end - one.wire_bytes : end] == frame.encode(one.kind, one.body)
        at += size

    assert found == sent
    assert cutter.counts.damaged == 0


@given(st.binary(max_size=2000), _BODIES)
def test_after_any_noise_the_frame_behind_the_next_zero_is_read(noise: bytes, body: bytes) -> None:
    cutter = Cutter()
    cutter.feed(noise)

    found = cutter.feed(b"\0" + frame.encode(3, body))

    assert (found[-1].kind, found[-1].body) == (3, body)


@given(_BODIES, st.data())
def test_a_frame_with_flipped_bits_is_dropped_and_its_neighbours_stay(body: bytes, data: st.DataObject) -> None:
    hit = bytearray(frame.encode(3, body))
    for at in data.draw(st.lists(st.integers(0, len(hit) - 1), min_size=1, max_size=3, unique=True)):
        hit[at] ^= data.draw(st.integers(1, 255))
    if hit == frame.encode(3, body):
        return
    cutter = Cutter()

    found = cutter.feed(frame.encode(1, b"before") + bytes(hit) + b"\0" + frame.encode(2, b"behind"))

    assert [one.body for one in found if one.kind in (1, 2)] == [b"before", b"behind"]
    assert not [one for one in found if one.kind == 3]


def test_a_flood_without_a_zero_is_dropped_and_counted_in_bytes() -> None:
    cutter = Cutter()
    for _ in range(1000):
        assert cutter.feed(b"U" * 100) == []
    cutter.feed(b"\0")

    assert (cutter.counts.damaged, cutter.counts.damaged_bytes) == (1, 100_000)


def test_empty_frames_mean_nothing() -> None:
    cutter = Cutter()

    assert cutter.feed(bytes(50)) == []
    assert cutter.counts.damaged == 0

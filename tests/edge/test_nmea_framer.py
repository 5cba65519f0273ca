"""NMEA sentences between binary noise, behind tag blocks, cut and changed; what all framers promise is in test_framers.py."""

import time

import pytest

from edge.framers.framer import Framer
from edge.framers.table import FRAMING, build_framer

FIX = b"$GPGLL,4916.45,N,12311.12,W,225444,A*31"  # gpsd, NMEA.adoc
SHIP = b"!AIVDM,1,1,,A,14eG;o@034o8sd<L9i:a;WF>062D,0*7D"
TAG = b"\\s:hn01,c:1241544035*3E\\"
UBX = bytes.fromhex("b5620106340024215c21")  # the head of a u-blox NAV-SOL


def framer(**options: object) -> Framer:
    return build_framer(FRAMING.validate_python({"kind": "nmea", **options}))


def told(one: Framer) -> list[tuple[str, int, bool]]:
    return [(drop.reason, drop.size, drop.is_frame) for drop in one.drops()]


@pytest.mark.parametrize("end", [b"", b"\r", b"\n", b"\r\n", UBX])
def test_whatever_stands_between_sentences_is_noise(end: bytes) -> None:
    one = framer()
    assert one.feed(UBX + FIX + end + SHIP + end) == [FIX, SHIP]
    assert one.counts.damaged == 0


def test_a_sentence_that_was_cut_does_not_swallow_the_next() -> None:
    one = framer()
    assert one.feed(FIX[:20] + FIX + FIX[:30] + SHIP) == [FIX, SHIP]
    assert told(one) == [("cut short", 20, True), ("cut short", 30, True)]


def test_binary_bytes_inside_a_sentence_break_only_that() -> None:
    one = framer()
    assert one.feed(FIX[:12] + UBX + FIX[12:] + FIX) == [FIX]
    assert [reason for reason, _, _ in told(one)] == ["cut short"]


def test_a_changed_byte_is_a_wrong_checksum() -> None:
    one = framer()
    assert one.feed(FIX.replace(b"4916", b"4917") + b"\r\n" + FIX) == [FIX]
    assert told(one) == [("wrong checksum", len(FIX) + 2, True)]


def test_a_tag_block_stays_with_its_sentence() -> None:
    assert framer().feed(b"x" + TAG + SHIP + b"\r\n" + FIX) == [TAG + SHIP, FIX]


def test_a_sentence_behind_a_broken_tag_block_is_kept() -> None:
    one = framer()
    assert one.feed(TAG.replace(b"hn01", b"hn02") + SHIP + TAG[:8] + FIX) == [SHIP, FIX]
    assert one.counts.damaged == 0


def test_sentences_without_a_checksum_are_taken_only_where_asked_for() -> None:
    old = b"$WIMWV,214.8,R,0.1,K,A"
    assert framer().feed(old + b"\r\n") == []
    one = framer(needs_checksum=False)
    assert one.feed(old + b"\r\n" + FIX + b"\r\n" + FIX[:-1] + b"2\r\n" + old) == [old, FIX]
    assert one.feed(b"\n") == [old]
    assert [reason for reason, _, is_frame in told(one) if is_frame] == ["wrong checksum"]


def test_the_limit_is_the_length_of_the_longest_sentence() -> None:
    assert framer(max_sentence_bytes=len(FIX)).feed(FIX + b"\r\n") == [FIX]
    assert framer(max_sentence_bytes=len(FIX) - 1).feed(FIX + b"\r\n") == []


@pytest.mark.parametrize("piece", [b"$", b"!", b"\\", b"$GPGGA,", b"$" + b"," * 240, b"\\s:a", b"*"])
def test_endless_beginnings_cost_no_more_than_their_bytes(piece: bytes) -> None:
    one = framer()
    flood = piece * (1_000_000 // len(piece))
    began_s = time.process_time()
    assert one.feed(flood) == []
    assert time.process_time() - began_s < 5
    assert one.silence() == []
    assert one.counts.dropped_bytes == len(flood)

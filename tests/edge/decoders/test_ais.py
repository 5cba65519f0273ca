"""AIS: sentences joined, values that are not available left out. Sentences of gpsd's sample.aivdm."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.decoders.ais import recognise
from edge.decoders.ais.decoder import AisDecoder
from edge.decoders.ais.fragments import MOST
from edge.decoders.decoder import Decoded
from edge.decoders.nmea.sentence import tagged_ns
from edge.framers.checksums import xor8
from telemetry.errors import RejectedError
from telemetry.point import Reading
from tests.edge.decoders.contract import check

MOVING = b"!AIVDM,1,1,,A,15RTgt0PAso;90TKcjM8h6g208CQ,0*4A"
STATION = b"!AIVDM,1,1,,A,403OviQuMGCqWrRO9>E6fE700@GO,0*4D"
PARTS = (
    b"!AIVDM,2,1,1,A,55?MbV02;H;s<HtKR20EHE:0@T4@Dn2222222216L961O5Gf0NSQEp6ClRp8,0*1C",
    b"!AIVDM,2,2,1,A,88888888880,2*25",
)


def summed(inner: str) -> bytes:
    return f"!{inner}*{xor8(inner.encode()):02X}".encode()


def decoded(*payloads: bytes, decoder: AisDecoder | None = None) -> list[Decoded]:
    decoder = decoder or AisDecoder()
    return [decoder.decode("", payload) for payload in payloads]


def one(*payloads: bytes) -> Reading:
    (reading,) = decoded(*payloads)[-1].readings
    return reading


def test_a_ship_under_way() -> None:
    reading = one(MOVING)
    assert (reading.measurement, reading.tags, reading.time_ns) == ("vessel", {"device": "371798000"}, None)
    assert (
        reading.fields
        == {
            "latitude": 48.381633,
            "longitude": -123.395383,
            "speed": 6.32766666667,
            "course": 224.0,
            "heading": 215.0,
            "position_accurate": True,
            "navigation_status": 0,
            "message_type": 1,
        }
        or "rate_of_turn" not in reading.fields
    )


def test_a_base_station_tells_the_time() -> None:
    assert one(STATION).time_ns == 1_179_172_659_000_000_000  # 2007-05-14T19:57:39Z
    assert one(STATION).tags == {"device": "003669702"}


@pytest.mark.parametrize("order", [PARTS, PARTS[::-1]])
def test_a_message_of_two_sentences_is_told_when_it_is_whole(order: tuple[bytes, bytes]) -> None:
    first, last = decoded(*order)
    assert first.is_understood
    assert last.readings[0].fields == {
        "name": "EVER DIADEM",
        "callsign": "3FOF8",
        "destination": "NEW YORK",
        "imo": 9134270,
        "ship_type": 70,
        "length": 295.0,
        "beam": 32.0,
        "draught": 12.2,
        "message_type": 5,
    }


def test_messages_may_be_interleaved_and_come_in_one_payload() -> None:
    (told,) = decoded(PARTS[0] + b"\r\n" + MOVING + b"\r\n" + PARTS[1] + b"\r\n")
    assert [reading.tags["device"] for reading in told.readings] == ["371798000", "351759000"]


def test_a_sentence_that_never_came_is_told_when_its_id_is_used_again() -> None:
    told = decoded(PARTS[0], PARTS[0], PARTS[1])
    assert [refusal.reason for refusal in told[1].refusals] == ["AIVDM: sentence 2 of 2 never came"]
    assert told[2].readings


def test_sentences_that_never_become_messages_are_bounded_and_told() -> None:
    decoder = AisDecoder()
    refused = 0
    for number in range(10 * MOST):
        refused += len(decoder.decode(f"t{number}", PARTS[0]).refusals)
    assert refused == 9 * MOST
    assert decoder.decode(f"t{10 * MOST - 1}", PARTS[1]).readings


def test_what_is_not_available_is_left_out() -> None:
    """Latitude 91, longitude 181, hour 24: a base station that knows nothing."""
    (told,) = decoded(b"!AIVDM,1,1,,A,402Fha0000Htt<tSF0l4Q@000d20,0*65")
    assert told == Decoded([], is_understood=True)


def test_weather_of_a_station_goes_to_weather() -> None:
    reading = one(b"!AIVDM,1,1,,A,8@2<HW@0BkdhF0dcH59=RiRRDqnJ7wfRwwwwwwwwwwwwwwwwwwwwwwwwwt0,2*7D")
    assert (reading.measurement, reading.tags) == ("weather", {"device": "002300061"})
    assert reading.fields == {
        "wind_speed": 5.65888888889,
        "wind_gust": 6.17333333333,
        "wind_direction": 162.0,
        "temperature": -12.7,
        "humidity": 80.0,
        "pressure": 1032.0,
    }


def test_a_receivers_time_comes_from_a_right_tag_block() -> None:
    block = "s:hn01,c:1241544035"
    tag = f"\\{block}*{xor8(block.encode()):02X}\\".encode()
    assert one(tag + MOVING).time_ns == 1_241_544_035_000_000_000
    assert one(tag.replace(b"hn01", b"hn02") + MOVING).time_ns is None
    assert tagged_ns("c:1241544035123*" + f"{xor8(b'c:1241544035123'):02X}") == 1_241_544_035_123_000_000


@pytest.mark.parametrize(
    "inner", ["AIVDM,1,1,,A", "AIVDM,3,4,1,A,0,0", "AIVDM,x,1,,A,0,0", "AIVDM,1,1,,A,,0", "AIVDM,1,1,,A,1,9", "AIVDM,1,1,,A,1,0"]
)
def test_broken_sentences_are_refused_by_name(inner: str) -> None:
    (told,) = decoded(summed(inner))
    assert not told.readings
    assert len(told.refusals) == 1
    assert "AIVDM" in told.refusals[0].reason


def test_a_bad_sentence_costs_no_other_one_of_its_payload() -> None:
    (told,) = decoded(MOVING[:-1] + b"B\r\n" + MOVING)
    assert len(told.readings) == len(told.refusals) == 1


def test_other_sentences_are_understood() -> None:
    assert decoded(b"$GPGLL,4916.45,N,12311.12,W,225444,A*31")[0].is_understood


def test_nothing_at_all_is_refused() -> None:
    with pytest.raises(RejectedError):
        decoded(b"")


def test_it_knows_its_sentences() -> None:
    assert recognise("", MOVING + b"\r\n" + STATION)
    assert not recognise("", MOVING[:-1] + b"B")
    assert not recognise("", b"$GPGLL,4916.45,N,12311.12,W,225444,A*31")


def test_a_year_that_64_bits_of_nanoseconds_cannot_hold_is_no_time() -> None:
    """A base station of the year 256, found by fuzzing."""
    told = AisDecoder().decode("", summed("AIVDM,1,1,,A,400000@04@P0000000,0"))
    assert {reading.time_ns for reading in told.readings} <= {None}


ARMOUR = "".join(map(chr, (*range(48, 88), *range(96, 120))))


@given(st.text(ARMOUR, min_size=1, max_size=80), st.integers(0, 5))
def test_any_bits_decode_or_are_rejected(payload: str, fill: int) -> None:
    check(AisDecoder(), summed(f"AIVDM,1,1,,A,{payload},{fill}"))


@given(st.sampled_from("123456789:;<=>?@ABCDEFGHIJK"), st.text(ARMOUR, min_size=1, max_size=120))
def test_any_bits_of_every_type_decode_or_are_rejected(kind: str, payload: str) -> None:
    check(AisDecoder(), summed(f"AIVDM,1,1,,A,{kind}{payload},0"))


@given(st.lists(st.text("0123456789,AB!*\\", max_size=12), max_size=10))
def test_any_fields_decode_or_are_rejected(fields: list[str]) -> None:
    check(AisDecoder(), summed(f"AIVDM,{','.join(fields)}"))

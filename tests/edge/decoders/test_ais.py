"""AIS sentences, of the gpsd project's samples."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.decoders.ais import PARTIAL, AisDecoder
from edge.decoders.table import build_decoder
from telemetry.errors import RejectedError
from tests.edge.decoders.contract import check

SHIP = b"!AIVDM,1,1,,A,15RTgt0PAso;90TKcjM8h6g208CQ,0*4A"
STATIC = (
    b"!AIVDM,2,1,1,A,55?MbV02;H;s<HtKR20EHE:0@T4@Dn2222222216L961O5Gf0NSQEp6ClRp8,0*1C",
    b"!AIVDM,2,2,1,A,88888888880,2*25",
)


def test_a_ship_tells_where_it_is() -> None:
    (reading,) = AisDecoder().decode("", SHIP).readings
    assert (reading.measurement, reading.tags) == ("vessel", {"device": "371798000"})
    assert reading.fields == {"latitude": 48.381633, "longitude": -123.395383, "speed": 6.3277, "course": 224.0, "heading": 215.0}


def test_a_message_of_two_sentences_is_put_together() -> None:
    decoder = AisDecoder()
    assert decoder.decode("", STATIC[0]).is_understood
    (reading,) = decoder.decode("", STATIC[1]).readings
    assert reading.tags == {"device": "351759000"}
    assert reading.fields["name"] == "EVER DIADEM"
    assert (reading.fields["destination"], reading.fields["draught"]) == ("NEW YORK", 12.2)


def test_halves_that_never_become_whole_do_not_pile_up() -> None:
    decoder = AisDecoder()
    for number in range(10 * PARTIAL):
        decoder.decode(f"radio-{number}", STATIC[0])
    assert not decoder.decode("radio-0", STATIC[1]).readings


@pytest.mark.parametrize("payload", [b"", b"$GPGGA,1", b"!AIVDM,9,x,,A,15,0*00", b"!AIVDM,1,1,,A,,0*26", b"!AIVDM,1,2,,A,1,0*26"])
def test_what_is_no_message_is_refused(payload: bytes) -> None:
    with pytest.raises(RejectedError):
        AisDecoder().decode("", payload)


@given(st.text("0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVW`abcdefghijklmnopqrstuvw", max_size=60), st.integers(0, 5))
def test_any_bits_decode_or_are_rejected(armoured: str, fill: int) -> None:
    check(build_decoder("ais", {}), f"!AIVDM,1,1,,A,{armoured},{fill}*00".encode())

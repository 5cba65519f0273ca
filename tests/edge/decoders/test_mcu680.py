"""GY-MCU680 boards."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.decoders.decoder import UNDERSTOOD
from edge.decoders.mcu680 import recognise
from edge.decoders.table import build_decoder
from telemetry import quality
from telemetry.errors import RejectedError
from tests.edge.decoders.serial_frames import fields_of, frames_of, summed

ALL = summed(
    "5a5a3f0f" + "09d8" + "1634" + "0189c4" + "3029" + "0001e240" + "0057", 1
)  # 25.2 °C, 56.84 %, 1008.04 hPa, 41 (3), 123,456 ohm, 87 m
STORED = {"temperature": 25.2, "humidity": 56.84, "pressure": 1008.04, "iaq": 41.0, "iaq_accuracy": 3, "gas_resistance": 123_456.0}


def test_all_kinds() -> None:
    assert fields_of("mcu680", ALL) == STORED
    assert fields_of("mcu680", ALL, altitude=True) == {**STORED, "altitude": 87.0}


def test_frost_is_negative() -> None:
    assert fields_of("mcu680", summed("5a5a0102" + "fe0c", 1)) == {"temperature": -5.0}


@given(kinds=st.integers(1, 63))
def test_only_the_kinds_that_the_bits_name_are_there(kinds: int) -> None:
    pieces = ["09d8", "1634", "0189c4", "3029", "0001e240", "0057"]
    data = "".join(piece for bit, piece in enumerate(pieces) if kinds >> bit & 1)
    whole = {**STORED, "altitude": 87.0}
    names = [["temperature"], ["humidity"], ["pressure"], ["iaq", "iaq_accuracy"], ["gas_resistance"], ["altitude"]]
    expected = {name: whole[name] for bit in range(6) if kinds >> bit & 1 for name in names[bit]}
    assert fields_of("mcu680", summed(f"5a5a{kinds:02x}{len(data) // 2:02x}{data}", 1), altitude=True) == expected


def test_an_index_that_is_not_calibrated_is_warm_up_and_the_rest_counts() -> None:
    fields = fields_of("mcu680", summed("5a5a0904" + "09d8" + "0019", 1))
    assert fields["quality"] == quality.WARM_UP
    assert (fields["iaq"], fields["iaq_quality"], fields["temperature_quality"]) == (25.0, quality.WARM_UP, 0)


@pytest.mark.parametrize("frame", [summed("5a5a3f0f" + "00" * 15, 1), summed("5a5a2002" + "0057", 1)])
def test_nothing_measured_is_understood(frame: str) -> None:
    assert build_decoder("mcu680", {}).decode("", bytes.fromhex(frame)) == UNDERSTOOD


@pytest.mark.parametrize(
    ("frame", "reason"),
    [
        (ALL[:-2] + "00", "wrong checksum"),
        (ALL[:-2], "do not fit together"),
        (summed("5a5a0103" + "09d8", 1), "do not fit together"),
        (summed("5a5a4002" + "09d8", 1), "do not fit together"),
        ("5a5b010209d800", "begins with 5a 5a"),
        ("", "begins with 5a 5a"),
    ],
)
def test_what_is_broken_is_refused(frame: str, reason: str) -> None:
    with pytest.raises(RejectedError, match=reason):
        build_decoder("mcu680", {}).decode("", bytes.fromhex(frame))


def test_a_checksum_that_looks_like_a_header_hides_no_frame() -> None:
    frame = next(
        bytes.fromhex(summed(f"5a5a0102{low:04x}", 1)) for low in range(0x900, 0xA00) if summed(f"5a5a0102{low:04x}", 1)[-2:] == "5a"
    )
    assert frames_of(build_decoder("mcu680", {}), frame + frame)[0] == [frame, frame]
    assert recognise("", frame)

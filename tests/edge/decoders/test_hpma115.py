"""Honeywell HPMA115, standard and compact."""

import pytest

from edge.decoders.decoder import UNDERSTOOD
from edge.decoders.hpma115 import recognise
from edge.decoders.table import build_decoder
from telemetry.errors import RejectedError
from tests.edge.decoders.serial_frames import fields_of, frames_of, negated, summed

COMPACT = "400d0400040007000900170000000084"  # of the corpus (PyPMS, HPMA115C0)
STANDARD = negated("40050400300031", 0)  # the example of the data sheet's table 6: PM2.5 48, PM10 49


def auto(*numbers: int) -> str:
    words = (*numbers, *[0] * (13 - len(numbers)))
    return summed("424d001c" + "".join(f"{word:04x}" for word in words), 2)


def test_polled_answers_of_both_models() -> None:
    assert fields_of("hpma115", COMPACT) == {"pm1": 4.0, "pm2_5": 7.0, "pm4": 9.0, "pm10": 23.0}
    assert fields_of("hpma115", STANDARD) == {"pm2_5": 48.0, "pm10": 49.0}


def test_auto_send_tells_the_models_apart() -> None:
    assert fields_of("hpma115", auto(0, 12, 15)) == {"pm2_5": 12.0, "pm10": 15.0}
    assert fields_of("hpma115", auto(10, 12, 14, 15)) == {"pm1": 10.0, "pm2_5": 12.0, "pm4": 14.0, "pm10": 15.0}
    assert fields_of("hpma115", auto(0, 0, 0, 2)) == {"pm1": 0.0, "pm2_5": 0.0, "pm4": 0.0, "pm10": 2.0}
    assert fields_of("hpma115", auto()) == {"pm2_5": 0.0, "pm10": 0.0}


def test_the_model_may_be_said() -> None:
    assert fields_of("hpma115", auto(), model="compact") == {"pm1": 0.0, "pm2_5": 0.0, "pm4": 0.0, "pm10": 0.0}
    assert fields_of("hpma115", auto(1, 2, 3, 4), model="standard") == {"pm2_5": 2.0, "pm10": 3.0}


@pytest.mark.parametrize("frame", ["a5a5", negated("40021064", 0)])
def test_what_is_no_measurement_is_understood(frame: str) -> None:
    assert build_decoder("hpma115", {}).decode("", bytes.fromhex(frame)) == UNDERSTOOD


@pytest.mark.parametrize(
    ("frame", "reason"),
    [
        ("9696", "refused a command"),
        (COMPACT[:-2] + "85", "wrong checksum"),
        (COMPACT[:-2], "16 bytes, not 15"),
        (auto(0, 12, 15)[:-2] + "00", "wrong checksum"),
        (auto(0, 12, 15)[:-2], "32 bytes, not 31"),
        ("40", "no HPMA115 frame begins with 40"),
        ("", "begins with nothing"),
    ],
)
def test_what_is_broken_is_refused(frame: str, reason: str) -> None:
    with pytest.raises(RejectedError, match=reason):
        build_decoder("hpma115", {}).decode("", bytes.fromhex(frame))


def test_frames_of_all_kinds_are_cut_from_one_stream() -> None:
    frames = [bytes.fromhex(one) for one in (auto(0, 12, 15), "a5a5", STANDARD, COMPACT, "9696", auto(1, 2, 3, 4))]
    assert frames_of(build_decoder("hpma115", {}), b"\x00\xff".join(frames))[0] == frames


def test_a_plantower_frame_is_not_taken_for_a_honeywell() -> None:
    plantower = bytes.fromhex("424d001c00000008000800000008000800d20046002d001e00000000970002c5")  # of the corpus (PyPMS, PMSx003)
    assert recognise("", plantower) == ""
    assert all(recognise("", bytes.fromhex(frame)) for frame in (auto(0, 12, 15), auto(1, 2, 3, 4), STANDARD, COMPACT))

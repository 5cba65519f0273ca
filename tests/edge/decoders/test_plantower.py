"""Plantower frames, of the corpus (PyPMS) and made by the manuals."""

import struct

import pytest

from edge.decoders.table import build_decoder
from telemetry import quality
from telemetry.errors import RejectedError
from tests.edge.decoders.serial_frames import fields_of, frames_of, readings_of

PMS5003 = "424d001c00000008000800000008000800d20046002d001e00000000970002c5"


def frame(*words: int) -> str:
    """Return a frame of data words, with its length and sum."""
    body = struct.pack(f">2sH{len(words)}H", b"BM", 2 * len(words) + 2, *(word & 0xFFFF for word in words))
    return (body + (sum(body) & 0xFFFF).to_bytes(2, "big")).hex()


SIX = (5, 8, 9, 4, 7, 8)
COUNTS = (210, 70, 45, 30, 2, 1)


def test_usual_frame_gives_masses_and_counts() -> None:
    assert fields_of("plantower", PMS5003) == {
        "pm1_cf1": 0.0,
        "pm2_5_cf1": 8.0,
        "pm10_cf1": 8.0,
        "pm1": 0.0,
        "pm2_5": 8.0,
        "pm10": 8.0,
        "n0_3": 2.1,
        "n0_5": 0.7,
        "n1_0": 0.45,
        "n2_5": 0.3,
        "n5_0": 0.0,
        "n10_0": 0.0,
    }


def test_short_frame_of_a_pms3003_gives_masses() -> None:
    fields = fields_of("plantower", frame(*SIX, 0, 0, 0))
    assert fields == {"pm1_cf1": 5.0, "pm2_5_cf1": 8.0, "pm10_cf1": 9.0, "pm1": 4.0, "pm2_5": 7.0, "pm10": 8.0}


def test_long_frame_of_a_pms5003st_has_formaldehyde_and_air() -> None:
    fields = fields_of("plantower", frame(*SIX, *COUNTS, 12, -55, 613, 0, 0x9700))
    assert (fields["hcho"], fields["temperature"], fields["humidity"], fields["n10_0"]) == (12.0, -5.5, 61.3, 0.01)


def test_models_that_do_not_tell_are_named() -> None:
    fields = fields_of("plantower", frame(*SIX, *COUNTS, 12), model="pms5003s")
    assert fields["hcho"] == 12.0
    assert "quality" not in fields  # where others have their error code, it has formaldehyde
    fields = fields_of("plantower", frame(*SIX, *COUNTS[:4], 285, 613, 0x9700), model="pms5003t")
    assert (fields["temperature"], fields["humidity"]) == (28.5, 61.3)
    assert "n5_0" not in fields


def test_error_code_marks_the_reading() -> None:
    assert fields_of("plantower", frame(*SIX, *COUNTS, 0x9702))["quality"] == quality.DEVICE_ERROR


def test_answer_to_a_command_is_understood() -> None:
    decoded = build_decoder("plantower", {}).decode("", bytes.fromhex(frame(0xE100)))
    assert (decoded.readings, decoded.is_understood) == ((), True)


def test_damaged_frame_costs_only_itself() -> None:
    good, broken = bytes.fromhex(PMS5003), bytearray.fromhex(PMS5003)
    broken[9] ^= 0x40
    stream = good + bytes(broken) + good[:20] + good + b"BM" + good
    assert len(readings_of("plantower", stream)) == 3
    _, drops = frames_of(build_decoder("plantower", {}), stream)
    assert [drop.reason for drop in drops if drop.is_frame] == ["wrong checksum", "wrong checksum", "impossible length"]


def test_what_is_no_frame_is_refused() -> None:
    for payload in (b"", b"BM", bytes.fromhex(PMS5003)[:-1], bytes.fromhex(PMS5003[:-2] + "00")):
        with pytest.raises(RejectedError):
            build_decoder("plantower", {}).decode("", payload)

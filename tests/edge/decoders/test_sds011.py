"""Nova frames: SDS011 of the corpus (PyPMS), the others by the control protocol."""

import pytest

from edge.decoders.table import build_decoder
from telemetry.errors import RejectedError
from tests.edge.decoders.serial_frames import fields_of, frames_of, readings_of

SDS011 = "aac00600060058d93dab"


def frame(kind: str, data: str) -> str:
    """Return a frame of kind and six data bytes, with its sum."""
    return f"aa{kind}{data}{sum(bytes.fromhex(data)) & 0xFF:02x}ab"


def test_dust_in_tenths() -> None:
    assert fields_of("sds011", SDS011) == {"pm2_5": 0.6, "pm10": 0.6}
    assert fields_of("sds011", frame("c0", "d4043a0aa160")) == {"pm2_5": 123.6, "pm10": 261.8}


def test_sds198_counts_all_dust() -> None:
    assert fields_of("sds011", frame("cf", "00003a0aa160")) == {"pm100": 2618.0}


def test_answer_to_a_command_is_understood() -> None:
    assert build_decoder("sds011", {}).decode("", bytes.fromhex(frame("c5", "06010000a160"))).is_understood


def test_damaged_frames_cost_only_themselves() -> None:
    good = bytes.fromhex(SDS011)
    stream = good + good[:6] + good + good[:2] + b"\xff" + good[3:] + good[:-1] + b"\xac" + good
    assert len(readings_of("sds011", stream)) == 3
    _, drops = frames_of(build_decoder("sds011", {}), stream)
    assert sum(drop.is_frame for drop in drops) == 3


def test_what_is_no_frame_is_refused() -> None:
    for payload in (b"", bytes.fromhex(SDS011)[:-1], bytes.fromhex(frame("c1", "000000000000")), bytes.fromhex("aac00600060058d93eab")):
        with pytest.raises(RejectedError):
            build_decoder("sds011", {}).decode("", payload)

"""Sensirion SPS30 over SHDLC."""

import struct

import pytest

from edge.decoders.decoder import UNDERSTOOD, Decoder
from edge.decoders.sps30 import recognise
from edge.decoders.table import build_decoder
from edge.framers.shdlc import wrapped
from telemetry import quality
from telemetry.errors import RejectedError
from tests.edge.decoders.serial_frames import fields_of, frames_of

VALUES = (4.2, 5.1, 5.6, 5.8, 20.25, 27.5, 28.1, 28.2, 28.25, 0.51)
STORED = dict(
    zip(
        ("pm1", "pm2_5", "pm4", "pm10", "pm0_5_number", "pm1_number", "pm2_5_number", "pm4_number", "pm10_number", "typical_size"),
        VALUES,
        strict=True,
    )
)


def answer(command: int, data: bytes = b"", state: int = 0) -> bytes:
    return bytes((0, command, state, len(data))) + data


MEASURED = answer(0x03, struct.pack(">10f", *VALUES))


def decoder() -> Decoder:
    return build_decoder("sps30", {})


def test_floats_are_read_as_the_sensor_means_them() -> None:
    assert fields_of("sps30", wrapped(MEASURED).hex()) == STORED


def test_integers_are_read_with_the_size_in_nanometres() -> None:
    frame = answer(0x03, struct.pack(">10H", 4, 5, 6, 6, 20, 27, 28, 28, 28, 510))
    expected = {**{name: float(round(value)) for name, value in STORED.items()}, "pm4": 6.0, "pm1_number": 27.0, "typical_size": 0.51}
    assert fields_of("sps30", wrapped(frame).hex()) == expected


def test_stuffed_bytes_are_taken_out() -> None:
    """7.0 is 40 E0 ..., 1.99 has bytes of all kinds; 0x7E, 0x7D, 0x11 and 0x13 never stand in a frame as they are."""
    data = bytes.fromhex("417e1113" + "407d7e7d" + "3f800000" * 8)
    wire = wrapped(answer(0x03, data))
    assert not set(wire[1:-1]) & {0x7E, 0x11, 0x13}
    assert frames_of(decoder(), wire)[0] == [answer(0x03, data)]
    assert fields_of("sps30", wire.hex())["pm1"] == float(f"{struct.unpack('>f', data[:4])[0]:.7g}")


def test_an_error_bit_in_the_state_marks_the_values() -> None:
    frame = answer(0x03, struct.pack(">10f", *VALUES), state=0x80)
    assert fields_of("sps30", wrapped(frame).hex()) == {**STORED, "quality": quality.DEVICE_ERROR}


@pytest.mark.parametrize(
    ("register", "failure"),
    [(1 << 21, "fan_speed_failure"), (1 << 5, "laser_failure"), (1 << 4, "fan_failure"), (1 << 21 | 1 << 4, "fan_failure")],
)
def test_the_status_register_marks_the_values_until_it_is_clear_again(register: int, failure: str) -> None:
    one = decoder()
    (told,) = one.decode("", answer(0xD2, register.to_bytes(4, "big") + b"\0")).readings
    assert (told.quality, told.fields[failure]) == (quality.DEVICE_ERROR, True)
    assert one.decode("", MEASURED).readings[0].quality == quality.DEVICE_ERROR
    assert one.decode("other", MEASURED).readings[0].quality == quality.GOOD
    (told,) = one.decode("", answer(0xD2, bytes(5))).readings
    assert (told.quality, set(told.fields.values())) == (quality.GOOD, {False})
    assert one.decode("", MEASURED).readings[0].quality == quality.GOOD


@pytest.mark.parametrize(
    "frame",
    [
        answer(0x00),
        answer(0x01),
        answer(0x03),
        answer(0x10),
        answer(0x11),
        answer(0x56),
        answer(0x80),
        answer(0x80, (604_800).to_bytes(4, "big")),
        answer(0xD0, b"00080000\0"),
        answer(0xD1, bytes(7)),
        answer(0xD3),
        bytes.fromhex("0000020103"),  # start: the question
        bytes.fromhex("000300"),  # read: the question
        bytes.fromhex("00d20100"),
        bytes.fromhex("0080050000093a80"),
    ],
)
def test_what_is_no_measurement_is_understood(frame: bytes) -> None:
    assert decoder().decode("", frame) == UNDERSTOOD


@pytest.mark.parametrize(
    ("frame", "reason"),
    [
        (answer(0x03, state=0x43), "start the measurement first"),
        (answer(0x03, state=0x02), "unknown command"),
        (answer(0x03, bytes(8)), "do not fit an answer to command 03"),
        (answer(0x03, struct.pack(">10f", *VALUES[:9], float("nan"))), "not a number"),
        (answer(0x42), "unknown command 42"),
        (b"\x01\x03\x00\x00", "no frame of an SPS30"),
        (b"", "no frame of an SPS30"),
    ],
)
def test_what_is_broken_is_refused(frame: bytes, reason: str) -> None:
    with pytest.raises(RejectedError, match=reason):
        decoder().decode("", frame)


def test_a_damaged_frame_costs_only_itself() -> None:
    broken = wrapped(MEASURED)[:20] + b"\x00" + wrapped(MEASURED)[21:]
    frames, drops = frames_of(decoder(), wrapped(MEASURED) + broken + wrapped(MEASURED))
    assert frames == [MEASURED] * 2
    assert sum(drop.is_frame for drop in drops) == 1


def test_it_is_recognised() -> None:
    assert recognise("", MEASURED)
    assert recognise("", answer(0xD1, bytes(7))) == ""

"""Sensirion SPS30: particulate matter by mass and by number, over its serial protocol SHDLC.

Source: Sensirion, SPS30 data sheet, version 1.0 (March 2020), sections 5 and 6. 115200 baud 8N1. It never speaks by itself. A frame here is
what the framer `shdlc` hands out, unstuffed and checked:

    address 00 │ command │ state │ length │ data                the sensor's answers
    address 00 │ command │ length │ data                        questions, where a line is overheard; understood, nothing in them

state: bit 7 = an error bit of the status register is set; bits 0 to 6 = why the command was refused, 0 if it was not.

    03  measured values, once a second; length 0 when nothing is new since the last answer
        40 bytes: 10 floats (IEEE 754, big-endian); 20 bytes: 10 uint16 (as the measurement was started)
        PM1, PM2.5, PM4, PM10 in ug/m3; particles of 0.3 um to 0.5, 1, 2.5, 4, 10 um in 1/cm3; typical size in um (uint16: in nm)
    D2  status register, 4 bytes and one reserved: bit 21 fan speed out of range, bit 5 laser failure, bit 4 fan failure
    00 01 10 11 56 80 D0 D1 D3  start, stop, sleep, wake, clean the fan, cleaning interval, names, version, reset: understood

While the sensor reports an error, its values carry the quality bit "device error" (128).
"""

import math
import struct

from edge.decoders.decoder import UNDERSTOOD, Decoded
from edge.framers import shdlc
from runtime.settings import Settings
from telemetry import quality
from telemetry.errors import RejectedError
from telemetry.point import FieldValue, Reading

_READ, _STATUS = 0x03, 0xD2
_FLOATS, _INTEGERS = struct.Struct(">10f"), struct.Struct(">10H")
_SEVEN_DIGITS = "%.7g " * 10  # what a float32 holds: 4.2, not 4.199999809265137
_FIELDS = (
    *("pm1", "pm2_5", "pm4", "pm10"),
    *("pm0_5_number", "pm1_number", "pm2_5_number", "pm4_number", "pm10_number", "typical_size"),
)
_ANSWER_BYTES = {
    **dict.fromkeys((0x00, 0x01, 0x10, 0x11, 0x56, 0xD3), (0,)),
    _READ: (0, _INTEGERS.size, _FLOATS.size),
    0x80: (0, 4),
    0xD0: range(33),
    0xD1: (0, 7),
    _STATUS: (0, 5),
}
_REFUSED = {
    0x01: "wrong data length for this command",
    0x02: "unknown command",
    0x03: "no access right for this command",
    0x04: "illegal command parameter",
    0x28: "internal function argument out of range",
    0x43: "command not allowed in its current state (start the measurement first)",
}
_ALREADY_SO, _START_STOP = 0x43, {0x00, 0x01}  # told to start while it measures, or to stop while it does not: as was wanted
_DEVICE_ERROR = 0x80
_SPEED, _LASER, _FAN = 1 << 21, 1 << 5, 1 << 4
_ERRORS = _SPEED | _LASER | _FAN
_MOST_TOPICS = 5_000


class Options(Settings):
    """Options of decoder `sps30`; it needs none."""


class Sps30Decoder:
    """Decoder `sps30`. Remembers on which topics (a serial line has one) the status register last told of an error."""

    framing = shdlc.Options()

    def __init__(self) -> None:
        self._failing: set[str] = set()

    def decode(self, topic: str, payload: bytes) -> Decoded:
        if len(payload) < 3 or payload[0]:
            raise RejectedError(f"no frame of an SPS30: {len(payload)} bytes {payload[:4].hex(' ')}".rstrip())
        command = payload[1]
        if command not in _ANSWER_BYTES:
            raise RejectedError(f"unknown command {command:02x}")
        if _is_question(payload):
            return UNDERSTOOD
        if len(payload) < 4 or payload[3] != len(payload) - 4 or payload[3] not in _ANSWER_BYTES[command]:
            raise RejectedError(f"{len(payload)} bytes do not fit an answer to command {command:02x}")
        state = payload[2]
        if state & 0x7F == _ALREADY_SO and command in _START_STOP:
            return UNDERSTOOD
        if state & 0x7F:
            why = _REFUSED.get(state & 0x7F, f"error {state & 0x7F:02x}")
            raise RejectedError(f"the sensor refused command {command:02x}: {why}")
        if command == _READ and payload[3]:
            return self._measured(topic, payload[4:], has_error=bool(state & _DEVICE_ERROR))
        if command == _STATUS and payload[3]:
            return self._status(topic, int.from_bytes(payload[4:8], "big"))
        return UNDERSTOOD

    def _measured(self, topic: str, data: bytes, *, has_error: bool) -> Decoded:
        numbers: tuple[float, ...]
        if len(data) == _FLOATS.size:
            numbers = tuple(map(float, (_SEVEN_DIGITS % _FLOATS.unpack(data)).split()))
            if not all(map(math.isfinite, numbers)):
                raise RejectedError("a value is not a number")
        else:
            *counted, size_nm = map(float, _INTEGERS.unpack(data))
            numbers = (*counted, size_nm / 1000)
        bits = quality.DEVICE_ERROR if has_error or topic in self._failing else quality.GOOD
        fields: dict[str, FieldValue] = dict(zip(_FIELDS, numbers, strict=True))
        return Decoded((Reading("air", {}, fields, None, bits),))

    def _status(self, topic: str, register: int) -> Decoded:
        if register & _ERRORS:
            if len(self._failing) < _MOST_TOPICS:
                self._failing.add(topic)
        else:
            self._failing.discard(topic)
        fields: dict[str, FieldValue] = {
            "fan_failure": bool(register & _FAN),
            "laser_failure": bool(register & _LASER),
            "fan_speed_failure": bool(register & _SPEED),
        }
        return Decoded((Reading("air", {}, fields, None, quality.DEVICE_ERROR if register & _ERRORS else quality.GOOD),))


def recognise(_topic: str, payload: bytes) -> str:
    """Return why this looks like an SPS30: an SHDLC answer with ten measured values."""
    if len(payload) in {24, 44} and payload[:2] == b"\x00\x03" and payload[3] == len(payload) - 4:
        return "SHDLC answer 03 with ten values of a Sensirion SPS30"
    return ""


def build(_options: Options) -> Sps30Decoder:
    """Return the decoder."""
    return Sps30Decoder()


def _is_question(payload: bytes) -> bool:
    """Whether it goes to the sensor. 00 has no data in its answer but two bytes in its question; the others differ in length."""
    if payload[2] != len(payload) - 3:
        return False
    return (
        len(payload) < 4 or payload[3] not in _ANSWER_BYTES[payload[1]] or payload[3] != len(payload) - 4 or payload[1] in {0x80, _STATUS}
    )

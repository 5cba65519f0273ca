"""Honeywell HPMA115: particulate matter, standard (HPMA115S0) and compact (HPMA115C0, C1).

Source: Honeywell, HPM Series datasheet 32322550, issue F, tables 4 to 7. 9600 baud 8N1. Numbers have 16 bits, are big-endian, in ug/m3:

    42 4D 00 1C │ 13 numbers                  │ sum16   32 bytes, every second by itself ("auto send"); counted from 0:
        standard: 1 = PM2.5, 2 = PM10; compact: 0 = PM1, 1 = PM2.5, 2 = PM4, 3 = PM10; the others are reserved
    40 05 04    │ PM2.5, PM10                 │ cs       8 bytes, answer of the standard model to 68 01 04 93
    40 0D 04    │ PM1, PM2.5, PM4, PM10, 0, 0 │ cs      16 bytes, answer of the compact model
    40 02 10    │ coefficient (1 byte)        │ cs       5 bytes, the customer's adjustment
    A5 A5 (done) and 96 96 (refused): what any other command is answered with

cs is the negated low byte of the sum of all before it. In an auto-send frame PM10 is number 2 or number 3; as PM10 is never below PM4,
number 3 is zero on a compact model only when number 2 is, too. When all four are zero the model does not matter: PM2.5 and PM10 are given.
"""

import struct
from typing import Literal

from pydantic import Field

from edge.decoders.decoder import UNDERSTOOD, Decoded
from edge.framers import header
from runtime.settings import Settings
from telemetry.errors import RejectedError
from telemetry.point import Reading

_AUTO = b"\x42\x4d\x00\x1c"
_DONE, _REFUSED = b"\xa5\xa5", b"\x96\x96"
_AUTO_NUMBERS = struct.Struct(">4x4H")
_SPARE_FROM = 12  # in an auto-send frame: reserved, 0
_POLLED = {b"\x40\x05\x04": struct.Struct(">3x2H1x"), b"\x40\x0d\x04": struct.Struct(">3x4H5x")}
_COEFFICIENT = b"\x40\x02\x10"
_STANDARD = ("pm2_5", "pm10")
_COMPACT = ("pm1", "pm2_5", "pm4", "pm10")

FRAMING = header.Options(
    shapes=(
        header.Shape(header=_AUTO.hex(), size=32, checksum="sum16_be"),
        header.Shape(header="400504", size=8, checksum="sum8_negated"),
        header.Shape(header="400d04", size=16, checksum="sum8_negated"),
        header.Shape(header=_COEFFICIENT.hex(), size=5, checksum="sum8_negated"),
        header.Shape(header=_DONE.hex(), size=2),
        header.Shape(header=_REFUSED.hex(), size=2),
    ),
    max_frame_bytes=32,
)


class Options(Settings):
    """Options of decoder `hpma115`."""

    model: Literal["auto", "standard", "compact"] = Field(
        "auto", description="HPMA115S0 (standard) or HPMA115C0 (compact); auto tells them apart by the numbers of each frame"
    )


class Hpma115Decoder:
    """Decoder `hpma115`."""

    framing = FRAMING

    def __init__(self, options: Options) -> None:
        self._model = options.model

    def decode(self, topic: str, payload: bytes) -> Decoded:  # noqa: ARG002 - a serial line has no topics
        start = payload[:3]
        if payload.startswith(_AUTO):
            return self._auto(payload)
        if start in _POLLED:
            return _polled(payload, start)
        if payload == _DONE:
            return UNDERSTOOD
        if payload == _REFUSED:
            raise RejectedError("the sensor refused a command (96 96)")
        if start == _COEFFICIENT:
            _check(payload, 5)
            return UNDERSTOOD
        raise RejectedError(f"no HPMA115 frame begins with {payload[:4].hex(' ') or 'nothing'}")

    def _auto(self, payload: bytes) -> Decoded:
        if len(payload) != 32:
            raise RejectedError(f"an auto-send frame has 32 bytes, not {len(payload)}")
        if sum(payload[:30]) != payload[30] << 8 | payload[31]:
            raise RejectedError("wrong checksum")
        numbers = _AUTO_NUMBERS.unpack_from(payload)
        if self._is_compact(numbers):
            return _reading(_COMPACT, numbers)
        return _reading(_STANDARD, numbers[1:3])

    def _is_compact(self, numbers: tuple[int, ...]) -> bool:
        return numbers[3] > 0 if self._model == "auto" else self._model == "compact"


def recognise(_topic: str, payload: bytes) -> str:
    """Return why this looks like an HPMA115: polled answers, or an auto-send frame whose reserved numbers are all zero."""
    start = payload[:3]
    if start in _POLLED and len(payload) == _POLLED[start].size and not sum(payload) & 0xFF:
        return f"{len(payload)}-byte answer {start.hex(' ')} of a Honeywell HPMA115, checksum right"
    is_auto = payload.startswith(_AUTO) and len(payload) == 32 and sum(payload[:30]) == payload[30] << 8 | payload[31]
    if is_auto and any(payload[6:_SPARE_FROM]) and not any(payload[_SPARE_FROM:30]):
        return "32-byte frame with the header 42 4d of a Honeywell HPMA115, reserved bytes zero (Plantower counts particles there)"
    return ""


def build(options: Options) -> Hpma115Decoder:
    """Return the decoder."""
    return Hpma115Decoder(options)


def _polled(payload: bytes, start: bytes) -> Decoded:
    layout = _POLLED[start]
    _check(payload, layout.size)
    numbers = layout.unpack(payload)
    return _reading(_STANDARD if len(numbers) == 2 else _COMPACT, numbers)


def _check(payload: bytes, size: int) -> None:
    if len(payload) != size:
        raise RejectedError(f"an answer {payload[:3].hex(' ')} has {size} bytes, not {len(payload)}")
    if sum(payload) & 0xFF:
        raise RejectedError("wrong checksum")


def _reading(names: tuple[str, ...], numbers: tuple[int, ...]) -> Decoded:
    return Decoded((Reading("air", {}, dict(zip(names, map(float, numbers), strict=True))),))

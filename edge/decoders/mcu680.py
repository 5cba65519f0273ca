"""GY-MCU680 and GY-MCU681 boards: a Bosch BME680 with a microcontroller that runs Bosch's BSEC.

Source: the protocol description of GY-MCU680V1, as open drivers also read it. 9600 baud 8N1 (115200 by setting), big-endian:

    5A 5A │ kinds │ length │ data (length bytes) │ sum8

Each bit of `kinds` stands for a piece of the data, which follow in this order:

    bit 0  temperature     int16    0.01 °C
    bit 1  humidity        uint16   0.01 %
    bit 2  pressure        uint24   Pa
    bit 3  IAQ             uint16   upper 4 bits accuracy (0 starting, 3 calibrated), lower 12 bits index 0 to 500
    bit 4  gas resistance  uint32   ohm
    bit 5  altitude        int16    m, computed from the pressure

IAQ accuracy 0 means that BSEC is still starting: the point is marked as warm-up (quality bit 1), and `<field>_quality` says that it is
the index, as the rest counts. A frame whose data are all zero is what the board sends before its first measurement.
"""

import struct

from pydantic import Field

from edge.decoders.decoder import UNDERSTOOD, Decoded
from edge.framers import header
from runtime.settings import Settings
from telemetry import quality
from telemetry.errors import RejectedError
from telemetry.point import FieldValue, Reading

_START = b"\x5a\x5a"
_AROUND = 5  # header, kinds, length, checksum
_TEMPERATURE, _HUMIDITY, _PRESSURE, _IAQ, _GAS, _ALTITUDE = (1 << bit for bit in range(6))
_CODES = {_TEMPERATURE: "h", _HUMIDITY: "H", _PRESSURE: "BH", _IAQ: "H", _GAS: "I", _ALTITUDE: "h"}
_LAYOUTS = tuple(struct.Struct(">" + "".join(code for bit, code in _CODES.items() if kinds & bit)) for kinds in range(sum(_CODES) + 1))

FRAMING = header.Options(
    shapes=(
        header.Shape(
            header=_START.hex(),
            length_at=3,
            length_plus=_AROUND,
            sizes=tuple(sorted({layout.size + _AROUND for layout in _LAYOUTS if layout.size})),
            checksum="sum8",
        ),
    ),
    max_frame_bytes=_LAYOUTS[-1].size + _AROUND,
)


class Options(Settings):
    """Options of decoder `mcu680`."""

    altitude: bool = Field(False, description="also store the altitude that the board computes from the pressure")  # noqa: FBT003


class Mcu680Decoder:
    """Decoder `mcu680`."""

    framing = FRAMING

    def __init__(self, options: Options) -> None:
        self._with_altitude = options.altitude

    def decode(self, topic: str, payload: bytes) -> Decoded:  # noqa: ARG002 - a serial line has no topics
        wrong = _fault(payload)
        if wrong:
            raise RejectedError(wrong)
        data, kinds = payload[4:-1], payload[2]
        if not any(data):
            return UNDERSTOOD
        fields = self._fields(kinds, data)
        if not fields:
            return UNDERSTOOD
        if fields.get("iaq_accuracy") != 0:
            return Decoded((Reading("air", {}, fields),))
        told = {f"{name}_quality": quality.WARM_UP if name == "iaq" else quality.GOOD for name in fields}
        return Decoded((Reading("air", {}, {**fields, **told}, None, quality.WARM_UP),))

    def _fields(self, kinds: int, data: bytes) -> dict[str, FieldValue]:
        numbers = iter(_LAYOUTS[kinds].unpack(data))
        fields: dict[str, FieldValue] = {}
        if kinds & _TEMPERATURE:
            fields["temperature"] = next(numbers) / 100
        if kinds & _HUMIDITY:
            fields["humidity"] = next(numbers) / 100
        if kinds & _PRESSURE:
            fields["pressure"] = (next(numbers) << 16 | next(numbers)) / 100
        if kinds & _IAQ:
            index = next(numbers)
            fields["iaq"] = float(index & 0x0FFF)
            fields["iaq_accuracy"] = index >> 12
        if kinds & _GAS:
            fields["gas_resistance"] = float(next(numbers))
        if kinds & _ALTITUDE and self._with_altitude:
            fields["altitude"] = float(next(numbers))
        return fields


def recognise(_topic: str, payload: bytes) -> str:
    """Return why this looks like a GY-MCU680 board: its header, a length that fits its kinds, a right checksum."""
    return "" if _fault(payload) else f"{len(payload)}-byte frame 5a 5a of a GY-MCU680 board, length and checksum right"


def build(options: Options) -> Mcu680Decoder:
    """Return the decoder."""
    return Mcu680Decoder(options)


def _fault(payload: bytes) -> str:
    if not payload.startswith(_START) or len(payload) <= _AROUND:
        return f"a frame begins with 5a 5a and has at least 7 bytes, not {len(payload)} bytes {payload[:4].hex(' ')}".rstrip()
    kinds, length = payload[2], payload[3]
    if not 0 < kinds < len(_LAYOUTS) or length != _LAYOUTS[kinds].size or len(payload) != length + _AROUND:
        return f"kinds {kinds:02x}, length {length} and {len(payload)} bytes do not fit together"
    if sum(payload[:-1]) & 0xFF != payload[-1]:
        return "wrong checksum"
    return ""

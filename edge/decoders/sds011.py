"""Nova Fitness dust sensors: SDS011, SDS018, SDS021 (PM2.5 and PM10) and SDS198 (PM100).

Laser Dust Sensor Control Protocol V1.3, 9600 baud 8N1, 10 bytes, numbers with the low byte first:

    AA │ C0 │ PM2.5 x 10 (2) │ PM10 x 10 (2) │ id (2) │ sum │ AB      SDS011, SDS018, SDS021
    AA │ CF │ 0 (2)          │ PM100 (2)     │ id (2) │ sum │ AB      SDS198
    AA │ C5 │ command, data (4)             │ id (2) │ sum │ AB      answer to a command: understood

`sum` is the low byte of the sum of the six bytes before it. The laser lives about 8,000 hours: let it sleep.
"""

from edge.decoders.decoder import UNDERSTOOD, Decoded
from edge.framers import header
from runtime.settings import Settings
from telemetry.errors import RejectedError
from telemetry.point import FieldValue, Reading

SIZE = 10
_PM, _PM100, _ANSWER = 0xC0, 0xCF, 0xC5

FRAMING = header.Options(
    shapes=tuple(
        header.Shape(header=f"aa{kind:02x}", size=SIZE, checksum="sum8", checksum_from=2, trailer="ab") for kind in (_PM, _PM100, _ANSWER)
    ),
    max_frame_bytes=SIZE,
)


class Options(Settings):
    """Decoder `sds011` has no options."""


class Sds011Decoder:
    """Decoder `sds011`."""

    framing = FRAMING

    def decode(self, topic: str, payload: bytes) -> Decoded:  # noqa: ARG002 - a serial line has no topics
        if fault := _fault(payload):
            raise RejectedError(fault)
        kind = payload[1]
        if kind == _ANSWER:
            return UNDERSTOOD
        second = payload[4] | payload[5] << 8
        fields: dict[str, FieldValue]
        if kind == _PM:
            fields = {"pm2_5": (payload[2] | payload[3] << 8) / 10, "pm10": second / 10}
        elif kind == _PM100:
            fields = {"pm100": float(second)}
        else:
            raise RejectedError(f"unknown frame aa {kind:02x}")
        return Decoded((Reading("air", {}, fields),))


def _fault(payload: bytes) -> str:
    if len(payload) != SIZE or payload[0] != 0xAA or payload[-1] != 0xAB:
        return f"a frame has 10 bytes, aa to ab, not {len(payload)} bytes {payload[:4].hex(' ')}".rstrip()
    return "wrong checksum" if sum(payload[2:8]) & 0xFF != payload[8] else ""


def recognise(_topic: str, payload: bytes) -> str:
    """Return why this looks like a Nova sensor: a 10-byte frame with a right sum."""
    is_frame = not _fault(payload) and payload[1] in {_PM, _PM100, _ANSWER}
    return f"10-byte frame aa {payload[1]:02x} … ab of a Nova dust sensor, checksum right" if is_frame else ""


def build(_options: Options) -> Sds011Decoder:
    """Return the decoder."""
    return Sds011Decoder()

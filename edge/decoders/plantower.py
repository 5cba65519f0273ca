"""Plantower dust sensors: PMS1003, 3003, 5003, 5003S, 5003ST, 5003T, 7003 and A003 (Plantower's data manuals).

    42 4D │ length (2) │ data words, high byte first │ sum of all bytes before (2)      9600 baud 8N1, length + 4 bytes

    24 bytes  PMS3003       PM1, 2.5, 10 (CF=1) │ PM1, 2.5, 10 (atmospheric) │ 3 reserved
    32 bytes  the others    the six masses │ particles above 0.3, 0.5, 1, 2.5, 5, 10 um in 0.1 L │ version, error
                            5003S: the last word is formaldehyde, ug/m3 │ 5003T: temperature, humidity x 10 in place of 5 and 10 um
    40 bytes  PMS5003ST     as 32, then formaldehyde, temperature x 10, humidity x 10, reserved, version, error
     8 bytes  answer to a command (active or passive, sleep): understood

The atmospheric masses are the ones to publish; CF=1 is for calibration dust. What is 24 or 40 bytes long tells its model; 5003S and
5003T look like all others and must be named. Temperature is inside the housing, some kelvins above the air's.
"""

import struct
from typing import Literal

from pydantic import Field

from edge.decoders.decoder import UNDERSTOOD, Decoded
from edge.framers import header
from runtime.settings import Settings
from telemetry import quality
from telemetry.errors import RejectedError
from telemetry.point import FieldValue, Reading

Model = Literal["auto", "pms5003s", "pms5003t"]

_MASSES = _COUNTS = struct.Struct(">6H")
_SIGNED = struct.Struct(">h")
_ANSWER, _SHORT, _USUAL, _LONG = 8, 24, 32, 40

FRAMING = header.Options(
    shapes=(
        header.Shape(
            header="424d", length_at=2, length_bytes=2, length_plus=4, sizes=(_ANSWER, _SHORT, _USUAL, _LONG), checksum="sum16_be"
        ),
    ),
    max_frame_bytes=_LONG,
)


class Options(Settings):
    """Options of decoder `plantower`."""

    model: Model = Field("auto", description="auto, or pms5003s (formaldehyde) or pms5003t (temperature, humidity), which do not tell")


class PlantowerDecoder:
    """Decoder `plantower`."""

    framing = FRAMING

    def __init__(self, options: Options) -> None:
        self._is_s = options.model == "pms5003s"
        self._is_t = options.model == "pms5003t"

    def decode(self, topic: str, payload: bytes) -> Decoded:  # noqa: ARG002 - a serial line has no topics
        size = len(payload)
        if size not in {_ANSWER, _SHORT, _USUAL, _LONG} or payload[:4] != b"\x42\x4d" + (size - 4).to_bytes(2, "big"):
            raise RejectedError(f"{size} bytes {payload[:4].hex(' ')} are no frame of a Plantower sensor".replace("  ", " "))
        if sum(payload) - payload[-2] - payload[-1] != payload[-2] << 8 | payload[-1]:
            raise RejectedError("wrong checksum")
        if size == _ANSWER:
            return UNDERSTOOD
        masses = _MASSES.unpack_from(payload, 4)
        fields: dict[str, FieldValue] = {
            "pm1_cf1": float(masses[0]),
            "pm2_5_cf1": float(masses[1]),
            "pm10_cf1": float(masses[2]),
            "pm1": float(masses[3]),
            "pm2_5": float(masses[4]),
            "pm10": float(masses[5]),
        }
        bits = quality.GOOD
        if size > _SHORT:
            counts = _COUNTS.unpack_from(payload, 16)
            fields["n0_3"], fields["n0_5"] = counts[0] / 100, counts[1] / 100
            fields["n1_0"], fields["n2_5"] = counts[2] / 100, counts[3] / 100
            if not self._is_t:
                fields["n5_0"], fields["n10_0"] = counts[4] / 100, counts[5] / 100
            if size == _LONG or self._is_s:
                fields["hcho"] = float(payload[28] << 8 | payload[29])
            if size == _LONG:
                _add_air(fields, payload, 30)
            elif self._is_t:
                _add_air(fields, payload, 24)
            if payload[-3] and not self._is_s:
                bits = quality.DEVICE_ERROR
        return Decoded((Reading("air", {}, fields, None, bits),))


def _add_air(fields: dict[str, FieldValue], payload: bytes, at: int) -> None:
    fields["temperature"] = _SIGNED.unpack_from(payload, at)[0] / 10
    fields["humidity"] = (payload[at + 2] << 8 | payload[at + 3]) / 10


def recognise(_topic: str, payload: bytes) -> str:
    """Return why this looks like a Plantower frame: length, sum, and masses that grow with the size of the particles.

    Frames of Honeywell (nothing behind the fourth number) and of Winsen ZH (nothing in the first three) have the same form.
    """
    size = len(payload)
    if size not in {_SHORT, _USUAL, _LONG} or payload[:4] != b"\x42\x4d" + (size - 4).to_bytes(2, "big"):
        return ""
    if sum(payload[:-2]) & 0xFFFF != payload[-2] << 8 | payload[-1]:
        return ""
    masses = _MASSES.unpack_from(payload, 4)
    is_other = any(payload[4:-2]) and (not any(payload[12:-2]) or (not any(masses[:3]) and any(masses[3:])))
    return f"{size}-byte frame 42 4d with the sum of a Plantower sensor" if masses[0] <= masses[1] <= masses[2] and not is_other else ""


def build(options: Options) -> PlantowerDecoder:
    """Return the decoder."""
    return PlantowerDecoder(options)

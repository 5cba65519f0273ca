"""Winsen MH-Z19 (A to E), MH-Z14 (A, B), MH-Z16 and relatives: CO2 by infrared light.

Source: Winsen, MH-Z19B manual 1.6, MH-Z14A manual 1.01, MH-Z16 manual 2.1. 9600 baud 8N1, 9-byte answers:

    FF │ 86 │ CO2 high │ CO2 low │ temperature + 40 │ status │ u high │ u low │ cs      CO2 in ppm

cs is the negated low byte of the sum of bytes 1 to 7. The manuals reserve bytes 4 to 7; what the makers of open drivers found is used with
care. Byte 4 is the temperature inside the sensor, several kelvins above the air's; 0 where a model does not tell it. Byte 5 is 64 or 0
while the sensor is steady; the first MH-Z19 gives other values until its readings are. Bytes 6 and 7 are 15000 while that one boots.

While it warms up (1 min for MH-Z19C to E, 3 min before) a sensor answers with a fixed number, 400 or 410 ppm, that is no measurement
and looks like clean air. What tells it is marked as warm-up (quality bit 1): the two signs above, and, after a start of this decoder or
a boot that was noticed, a `boot_values` number until the first other one.

Answers to 79 (self-calibration on or off), 87 and 88 (calibrate), 99 (range), 78 and others are understood and give nothing.
"""

from pydantic import Field

from edge.decoders.decoder import UNDERSTOOD, Decoded
from edge.framers import header
from runtime.settings import Settings
from telemetry import quality
from telemetry.errors import RejectedError
from telemetry.point import FieldValue, Reading

SIZE = 9
_READ = 0x86
_STEADY = (0, 64)
_BOOTING_U = 15_000
_COMMANDS = (0x78, 0x79, 0x7D, 0x84, 0x85, 0x87, 0x88, 0x99, 0x9B, 0xA0, 0xA2)
_MOST_TOPICS = 5_000

FRAMING = header.Options(
    shapes=tuple(
        header.Shape(header=f"ff{command:02x}", size=SIZE, checksum="sum8_negated", checksum_from=1) for command in (_READ, *_COMMANDS)
    ),
    max_frame_bytes=SIZE,
)


class Options(Settings):
    """Options of decoder `mhz19`."""

    boot_values: tuple[int, ...] = Field(
        (400, 410),
        description="ppm that the sensor repeats while it warms up; marked as warm-up from the start until the first other value",
    )
    has_status: bool = Field(
        True,  # noqa: FBT003
        description="byte 5 says whether readings are steady (0 or 64); false for a model that has something else there",
    )


class MhZ19Decoder:
    """Decoder `mhz19`. Remembers which topics (a serial line has one) are past their boot values."""

    framing = FRAMING

    def __init__(self, options: Options) -> None:
        self._boot_values = frozenset(options.boot_values)
        self._has_status = options.has_status
        self._measuring: set[str] = set()

    def decode(self, topic: str, payload: bytes) -> Decoded:
        check(payload)
        if payload[1] != _READ:
            if payload[1] in _COMMANDS:
                return UNDERSTOOD
            raise RejectedError(f"unknown answer ff {payload[1]:02x}")
        ppm = payload[2] << 8 | payload[3]
        fields: dict[str, FieldValue] = {"co2": float(ppm)}
        if payload[4]:
            fields["sensor_temperature"] = float(payload[4] - 40)
        bits = quality.WARM_UP if self._is_warming_up(topic, ppm, payload) else quality.GOOD
        return Decoded((Reading("air", {}, fields, None, bits),))

    def _is_warming_up(self, topic: str, ppm: int, payload: bytes) -> bool:
        if payload[6] << 8 | payload[7] == _BOOTING_U:
            self._measuring.discard(topic)
            return True
        if self._has_status and payload[5] not in _STEADY:
            return True
        if topic in self._measuring:
            return False
        if ppm in self._boot_values:
            return True
        if len(self._measuring) < _MOST_TOPICS:
            self._measuring.add(topic)
        return False


def recognise(_topic: str, payload: bytes) -> str:
    """Return why this looks like an MH-Z19: an answer FF 86 whose last two data bytes are as that family leaves them."""
    is_answer = len(payload) == SIZE and payload[:2] == b"\xff\x86" and not sum(payload[1:]) & 0xFF
    if is_answer and payload[5] in _STEADY and (payload[4] or payload[6:8] == b"\0\0"):
        return "9-byte answer ff 86 of a Winsen MH-Z CO2 sensor, checksum right"
    return ""


def build(options: Options) -> MhZ19Decoder:
    """Return the decoder."""
    return MhZ19Decoder(options)


def check(payload: bytes) -> None:
    """Refuse what is no 9-byte Winsen frame with a right checksum."""
    if len(payload) != SIZE or payload[0] != 0xFF:
        raise RejectedError(f"a frame has 9 bytes and begins with ff, not {len(payload)} bytes {payload[:4].hex(' ')}".rstrip())
    if sum(payload[1:]) & 0xFF:
        raise RejectedError("wrong checksum")

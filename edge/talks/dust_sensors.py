"""What dust sensors understand, one row a family, and what they answer.

    plantower  42 4D │ command │ data (2) │ sum (2)          Plantower's data manuals, appendix "protocol"; answered by 42 4D 00 04 …,
                                                             but for the waking. PMS3003 knows no command.
    sds011     AA B4 │ data (13) │ FF FF │ sum │ AB          Nova, Laser Dust Sensor Control Protocol V1.3; answered by AA C5 …
    hpma115    68 01 │ command │ cs                          Honeywell, HPM Series datasheet 32322550 issue F; answered by A5 A5 or 96 96
    sps30      7E 00 │ command │ length │ data │ sum │ 7E    Sensirion, SPS30 data sheet version 1.0, section 5; answered in kind

Functions that look at an answer get the frame as the decoder's framer hands it out.
"""

from collections.abc import Callable
from dataclasses import dataclass

from edge.framers.shdlc import wrapped

_ALREADY_SO = 0x43  # SPS30: "command not allowed in its current state": started when it runs, stopped when it does not


@dataclass(frozen=True, slots=True)
class DustSensor:
    """Commands of one family; an empty one does not exist. `verdict(command, frame)`: True is done, False refused, None something else."""

    wake: bytes
    sleep: bytes
    report: bytes  # say by yourself what you measure
    be_asked: bytes  # say nothing unasked
    ask: bytes
    verdict: Callable[[bytes, bytes], bool | None]
    is_reading: Callable[[bytes], bool]
    setup: tuple[bytes, ...] = ()  # once after the port was opened, awake
    status: bytes = b""  # what is wrong with you? Asked each hour
    clean: bytes = b""
    cleaning_s: float = 0.0
    is_silent_on: bytes = b""  # a command that is never answered


def plantower(command: int, data: int) -> bytes:
    """Return a command of Plantower."""
    body = bytes((0x42, 0x4D, command, data >> 8, data & 0xFF))
    return body + (sum(body) & 0xFFFF).to_bytes(2, "big")


def nova(*data: int) -> bytes:
    """Return a command of Nova, to whatever sensor is there."""
    body = bytes((*data, *[0] * (13 - len(data)), 0xFF, 0xFF))
    return b"\xaa\xb4" + body + bytes((sum(body) & 0xFF, 0xAB))


def honeywell(command: int) -> bytes:
    """Return a command of Honeywell."""
    body = bytes((0x68, 0x01, command))
    return body + bytes((-sum(body) & 0xFF,))


def sensirion(command: int, data: bytes = b"") -> bytes:
    """Return a command of an SPS30 as it goes over the line."""
    return wrapped(bytes((0, command, len(data))) + data)


def _plantower_verdict(command: bytes, frame: bytes) -> bool | None:
    return True if len(frame) == 8 and frame[4] == command[2] else None


def _nova_verdict(command: bytes, frame: bytes) -> bool | None:
    return True if len(frame) == 10 and frame[1] == 0xC5 and frame[2] == command[2] else None


def _honeywell_verdict(_command: bytes, frame: bytes) -> bool | None:
    return {b"\xa5\xa5": True, b"\x96\x96": False}.get(frame)


def _sensirion_verdict(command: bytes, frame: bytes) -> bool | None:
    if len(frame) < 4 or frame[1] != command[2]:
        return None
    return frame[2] & 0x7F in {0, _ALREADY_SO}


DUST_SENSORS = {
    "plantower": DustSensor(
        wake=plantower(0xE4, 1),
        sleep=plantower(0xE4, 0),
        report=plantower(0xE1, 1),
        be_asked=plantower(0xE1, 0),
        ask=plantower(0xE2, 0),
        verdict=_plantower_verdict,
        is_reading=lambda frame: len(frame) > 8,
        is_silent_on=plantower(0xE4, 1),
    ),
    "sds011": DustSensor(
        wake=nova(6, 1, 1),
        sleep=nova(6, 1, 0),
        report=nova(2, 1, 0),
        be_asked=nova(2, 1, 1),
        ask=nova(4),
        verdict=_nova_verdict,
        is_reading=lambda frame: len(frame) == 10 and frame[1] != 0xC5,
        setup=(nova(8, 1, 0),),  # no working period of its own, which it would keep over a power cut
    ),
    "hpma115": DustSensor(
        wake=honeywell(0x01),
        sleep=honeywell(0x02),
        report=honeywell(0x40),
        be_asked=honeywell(0x20),
        ask=honeywell(0x04),
        verdict=_honeywell_verdict,
        is_reading=lambda frame: len(frame) > 5,
    ),
    "sps30": DustSensor(
        wake=sensirion(0x00, b"\x01\x03"),  # start measuring, big-endian floats; the fan stands still until then
        sleep=sensirion(0x01),
        report=b"",
        be_asked=b"",
        ask=sensirion(0x03),
        verdict=_sensirion_verdict,
        is_reading=lambda frame: len(frame) > 4 and frame[1] == 0x03,
        status=sensirion(0xD2, b"\x00"),  # and keep it
        clean=sensirion(0x56),
        cleaning_s=10.0,
    ),
}

"""Decoders of gas and dust sensors beside PyPMS, on the same frames; where it has the sensor."""

import struct
from collections.abc import Iterator

from bench.rates.case import Case
from edge.decoders.table import build_decoder
from edge.framers.shdlc import wrapped
from edge.framers.table import build_framer

_REPEATS = 2_000
_SPS30_UNSTUFFED_BYTES = 47
_WHY_SPS30 = (
    "ours also finds the frames in the stream, where the peer is given each one whole, and rounds to the digits that a float32 has "
    "(4.2, not 4.199999809265137)"
)
_SENSORS = (  # our decoder, its options, PyPMS's name, frames
    ("plantower", {}, "PMSx003", ["424d001c00000008000800000008000800d20046002d001e00000000970002c5"]),
    ("sds011", {}, "SDS01x", ["aac00600060058d93dab", "aac00900090058d943ab"]),
    ("hpma115", {}, "HPMA115C0", ["400d0400040007000900170000000084", "400d04000300040004000400000000a0"]),
    ("mhz19", {}, "MHZ19B", ["ff86027c42000000ba", "ff86027942000000bd"]),
    ("ze", {"model": "zh03"}, "ZH0xx", ["ff8600550065004a76"]),
    ("mcu680", {"altitude": True}, "MCU680", ["5a5a3f0f09d816340189c430290001e24000574e"]),
)


def cases() -> Iterator[Case]:
    """Yield one case a sensor that PyPMS has."""
    from pms.core import Sensor

    for kind, options, name, frames in _SENSORS:
        yield _case(kind, options, Sensor[name], [bytes.fromhex(frame) for frame in frames] * _REPEATS)
    yield _sps30(Sensor["SPS30"])


def _case(kind: str, options: dict[str, object], peer: object, frames: list[bytes]) -> Case:
    decoder = build_decoder(kind, options)

    def ours() -> int:
        return sum(len(decoder.decode("", frame).readings) for frame in frames)

    def reference() -> int:
        return sum(peer.decode(frame, time=0) is not None for frame in frames)

    return Case(kind, "PyPMS", len(frames), ours, reference)


def _sps30(peer: object) -> Case:
    """Both take the bytes as they go over the wire: PyPMS unstuffs them in its decoder, we in the framer. It refuses some of them."""
    sent = [
        wrapped(bytes((0, 3, 0, 40)) + struct.pack(">10f", *(4.2 + number * step for step in range(1, 11)))) for number in range(_REPEATS)
    ]
    wire = [one for one in sent if len(one) == _SPS30_UNSTUFFED_BYTES]
    decoder = build_decoder("sps30", {})
    framer = build_framer(decoder.framing)

    def ours() -> int:
        return sum(len(decoder.decode("", frame).readings) for one in wire for frame in framer.feed(one))

    def reference() -> int:
        return sum(peer.decode(one, time=0) is not None for one in wire)

    return Case("sps30", "PyPMS", len(wire), ours, reference, _WHY_SPS30)

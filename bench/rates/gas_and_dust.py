"""Decoders of gas and dust sensors beside PyPMS, on the same frames; where it has the sensor."""

from collections.abc import Iterator

from bench.rates.case import Case
from edge.decoders.table import build_decoder

_REPEATS = 2_000
_SENSORS = (  # our decoder, its options, PyPMS's name, frames
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


def _case(kind: str, options: dict[str, object], peer: object, frames: list[bytes]) -> Case:
    decoder = build_decoder(kind, options)

    def ours() -> int:
        return sum(len(decoder.decode("", frame).readings) for frame in frames)

    def reference() -> int:
        return sum(peer.decode(frame, time=0) is not None for frame in frames)

    return Case(kind, "PyPMS", len(frames), ours, reference)

"""NMEA 0183 beside the parsers of the field, on the same sentences."""

from collections.abc import Iterator

from bench.rates.case import Case
from edge.decoders.table import build_decoder
from edge.framers.nmea import xor8

_REPEATS = 500
_SENTENCES = (
    "GPRMC,123519,A,4807.038,N,01131.000,E,022.4,084.4,230324,003.1,W",
    "GPGGA,123519,4807.038,N,01131.000,E,1,08,0.9,545.4,M,46.9,M,,",
    "GPVTG,054.7,T,034.4,M,005.5,N,010.2,K",
    "GPGSA,A,3,04,05,,09,12,,,24,,,,,2.5,1.3,2.1",
)


def cases() -> Iterator[Case]:
    """Yield NMEA beside pynmeagps and pynmea2."""
    sentences = [f"${inner}*{xor8(inner.encode()):02X}\r\n".encode() for inner in _SENTENCES] * _REPEATS
    decoder = build_decoder("nmea", {})

    def ours() -> int:
        return sum(len(decoder.decode("", sentence).readings) for sentence in sentences)

    yield Case("nmea", "pynmeagps", len(sentences), ours, lambda: _pynmeagps(sentences))
    yield Case("nmea", "pynmea2", len(sentences), ours, lambda: _pynmea2(sentences))


def _pynmeagps(sentences: list[bytes]) -> int:
    from pynmeagps import NMEAReader

    return sum(NMEAReader.parse(sentence) is not None for sentence in sentences)


def _pynmea2(sentences: list[bytes]) -> int:
    import pynmea2

    texts = [sentence.decode() for sentence in sentences]
    found = 0
    for text in texts:  # it parses a value when it is asked for
        told = pynmea2.parse(text, check=True)
        values = [getattr(told, name) for _, name, *_ in told.fields if name not in {"lat", "lat_dir", "lon", "lon_dir"}]
        if hasattr(told, "latitude"):
            values += [told.latitude, told.longitude]
        found += bool(values)
    return found

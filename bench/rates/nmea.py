"""NMEA 0183 beside pynmeagps and pynmea2, and AIS beside pyais, which unpacks the bits in both: from the bytes of a line to all values."""

from collections.abc import Iterator

from bench.rates.case import Case
from edge.decoders.table import build_decoder
from edge.framers.table import build_framer

_REPEATS = 500
# One second of a receiver on two constellations; the sentences are of the u-blox 8 protocol description and of gpsd's documentation.
_SECOND = (
    b"$GNRMC,083559.00,A,4717.11437,N,00833.91522,E,0.004,77.52,091202,,,A*4B",
    b"$GNVTG,77.52,T,,M,0.004,N,0.008,K,A*18",
    b"$GNGGA,083559.00,4717.11399,N,00833.91590,E,1,08,1.01,499.6,M,48.0,M,,*45",
    b"$GNGSA,A,3,23,29,07,08,09,18,26,28,,,,,1.94,1.18,1.54*13",
    b"$GPGSV,3,1,10,23,38,230,44,29,71,156,47,07,29,116,41,08,09,081,36*7F",
    b"$GPGSV,3,2,10,10,07,189,,05,05,220,,09,34,274,42,18,25,309,44*72",
    b"$GPGSV,3,3,10,26,82,187,47,28,43,056,46*77",
    b"$GNGLL,4717.11364,N,00833.91565,E,083559.00,A,A*7E",
    b"$GNGST,083559.00,1.8,,,,1.7,1.3,2.2*60",
    b"$GNZDA,083559.00,09,12,2002,00,00*78",
)
_WIND = (b"$WIMWV,214.8,R,0.1,K,A*28", b"$SDDBT,7.8,f,2.4,M,1.3,F*0D", b"$INMTW,17.9,C*1B")
_SHIPS = (b"!AIVDM,1,1,,A,15RTgt0PAso;90TKcjM8h6g208CQ,0*4A", b"!AIVDM,1,1,,A,16SteH0P00Jt63hHaa6SagvJ087r,0*42")
_WHY_PYNMEA2 = (
    "the peer is handed whole lines, and leaves units, dates and skies as they came; ours also finds the sentences in the stream, converts "
    "to the catalogue's units, dates them and joins skies"
)
_WHY_AIS = (
    "the peer unpacks the bits in both, so 1 is the most; ours also cuts the stream, checks sums, converts units and leaves out what is "
    "not available"
)


def cases() -> Iterator[Case]:
    """Yield GNSS and weather beside both peers, and AIS."""
    for name, lines in (("nmea, GNSS", _SECOND), ("nmea, weather", _WIND)):
        sentences = [_summed(line) for line in lines] * _REPEATS
        yield _beside_pynmeagps(name, sentences)
        yield _beside_pynmea2(name, sentences)
    yield _ais([*_SHIPS] * _REPEATS)


def _summed(line: bytes) -> bytes:
    """Return the sentence with its right checksum."""
    inner = line[1:-3]
    folded = 0
    for byte in inner:
        folded ^= byte
    return b"$%b*%02X" % (inner, folded)


def _stream(sentences: list[bytes]) -> bytes:
    return b"".join(sentence + b"\r\n" for sentence in sentences)


def _ours(kind: str, sentences: list[bytes]) -> int:
    """Cut the stream and decode every sentence; every one counts, also the parts of a sky."""
    decoder = build_decoder(kind, {})
    framer = build_framer(decoder.framing)
    stream = _stream(sentences)
    count = 0
    for at in range(0, len(stream), 4096):
        for frame in framer.feed(stream[at : at + 4096]):
            decoder.decode("", frame)
            count += 1
    return count


def _beside_pynmeagps(name: str, sentences: list[bytes]) -> Case:
    from io import BytesIO

    from pynmeagps import NMEAReader

    def reference() -> int:
        reader = NMEAReader(BytesIO(_stream(sentences)))
        return sum(len(vars(message)) > 0 for _, message in reader if message is not None)

    return Case(name, "pynmeagps", len(sentences), lambda: _ours("nmea", sentences), reference)


def _beside_pynmea2(name: str, sentences: list[bytes]) -> Case:
    import pynmea2

    fields = {}

    def reference() -> int:
        count = 0
        for line in _stream(sentences).decode("ascii").splitlines():
            message = pynmea2.parse(line, check=True)
            names = fields.setdefault(type(message), [field[1] for field in message.fields])
            values = [getattr(message, one) for one in names]  # it reads a field when it is asked for
            if hasattr(message, "latitude"):
                values += [message.latitude, message.longitude]
            count += bool(values)
        return count

    return Case(name, "pynmea2", len(sentences), lambda: _ours("nmea", sentences), reference, _WHY_PYNMEA2)


def _ais(sentences: list[bytes]) -> Case:
    from pyais import decode

    def reference() -> int:
        return sum(bool(decode(line, error_if_checksum_invalid=True).asdict()) for line in _stream(sentences).splitlines())

    return Case("ais", "pyais", len(sentences), lambda: _ours("ais", sentences), reference, _WHY_AIS)

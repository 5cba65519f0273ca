"""The NMEA 0183 decoder: one reading a sentence, at the time that the sentence names.

Sentences of one moment (GGA, RMC, GST) are one point in the store: same series, same time, other fields. GNSS time is UTC. RMC and ZDA
carry the date, GGA, GLL, GNS and GST only the time of day: they take the date of the last RMC or ZDA of their topic, and without one the
arrival counts. Years are two digits: 80 to 99 are of the last century (a receiver whose clock was never set), which the source's window
refuses. Without a fix there is a reading that says so, and no position. Kinds that nobody here reads are understood and give nothing.
"""

from datetime import date

from edge.decoders.decoder import UNDERSTOOD, Decoded, shown
from edge.decoders.nmea.sentences import SENTENCES, Said
from edge.decoders.nmea.sky import CONSTELLATIONS, Sky
from edge.framers import nmea
from runtime.settings import Settings
from telemetry.errors import RejectedError
from telemetry.point import Reading

_MOST_TOPICS = 1_000
_MOST_SKIES = 32  # of one topic
_LONGEST = 500
_DAY_S = 86_400
_S_NS = 1_000_000_000
_EPOCH = date(1970, 1, 1).toordinal()
_PIVOT = 80


class Options(Settings):
    """Decoder `nmea` has no options."""


class _Receiver:
    """What is remembered of one topic: the date, and skies that are not whole yet."""

    __slots__ = ("day", "day_clock_s", "skies")

    def __init__(self) -> None:
        self.day: int | None = None  # days since 1970
        self.day_clock_s = 0.0
        self.skies: dict[str, Sky] = {}


class NmeaDecoder:
    """Decoder `nmea`."""

    framing = nmea.Options()

    def __init__(self) -> None:
        self._receivers: dict[str, _Receiver] = {}

    def decode(self, topic: str, payload: bytes) -> Decoded:
        address, parts = _opened(payload)
        kind = address[-3:]
        if address.startswith("P"):
            return UNDERSTOOD
        try:
            if kind == "GSV":
                return self._sky(topic, address, parts)
            row = SENTENCES.get(kind)
            if row is None:
                return UNDERSTOOD
            least, read = row
            if len(parts) < least:
                raise ValueError(f"{len(parts)} fields, {least} at least")  # noqa: TRY301
            said = read(parts)
            time_ns = self._time(topic, said) if said.clock else None
        except (ValueError, IndexError, OverflowError) as error:
            raise RejectedError(f"{address}: {error or 'too few fields'}") from None
        if not said.fields:
            return UNDERSTOOD
        return Decoded((Reading(said.measurement, said.tags, said.fields, time_ns),))

    def _sky(self, topic: str, address: str, parts: list[str]) -> Decoded:
        if len(parts) < 3:
            raise ValueError("3 fields at least")
        skies = self._receiver(topic).skies
        signal = parts[-1] if len(parts) % 4 == 0 else ""  # NMEA 4.11: signal id behind the satellites
        key = address[:2] + signal[:2]
        if key not in skies and len(skies) >= _MOST_SKIES:
            skies.clear()
        fields = skies.setdefault(key, Sky()).add(parts[:-1] if signal else parts)
        if fields is None:
            return UNDERSTOOD
        tags = {"constellation": CONSTELLATIONS.get(address[:2], "all"), **({"signal": signal[:2]} if signal else {})}
        return Decoded((Reading("gnss", tags, fields),))

    def _time(self, topic: str, said: Said) -> int | None:
        clock_s = _clock_s(said.clock)
        receiver = self._receiver(topic)
        if said.day:
            receiver.day, receiver.day_clock_s = _days(said.day), clock_s
            day = receiver.day
        elif receiver.day is None:
            return None
        else:
            day = receiver.day + (1 if clock_s < receiver.day_clock_s - _DAY_S / 2 else 0)  # midnight has passed since
        return day * _DAY_S * _S_NS + round(clock_s * 1_000_000) * 1_000

    def _receiver(self, topic: str) -> _Receiver:
        receiver = self._receivers.get(topic)
        if receiver is None:
            if len(self._receivers) >= _MOST_TOPICS:
                del self._receivers[next(iter(self._receivers))]
            receiver = self._receivers[topic] = _Receiver()
        return receiver


def _opened(payload: bytes) -> tuple[str, list[str]]:
    """Return the address and the fields of one sentence; RejectedError if it is none, or its checksum is wrong."""
    sentence = payload.strip()
    if not 8 <= len(sentence) <= _LONGEST or sentence[:1] not in {b"$", b"!"} or not sentence.isascii():
        raise RejectedError(f"{shown(sentence[:20])} is no NMEA sentence")
    inner, star, sum_text = sentence[1:].rpartition(b"*")
    try:
        is_right = bool(star) and len(sum_text) == 2 and nmea.xor8(inner) == int(sum_text, 16)
    except ValueError:
        is_right = False
    if not is_right:
        raise RejectedError(f"{shown(sentence[:20])}: wrong checksum, or none")
    address, *parts = inner.decode("ascii").split(",")
    if not address.isalnum() or len(address) < 4:
        raise RejectedError(f"{shown(address)} is no address of a sentence")
    return address, parts


def _clock_s(text: str) -> float:
    hours, minutes, seconds = text[:2], text[2:4], text[4:]
    if len(text) < 6 or not (hours + minutes).isdecimal() or not seconds.replace(".", "", 1).isdecimal():
        raise ValueError(f"{text[:20]!r} is no time of day")
    clock_s = int(hours) * 3600 + int(minutes) * 60 + float(seconds)
    if clock_s > _DAY_S:
        raise ValueError(f"{text[:20]!r} is no time of day")
    return clock_s


def _days(text: str) -> int:
    if len(text) != 6 or not text.isdecimal():
        raise ValueError(f"{text[:20]!r} is no date")
    year = int(text[4:])
    return date(year + (1900 if year >= _PIVOT else 2000), int(text[2:4]), int(text[:2])).toordinal() - _EPOCH


def recognise(topic: str, payload: bytes) -> str:  # noqa: ARG001
    """Return why this looks like NMEA: one sentence of a kind that is known, with a right checksum."""
    try:
        address, _ = _opened(payload)
    except RejectedError:
        return ""
    is_known = payload.lstrip()[:1] == b"$" and (address[-3:] in SENTENCES or address[-3:] == "GSV")
    return f"NMEA 0183 sentence {address}, checksum right" if is_known else ""


def build(options: Options) -> NmeaDecoder:  # noqa: ARG001
    """Return the decoder."""
    return NmeaDecoder()

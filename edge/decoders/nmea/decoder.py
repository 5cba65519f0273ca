"""The NMEA 0183 decoder: one reading a sentence, at the time that the sentence names. A message may hold several.

Sentences of one moment are one point in the store: same series, same time, other fields; where two of them tell one quantity with other
digits (the HDOP of GGA and of GSA), the first counts. What has no time of its own (VTG, GSA, GSV, HDT, PGRME) belongs to the moment that
was named last (moment.py). Without a fix there is a reading that says so, at its arrival and without a position: the clock of a receiver
that has none is a guess. Kinds that nobody here reads are understood, give nothing, and are counted in `skipped`.
"""

from collections import Counter
from collections.abc import Mapping, Sequence

from pydantic import Field

from edge.decoders.decoder import UNDERSTOOD, Decoded, Refusal, Refusals
from edge.decoders.nmea.datum import Datum, read_dtm, read_pgrmm
from edge.decoders.nmea.makers import MAKERS
from edge.decoders.nmea.moment import Moments
from edge.decoders.nmea.said import Said
from edge.decoders.nmea.sentence import Sentence, opened
from edge.decoders.nmea.sentences import SENTENCES
from edge.decoders.nmea.sky import CONSTELLATIONS, Sky
from edge.decoders.nmea.transducers import read_transducers
from edge.framers import nmea
from runtime.settings import Settings
from telemetry.errors import RejectedError
from telemetry.point import Reading

_MOST_TOPICS = 1_000
_MOST_SKIES = 32  # of one topic
_MOST_KINDS = 100  # of sentences that nobody reads, counted by name
_LONGEST = 64 * 1024  # bytes of one message
_NOTHING = Said("gnss", {})


class Options(Settings):
    """Options of decoder `nmea`."""

    needs_checksum: bool = Field(True, description="false also takes sentences without *hh, of old devices")  # noqa: FBT003
    transducers: Mapping[str, str] = Field(
        {}, max_length=200, description='stored field of each transducer of XDR by its name, for example {TempAir = "temperature"}'
    )
    ahead: tuple[str, ...] = Field(
        (), max_length=50, description='sentences that the receiver sends ahead of their moment, where it cannot be learned: ["HDT"]'
    )


class _Receiver:
    """What is remembered of one topic."""

    __slots__ = ("datum", "moments", "skies")

    def __init__(self, ahead: frozenset[str]) -> None:
        self.datum: Datum | None = None  # WGS84
        self.moments = Moments(ahead)
        self.skies: dict[str, Sky] = {}  # that are not whole yet


class NmeaDecoder:
    """Decoder `nmea`."""

    def __init__(self, options: Options | None = None) -> None:
        options = options or Options()
        self.framing = nmea.Options(needs_checksum=options.needs_checksum)
        self.skipped: Counter[str] = Counter()  # sentences that nobody reads, by address
        self._needs_checksum = options.needs_checksum
        self._transducers = options.transducers
        self._ahead = frozenset(options.ahead)
        self._receivers: dict[str, _Receiver] = {}

    def decode(self, topic: str, payload: bytes) -> Decoded:
        if len(payload) > _LONGEST:
            raise RejectedError(f"{len(payload)} bytes are no message of NMEA sentences")
        if b"\n" not in payload and b"\r" not in payload:
            return self._one(topic, payload)
        readings: list[Reading] = []
        refusals = Refusals()
        for line in payload.splitlines():
            if not line.strip():
                continue
            try:
                decoded = self._one(topic, line)
            except RejectedError as error:
                refusals.add(error.reason)
                continue
            readings += decoded.readings
            for refusal in decoded.refusals:
                refusals.add(refusal.reason)
        return Decoded(readings, refusals.listed(), is_understood=not readings)

    def _one(self, topic: str, payload: bytes) -> Decoded:
        sentence = opened(payload, needs_checksum=self._needs_checksum)
        address, fields = sentence.address, sentence.fields
        receiver = self._receiver(topic)
        refusals: Sequence[Refusal] = ()
        try:
            said = self._said(receiver, sentence)
            if said is None:
                return self._skip(address)
            if receiver.datum is not None and "latitude" in said.fields and (reason := receiver.datum.apply(said.fields)):
                refusals = (Refusal(f"{address}: {reason}"),)
            if not said.fields and not said.clock:
                return UNDERSTOOD
            if said.measurement != "gnss":
                return Decoded((Reading(said.measurement, said.tags, said.fields, None, said.quality),))
            placed = receiver.moments.place(said, address)
        except (ValueError, IndexError, OverflowError) as error:
            raise RejectedError(f"{address} of {len(fields)} fields: {error or 'too few'}") from None
        readings = [Reading(one.said.measurement, one.said.tags, one.fields, one.time_ns, one.said.quality) for one in placed if one.fields]
        return Decoded(readings, refusals, is_understood=not readings)

    def _said(self, receiver: _Receiver, sentence: Sentence) -> Said | None:
        """Return what the sentence says, None where nobody reads its kind; ValueError or IndexError where it is broken."""
        address, fields = sentence.address, sentence.fields
        kind = address[-3:]
        if sentence.start == "!":
            return None
        row = SENTENCES.get(kind) if address[0] != "P" else None
        if row is not None:
            least, read = row
            if len(fields) < least:
                raise ValueError(f"{least} at least")
            return read(fields)
        if kind == "GSV" and (address[0] != "P" or address[:2] == "PQ"):
            return _sky(receiver, address, fields)
        if kind == "DTM" or address == "PGRMM":
            receiver.datum = read_dtm(fields) if kind == "DTM" else read_pgrmm(fields)
            return _NOTHING
        if address[0] == "P":
            make = MAKERS.get(f"{address},{fields[0]}" if fields else "") or MAKERS.get(address)
            return make(fields) if make else None
        if kind == "XDR":
            return read_transducers(fields, self._transducers, is_station=address[:2] == "WI")
        return None

    def _skip(self, address: str) -> Decoded:
        if address in self.skipped or len(self.skipped) < _MOST_KINDS:
            self.skipped[address] += 1
        return UNDERSTOOD

    def _receiver(self, topic: str) -> _Receiver:
        receiver = self._receivers.get(topic)
        if receiver is None:
            if len(self._receivers) >= _MOST_TOPICS:
                del self._receivers[next(iter(self._receivers))]
            receiver = self._receivers[topic] = _Receiver(self._ahead)
        return receiver


def _sky(receiver: _Receiver, address: str, fields: list[str]) -> Said:
    if len(fields) < 3:
        raise ValueError("3 at least")
    skies = receiver.skies
    signal = fields[-1][:2] if len(fields) % 4 == 0 else ""  # NMEA 4.11: signal id behind the satellites
    key = address[:2] + signal
    if key not in skies and len(skies) >= _MOST_SKIES:
        skies.clear()
    told = skies.setdefault(key, Sky()).add(fields[:-1] if signal else fields)
    tags = {"constellation": CONSTELLATIONS.get(address[:2], "all"), **({"signal": signal} if signal else {})}
    return Said("gnss", told or {}, tags=tags)


def recognise(_topic: str, payload: bytes) -> str:
    """Return why this looks like NMEA: one sentence of a kind that is known, with a right checksum."""
    try:
        sentence = opened(payload.lstrip().partition(b"\n")[0])
    except RejectedError:
        return ""
    is_known = sentence.start == "$" and (sentence.address[-3:] in SENTENCES or sentence.address[-3:] == "GSV")
    return f"NMEA 0183 sentence {sentence.address}, checksum right" if is_known else ""


def build(options: Options) -> NmeaDecoder:
    """Return the decoder for checked options."""
    return NmeaDecoder(options)

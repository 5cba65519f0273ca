"""The AIS decoder: what ships, base stations, aids to navigation and rescue aircraft tell of themselves, one reading a message.

A receiver sends `!AIVDM` (others) and `!AIVDO` (own ship) sentences at 38,400 baud, or over TCP and MQTT; a message may hold several.
`device` is the sender's MMSI, nine digits. Messages that steer the network or carry text are understood and give nothing.
"""

from edge.decoders.ais.fragments import Fragments, Part
from edge.decoders.ais.messages import readings_of
from edge.decoders.decoder import Decoded, Refusals, shown
from edge.decoders.nmea.sentence import Sentence, opened, tagged_ns
from edge.framers import nmea
from runtime.settings import Settings
from telemetry.errors import RejectedError
from telemetry.point import Reading

_KINDS = frozenset({"VDM", "VDO"})
_LONGEST = 64 * 1024  # bytes of one message; a receiver sends single sentences


class Options(Settings):
    """Decoder `ais` has no options."""


class AisDecoder:
    """Decoder `ais`."""

    framing = nmea.Options()

    def __init__(self) -> None:
        self._fragments = Fragments()

    def decode(self, topic: str, payload: bytes) -> Decoded:
        if len(payload) > _LONGEST:
            raise RejectedError(f"{len(payload)} bytes are no message of AIS sentences")
        readings: list[Reading] = []
        refusals = Refusals()
        is_understood = False
        for line in payload.splitlines():
            if not line.strip():
                continue
            try:
                readings += self._read(topic, opened(line), refusals)
                is_understood = True
            except RejectedError as error:
                refusals.add(error.reason)
            except ValueError as error:
                refusals.add(f"{shown(line[:24])}: {error}")
        told = refusals.listed()
        if not readings and not told and not is_understood:
            raise RejectedError("no AIS sentence")
        return Decoded(readings, told, is_understood=is_understood and not readings)

    def _read(self, topic: str, sentence: Sentence, refusals: Refusals) -> list[Reading]:
        if sentence.start != "!" or sentence.address[-3:] not in _KINDS:
            return []
        parts = self._fragments.add(Part(topic, sentence), refusals)
        if parts is None:
            return []
        heard_ns = next((time_ns for part in parts if (time_ns := tagged_ns(part.tags)) is not None), None)
        return readings_of([part.raw for part in parts], heard_ns)


def recognise(_topic: str, payload: bytes) -> str:
    """Return why this looks like AIS: a VDM or VDO sentence with a right checksum."""
    try:
        sentence = opened(payload.lstrip().splitlines()[0] if payload.strip() else b"")
    except RejectedError:
        return ""
    is_ais = sentence.start == "!" and sentence.address[-3:] in _KINDS and len(sentence.fields) >= 6
    return f"AIS sentence {sentence.address}, checksum right" if is_ais else ""


def build(_options: Options) -> AisDecoder:
    """Return the decoder."""
    return AisDecoder()

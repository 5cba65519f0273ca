"""What tests of serial decoders share: a stream goes through the decoder's own framer, as from a port."""

from edge.decoders.decoder import Decoder
from edge.decoders.table import build_decoder
from edge.framers.framer import Drop, FramerSettings
from edge.framers.table import build_framer
from telemetry.errors import RejectedError
from telemetry.point import FieldValue, Reading


def frames_of(decoder: Decoder, stream: bytes) -> tuple[list[bytes], list[Drop]]:
    """Return the frames that the decoder's framer finds in `stream`, and what it dropped."""
    assert isinstance(decoder.framing, FramerSettings)
    framer = build_framer(decoder.framing)
    return framer.feed(stream) + framer.silence(), framer.drops()


def readings_of(kind: str, stream: bytes, **options: object) -> list[Reading]:
    """Return all readings of `stream`, refused frames left out."""
    decoder = build_decoder(kind, options)
    readings: list[Reading] = []
    for frame in frames_of(decoder, stream)[0]:
        try:
            readings += decoder.decode("", frame).readings
        except RejectedError:
            continue
    return readings


def fields_of(kind: str, frame: str, **options: object) -> dict[str, FieldValue]:
    """Return the fields of the one reading in `frame` (hexadecimal), with its quality where that is not good."""
    (reading,) = readings_of(kind, bytes.fromhex(frame), **options)
    assert (reading.measurement, reading.tags, reading.time_ns) == ("air", {}, None)
    return {**reading.fields, "quality": reading.quality} if reading.quality else dict(reading.fields)


def negated(frame: str, start: int = 1) -> str:
    """Return `frame` with its checksum: the negated low byte of the sum from byte `start` on."""
    content = bytes.fromhex(frame)
    return (content + bytes((-sum(content[start:]) & 0xFF,))).hex()


def summed(frame: str, width: int) -> str:
    """Return `frame` with its checksum: the low `width` bytes of the sum."""
    content = bytes.fromhex(frame)
    return (content + (sum(content) & (1 << 8 * width) - 1).to_bytes(width, "big")).hex()

r"""One NMEA 0183 sentence, opened: `\tag block*hh\$address,field,field*hh`."""

from typing import NamedTuple

from edge.decoders.decoder import shown
from edge.framers.checksums import xor8
from telemetry.errors import RejectedError

LONGEST = 620  # bytes: the framer's longest sentence behind its longest tag block
_SHOWN_BYTES = 20
_STARTS = b"$!"
_STAR = ord("*")
_MS_FROM = 100_000_000_000  # a receiver's time above this is in ms: in s it would be the year 5138


class Sentence(NamedTuple):
    """`start` is $ or !, `address` the letters behind it, `fields` the text between the commas, `tags` the tag block, "" if none."""

    start: str
    address: str
    fields: list[str]
    tags: str


def opened(payload: bytes, *, needs_checksum: bool = True) -> Sentence:
    """Return the one sentence of `payload`; RejectedError if it is none, or its checksum is wrong or missing."""
    text = payload.strip()
    tags = ""
    if text[:1] == b"\\" and (end := text.find(b"\\", 1)) > 0:
        tags, text = text[1:end].decode("ascii", "replace"), text[end + 1 :]
    if not 7 <= len(text) <= LONGEST or text[0] not in _STARTS or not text.isascii():
        raise RejectedError(f"{shown(text[:_SHOWN_BYTES])} is no NMEA sentence")
    if text[-3] == _STAR and is_sum(text[1:-3], text[-2:]):
        inner = text[1:-3]
    elif needs_checksum or b"*" in text:
        raise RejectedError(f"{shown(text[:_SHOWN_BYTES])}: wrong checksum, or none")
    else:
        inner = text[1:]
    fields = inner.decode("ascii").split(",")
    address = fields.pop(0)
    if not address.isalnum() or len(address) < 4:
        raise RejectedError(f"{shown(address)} is no address of a sentence")
    return Sentence("$" if text[0] == _STARTS[0] else "!", address, fields, tags)


def is_sum(inner: bytes, told: bytes) -> bool:
    """Whether `told`, two hexadecimal digits, is the checksum of `inner`."""
    try:
        return len(told) == 2 and told.isalnum() and xor8(inner) == int(told, 16)
    except ValueError:
        return False


def tagged_ns(tags: str) -> int | None:
    """Return the time at which a receiver station heard the sentence (`c:`, s or ms since 1970 UTC), ns; None if it does not say."""
    inner, _, told = tags.rpartition("*")
    if not inner.isascii() or not is_sum(inner.encode("ascii"), told.encode("ascii", "replace")):
        return None
    for one in inner.split(","):
        if one[:2] == "c:" and one[2:].isdecimal() and len(one) <= 15:
            number = int(one[2:])
            return number * (1_000_000 if number >= _MS_FROM else 1_000_000_000)
    return None

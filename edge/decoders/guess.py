"""Which decoder fits bytes of unknown origin, with the evidence.

Raw bytes of a line: every decoder that has a framer cuts them, and what counts is how much of them became frames with a right checksum that
it could decode; where families share header and checksum, what the frames hold decides. Messages: each decoder says by itself what it
recognises (`recognise` in edge/decoders/table.py), and must then be able to decode them. JSON, CSV and plain lines are what remains when no
vendor's decoder knows better.
"""

from collections.abc import Iterable, Sequence
from importlib import import_module
from typing import NamedTuple, cast

from edge.decoders.decoder import Decoded, Decoder
from edge.decoders.json_mapping.payload import parse_payload
from edge.decoders.table import DECODERS, Recognise, build_decoder
from edge.framers.framer import FramerSettings
from edge.framers.table import build_framer
from telemetry.errors import ConfigError, RejectedError

SAMPLE_BYTES = 256 * 1024
SAMPLE_MESSAGES = 500
_GENERIC_SCORE = 0.2  # of JSON or CSV: it fits, and tells nothing of what it means
_UNLIKELY = 0.5  # frames of right form and checksum, of which the decoder recognises none: families share headers
_LEAST_SHARE = 0.02  # of the bytes: a checksum of 8 bits is right by chance now and then

Message = tuple[str, bytes]


class Guess(NamedTuple):
    """`score` is 0 to 1: the share of the sample that this decoder explains."""

    decoder: str
    score: float
    evidence: str


def guess_stream(sample: bytes) -> list[Guess]:
    """Return the decoders whose frames are in `sample` (of which SAMPLE_BYTES are looked at), the likeliest first."""
    sample = sample[:SAMPLE_BYTES]
    found = [guess for kind in DECODERS if (decoder := _with_defaults(kind)) and (guess := _framed(kind, decoder, sample))]
    return _ranked(found)


def guess_messages(messages: Iterable[Message]) -> list[Guess]:
    """Return the decoders that recognise `messages` (at most SAMPLE_MESSAGES of them are looked at), the likeliest first."""
    sample = [message for message, _ in zip(messages, range(SAMPLE_MESSAGES), strict=False)]
    found = [guess for kind in DECODERS if (guess := _recognised(kind, sample))]
    return _ranked([*found, *_generic(sample)])


def _with_defaults(kind: str) -> Decoder | None:
    try:
        return build_decoder(kind, {})
    except ConfigError:
        return None


def _framed(kind: str, decoder: Decoder, sample: bytes) -> Guess | None:
    if not isinstance(decoder.framing, FramerSettings) or not sample:
        return None
    framer = build_framer(decoder.framing)
    frames = [*framer.feed(sample), *framer.silence()]
    decoded = [frame for frame in frames if _yields(decoder, "", frame)]
    share = sum(map(len, decoded)) / len(sample)
    if not decoded or share < _LEAST_SHARE:
        return None
    damaged = f", {framer.counts.damaged} damaged" if framer.counts.damaged else ""
    score = min(1.0, share)
    evidence = f"{len(decoded)} frames with a right checksum{damaged}, {score:.0%} of the bytes"
    if recognise := _recogniser(kind):
        known = [words for frame in decoded[:SAMPLE_MESSAGES] if (words := recognise("", frame))]
        if not known:
            return Guess(kind, score * _UNLIKELY, f"{evidence}; what they hold fits another device better")
        evidence += f"; the first: {known[0]}"
    return Guess(kind, score, evidence)


def _recogniser(kind: str) -> Recognise | None:
    return cast(Recognise | None, getattr(import_module(DECODERS[kind].module), "recognise", None))


def _recognised(kind: str, sample: Sequence[Message]) -> Guess | None:
    recognise = _recogniser(kind)
    decoder = _with_defaults(kind)
    if recognise is None or decoder is None:
        return None
    why = ""
    count = 0
    for topic, payload in sample:
        words = recognise(topic, payload)
        if words and _yields(decoder, topic, payload):
            why = why or words
            count += 1
    return Guess(kind, count / len(sample), f"{count} of {len(sample)} messages: {why}") if count else None


def _generic(sample: Sequence[Message]) -> list[Guess]:
    json_count = sum(_is_json(payload) for _, payload in sample)
    if json_count:
        share = json_count / len(sample)
        return [Guess("json", _GENERIC_SCORE * share, f"{json_count} of {len(sample)} messages are JSON; map what they mean")]
    columns = [payload.count(b",") for _, payload in sample if payload.strip()]
    if len(columns) > 1 and columns[0] > 0 and len(set(columns)) == 1:
        return [Guess("csv", _GENERIC_SCORE, f"{len(columns)} lines of {columns[0] + 1} columns; name them with the option columns")]
    return []


def _is_json(payload: bytes) -> bool:
    try:
        return isinstance(parse_payload(payload), dict | list)
    except RejectedError:
        return False


def _yields(decoder: Decoder, topic: str, payload: bytes) -> bool:
    try:
        decoded: Decoded = decoder.decode(topic, payload)
    except RejectedError:
        return False
    return bool(decoded.readings) or decoded.is_understood


def _ranked(found: list[Guess]) -> list[Guess]:
    known = list(DECODERS)  # of equals, the one that stands first there
    return sorted(found, key=lambda guess: (-guess.score, known.index(guess.decoder)))

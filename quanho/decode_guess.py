"""`quanho decode --guess FILE`: which decoder fits a capture, with the evidence."""

import json
import sys
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TYPE_CHECKING

from quanho.lang import say

if TYPE_CHECKING:
    from edge.decoders.guess import Guess
    from quanho.captures.capture import Capture

EXIT_NOTHING = 1
_SHOWN = 5
_LONGEST_LINE = 64 * 1024


def print_guesses(capture: "Capture", file: str, topic: str, *, as_json: bool) -> int:
    """Print the likeliest decoders; return the exit code."""
    guesses = guesses_of(capture, topic)
    if as_json:
        print(json.dumps([guess._asdict() for guess in guesses], ensure_ascii=False))
    elif not guesses:
        known = say("xem quanho decode --list", "see quanho decode --list")
        print(say(f"không bộ giải mã nào nhận ra {file}; {known}", f"no decoder recognises {file}; {known}"), file=sys.stderr)
    else:
        for guess in guesses[:_SHOWN]:
            print(f"{guess.decoder:<16} {guess.score:>4.0%}  {guess.evidence}")
        print(say(f"thử: quanho decode {guesses[0].decoder} {file}", f"try: quanho decode {guesses[0].decoder} {file}"), file=sys.stderr)
    return 0 if guesses else EXIT_NOTHING


def guesses_of(capture: "Capture", topic: str = "") -> "list[Guess]":
    """Return the likeliest decoders, best first. A wire is looked at as frames, as lines, and as one message if its lines mean nothing."""
    from edge.decoders.guess import GENERIC_SCORE, SAMPLE_BYTES, SAMPLE_MESSAGES, guess_messages, guess_stream

    if not capture.is_wire:
        messages = [(piece.topic or topic, piece.payload) for piece in islice(capture.messages(), SAMPLE_MESSAGES)]
        return _best([*guess_messages(messages), *guess_stream(b"".join(payload for _, payload in messages))])
    sample = _head(capture.bytes(), SAMPLE_BYTES)
    by_line = guess_messages([(topic, line) for line in _lines(sample)])
    whole = [] if any(guess.score > GENERIC_SCORE for guess in by_line) else guess_messages([(topic, sample)])
    return _best([*guess_stream(sample), *whole, *by_line])


def _best(guesses: "list[Guess]") -> "list[Guess]":
    by_decoder: dict[str, Guess] = {}
    for guess in sorted(guesses, key=lambda one: -one.score):
        by_decoder.setdefault(guess.decoder, guess)
    return list(by_decoder.values())


def _head(chunks: Iterable[bytes], size: int) -> bytes:
    head = bytearray()
    for chunk in chunks:
        head += chunk[: size - len(head)]
        if len(head) >= size:
            break
    return bytes(head)


def _lines(sample: bytes) -> Iterator[bytes]:
    return (line for line in sample.splitlines() if line.strip() and len(line) <= _LONGEST_LINE)

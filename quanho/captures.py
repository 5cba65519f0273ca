"""Captures: files of JSON lines, one received message a line.

    {"topic": "site/bn01/air/d7", "payload": "{\\"pm2_5\\": 12}"}      payload as text, or as the JSON value itself
    {"topic": "gw/frame", "hex": "424d 001c"}                         or bytes as "hex" or "base64"

Other keys are ignored. `topic` may be missing.
"""

import base64
import binascii
import json
from collections.abc import Generator, Iterable, Iterator
from typing import BinaryIO

from edge.framers.framer import Framer, FramerSettings
from edge.framers.table import build_framer
from telemetry.errors import RejectedError

_CHUNK_BYTES = 64 * 1024


def captured_messages(lines: Iterable[bytes], default_topic: str) -> Iterator[tuple[str, str, bytes | RejectedError]]:
    """Yield (place, topic, payload) of each line, or the RejectedError that says why a line is no message."""
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        place = f"line {number}: "
        try:
            topic, payload = _message(line, default_topic)
        except RejectedError as error:
            yield place, default_topic, error
        else:
            yield place, topic, payload


def framed(settings: FramerSettings, stream: BinaryIO) -> Iterator[tuple[str, bytes | RejectedError]]:
    """Cut raw bytes of a serial line: yield (place for refusals, frame or the RejectedError that says what is wrong with it)."""
    framer = build_framer(settings)
    noise_bytes = 0
    while chunk := stream.read(_CHUNK_BYTES):
        frames = framer.feed(chunk)
        noise_bytes += yield from _told(framer, frames)
    noise_bytes += yield from _told(framer, framer.silence())
    if noise_bytes and not framer.counts.frames and not framer.counts.damaged:
        yield "", RejectedError(f"no frame in {noise_bytes} bytes; are the decoder and its framing right?")


def _told(framer: Framer, frames: list[bytes]) -> Generator[tuple[str, bytes | RejectedError], None, int]:
    first = framer.counts.frames - len(frames)
    for number, frame in enumerate(frames, start=first + 1):
        yield f"frame {number}: ", frame
    noise_bytes = 0
    for drop in framer.drops():
        if drop.is_frame:
            yield f"after frame {framer.counts.frames}: ", RejectedError(f"{drop.reason}, {drop.size} bytes: {drop.head[:16].hex(' ')}")
        else:
            noise_bytes += drop.size
    return noise_bytes


def _message(line: bytes, default_topic: str) -> tuple[str, bytes]:
    try:
        message = json.loads(line)
    except (ValueError, RecursionError):
        raise RejectedError("not a JSON object") from None
    if not isinstance(message, dict):
        raise RejectedError("not a JSON object")
    topic = message.get("topic")
    return (topic if isinstance(topic, str) else default_topic), _payload(message)


def _payload(message: dict[str, object]) -> bytes:
    try:
        if "hex" in message:
            return bytes.fromhex(str(message["hex"]))
        if "base64" in message:
            return base64.b64decode(str(message["base64"]), validate=True)
    except (ValueError, binascii.Error) as error:
        raise RejectedError(f"payload: {error}") from None
    payload = message.get("payload")
    if payload is None:
        raise RejectedError('no "payload", "hex" or "base64" in it')
    text = payload if isinstance(payload, str) else json.dumps(payload, ensure_ascii=False)
    return text.encode("utf-8", "surrogatepass")

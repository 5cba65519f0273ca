"""Captures: files of JSON lines, one received message a line.

    {"topic": "site/bn01/air/d7", "payload": "{\\"pm2_5\\": 12}"}      payload as text, or as the JSON value itself
    {"topic": "gw/frame", "hex": "424d 001c"}                         or bytes as "hex" or "base64"

Other keys are ignored. `topic` may be missing.
"""

import base64
import binascii
import json
from collections.abc import Iterable, Iterator

from telemetry.errors import RejectedError


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

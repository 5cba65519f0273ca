"""JSON lines: one received message a line.

    {"topic": "site/bn01/air/d7", "payload": "{\\"pm2_5\\": 12}"}      payload as text, or as the JSON value itself
    {"topic": "gw/frame", "hex": "424d 001c"}                         or bytes as "hex" or "base64"

Other keys are ignored; --where key=value takes only lines with that value. `topic` may be missing.
"""

import base64
import binascii
import json
from collections.abc import Iterator
from typing import BinaryIO

from quanho.captures.capture import CaptureOptions, Fault, Item, Piece
from quanho.captures.text import lines_of
from telemetry.errors import RejectedError

_LONGEST_INTEGER = 400  # digits


def recognise(head: bytes, name: str) -> bool:
    if name.endswith((".jsonl", ".ndjson")):
        return True
    first, _, rest = head.lstrip().partition(b"\n")
    message = _enveloped(first)
    if message is None:
        return False
    second, end, _ = rest.lstrip().partition(b"\n")  # without a topic one line may be a device's own message; two are a capture
    return isinstance(message.get("topic"), str) or (second.startswith(b"{") and (not end or _enveloped(second) is not None))


def _enveloped(line: bytes) -> dict[str, object] | None:
    """Return the object on a line if it holds a message as `read` takes it."""
    try:
        message = json.loads(line)
    except (ValueError, RecursionError):
        return None
    if not isinstance(message, dict):
        return None
    return message if "payload" in message or any(isinstance(message.get(key), str) for key in ("hex", "base64")) else None


def read(stream: BinaryIO, options: CaptureOptions) -> Iterator[Item]:
    for line in lines_of(stream):
        if isinstance(line, Fault):
            yield line
        elif line.payload.strip():
            try:
                message = _message(line.payload)
                if any(str(message.get(key)) != value for key, value in options.where.items()):
                    continue
                topic = message.get("topic")
                yield Piece(_payload(message), line.place, topic if isinstance(topic, str) else "")
            except RejectedError as error:
                yield Fault(error.reason, line.place)


def _message(line: bytes) -> dict[str, object]:
    try:
        message = json.loads(line, parse_int=_int)
    except RecursionError:
        raise RejectedError("JSON that is nested too deep") from None
    except ValueError:
        raise RejectedError("not a JSON object") from None
    if not isinstance(message, dict):
        raise RejectedError("not a JSON object")
    return message


def _int(digits: str) -> int | float:
    """Return the number; one that no float holds as infinity, for the decoder to refuse it alone (int() refuses 4,300 digits)."""
    return int(digits) if len(digits) <= _LONGEST_INTEGER else float(digits)


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

"""Bytes → JSON value: orjson where it can, the standard library where a message is slightly wrong but its neighbours are good.

orjson refuses a whole message for one NaN, one number beyond a float, a byte order mark or half a surrogate pair; devices send
all four, and NUL bytes around it. Here each such number becomes an `Unreadable`, to be refused alone. The last of duplicate keys counts.
"""

import json
import math

import orjson

from edge.decoders.values import Unreadable
from telemetry.errors import RejectedError

_LONGEST_INTEGER = 400  # digits; no float holds more, and int() of thousands is slow


def parse_payload(payload: bytes) -> object:
    """Return the value; every float in it is finite. RejectedError says where the text goes wrong."""
    try:
        return orjson.loads(payload)
    except orjson.JSONDecodeError as error:
        return _parse_leniently(payload, error)


def _parse_leniently(payload: bytes, strict: orjson.JSONDecodeError) -> object:
    try:
        text = payload.strip(b"\0").decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise RejectedError(f"not UTF-8 at byte {error.start}") from None
    try:
        return _LENIENT.decode(text)
    except RecursionError:
        raise RejectedError("nested too deep") from None
    except ValueError:
        raise RejectedError(f"not JSON: {strict}" if payload.strip() else "empty message") from None


def _float(text: str) -> float | Unreadable:
    value = float(text)
    return value if math.isfinite(value) else Unreadable(text)


def _int(text: str) -> int | Unreadable:
    return int(text) if len(text) <= _LONGEST_INTEGER else Unreadable(text)


_LENIENT = json.JSONDecoder(parse_float=_float, parse_int=_int, parse_constant=Unreadable)

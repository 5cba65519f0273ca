"""Numbers as line protocol writes them: the rules of Go's strconv, which every InfluxDB server up to 2.x reads them with.

Written: the fewest digits that read back as the same number. Read: decimal and hexadecimal floats, `_` allowed between
digits (Go 1.13). NaN and infinity are refused in both directions.
"""

import math
import re

from telemetry.errors import RejectedError
from telemetry.lineprotocol.precision import INT64_MAX, INT64_MIN

UINT64_MAX = 2**64 - 1

_DIGITS = rb"[0-9](?:_?[0-9])*+"
_HEX = rb"[0-9a-fA-F](?:_?[0-9a-fA-F])*+"
_DECIMAL = re.compile(rb"-?(?:%b(?:\.(?:%b)?)?|\.%b)(?:[eE][+-]?%b)?" % (_DIGITS, _DIGITS, _DIGITS, _DIGITS))
_HEXADECIMAL = re.compile(rb"-?0[xX](?:_?%b(?:\.(?:%b)?)?|\.%b)[pP][+-]?%b" % (_HEX, _HEX, _HEX, _DIGITS))
_SIGNED = re.compile(rb"-?[0-9]+")
_UNSIGNED = re.compile(rb"[0-9]+")
_LONGEST_INTEGER = 20  # digits of 2**64


def format_float(value: float) -> str:
    """Return `value` as Go's AppendFloat(value, 'g', -1, 64) does; RejectedError for NaN and infinity.

    Plain digits for 1e-4 <= |value| < 1e6 (`20.5`, `42`), otherwise an exponent of at least two digits (`1.5e+06`).
    """
    if 1e-4 <= value < 1e6 or -1e6 < value <= -1e-4 or value == 0.0:
        text = repr(value)
        return text[:-2] if text.endswith(".0") else text
    if not math.isfinite(value):
        raise RejectedError(f"{value} is not a number that line protocol can carry")
    return _exponent_form(repr(value))


def parse_float(text: bytes) -> float:
    """Return the number that `text` spells; RejectedError when it is no float or too large for 64 bits."""
    if _DECIMAL.fullmatch(text):
        value = float(text)
    elif _HEXADECIMAL.fullmatch(text):
        value = _from_hex(text)
    else:
        raise RejectedError("invalid float value")
    if math.isinf(value):
        raise RejectedError("float value out of range")
    return value


def parse_int(text: bytes) -> int:
    """Return the signed 64-bit integer that `text` spells (without its `i`)."""
    return _integer(text, _SIGNED, INT64_MIN, INT64_MAX, "integer")


def parse_uint(text: bytes) -> int:
    """Return the unsigned 64-bit integer that `text` spells (without its `u`)."""
    return _integer(text, _UNSIGNED, 0, UINT64_MAX, "unsigned integer")


def _integer(text: bytes, shape: re.Pattern[bytes], low: int, high: int, kind: str) -> int:
    if not shape.fullmatch(text):
        raise RejectedError(f"invalid {kind} value")
    if len(text.lstrip(b"-").lstrip(b"0")) > _LONGEST_INTEGER:  # int() itself refuses more than 4,300 digits
        raise RejectedError(f"{kind} value out of range")
    value = int(text)
    if not low <= value <= high:
        raise RejectedError(f"{kind} value out of range")
    return value


def _from_hex(text: bytes) -> float:
    try:
        return float.fromhex(text.replace(b"_", b"").decode("ascii"))
    except OverflowError:
        return math.inf


def _exponent_form(shortest: str) -> str:
    """Rewrite Python's shortest digits (`1234567.0`, `1e-05`, `1.5e+22`) as d.ddde±dd."""
    sign, body = ("-", shortest[1:]) if shortest.startswith("-") else ("", shortest)
    mantissa, _, exponent = body.partition("e")
    whole, _, fraction = mantissa.partition(".")
    digits = whole + fraction
    leading_zeros = len(digits) - len(digits.lstrip("0"))
    power = int(exponent or 0) + len(whole) - 1 - leading_zeros
    significant = digits.strip("0")
    point = "." if len(significant) > 1 else ""
    return f"{sign}{significant[0]}{point}{significant[1:]}e{'-' if power < 0 else '+'}{abs(power):02d}"

"""Field types a mapping may ask for, and how a device's value becomes one.

Without a type, numbers become floats (JSON writes 20.0 as 20, and a field's type must not depend on the weather), booleans
and text stay what they are. Integers exist only where a mapping or the catalogue says so. Text turns into a number only
where the type is given. A value that does not fit is a ValueError that says why; nothing is rounded silently.
"""

import math
import re
import struct
from collections.abc import Callable
from functools import lru_cache
from typing import Literal

from edge.decoders.decoder import shown
from telemetry.point import FieldValue, Unsigned

FieldType = Literal["float", "int", "uint", "bool", "str"]

_FLOAT32 = struct.Struct("<f")
_INT64 = (-(2**63), 2**63 - 1)
_FITS = 2**64  # whole numbers that a float holds, if not exactly
_UINT64 = (0, 2**64 - 1)
_NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?", re.ASCII)
_WHOLE = re.compile(r"[+-]?\d{1,20}", re.ASCII)
_TRUE = frozenset({"true", "1", "on", "yes"})
_FALSE = frozenset({"false", "0", "off", "no"})


class Unreadable(str):
    """A number that no float can hold, as the device wrote it (`NaN`, `1e999`): stands in its place until it is refused."""

    __slots__ = ()


def as_given(value: object) -> FieldValue:
    """Return a field value when the mapping names no type."""
    if isinstance(value, bool):
        return value
    if isinstance(value, str) and not isinstance(value, Unreadable):
        return as_str(value)
    return as_float(value)


def as_float(value: object) -> float:
    if value.__class__ is float and value - value == 0.0:  # neither infinite nor NaN
        return value
    if value.__class__ is int and -_FITS <= value <= _FITS:
        return float(value)
    if value.__class__ is str and value.isascii() and "_" not in value:
        try:
            number = float(value)
        except ValueError:
            raise ValueError(f"{shown(value)} is not a number") from None
        if number - number == 0.0:
            return number
    if isinstance(value, float | int):  # a bool is 1 or 0
        try:
            number = float(value)
        except OverflowError:
            number = math.inf
    elif isinstance(value, str) and _NUMBER.fullmatch(stripped := value.strip()):
        number = float(stripped)
    else:
        raise ValueError(f"{shown(value)} is not a number")
    if not math.isfinite(number):
        raise ValueError(f"{shown(value)} is not a finite number")
    return number


def as_int(value: object) -> int:
    return _whole(value, *_INT64)


def as_uint(value: object) -> Unsigned:
    return Unsigned(_whole(value, *_UINT64))


def as_bool(value: object) -> bool:
    if value is True or value is False:
        return value
    text = as_str(value).strip().lower() if isinstance(value, int | float | str) else ""
    if text in _TRUE:
        return True
    if text in _FALSE:
        return False
    raise ValueError(f"{shown(value)} is not true or false")


def as_tag(text: str) -> str:
    """Return `text` of a message as a tag can hold it: half a surrogate pair, which is no text, becomes `?`."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode()


def as_str(value: object) -> str:
    """Return text; numbers as JSON writes them, whole ones without a fraction (`12`, not `12.0`)."""
    if isinstance(value, str):
        if not value.isascii() and any("\ud800" <= letter <= "\udfff" for letter in value):
            raise ValueError(f"{shown(value)} has half a surrogate pair, which is not text")
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e16:
        return str(int(value))
    if isinstance(value, int | float):
        return repr(value)
    raise ValueError(f"{shown(value)} is not text")


CONVERT: dict[FieldType | None, Callable[[object], FieldValue]] = {
    None: as_given,
    "float": as_float,
    "int": as_int,
    "uint": as_uint,
    "bool": as_bool,
    "str": as_str,
}


def scaled(value: FieldValue, scale: float) -> FieldValue:
    """Return `value` times `scale`, exactly rounded for the usual 0.1, 0.01 … (3 × 0.1 gives 0.3); whole numbers stay whole."""
    if isinstance(value, bool | str):
        raise ValueError(f"{shown(value)} cannot be scaled")  # noqa: TRY004 - one kind of refusal for the caller
    if isinstance(value, int) and scale.is_integer():
        return type(value)(value * int(scale))
    divisor = round(1.0 / scale)
    return value / divisor if divisor and abs(divisor * scale - 1.0) < 1e-12 else value * scale


def _whole(value: object, low: int, high: int) -> int:
    if isinstance(value, int):
        number = int(value)
    elif isinstance(value, str) and _WHOLE.fullmatch(stripped := value.strip()):
        number = int(stripped)
    else:
        real = as_float(value)
        if not real.is_integer():
            raise ValueError(f"{shown(value)} is not a whole number")
        number = int(real)
    if not low <= number <= high:
        raise ValueError(f"{shown(value)} does not fit 64 bits")
    return number


def shortest_float(value: float) -> float:
    """Return the shortest decimal that is `value` as a 32-bit float (229.8, not 229.8000030517578); ValueError for NaN and infinities."""
    return _shortest(value) if value else value  # 0.0 and -0.0 are one key


@lru_cache(4_096)  # what a sensor says it says again
def _shortest(value: float) -> float:
    as_float(value)
    for digits in (7, 8):
        short = float(f"{value:.{digits}g}")
        try:
            if _FLOAT32.unpack(_FLOAT32.pack(short))[0] == value:
                return short
        except OverflowError:  # rounded up above the largest
            continue
    return float(f"{value:.9g}")  # 9 digits always tell one from its neighbours

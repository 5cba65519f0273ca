"""Points to line protocol: `measurement,tag=value field=1.5,count=3i,ok=true,note="text" 1700000000000000000`.

Names (measurement, tag keys and values, field keys) are escaped with a backslash before comma, space and, except in the
measurement, `=`; they may not be empty, end in a backslash or hold control characters, because no reader could give them
back. In a string value only `"` and `\\` are escaped. Tags are sorted by key, so that equal points are equal bytes.

The pieces (`series_key`, `escape_key`, `format_field`) are public for callers that cache them.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from itertools import pairwise

from telemetry.errors import RejectedError
from telemetry.lineprotocol.numbers import UINT64_MAX, format_float
from telemetry.lineprotocol.precision import INT64_MAX, INT64_MIN, tick_ns
from telemetry.point import FieldValue, Point, Unsigned

_FORBIDDEN = r"\x00-\x1f\x7f\ud800-\udfff"
_NAME = re.compile(rf"[^{_FORBIDDEN}]*[^{_FORBIDDEN}\\]")
_CACHED_NAMES = 4096  # the same few field keys and tags come again with every point
_CACHED_NAME_LENGTH = 64  # so that strangers' long names cannot fill memory
_SURROGATE = re.compile(r"[\ud800-\udfff]")


def encode(point: Point, precision: str = "ns") -> bytes:
    """Return `point` as one line without its LF; RejectedError when line protocol cannot carry it."""
    return encode_pairs(point.measurement, sorted(point.tags.items()), list(point.fields.items()), point.time_ns, precision)


def encode_pairs(
    measurement: str,
    tags: Sequence[tuple[str, str]],
    fields: Sequence[tuple[str, FieldValue]],
    time_ns: int,
    precision: str = "ns",
) -> bytes:
    """Like `encode`, for tags that are already in order; tags out of order or twice are refused, as the reference encoder does."""
    for (before, _), (after, _) in pairwise(tags):
        if after <= before:
            raise RejectedError(f"tag {after!r} out of order after {before!r}")
    series = _join_series(measurement, tags)
    return f"{series} {format_fields(fields)} {format_time(time_ns, precision)}".encode()


def series_key(measurement: str, tags: Mapping[str, str]) -> str:
    """Return the escaped `measurement,tag=value,...`, tags sorted by key: what identifies a series, ready to put before the fields."""
    return _join_series(measurement, sorted(tags.items()))


def format_fields(fields: Iterable[tuple[str, FieldValue]]) -> str:
    """Return the escaped `key=value,...`; RejectedError when there is none."""
    text = ",".join([f"{escape_key(key)}={format_field(value)}" for key, value in fields])
    if not text:
        raise RejectedError("a point needs at least one field")
    return text


def format_field(value: FieldValue) -> str:
    """Return `value` as the right-hand side of a field; the Python type decides the stored type (telemetry/point.py)."""
    if isinstance(value, float):
        return format_float(value)
    if isinstance(value, str):
        return format_string(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Unsigned):
        return f"{_within(value, 0, UINT64_MAX)}u"
    if isinstance(value, int):
        return f"{_within(value, INT64_MIN, INT64_MAX)}i"
    raise RejectedError(f"a field cannot hold {type(value).__name__}")


def format_string(value: str) -> str:
    """Return `value` in quotes. A line feed stays as it is: readers take it as part of the string."""
    if not value.isascii() and _SURROGATE.search(value):
        raise RejectedError("string value is not valid Unicode (lone surrogate)")
    if "\\" in value or '"' in value:
        value = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{value}"'


def format_time(time_ns: int, precision: str = "ns") -> str:
    """Return `time_ns` in ticks of `precision`, cut towards zero as Go divides; RejectedError beyond 64 bits of nanoseconds."""
    ticks = abs(_within(time_ns, INT64_MIN, INT64_MAX)) // tick_ns(precision)
    return str(-ticks if time_ns < 0 else ticks)


def escape_measurement(name: str) -> str:
    """Return `name` as the start of a line. A leading `#` is refused: a reader would take the line for a comment."""
    _check_name(name, "measurement")
    if name.startswith("#"):
        raise RejectedError(f"measurement {name!r} would be read as a comment")
    return name.replace(",", "\\,").replace(" ", "\\ ")


def escape_key(name: str) -> str:
    """Return `name` as a tag key, tag value or field key."""
    return _escape_short(name) if len(name) <= _CACHED_NAME_LENGTH else _escape(name)


def _escape(name: str) -> str:
    _check_name(name, "name")
    return name.replace(",", "\\,").replace("=", "\\=").replace(" ", "\\ ")


_escape_short = lru_cache(maxsize=_CACHED_NAMES)(_escape)


def _join_series(measurement: str, tags: Iterable[tuple[str, str]]) -> str:
    return ",".join([escape_measurement(measurement), *[f"{escape_key(key)}={escape_key(value)}" for key, value in tags]])


def _check_name(name: str, what: str) -> None:
    if not _NAME.fullmatch(name):
        raise RejectedError(f"{what} {name!r} is empty, ends in a backslash or holds a control character")


def _within(value: int, low: int, high: int) -> int:
    if not low <= value <= high:
        raise RejectedError(f"{value if -(10**30) < value < 10**30 else 'the number'} does not fit in 64 bits")
    return value

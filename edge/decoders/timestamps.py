"""Device time in the spellings devices use → nanoseconds since 1970 UTC, exact to the last digit the device wrote.

A zone is never guessed: text without one needs `tz` in the mapping, else the time is refused.
"""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, tzinfo
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from edge.decoders.decoder import shown

UNIX_TICK_NS = {"unix": 1_000_000_000, "unix_ms": 1_000_000, "unix_us": 1_000, "unix_ns": 1}

_SAY_TZ = 'add tz to the mapping, for example tz = "Asia/Ho_Chi_Minh"'
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_INT64_MAX = 2**63 - 1
_LONGEST = 64  # characters; RFC 3339 with nanoseconds and zone has 35
_RFC3339 = re.compile(r"(\d{4}-\d\d-\d\d)[Tt ](\d\d:\d\d:\d\d)(?:[.,](\d{1,9})\d*)?\s*([Zz]|[+-]\d\d:?\d\d)?", re.ASCII)

ReadTime = Callable[[object], int]


def time_reader(time_format: str, tz: str | None, *, has_tz: bool = True) -> ReadTime:
    """Return a function from a device's value to ns since 1970 UTC, which raises ValueError for what it cannot read.

    `time_format` is `unix`, `unix_ms`, `unix_us`, `unix_ns`, `rfc3339` or a strptime pattern; `tz` an IANA name
    ("Asia/Ho_Chi_Minh") for text without a zone. ValueError if the two do not make sense together. `has_tz`: the config can say tz.
    """
    zone = _zone(tz) if tz else None
    if time_format in UNIX_TICK_NS:
        return _unix_reader(UNIX_TICK_NS[time_format])
    if time_format == "rfc3339":
        hint = _SAY_TZ if has_tz else "so nobody knows when it is"
        return lambda value: _in_range(_rfc3339(value, zone, hint), value)
    if "%" not in time_format:
        raise ValueError(f"unknown time format {time_format!r}; use {', '.join(UNIX_TICK_NS)}, rfc3339 or a strptime pattern")
    if zone is None and "%z" not in time_format:
        raise ValueError(f'time format {time_format!r} has no zone; add tz, for example tz = "Asia/Ho_Chi_Minh"')
    return lambda value: _in_range(_strptime(value, time_format, zone), value)


def _zone(name: str) -> tzinfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ValueError(f'unknown time zone {name!r}; use an IANA name such as "Asia/Ho_Chi_Minh"') from error


def _unix_reader(tick_ns: int) -> ReadTime:
    def read(value: object) -> int:
        if value.__class__ is int:
            time_ns: int = value * tick_ns
        else:
            time_ns = _unix(value, tick_ns)
        return time_ns if -_INT64_MAX <= time_ns <= _INT64_MAX else _in_range(time_ns, value)

    return read


def _unix(value: object, tick_ns: int) -> int:
    if isinstance(value, float) and (time_ns := _plain_decimal(repr(value), tick_ns)) is not None:
        return time_ns
    if isinstance(value, int) and not isinstance(value, bool):
        return value * tick_ns
    if not isinstance(value, float | str) or len(str(value)) > _LONGEST:
        raise ValueError(f"{shown(value)} is not a time")
    try:
        number = Decimal(value.strip() if isinstance(value, str) else repr(value))  # the digits as sent: 0.49 s is 490,000,000 ns
    except InvalidOperation:
        raise ValueError(f"{shown(value)} is not a time") from None
    if not number.is_finite() or number.adjusted() > len(str(_INT64_MAX)):
        raise ValueError(f"{shown(value)} is not a time")
    return int((number * tick_ns).to_integral_value())


def _plain_decimal(text: str, tick_ns: int) -> int | None:
    """Return digits, a point, digits (`1736603810.49`) times `tick_ns`, None for any other text and where that is no whole number."""
    whole, _, fraction = text.partition(".")
    digits = whole + fraction
    if not digits.isdigit():
        return None
    time_ns, rest = divmod(int(digits) * tick_ns, 10 ** len(fraction))
    return None if rest else time_ns


def _rfc3339(value: object, zone: tzinfo | None, hint: str) -> int:
    if not isinstance(value, str) or len(value) > _LONGEST or not (parts := _RFC3339.fullmatch(value.strip())):
        raise ValueError(f"{shown(value)} is not an RFC 3339 time")
    day, clock, fraction, offset = parts.groups()
    if not offset and zone is None:
        raise ValueError(f"{shown(value)} has no zone; {hint}")
    second_ns = _second_ns(day, clock, offset, zone)
    return second_ns + int(fraction.ljust(9, "0")) if fraction else second_ns


@lru_cache(2_048)  # many devices speak in one second
def _second_ns(day: str, clock: str, offset: str | None, zone: tzinfo | None) -> int:
    if offset:
        return _since_epoch_ns(datetime.fromisoformat(f"{day}T{clock}{offset.upper()}"))
    return _since_epoch_ns(datetime.fromisoformat(f"{day}T{clock}").replace(tzinfo=zone))


def _strptime(value: object, pattern: str, zone: tzinfo | None) -> int:
    if not isinstance(value, str) or len(value) > _LONGEST:
        raise ValueError(f"{shown(value)} is not a time of the form {pattern}")
    moment = datetime.strptime(value.strip(), pattern)  # noqa: DTZ007 - the zone is settled on the next line
    return _since_epoch_ns(moment if moment.tzinfo else moment.replace(tzinfo=zone))


def _since_epoch_ns(moment: datetime) -> int:
    return (moment - _EPOCH) // _MICROSECOND * 1_000


def _in_range(time_ns: int, value: object) -> int:
    if not -_INT64_MAX <= time_ns <= _INT64_MAX:
        raise ValueError(f"{shown(value)} is no time that 64 bits of nanoseconds can hold")
    return time_ns

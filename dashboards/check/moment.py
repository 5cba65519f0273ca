"""Moments as Grafana writes them: `now`, `now-6h`, `now/d`, `now-1d/d`; also ISO 8601 and ms since 1970 UTC."""

import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from dashboards.house import TIME_ZONE

_RELATIVE = re.compile(r"now(?:-(?P<count>\d+)(?P<unit>[smhdwMy]))?(?:/(?P<floor>[smhdwMy]))?")
_LENGTHS = {
    "s": timedelta(seconds=1),
    "m": timedelta(minutes=1),
    "h": timedelta(hours=1),
    "d": timedelta(days=1),
    "w": timedelta(weeks=1),
    "M": timedelta(days=30),
    "y": timedelta(days=365),
}


def moment_ms(text: str, now_ms: int) -> int:
    """Return a moment in ms since 1970 UTC. Raises ValueError, which says what is understood."""
    if text.isdecimal() and len(text) >= 11:
        return int(text)
    if match := _RELATIVE.fullmatch(text):
        back = int(match["count"] or 0) * _LENGTHS[match["unit"] or "s"]
        at = datetime.fromtimestamp(now_ms / 1000, ZoneInfo(TIME_ZONE)) - back
        return _ms(_floored(at, match["floor"]))
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(f"{text!r} is no moment: write now-6h, now/d, 2026-11-27T06:00:00+07:00 or ms since 1970") from None
    return _ms(at if at.tzinfo else at.replace(tzinfo=ZoneInfo(TIME_ZONE)))


def _floored(at: datetime, unit: str | None) -> datetime:
    if not unit:
        return at
    if unit == "w":
        at -= timedelta(days=at.weekday())
    kept = {"y": 1, "M": 2, "w": 3, "d": 3, "h": 4, "m": 5, "s": 6}[unit]
    year, month, day, hour, minute, second = (value if place < kept else least for place, (value, least) in enumerate(_fields(at)))
    return datetime(year, month, day, hour, minute, second, tzinfo=at.tzinfo)


def _fields(at: datetime) -> list[tuple[int, int]]:
    return [(at.year, 1), (at.month, 1), (at.day, 1), (at.hour, 0), (at.minute, 0), (at.second, 0)]


def _ms(at: datetime) -> int:
    return round(at.astimezone(UTC).timestamp() * 1000)

"""Moments below a chart: whole minutes, hours and days of the place where operators sit."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from dashboards.house import TIME_ZONE
from dashboards.influxql.expand import Span

_S, _M, _H, _D = 1000, 60_000, 3_600_000, 86_400_000
_STEPS_MS = (
    *(_S * count for count in (1, 5, 10, 30)),
    *(_M * count for count in (1, 2, 5, 10, 15, 30)),
    *(_H * count for count in (1, 2, 3, 6, 12)),
    *(_D * count for count in (1, 2, 7)),
)
_FORMS = ((15 * _M, "%H:%M:%S"), (36 * _H, "%H:%M"), (4 * _D, "%d/%m %H:%M"))


def ticks_of(span: Span, most: int) -> list[int]:
    """Return at most `most` (at least two) round moments of a range, ms since 1970 UTC."""
    step = next((step for step in _STEPS_MS if span.length_ms / step <= max(most, 2)), 30 * _D)
    local = datetime.fromtimestamp(span.from_ms / 1000, UTC).astimezone(ZoneInfo(TIME_ZONE)).utcoffset()
    shift = int(local.total_seconds() * 1000) if local else 0
    first = -((-(span.from_ms + shift)) // step) * step - shift
    return list(range(first, span.to_ms + 1, step))


def clock(at_ms: int, span: Span) -> str:
    """Return a moment as it stands below a chart of that range."""
    form = next((form for most_ms, form in _FORMS if span.length_ms <= most_ms), "%d/%m")
    return datetime.fromtimestamp(at_ms / 1000, ZoneInfo(TIME_ZONE)).strftime(form)

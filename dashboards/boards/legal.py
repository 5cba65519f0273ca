"""Legal limits as dashboards show them: those in force on the day a dashboard is built, each with its document's name.

A dashboard that was built on an earlier day shows the limits of that day. So every title and line names value and document, and the
description says since when it holds: whoever reads an old copy sees it.
"""

from datetime import date, datetime
from zoneinfo import ZoneInfo

from dashboards.house import TIME_ZONE
from dashboards.words import Text, same
from rules.limits import LegalLimit, legal_limits_on

_READABLE = {"ug/m3": "µg/m³"}
_THIN_SPACE = "\u202f"  # between thousands: a comma and a point mean opposite things in Vietnamese and English


def today() -> date:
    """Return the day it is where the limits hold."""
    return datetime.now(ZoneInfo(TIME_ZONE)).date()


def limit_of(day: date, measurement: str, field: str, average: str) -> LegalLimit | None:
    """Return the limit of a mean over `average` that is in force on a day; None where there is none."""
    return next((limit for limit in legal_limits_on(day, measurement, field) if limit.average == average), None)


def value(limit: LegalLimit) -> str:
    """Return the limit with its unit: `45 µg/m³`."""
    return f"{limit.value:,g} {_READABLE.get(limit.unit, limit.unit)}".replace(",", _THIN_SPACE)


def document(limit: LegalLimit) -> str:
    """Return the short name of its document: `QCVN 05:2023/BTNMT`."""
    return limit.source.partition(" (")[0]


def in_words(limit: LegalLimit) -> Text:
    """Return value, document and first day: `45 µg/m³ (QCVN 05:2023/BTNMT, since 01/01/2026)`."""
    if limit.holds_from is None:
        return same(f"{value(limit)} ({document(limit)})")
    since = f"{limit.holds_from:%d/%m/%Y}"
    return Text(f"{value(limit)} ({document(limit)}, từ {since})", f"{value(limit)} ({document(limit)}, since {since})")

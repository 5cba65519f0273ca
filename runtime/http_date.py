"""The Date header of an HTTP answer (RFC 9110, section 6.6.1) and what it says about our clock."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime

_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_IMF_FIXDATE = re.compile(rf"({'|'.join(_DAYS)}), (\d\d) ({'|'.join(_MONTHS)}) (\d{{4}}) (\d\d):(\d\d):(\d\d) GMT", re.ASCII)


@dataclass(frozen=True, slots=True)
class Evidence:
    """A server whose certificate was verified, except perhaps its dates, gave the date of its answer.

    At some moment between `sent_boot_ns` and `answered_boot_ns` (CLOCK_BOOTTIME) its clock stood between `date_ns` and one
    second later. A certificate proves nothing outside its dates, `not_before_ns` to `not_after_ns` (those of the whole chain, both
    included; a certificate without an end says the year 9999, more than 63 bits hold): a date outside must be refused.
    """

    date_ns: int
    sent_boot_ns: int
    answered_boot_ns: int
    not_before_ns: int
    not_after_ns: int


def parse_http_date(text: str) -> int | None:
    """Return nanoseconds since 1970 UTC, or None. Only the form that senders must use, IMF-fixdate, is taken."""
    found = _IMF_FIXDATE.fullmatch(text)
    if found is None:
        return None
    day_name, day, month, *numbers = found.groups()
    year, hour, minute, second = map(int, numbers)
    try:
        moment = datetime(year, _MONTHS.index(month) + 1, int(day), hour, minute, second, tzinfo=UTC)
    except ValueError:  # also the leap second :60, which is no loss
        return None
    return int(moment.timestamp()) * 10**9 if _DAYS[moment.weekday()] == day_name else None

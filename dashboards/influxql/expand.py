"""What Grafana makes of a query before the store sees it: its macros and the dashboard's variables.

The server replaces `$timeFilter`, `$interval`, `$__interval_ms` and `$__interval`, in this order of text, and nothing else (Grafana's
pkg/tsdb/influxdb/models/query.go; durations as gtime.FormatInterval writes them). The browser puts variables in before that, as `$name`,
`${name}`, `${name:regex}` or `[[name]]` (public/app/plugins/datasource/influxdb/datasource.ts), and chooses the interval
(packages/grafana-data/src/datetime/rangeutil.ts, calculateInterval). Alert rules have no variables, and an interval of their own.

How a variable without a format is escaped differs between versions of Grafana; here it is that of 13. `${name:regex}` is the same in all.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from dashboards.influxql.tokens import Unreadable, tokens

# Grafana's rounding of (to - from) / maxDataPoints, roundInterval in rangeutil.ts: below the first number (ms) the interval is the second.
_ROUNDED = (
    (10, 1),
    (15, 10),
    (35, 20),
    (75, 50),
    (150, 100),
    (350, 200),
    (750, 500),
    (1500, 1000),
    (3500, 2000),
    (7500, 5000),
    (12_500, 10_000),
    (17_500, 15_000),
    (25_000, 20_000),
    (45_000, 30_000),
    (90_000, 60_000),
    (210_000, 120_000),
    (450_000, 300_000),
    (750_000, 600_000),
    (1_050_000, 900_000),
    (1_500_000, 1_200_000),
    (2_700_000, 1_800_000),
    (5_400_000, 3_600_000),
    (9_000_000, 7_200_000),
    (16_200_000, 10_800_000),
    (32_400_000, 21_600_000),
    (86_400_000, 43_200_000),
    (604_800_000, 86_400_000),
    (1_814_400_000, 604_800_000),
    (3_628_800_000, 2_592_000_000),
)
_YEAR_MS = 31_536_000_000
_FORMATTED = (("y", _YEAR_MS), ("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1000), ("ms", 1))
_UNITS_MS = {"ms": 1, "s": 1000, "m": 60_000, "h": 3_600_000, "d": 86_400_000, "w": 604_800_000}
_DURATION = re.compile(r"(\d+)(ms|s|m|h|d|w)")
_VARIABLE = re.compile(r"\$\{(?P<braced>\w+)(?::(?P<format>\w+))?\}|\$(?P<plain>[A-Za-z_]\w*)|\[\[(?P<old>\w+)\]\]")
MACROS = ("timeFilter", "interval", "__interval_ms", "__interval")
_IS_NUMBER = re.compile(r"\s*[+-]?(\d|\.\d|Infinity)")  # as JavaScript's parseFloat sees one at the beginning
_SPECIAL = re.compile(r"[\\^$.*+?()[\]{}|/]")


@dataclass(frozen=True, slots=True)
class Span:
    """A time range, both ends included, ms since 1970 UTC, and how many points a panel can show."""

    from_ms: int
    to_ms: int
    points: int = 1000

    @property
    def length_ms(self) -> int:
        return self.to_ms - self.from_ms


Choice = str | tuple[str, ...]  # of a variable: its one value, or the chosen ones of a variable that takes several
ALL = ".*"  # the custom value for "All" of our variables


def interval_ms(span: Span, least: str = "") -> int:
    """Return the interval that Grafana chooses for a range, not below `least` ("10s")."""
    raw = span.length_ms / max(span.points, 1)
    rounded = next((interval for below, interval in _ROUNDED if raw < below), _YEAR_MS)
    return max(rounded, duration_ms(least) if least else 1)


def duration_ms(text: str) -> int:
    """Return a duration as "90s" or "1h30m" in ms. Raises ValueError."""
    if not text or _DURATION.sub("", text):
        raise ValueError(f"not a duration: {text!r}")
    return sum(int(number) * _UNITS_MS[unit] for number, unit in _DURATION.findall(text))


def duration_text(ms: int) -> str:
    """Return a duration in the largest unit that it is a whole number of: 7200000 is "2h", 90000 is "90s"."""
    unit, size = next((unit, size) for unit, size in reversed(_UNITS_MS.items()) if ms % size == 0 and unit != "w")
    return f"{ms // size}{unit}"


def interval_text(ms: int) -> str:
    """Return an interval as Grafana puts it in: in the largest unit that goes into it, without what is over. 90000 is "1m"."""
    unit, size = next(((unit, size) for unit, size in _FORMATTED if ms >= size), ("ms", 1))
    return f"{max(ms // size, 1)}{unit}"


def expand(query: str, span: Span, variables: Mapping[str, Choice] | None = None, least_interval: str = "") -> str:
    """Return the query as the store gets it. Raises KeyError for a variable that is not among `variables`."""
    return expand_every(query, span, interval_ms(span, least_interval), variables)


def expand_every(query: str, span: Span, every_ms: int, variables: Mapping[str, Choice] | None = None) -> str:
    """Return the query with an interval chosen elsewhere: alert rules have theirs in `intervalMs`. Raises KeyError as expand does."""
    text = _VARIABLE.sub(lambda match: _value(match, query, variables or {}), query)
    text = text.replace("$timeFilter", f"time >= {span.from_ms}ms and time <= {span.to_ms}ms")
    text = text.replace("$interval", interval_text(every_ms))
    text = text.replace("$__interval_ms", str(every_ms))
    return text.replace("$__interval", interval_text(every_ms))


def variables_in(query: str) -> set[str]:
    """Return the names of the dashboard's variables that a query uses; macros are none."""
    return {name for match in _VARIABLE.finditer(query) if (name := _name(match)) not in MACROS}


def _name(match: re.Match[str]) -> str:
    return match["braced"] or match["plain"] or match["old"]


def _value(match: re.Match[str], query: str, variables: Mapping[str, Choice]) -> str:
    name = _name(match)
    if name in MACROS:
        return match[0]
    choice = variables[name]
    if choice == ALL:
        return choice  # a custom value for all is put in as it stands
    if match["format"] == "regex":
        return _as_regex(choice)
    if match["format"] or (isinstance(choice, str) and (_IS_NUMBER.match(choice) or not _is_in_regex(name, query))):
        return choice if isinstance(choice, str) else ",".join(choice)
    return f"({'|'.join(map(_escaped, choice))})" if isinstance(choice, tuple) else _escaped(choice)


def _is_in_regex(name: str, query: str) -> bool:
    """Whether a variable stands within any regular expression of the query: then it is escaped in all of the query."""
    try:
        found = tokens(query)
    except Unreadable:
        return False
    return any(name in map(_name, _VARIABLE.finditer(token.text)) for token in found if token.kind == "regex")


def _as_regex(choice: Choice) -> str:
    """As Grafana's format `regex`: escaped, several in brackets."""
    if isinstance(choice, tuple) and len(choice) != 1:
        return f"({'|'.join(map(_escaped, choice))})"
    return _escaped(choice if isinstance(choice, str) else choice[0])


def _escaped(text: str) -> str:
    return _SPECIAL.sub(r"\\\g<0>", text)

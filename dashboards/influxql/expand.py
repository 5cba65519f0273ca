"""What Grafana makes of a query before the store sees it: its macros and the dashboard's variables.

Macros as in Grafana's pkg/tsdb/influxdb/models/query.go: `$timeFilter`, `$interval`, `$__interval_ms` and `$__interval`, in this order of
text, and nothing else. Variables are put in by the browser before that, as `$name`, `${name}` or `${name:regex}` (docs: variable syntax).
Alert rules have no variables.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

# Grafana's rounding of (to - from) / maxDataPoints: below the first number (ms) the interval is the second. pkg/tsdb/intervalv2.
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
    (64_800_000, 43_200_000),
    (604_800_000, 86_400_000),
    (1_814_400_000, 604_800_000),
    (3_628_800_000, 2_592_000_000),
)
_YEAR_MS = 31_536_000_000
_UNITS_MS = {"ms": 1, "s": 1000, "m": 60_000, "h": 3_600_000, "d": 86_400_000, "w": 604_800_000}
_DURATION = re.compile(r"(\d+)(ms|s|m|h|d|w)")
_VARIABLE = re.compile(r"\$\{(?P<braced>\w+)(?::(?P<format>\w+))?\}|\$(?P<plain>[A-Za-z_]\w*)|\[\[(?P<old>\w+)\]\]")
MACROS = ("timeFilter", "interval", "__interval_ms", "__interval")
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


Choice = str | tuple[str, ...]  # of a variable: one value, or several; ".*" stands for all, as it is


def interval_ms(span: Span, least: str = "") -> int:
    """Return the interval that Grafana chooses for a range, not below `least` ("10s")."""
    raw = max(span.length_ms // max(span.points, 1), duration_ms(least) if least else 1)
    rounded = next((interval for below, interval in _ROUNDED if raw < below), _YEAR_MS)
    return max(rounded, duration_ms(least) if least else 1)


def duration_ms(text: str) -> int:
    """Return a duration as "90s" or "1h30m" in ms. Raises ValueError."""
    if not text or _DURATION.sub("", text):
        raise ValueError(f"not a duration: {text!r}")
    return sum(int(number) * _UNITS_MS[unit] for number, unit in _DURATION.findall(text))


def duration_text(ms: int) -> str:
    """Return a duration in the largest unit that it is a whole number of: 7200000 is "2h"."""
    unit, size = next((unit, size) for unit, size in reversed(_UNITS_MS.items()) if ms % size == 0 and unit != "w")
    return f"{ms // size}{unit}"


def expand(query: str, span: Span, variables: Mapping[str, Choice] | None = None, least_interval: str = "") -> str:
    """Return the query as the store gets it. Raises KeyError for a variable that is not among `variables`."""
    text = _VARIABLE.sub(lambda match: _value(match, variables or {}), query)
    every_ms = interval_ms(span, least_interval)
    text = text.replace("$timeFilter", f"time >= {span.from_ms}ms and time <= {span.to_ms}ms")
    text = text.replace("$interval", duration_text(every_ms))
    text = text.replace("$__interval_ms", str(every_ms))
    return text.replace("$__interval", duration_text(every_ms))


def variables_in(query: str) -> set[str]:
    """Return the names of the dashboard's variables that a query uses; macros are none."""
    return {name for match in _VARIABLE.finditer(query) if (name := _name(match)) not in MACROS}


def _name(match: re.Match[str]) -> str:
    return match["braced"] or match["plain"] or match["old"]


def _value(match: re.Match[str], variables: Mapping[str, Choice]) -> str:
    name = _name(match)
    if name in MACROS:
        return match[0]
    choice = variables[name]
    if match["format"] == "regex":
        return _as_regex(choice)
    return choice if isinstance(choice, str) else _as_regex(choice)  # the data source's own format for several


def _as_regex(choice: Choice) -> str:
    if choice == ".*":
        return ".*"
    if isinstance(choice, str):
        return _SPECIAL.sub(r"\\\g<0>", choice)
    escaped = [_SPECIAL.sub(r"\\\g<0>", each) for each in choice]
    return f"({'|'.join(escaped)})" if len(escaped) != 1 else escaped[0]

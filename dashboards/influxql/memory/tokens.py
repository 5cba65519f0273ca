"""Words of InfluxQL. A regex begins only where one may stand: behind an operator of matching, a comma, FROM, BY or a parenthesis."""

import re
from collections.abc import Iterator
from typing import NamedTuple

from dashboards.influxql.memory.syntax import NotEvaluated

_UNITS_NS = {
    "ns": 1,
    "u": 1_000,
    "µ": 1_000,
    "ms": 1_000_000,
    "s": 10**9,
    "m": 60 * 10**9,
    "h": 3600 * 10**9,
    "d": 86_400 * 10**9,
    "w": 604_800 * 10**9,
}
_TOKEN = re.compile(
    r"""\s*(?:
    (?P<duration>(?:\d+(?:ns|u|µ|ms|s|m|h|d|w))+)(?![\w.])
  | (?P<number>\d+(?:\.\d*)?|\.\d+)
  | "(?P<name>(?:[^"\\]|\\.)*)"
  | '(?P<string>(?:[^'\\]|\\.)*)'
  | (?P<word>[A-Za-z_]\w*)
  | (?P<operator>=~|!~|!=|<>|<=|>=|[-+*/%&|^=<>(),])
)""",
    re.VERBOSE,
)
_REGEX = re.compile(r"\s*/((?:[^/\\]|\\.)*)/")
_PART = re.compile(r"(\d+)(ns|ms|u|µ|s|m|h|d|w)")


class Token(NamedTuple):
    """`kind` is duration, number, name, string, word, operator or regex; `at` its place in the text."""

    kind: str
    text: str
    at: int


def tokens(text: str) -> Iterator[Token]:
    """Yield the tokens. Raises NotEvaluated where the text is none."""
    at, end = 0, len(text.rstrip())
    before = ""
    while at < end:
        if before in ("=~", "!~", ",", "FROM", "BY", "("):
            regex = _REGEX.match(text, at)
            if regex:
                yield Token("regex", regex[1].replace("\\/", "/"), at)
                at, before = regex.end(), "regex"
                continue
        match = _TOKEN.match(text, at)
        if match is None or match.lastgroup is None:
            raise NotEvaluated(f"no InfluxQL from here on: {text[at : at + 40]!r}")
        kind, piece = match.lastgroup, match[match.lastgroup]
        if kind in ("name", "string"):
            piece = re.sub(r"\\(.)", lambda escaped: "\n" if escaped[1] == "n" else escaped[1], piece)
        yield Token(kind, "!=" if piece == "<>" and kind == "operator" else piece, at)
        at, before = match.end(), piece.upper() if kind in ("word", "operator") else kind


def duration_ns(text: str) -> int:
    """Return a duration such as 1h30m."""
    return sum(int(number) * _UNITS_NS[unit] for number, unit in _PART.findall(text))

"""Tokens of an InfluxQL statement, as Grafana's editors keep it: its macros and variables may stand wherever a value may.

Grammar: influxdata/influxql `scanner.go`. A `/` begins a regular expression only where no value stands before it; elsewhere it divides.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from telemetry.errors import RejectedError

Kind = Literal["word", "name", "string", "regex", "number", "duration", "variable", "operator", "end"]

_SPACE = re.compile(r"\s+|--[^\n]*|/\*.*?\*/", re.DOTALL)
_PATTERNS: tuple[tuple[Kind, re.Pattern[str]], ...] = (
    ("variable", re.compile(r"\$\{\w+(?::\w+)?\}|\$\w+|\[\[\w+\]\]")),
    ("duration", re.compile(r"(?:\d+(?:ns|ms|u|µ|s|m|h|d|w))+(?![\w.])")),
    ("number", re.compile(r"\d+\.\d*|\.\d+|\d+i?(?!\w)")),
    ("name", re.compile(r'"(?:\\.|[^"\\\n])*"')),
    ("string", re.compile(r"'(?:\\.|[^'\\\n])*'")),
    ("word", re.compile(r"[A-Za-z_][A-Za-z0-9_]*")),
    ("operator", re.compile(r"::|=~|!~|!=|<>|<=|>=|[=<>+\-*/%&|^(),.;]")),
)
_REGEX = re.compile(r"/(?:\\.|[^/\\\n])*/")
_UNITS_NS = {
    "ns": 1,
    "u": 1000,
    "µ": 1000,
    "ms": 10**6,
    "s": 10**9,
    "m": 60 * 10**9,
    "h": 3600 * 10**9,
    "d": 86_400 * 10**9,
    "w": 604_800 * 10**9,
}
_PART = re.compile(r"(\d+)(ns|ms|u|µ|s|m|h|d|w)")
# After one of these words a value comes, so that a `/` begins a regular expression.
_BEFORE_VALUES = frozenset({"SELECT", "FROM", "BY", "WHERE", "AND", "OR", "IN", "KEY", "DISTINCT"})


class Unreadable(RejectedError):
    """Not the InfluxQL that we read; `position` counts characters from 0."""

    def __init__(self, statement: str, position: int, words: str) -> None:
        super().__init__(f"{words} at character {position + 1}: {statement[position : position + 30]!r}")
        self.statement = statement
        self.position = position
        self.words = words


@dataclass(frozen=True, slots=True)
class Token:
    """`text` as it stands; `value` without quotes and their escapes."""

    kind: Kind
    text: str
    at: int

    @property
    def value(self) -> str:
        if self.kind == "regex":
            return self.text[1:-1].replace("\\/", "/")
        if self.kind in ("name", "string"):
            return re.sub(r"\\(.)", lambda match: "\n" if match[1] == "n" else match[1], self.text[1:-1])
        return self.text

    def is_word(self, *words: str) -> bool:
        """Whether it is one of the keywords, in whatever case."""
        return self.kind == "word" and self.text.upper() in words

    def is_operator(self, *operators: str) -> bool:
        return self.kind == "operator" and self.text in operators


def tokens(statement: str) -> list[Token]:
    """Return the tokens of a statement, the last of kind "end". Raises Unreadable."""
    return list(_scan(statement))


def duration_ns(text: str) -> int:
    """Return the length of a duration token in ns."""
    return sum(int(number) * _UNITS_NS[unit] for number, unit in _PART.findall(text))


def _scan(statement: str) -> Iterator[Token]:
    at, latest = 0, None
    while at < len(statement):
        if space := _SPACE.match(statement, at):
            at = space.end()
            continue
        latest = _next(statement, at, latest)
        yield latest
        at += len(latest.text)
    yield Token("end", "", at)


def _next(statement: str, at: int, latest: Token | None) -> Token:
    if statement[at] == "/" and not _is_value(latest):
        if match := _REGEX.match(statement, at):
            return Token("regex", match[0], at)
        raise Unreadable(statement, at, "a regular expression that does not end")
    for kind, pattern in _PATTERNS:
        if match := pattern.match(statement, at):
            return Token(kind, match[0], at)
    if statement[at] in "\"'":
        raise Unreadable(statement, at, "a quoted text that does not end")
    raise Unreadable(statement, at, "no such token in InfluxQL")


def _is_value(token: Token | None) -> bool:
    if token is None or token.kind == "operator":
        return token is not None and token.text == ")"
    return not token.is_word(*_BEFORE_VALUES)

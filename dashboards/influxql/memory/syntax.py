"""A SELECT statement as a tree. Times and durations are ns."""

from dataclasses import dataclass
from typing import Union

from telemetry.errors import QuanhoError

MIN_NS = -9223372036854775806  # influxql.MinTime
MAX_NS = 9223372036854775806


class NotEvaluated(QuanhoError):
    """A statement is no InfluxQL, or is more of it than is evaluated here; the message names the piece."""


@dataclass(frozen=True, slots=True)
class Ref:
    """A field, a tag, or `time`."""

    name: str


@dataclass(frozen=True, slots=True)
class Literal:
    value: int | float | bool | str


@dataclass(frozen=True, slots=True)
class Duration:
    ns: int


@dataclass(frozen=True, slots=True)
class Pattern:
    regex: str


@dataclass(frozen=True, slots=True)
class Wildcard:
    pass


@dataclass(frozen=True, slots=True)
class Call:
    """`name` is in lower case."""

    name: str
    arguments: "tuple[Expression, ...]"


@dataclass(frozen=True, slots=True)
class Binary:
    """`operator` is one of OR AND = != =~ !~ < <= > >= + - | ^ * / % &."""

    operator: str
    left: "Expression"
    right: "Expression"


Expression = Union[Ref, Literal, Duration, Pattern, Wildcard, Call, Binary]  # noqa: UP007 (names of classes further down)


@dataclass(frozen=True, slots=True)
class Statement:
    """`columns` are pairs (expression, alias or ""); `by` tags, patterns of tags or a wildcard; `fill` a word or a number.

    A source is a measurement, a regular expression for several ("/.*/"), or a statement inside.
    """

    columns: tuple[tuple[Expression, str], ...]
    sources: "tuple[str | Statement, ...]"
    condition: Expression | None = None
    by: tuple[Ref | Pattern | Wildcard, ...] = ()
    every_ns: int = 0
    offset_ns: int = 0
    fill: str | float = "null"
    is_descending: bool = False
    limit: int = 0
    skip: int = 0

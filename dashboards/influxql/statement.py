"""What an InfluxQL statement says, as values: the answer of dashboards.influxql.reading."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

from dashboards.influxql.tokens import duration_ns


@dataclass(frozen=True, slots=True)
class Field:
    """The name of a field or a tag; `kind` where `::field`, `::tag` or a type stands behind it."""

    name: str
    at: int
    kind: str = ""


@dataclass(frozen=True, slots=True)
class Pattern:
    """A regular expression: of field names, of measurements or of values."""

    text: str
    at: int


@dataclass(frozen=True, slots=True)
class Star:
    """`*`: every field and tag, or with `kind` those of one kind."""

    at: int
    kind: str = ""


@dataclass(frozen=True, slots=True)
class Value:
    """A value that stands in the text: `kind` says how it is to be understood."""

    kind: Literal["string", "number", "duration", "boolean"]
    text: str
    at: int

    @property
    def ns(self) -> int:
        """Return the length of a duration."""
        return duration_ns(self.text)


@dataclass(frozen=True, slots=True)
class Variable:
    """A macro of Grafana's or a variable of the dashboard, as it stands: `$timeFilter`, `${site:regex}`."""

    text: str
    at: int


@dataclass(frozen=True, slots=True)
class Call:
    """A function; its name in small letters."""

    function: str
    arguments: "tuple[Expression, ...]"
    at: int


@dataclass(frozen=True, slots=True)
class Binary:
    """Two values and what is done with them: arithmetic, a comparison, `AND` or `OR`."""

    operator: str
    left: "Expression"
    right: "Expression"
    at: int


Expression = Field | Pattern | Star | Value | Variable | Call | Binary


@dataclass(frozen=True, slots=True)
class Column:
    """What is asked for, and what the column is called ("" for the server's own name)."""

    expression: Expression
    alias: str = ""

    @property
    def name(self) -> str:
        """Return the name that the answer has: the alias, the function or the field; "" where only the store knows."""
        return self.alias or _name(self.expression)


@dataclass(frozen=True, slots=True)
class Measurement:
    """Where from: a name or, with `is_pattern`, a regular expression of names."""

    name: str
    at: int
    is_pattern: bool = False


@dataclass(frozen=True, slots=True)
class Statement:
    """A SELECT. `every` and `offset` are what time() has in GROUP BY, `tags` the rest there, `clauses` what follows: `{"LIMIT": "5"}`."""

    columns: tuple[Column, ...]
    sources: "tuple[Measurement | Statement, ...]"
    at: int
    where: Expression | None = None
    every: Expression | None = None
    offset: Expression | None = None
    tags: tuple[Expression, ...] = ()
    fill: str = ""
    clauses: dict[str, str] = field(default_factory=dict)

    @property
    def inner(self) -> "tuple[Statement, ...]":
        return tuple(each for each in self.sources if isinstance(each, Statement))

    @property
    def measurements(self) -> tuple[Measurement, ...]:
        return tuple(each for each in self.sources if isinstance(each, Measurement))


@dataclass(frozen=True, slots=True)
class Show:
    """SHOW `what` ("TAG VALUES"): of which measurements (none: of all), the values of which `keys`, where."""

    what: str
    sources: tuple[Measurement, ...] = ()
    keys: tuple[Field | Pattern, ...] = ()
    where: Expression | None = None
    clauses: dict[str, str] = field(default_factory=dict)


def selects(statement: Statement | Show) -> Iterator[Statement]:
    """Yield a SELECT and those inside it, the outer ones first; of a SHOW nothing."""
    if isinstance(statement, Statement):
        yield statement
        for each in statement.inner:
            yield from selects(each)


def parts(expression: Expression | None) -> Iterator[Expression]:
    """Yield an expression and all within it."""
    if expression is None:
        return
    yield expression
    if isinstance(expression, Call):
        for each in expression.arguments:
            yield from parts(each)
    elif isinstance(expression, Binary):
        yield from parts(expression.left)
        yield from parts(expression.right)


def all_of(expression: Expression | None) -> Iterator[Expression]:
    """Yield the conditions that AND joins: all of them hold for every row of the answer."""
    if isinstance(expression, Binary) and expression.operator == "AND":
        yield from all_of(expression.left)
        yield from all_of(expression.right)
    elif expression is not None:
        yield expression


def _name(expression: Expression) -> str:
    """As InfluxDB names a column: the function; the field; both sides of arithmetic, joined by `_`."""
    if isinstance(expression, Field):
        return expression.name
    if isinstance(expression, Call):
        return expression.function
    if isinstance(expression, Binary):
        return "_".join(filter(None, (_name(expression.left), _name(expression.right))))
    return ""

"""A SELECT statement as a value, and its text with Grafana's macros.

Identifiers are always double-quoted and literals always single-quoted: `"site" = "bac-ninh"` compares two columns and is
silently empty. Only what InfluxDB 1.x, 2.x and 3 Core share is offered (no SLIMIT, SAMPLE, INTO, HOLT_WINTERS).

`$timeFilter` stands in the innermost statements alone: InfluxDB 1.6 answers nothing where an outer statement bounds the time of
one that groups by it (measured), because the first group begins before the bound. An outer statement that groups by time itself needs the
bound too, or its groups begin in 1677 (measured); it is then given in its `where`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

Fill = Literal["null", "none", "0", "previous", "linear"]

AUTO = "$__interval"
TIME_FILTER = "$timeFilter"


def name(identifier: str) -> str:
    """Return a quoted identifier: `"pm2_5"`."""
    escaped = identifier.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def literal(text: str) -> str:
    """Return a quoted string literal: `'refused by the store'`."""
    escaped = text.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"


def call(function: str, field: str, *more: str) -> str:
    """Return a call of a function on a field: `percentile("pm2_5", 90)`."""
    return f"{function}({', '.join((name(field), *more))})"


def equals(tag: str, text: str) -> str:
    """Return the condition that a tag or field of text has a value."""
    return f"{name(tag)} = {literal(text)}"


def is_variable(tag: str, variable: str | None = None) -> str:
    """Return the condition that a tag is among the chosen values of a variable of its name, also where several or all are chosen."""
    return f"{name(tag)} =~ /^${{{variable or tag}:regex}}$/"


@dataclass(frozen=True, slots=True)
class Select:
    """SELECT `what` FROM `of` WHERE `where` GROUP BY time(`every`), `by` fill(`fill`).

    `what` are pairs (expression, name): what is asked for and what the column is called, "" for the server's own name. `of` is a
    measurement, a regular expression for several ("/.*/"), or statements that are put inside; then `time` is left to those.
    """

    what: tuple[tuple[str, str], ...]
    of: "str | tuple[Select, ...]"
    where: tuple[str, ...] = ()
    by: tuple[str, ...] = ()
    every: str = ""
    fill: Fill = "null"
    time: str | None = TIME_FILTER
    rest: str = ""  # ORDER BY time DESC, LIMIT 20

    @property
    def text(self) -> str:
        """Return the statement."""
        columns = ", ".join(f"{expression} AS {name(alias)}" if alias else expression for expression, alias in self.what)
        inner = isinstance(self.of, tuple)
        source = _named(self.of) if isinstance(self.of, str) else ", ".join(f"({each.text})" for each in self.of)
        time = () if inner or not self.time else (self.time,)
        conditions = " AND ".join((*time, *self.where))
        groups = (*((f"time({self.every})",) if self.every else ()), *map(_named, self.by))
        return " ".join(
            part
            for part in (
                f"SELECT {columns} FROM {source}",  # noqa: S608 (quoted above)
                f"WHERE {conditions}" if conditions else "",
                f"GROUP BY {', '.join(groups)}" if groups else "",
                f"fill({self.fill})" if self.every else "",
                self.rest,
            )
            if part
        )


def _named(text: str) -> str:
    return text if text.startswith("/") else name(text)


def select(
    *what: str | tuple[str, str],
    of: "str | Select | Sequence[Select]",
    where: Sequence[str] = (),
    by: Sequence[str] = (),
    every: str = "",
    fill: Fill = "null",
    time: str | None = TIME_FILTER,
    rest: str = "",
) -> Select:
    """Return a statement; a column without a name of its own may be given as its expression alone."""
    columns = tuple((each, "") if isinstance(each, str) else each for each in what)
    source = of if isinstance(of, str) else (of,) if isinstance(of, Select) else tuple(of)
    return Select(columns, source, tuple(where), tuple(by), every, fill, time, rest)

"""Statements united under one: what several queries know of a series becomes columns of one row.

Measured on InfluxDB 1.6.7: a column that only some of the statements have is null where they are silent, and is null everywhere when it is
an integer, as count() is, and not in the first of them; so contributions are floats (`constant`). Several measurements are never
united: the outer statement answers with one series for each.
"""

from collections.abc import Sequence

from dashboards.influxql.select import Select, name, select


def constant(column: str, value: float) -> str:
    """Return the expression for a number in each row in which a numeric column (or a call) has a value."""
    return f"{column} * 0.0 + {float(value)}"


def united(columns: Sequence[str], statements: Sequence[Select], by: Sequence[str]) -> Select:
    """Return one row for each group with the greatest value of each column among the statements."""
    return select(*((f"max({name(column)})", column) for column in columns), of=statements, by=by)

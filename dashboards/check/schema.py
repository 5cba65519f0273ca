"""Which measurements, fields and tags a store has, and which of a query it has not."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Protocol

from dashboards.influxql.statement import Field, Show, Statement, selects
from dashboards.lint.scope import names_in
from dashboards.words import Text
from runtime.influx_series import Series


class Store(Protocol):
    """What answers: runtime.influx.InfluxClient, or what behaves like it."""

    def query(self, statement: str) -> list[Series]:
        """Run one statement. Raises QueryError for one that is refused, TransientError when nothing answers."""


@dataclass(frozen=True, slots=True)
class Schema:
    """Fields and tags by measurement."""

    fields: Mapping[str, frozenset[str]]
    tags: Mapping[str, frozenset[str]]

    def missing(self, statement: Statement | Show) -> Iterator[Text]:
        """Yield what a statement names and the store has not."""
        for each in selects(statement):
            for source in each.measurements:
                found = [name for name in self.fields if _is(source.name, name, is_pattern=source.is_pattern)]
                if not found:
                    yield Text(f"kho không có phép đo “{source.name}”", f"the store has no measurement “{source.name}”")
                    continue
                for name in _names(each):
                    if not any(name in self.fields[measurement] | self.tags.get(measurement, frozenset()) for measurement in found):
                        measurement = source.name
                        yield Text(
                            f"trong kho, “{measurement}” không có trường hay thẻ “{name}”",
                            f"in the store “{measurement}” has no field or tag “{name}”",
                        )


def schema_of(store: Store) -> Schema:
    """Ask a store what it has."""
    return Schema(_keys(store, "SHOW FIELD KEYS"), _keys(store, "SHOW TAG KEYS"))


def _keys(store: Store, statement: str) -> dict[str, frozenset[str]]:
    return {series.name: frozenset(str(row[0]) for row in series.values) for series in store.query(statement)}


def _names(statement: Statement) -> list[str]:
    used = [name for column in statement.columns for name in names_in(column.expression)] + names_in(statement.where)
    return list(dict.fromkeys([name.name for name in used] + [tag.name for tag in statement.tags if isinstance(tag, Field)]))


def _is(wanted: str, name: str, *, is_pattern: bool) -> bool:
    try:
        return re.search(wanted, name) is not None if is_pattern else wanted == name
    except re.error:
        return False

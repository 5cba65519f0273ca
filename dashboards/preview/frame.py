"""Answers as Grafana frames them: its InfluxDB data source makes one frame of each column of each series, or one table of all.

Source: Grafana's pkg/tsdb/influxdb/influxql (response parser): names by alias; in
tables `Time` first, then tags in the order of their names, then columns.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from dashboards.model.json import Json
from runtime.influx_series import Series

_ALIAS = re.compile(r"\$([\w-]+)|\[\[(.+?)\]\]")


@dataclass(frozen=True, slots=True)
class Field:
    """A column: `is_time` values are ms since 1970 UTC. `name` is what matchers of overrides see."""

    name: str
    values: tuple[Any, ...]
    is_time: bool = False
    labels: dict[str, str] = field(default_factory=dict)

    @property
    def is_number(self) -> bool:
        """Whether there is a number in it; bool is none."""
        return not self.is_time and any(isinstance(each, (int, float)) and not isinstance(each, bool) for each in self.values)


@dataclass(frozen=True, slots=True)
class Frame:
    """Columns of the same length, from the query `ref`."""

    ref: str
    fields: tuple[Field, ...]

    @property
    def row_count(self) -> int:
        return len(self.fields[0].values) if self.fields else 0

    @property
    def time(self) -> Field | None:
        return next((each for each in self.fields if each.is_time), None)

    @property
    def values(self) -> tuple[Field, ...]:
        return tuple(each for each in self.fields if not each.is_time)


def frames_of(target: Json, answer: Sequence[Series]) -> list[Frame]:
    """Return the frames of one target's answer."""
    if target.get("resultFormat") == "table":
        return [_table(target["refId"], answer)] if answer else []
    return list(_curves(target, answer))


def _curves(target: Json, answer: Sequence[Series]) -> Iterator[Frame]:
    for series in answer:
        if not series.columns or series.columns[0] != "time":
            continue
        times = tuple(row[0] for row in series.values)
        for at, column in enumerate(series.columns[1:], start=1):
            name = _named(str(target.get("alias", "")), series, column)
            values = tuple(row[at] for row in series.values)
            yield Frame(target["refId"], (Field("Time", times, is_time=True), Field(name, values, labels=series.tags)))


def _table(ref: str, answer: Sequence[Series]) -> Frame:
    columns = list(dict.fromkeys(column for series in answer for column in series.columns))
    tags = sorted({tag for series in answer for tag in series.tags})
    rows: list[dict[str, Any]] = [
        {**series.tags, **dict(zip(series.columns, row, strict=True))} for series in answer for row in series.values
    ]
    names = [*(["time"] if "time" in columns else []), *tags, *(column for column in columns if column != "time")]
    return Frame(
        ref,
        tuple(Field("Time" if name == "time" else name, tuple(row.get(name) for row in rows), is_time=name == "time") for name in names),
    )


def _named(alias: str, series: Series, column: str) -> str:
    if not alias:
        tags = ", ".join(f"{key}: {value}" for key, value in sorted(series.tags.items()))
        return f"{series.name}.{column}" + (f" {{{tags}}}" if tags else "")

    def value(match: re.Match[str]) -> str:
        word = match[1] or match[2]
        if word in ("m", "measurement"):
            return series.name
        if word == "col":
            return column
        return series.tags.get(word.removeprefix("tag_"), match[0]) if word.startswith("tag_") else match[0]

    return _ALIAS.sub(value, alias)

"""A real InfluxDB 1.6 with points of a test's own, asked as Grafana asks: macros and variables put in."""

import time
from collections.abc import Iterable
from typing import Any

from dashboards.influxql.expand import Choice, Span, expand
from dashboards.influxql.select import Select
from runtime.influx_series import Series
from telemetry.point import FieldValue, Point
from tests.dashboards.influx_store import InfluxStore

MINUTE, HOUR, DAY = 1, 60, 1440  # ages and ranges are in minutes


class Store(InfluxStore):
    """One database; `now_ms` stands still, so that ranges and points keep their distance."""

    def __init__(self, url: str, database: str) -> None:
        super().__init__(url, database)
        self.now_ms = time.time_ns() // 10**6

    def point(self, measurement: str, device: str, age: float, *, site: str = "bn", gateway: str = "gw", **fields: FieldValue) -> Point:
        """Return a point that is `age` minutes old, of quality 0 unless told otherwise."""
        tags = {"site": site, "gateway": gateway, "device": device}
        return Point(measurement, tags, {"quality": 0, **fields}, (self.now_ms - round(age * 60_000)) * 10**6)

    def ask(self, query: Select | str, *, minutes: float = DAY, points: int = 1000, **variables: Choice) -> list[Series]:
        """Return the answer over the last `minutes`; a variable that is not given stands for all."""
        text = query.text if isinstance(query, Select) else query
        span = Span(self.now_ms - round(minutes * 60_000), self.now_ms, points)
        return self.query(expand(text, span, {"site": ".*", "station": ".*", **variables}))


def last_of(answer: Iterable[Series], *columns: str, by: str = "device") -> dict[str, Any]:
    """Return the last row of each series by a tag: one value, or a tuple of several."""
    found = {}
    for series in answer:
        values = tuple(series.values[-1][series.columns.index(column)] for column in columns)
        found[series.tags.get(by, series.name)] = values if len(columns) > 1 else values[0]
    return found

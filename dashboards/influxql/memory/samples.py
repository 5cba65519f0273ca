"""Values in time, and the windows they fall into (query.IteratorOptions.Window of InfluxDB 1.6)."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import NamedTuple, TypeVar

from dashboards.influxql.memory.arithmetic import Value
from dashboards.influxql.memory.syntax import MIN_NS
from telemetry.point import Point

_Row = TypeVar("_Row")


class Sample(NamedTuple):
    """`value` is None where a window was filled with null; `point` the one that a selector chose."""

    time_ns: int
    value: Value
    point: Point | None = None


@dataclass(frozen=True, slots=True)
class Frame:
    """How a statement looks at time: its range, both ends included, its windows (0: one for all) and how empty ones are filled.

    `floor_ns`: nothing before is read, however far the range reaches back. `is_derived`: what is read is the answer of statements inside,
    of which nothing is left out by time. `skip` and `limit` are of rows; each function of a statement counts its own.
    """

    from_ns: int
    to_ns: int
    every_ns: int = 0
    offset_ns: int = 0
    fill: str | float = "null"
    is_descending: bool = False
    floor_ns: int = MIN_NS
    is_derived: bool = False
    skip: int = 0
    limit: int = 0

    def window(self, time_ns: int) -> int:
        """Return the beginning of the window; windows begin at multiples of their length since 1970, whatever the range."""
        if not self.every_ns:
            return 0 if self.from_ns == MIN_NS else self.from_ns  # without a lower bound the column `time` is 0
        return time_ns - (time_ns - self.offset_ns) % self.every_ns

    def reaching_back(self, windows: int) -> "Frame":
        """Return the frame with so many lengths of a window more before its range: not aligned, so the first of them is in part."""
        if self.is_descending:
            return replace(self, to_ns=self.to_ns + windows * self.every_ns)
        return replace(self, from_ns=self.from_ns - windows * self.every_ns)

    def within(self, samples: Sequence[Sample]) -> list[Sample]:
        if self.is_derived:
            return list(samples)
        return [sample for sample in samples if max(self.from_ns, self.floor_ns) <= sample.time_ns <= self.to_ns]

    def page(self, rows: Sequence[_Row]) -> Sequence[_Row]:
        """Return the rows that LIMIT and OFFSET leave."""
        return rows[self.skip : self.skip + self.limit if self.limit else None]

    def windows(self, samples: Sequence[Sample]) -> Iterator[tuple[int, list[Sample]]]:
        """Yield every window that has samples; those are in the order of time."""
        for start_ns, inside in groupby(samples, lambda sample: self.window(sample.time_ns)):
            yield start_ns, list(inside)

"""What a benchmark says: a table, and the limits it was held against."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from statistics import median
from typing import Any


@dataclass(frozen=True, slots=True)
class Limit:
    """One promise: `value` against `bound`; `at_least` tells which side is good."""

    what: str
    value: float
    bound: float
    at_least: bool
    unit: str = "x"

    @property
    def is_kept(self) -> bool:
        return self.value >= self.bound if self.at_least else self.value <= self.bound

    def __str__(self) -> str:
        verdict = "kept" if self.is_kept else "MISSED"
        return f"{verdict:<6}  {self.what}: {self.value:.2f} {self.unit} (limit {'>=' if self.at_least else '<='} {self.bound:g})"


@dataclass(slots=True)
class Report:
    """A table of `rows` under `columns`, notes in plain words, and the limits."""

    title: str
    columns: Sequence[str]
    rows: list[Sequence[object]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    limits: list[Limit] = field(default_factory=list)

    @property
    def is_kept(self) -> bool:
        return all(limit.is_kept for limit in self.limits)

    def text(self) -> str:
        """Return the report for a terminal."""
        lines = [f"## {self.title}", "", *_table(self.columns, self.rows)]
        if self.notes:
            lines += ["", *self.notes]
        if self.limits:
            lines += ["", *map(str, self.limits)]
        return "\n".join([*lines, ""])

    def json(self) -> dict[str, Any]:
        """Return the report as plain data."""
        return {**asdict(self), "limits": [{**asdict(limit), "is_kept": limit.is_kept} for limit in self.limits], "is_kept": self.is_kept}


def spread(values: Sequence[float]) -> str:
    """Return the median of a few runs, with the least and the most."""
    return f"{median(values):,.0f} ({min(values):,.0f} to {max(values):,.0f})"


def dump(reports: Sequence[Report]) -> str:
    """Return several reports as one JSON text."""
    return json.dumps([report.json() for report in reports], indent=1, ensure_ascii=False)


def _table(columns: Sequence[str], rows: Sequence[Sequence[object]]) -> list[str]:
    cells = [list(columns), *([_cell(value) for value in row] for row in rows)]
    widths = [max(len(row[at]) for row in cells) for at in range(len(columns))]
    lines = ["| " + " | ".join(text.ljust(width) for text, width in zip(row, widths, strict=True)) + " |" for row in cells]
    lines.insert(1, "|" + "|".join("-" * (width + 2) for width in widths) + "|")
    return lines


def _cell(value: object) -> str:
    if isinstance(value, float):
        return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.2f}"
    return f"{value:,}" if isinstance(value, int) else str(value)

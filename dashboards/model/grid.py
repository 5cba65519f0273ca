"""Where panels stand: rows from the top, 24 columns wide; one unit of height is 30 px and 8 px of space.

`n` units are 38 n - 8 px. On a wall of 1920x1080 26 units (980 px) fit without a scroll bar: since Grafana 11.1 kiosk mode keeps the line
of variables and time range, about 60 px, and 32 px are padding. With `_dash.hideTimePicker`, `_dash.hideVariables` and `_dash.hideLinks` in
the address 28 would fit.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from dashboards.model.json import Json
from dashboards.model.panel import Panel
from dashboards.words import Text

WIDTH = 24
WALL_HEIGHT = 26


@dataclass(frozen=True, slots=True)
class Row:
    """Panels side by side, from the left: pairs (columns, panel). A title starts a section that can be folded."""

    height: int
    panels: tuple[tuple[int, Panel], ...]
    title: Text | None = None

    def __post_init__(self) -> None:
        if sum(width for width, _ in self.panels) > WIDTH:
            raise ValueError(f"the row of {[panel.key for _, panel in self.panels]} is wider than {WIDTH} columns")


@dataclass(frozen=True, slots=True)
class Placed:
    """A panel, or the title of a section, at its place."""

    panel: Panel | Text
    grid: Json


def place(rows: tuple[Row, ...]) -> Iterator[Placed]:
    """Yield what the rows hold, each at its place."""
    y = 0
    for row in rows:
        if row.title:
            yield Placed(row.title, {"x": 0, "y": y, "w": WIDTH, "h": 1})
            y += 1
        x = 0
        for width, panel in row.panels:
            yield Placed(panel, {"x": x, "y": y, "w": width, "h": row.height})
            x += width
        y += row.height

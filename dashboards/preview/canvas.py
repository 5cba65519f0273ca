"""Where a panel is drawn: a rectangle of the sheet, in pixels from its top left, and how to write and plot in it."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dashboards.influxql.expand import Span
from dashboards.preview.theme import Theme
from dashboards.words import Language

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

TITLE_PX = 24
DPI = 100


@dataclass(frozen=True, slots=True)
class Canvas:
    """`x`, `y`, `width` and `height` are the panel's inner rectangle below its title."""

    figure: "Figure"
    theme: Theme
    language: Language
    span: Span
    x: float
    y: float
    width: float
    height: float

    def axes(self, left: float = 0, top: float = 0, right: float = 0, bottom: float = 0) -> "Axes":
        """Return axes inside, with margins in px."""
        page_width, page_height = self.figure.get_size_inches() * DPI
        width, height = max(self.width - left - right, 4), max(self.height - top - bottom, 4)
        x, y = self.x + left, page_height - self.y - top - height
        axes = self.figure.add_axes((x / page_width, y / page_height, width / page_width, height / page_height))
        axes.set_facecolor("none")
        return axes

    def write(self, x: float, y: float, text: str, **style: Any) -> None:
        """Write at a place in px from the top left of the rectangle."""
        page_width, page_height = self.figure.get_size_inches() * DPI
        wanted = {"color": self.theme.text, "fontsize": self.theme.text_pt, "va": "center", "ha": "left", "parse_math": False, **style}
        self.figure.text((self.x + x) / page_width, 1 - (self.y + y) / page_height, text, **wanted)

    def fill(self, x: float, y: float, width: float, height: float, color: str) -> None:
        """Fill a rectangle in px from the top left."""
        from matplotlib.patches import Rectangle

        page_width, page_height = self.figure.get_size_inches() * DPI
        corner = ((self.x + x) / page_width, 1 - (self.y + y + height) / page_height)
        size = (width / page_width, height / page_height)
        self.figure.add_artist(Rectangle(corner, *size, transform=self.figure.transFigure, facecolor=color, edgecolor="none", zorder=-1))

    def part(self, x: float, y: float, width: float, height: float) -> "Canvas":
        """Return a rectangle inside."""
        return Canvas(self.figure, self.theme, self.language, self.span, self.x + x, self.y + y, width, height)

    def fitting(self, text: str, size_pt: float, width: float) -> str:
        """Return the text, cut where it is wider than `width` px."""
        most = max(1, int(width / (size_pt * 0.62 * DPI / 72)))
        return text if len(text) <= most else text[: most - 1] + "…"

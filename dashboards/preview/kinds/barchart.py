"""Bars by name: the first column of words names them."""

from collections.abc import Sequence

from dashboards.model.json import Json
from dashboards.preview.canvas import Canvas
from dashboards.preview.config import config_of
from dashboards.preview.frame import Frame
from dashboards.preview.shown import moment, shown
from dashboards.preview.theme import PALETTE, css


def draw(canvas: Canvas, panel: Json, frames: Sequence[Frame]) -> None:
    """Draw a group of bars for each row of the first frame."""
    frame = frames[0]
    words = next((field for field in frame.fields if any(isinstance(value, str) for value in field.values)), frame.time)
    numbers = [field for field in frame.values if field.is_number]
    names = [moment(value)[:16] if words is frame.time else str(value) for value in (words.values if words else ())]
    axes = canvas.axes(left=max(60, min(canvas.width * 0.4, 6.2 * max(map(len, names), default=4))), top=6, right=70, bottom=22)
    height = 0.8 / max(len(numbers), 1)
    for at, field in enumerate(numbers):
        config = config_of(panel, frame, field)
        for row, value in enumerate(field.values):
            if value is None:
                continue
            color = css(shown(value, config).color, PALETTE[at % len(PALETTE)])
            axes.barh(row + at * height, value, height=height * 0.9, color=color)
            axes.annotate(
                shown(value, config).text, (value, row + at * height), (4, 0), textcoords="offset points", va="center", fontsize=7
            )
    axes.set_yticks(range(len(names)), names, fontsize=7.5, color=canvas.theme.text)
    axes.invert_yaxis()
    axes.tick_params(colors=canvas.theme.faint, labelsize=7.5, length=0)
    for spine in axes.spines.values():
        spine.set_visible(False)

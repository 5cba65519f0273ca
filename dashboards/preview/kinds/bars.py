"""Gauges and bar gauges: each value on a bar between the least and the most, in the colour of its threshold."""

from collections.abc import Sequence

from dashboards.model.json import Json
from dashboards.preview.canvas import Canvas
from dashboards.preview.frame import Frame
from dashboards.preview.kinds.values import Value, values_of
from dashboards.preview.theme import css

_ROW_PX = 34.0


def draw(canvas: Canvas, panel: Json, frames: Sequence[Frame]) -> None:
    """Draw as many bars as there is room for."""
    values = values_of(panel, frames)
    height = min(_ROW_PX * 1.4, max(_ROW_PX * 0.55, canvas.height / max(len(values), 1)))
    for at, value in enumerate(values[: int(canvas.height // height)]):
        _bar(canvas.part(8, at * height, canvas.width - 16, height), value)


def _bar(canvas: Canvas, value: Value) -> None:
    low = float(value.config.get("min", 0) or 0)
    highest = [float(step["value"]) for step in value.config.get("thresholds", {}).get("steps", ()) if step.get("value") is not None]
    number = float(value.value) if isinstance(value.value, (int, float)) else low
    high = float(value.config.get("max") or max([*highest, number, low + 1e-9]) * 1.1)
    name_width, number_width = canvas.width * 0.34, 110.0
    canvas.write(0, canvas.height / 2, canvas.fitting(value.name, canvas.theme.text_pt, name_width))
    track = canvas.width - name_width - number_width
    canvas.fill(name_width, canvas.height * 0.2, track, canvas.height * 0.6, canvas.theme.grid)
    share = min(1.0, max(0.0, (number - low) / (high - low))) if high > low else 0.0
    color = css(value.shown.color, canvas.theme.faint)
    canvas.fill(name_width, canvas.height * 0.2, track * share, canvas.height * 0.6, color)
    canvas.write(canvas.width, canvas.height / 2, value.shown.text, ha="right", weight="bold", color=color)

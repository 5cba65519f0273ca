"""Sites on a map without its background: map tiles come from the Internet, and a picture must not need it."""

from collections.abc import Mapping, Sequence
from typing import Any

from dashboards.model.json import Json
from dashboards.preview.canvas import Canvas
from dashboards.preview.config import config_of
from dashboards.preview.frame import Field, Frame
from dashboards.preview.shown import shown
from dashboards.preview.theme import css
from dashboards.words import Text

_NOTE = Text("bản xem trước không vẽ nền bản đồ", "this preview draws no base map")


def draw(canvas: Canvas, panel: Json, frames: Sequence[Frame]) -> None:
    """Draw the markers of every layer, north up."""
    axes = canvas.axes(left=44, top=8, right=16, bottom=26)
    for layer in panel["options"].get("layers", []):
        for frame in _of_layer(layer, frames):
            _markers(canvas, axes, panel, layer, frame)
    axes.margins(0.25)
    axes.set_aspect("equal", adjustable="datalim")
    axes.tick_params(colors=canvas.theme.faint, labelsize=7, length=0)
    axes.ticklabel_format(useOffset=False, style="plain")
    axes.grid(visible=True, color=canvas.theme.grid, linewidth=0.6)
    for spine in axes.spines.values():
        spine.set_edgecolor(canvas.theme.grid)
    canvas.write(canvas.width - 8, canvas.height - 8, _NOTE.to(canvas.language), ha="right", fontsize=6.5, color=canvas.theme.faint)


def _of_layer(layer: Json, frames: Sequence[Frame]) -> list[Frame]:
    wanted = layer.get("filterData", {})
    return [frame for frame in frames if not wanted or frame.ref == wanted.get("options")]


def _markers(canvas: Canvas, axes: Any, panel: Json, layer: Json, frame: Frame) -> None:
    location = layer.get("location", {})
    latitude = _named(frame, location.get("latitude", "latitude"))
    longitude = _named(frame, location.get("longitude", "longitude"))
    if latitude is None or longitude is None:
        return
    style: Mapping[str, Any] = layer.get("config", {}).get("style", {})
    color_field = _named(frame, style.get("color", {}).get("field", ""))
    text_field = _named(frame, style.get("text", {}).get("field", ""))
    for row in range(frame.row_count):
        x, y = longitude.values[row], latitude.values[row]
        if x is None or y is None:
            continue
        color = css(style.get("color", {}).get("fixed", ""), canvas.theme.faint)
        if color_field is not None:
            color = css(shown(color_field.values[row], config_of(panel, frame, color_field)).color, color)
        axes.plot([x], [y], "o", markersize=11, markerfacecolor=color, markeredgecolor=canvas.theme.text, markeredgewidth=0.6)
        if text_field is not None:
            name = str(text_field.values[row])
            axes.annotate(name, (x, y), (0, 9), textcoords="offset points", ha="center", fontsize=8, color=canvas.theme.text)


def _named(frame: Frame, name: str) -> Field | None:
    return next((field for field in frame.fields if field.name == name), None)

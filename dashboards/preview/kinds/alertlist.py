"""Firing alerts are known to a Grafana alone: the picture says so instead of showing none."""

from collections.abc import Sequence

from dashboards.model.json import Json
from dashboards.preview.canvas import Canvas
from dashboards.preview.frame import Frame
from dashboards.words import Text

_NOTE = Text("danh sách cảnh báo do Grafana cung cấp", "the list of alerts comes from Grafana")


def draw(canvas: Canvas, panel: Json, frames: Sequence[Frame]) -> None:  # noqa: ARG001 (every kind is called alike)
    """Draw the note."""
    text = canvas.fitting(_NOTE.to(canvas.language), canvas.theme.text_pt, canvas.width - 12)
    canvas.write(canvas.width / 2, canvas.height / 2, text, ha="center", color=canvas.theme.faint)

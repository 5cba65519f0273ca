"""Big numbers, side by side, or one below another (orientation "horizontal")."""

from collections.abc import Sequence

from dashboards.model.json import Json
from dashboards.preview.canvas import Canvas
from dashboards.preview.frame import Frame
from dashboards.preview.kinds.values import Value, values_of
from dashboards.preview.theme import css, on

_SMALLEST_PX = 150


def draw(canvas: Canvas, panel: Json, frames: Sequence[Frame]) -> None:
    """Draw each value in a box of its own."""
    values = values_of(panel, frames)
    most = 1 if panel["options"].get("orientation") == "horizontal" else int(canvas.width // _SMALLEST_PX)
    columns = max(1, min(len(values), most))
    rows = -(-len(values) // columns)
    width, height = canvas.width / columns, canvas.height / max(rows, 1)
    for at, value in enumerate(values):
        row, column = divmod(at, columns)
        _box(canvas.part(column * width, row * height, width, height), panel, value, is_named=len(values) > 1)


def _box(canvas: Canvas, panel: Json, value: Value, *, is_named: bool) -> None:
    options = panel["options"]
    color = css(value.shown.color, canvas.theme.text)
    text_color = color
    if options.get("colorMode", "value").startswith("background") and value.shown.color:
        canvas.fill(3, 3, canvas.width - 6, canvas.height - 6, color)
        text_color = on(color) if color.startswith("#") else canvas.theme.text
    mode = options.get("textMode", "auto")
    shows_name = mode in ("name", "value_and_name") or (mode == "auto" and is_named)
    text = value.name if mode == "name" else value.shown.text
    size = max(8.0, min(canvas.height * (0.30 if shows_name else 0.36), 1.5 * canvas.width / max(len(text), 4), 40.0))
    if shows_name and mode != "name":
        name = canvas.fitting(value.name, 8, canvas.width - 16)
        canvas.write(
            canvas.width / 2, canvas.height * 0.26, name, ha="center", color=text_color if text_color != color else canvas.theme.text
        )
    canvas.write(
        canvas.width / 2, canvas.height * (0.60 if shows_name else 0.5), text, ha="center", fontsize=size, color=text_color, weight="bold"
    )

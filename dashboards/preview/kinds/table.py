"""Tables: as many rows as there is room for, cells coloured as their configuration says."""

from collections.abc import Sequence
from typing import Any

from dashboards.model.json import Json
from dashboards.preview.canvas import Canvas
from dashboards.preview.config import config_of
from dashboards.preview.frame import Field, Frame
from dashboards.preview.shown import Shown, shown
from dashboards.preview.theme import css, on
from dashboards.words import Text

_ROW_PX = 22.0
_MORE = Text("và {count} dòng nữa", "and {count} more rows")


def draw(canvas: Canvas, panel: Json, frames: Sequence[Frame]) -> None:
    """Draw the first frame (Grafana lets operators choose another)."""
    frame = max(frames, key=lambda each: each.row_count)
    columns = [(field, config) for field in frame.fields if not (config := config_of(panel, frame, field))["custom"].get("hidden")]
    order = _order(panel, columns, frame.row_count)
    room = int((canvas.height - _ROW_PX) // _ROW_PX)
    visible = order if len(order) <= room else order[: max(room - 1, 0)]
    cells = [[shown(field.values[row], config, is_time=field.is_time) for field, config in columns] for row in visible]
    widths = _widths(canvas, columns, cells)
    x = 0.0
    for at, ((field, config), width) in enumerate(zip(columns, widths, strict=True)):
        name = str(config["displayName"])
        head, (at_x, side) = canvas.part(x, 0, width, _ROW_PX), _side(config, field, width)
        head.write(at_x, _ROW_PX / 2, head.fitting(name, 7.5, width - 8), fontsize=7.5, weight="bold", color=head.theme.faint, ha=side)
        for row, texts in enumerate(cells):
            _cell(canvas.part(x, (row + 1) * _ROW_PX, width, _ROW_PX), texts[at], config, field)
        x += width
    if len(visible) < len(order):
        text = _MORE.to(canvas.language).format(count=len(order) - len(visible))
        canvas.write(6, canvas.height - _ROW_PX / 2, text, fontsize=7.5, color=canvas.theme.faint)


def _cell(canvas: Canvas, text: Shown, config: dict[str, Any], field: Field) -> None:
    kind = config["custom"].get("cellOptions", {}).get("type", "auto")
    color = css(text.color, canvas.theme.text)
    if kind == "color-background" and text.color:
        canvas.fill(1, 1, canvas.width - 2, canvas.height - 2, color)
        color = on(color) if color.startswith("#") else canvas.theme.text
    elif kind != "color-text":
        color = canvas.theme.text
    x, side = _side(config, field, canvas.width)
    canvas.write(x, canvas.height / 2, canvas.fitting(text.text, canvas.theme.text_pt, canvas.width - 8), color=color, ha=side)


def _side(config: dict[str, Any], field: Field, width: float) -> tuple[float, str]:
    """Return where in a column its texts stand, and which side of them that is: numbers stand right where a column does not say."""
    align = config["custom"].get("align", "auto")
    side = align if align in ("left", "center", "right") else "right" if field.is_number else "left"
    return {"left": 6.0, "center": width / 2, "right": width - 6}[side], side


def _order(panel: Json, columns: Sequence[tuple[Field, dict[str, Any]]], count: int) -> list[int]:
    order = list(range(count))
    for sort in reversed(panel["options"].get("sortBy", [])):
        found = next((field for field, config in columns if sort["displayName"] in (field.name, config["displayName"])), None)
        if found is not None:
            keys = [_sortable(value) for value in found.values]
            order.sort(key=keys.__getitem__, reverse=bool(sort.get("desc")))
    return order


def _sortable(value: Any) -> tuple[int, float, str]:
    if value is None:
        return (2, 0.0, "")
    return (0, float(value), "") if isinstance(value, (int, float)) else (1, 0.0, str(value))


def _widths(canvas: Canvas, columns: Sequence[tuple[Field, dict[str, Any]]], cells: Sequence[Sequence[Shown]]) -> list[float]:
    wanted = [
        float(config["custom"].get("width") or 12 + 6.4 * max([len(str(config["displayName"])), *(len(row[at].text) for row in cells)]))
        for at, (_, config) in enumerate(columns)
    ]
    scale = canvas.width / max(sum(wanted), 1.0)
    return [width * scale for width in wanted]

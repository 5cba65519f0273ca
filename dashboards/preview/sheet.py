"""A contact sheet: every panel of a dashboard at its place of the grid, as on a screen 1920 px wide."""

import importlib
import io
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Literal

from dashboards.influxql.expand import Span
from dashboards.model.grid import WIDTH
from dashboards.model.json import Json
from dashboards.preview.asked import Asked, span_of
from dashboards.preview.canvas import DPI, TITLE_PX, Canvas
from dashboards.preview.frame import Frame
from dashboards.preview.kinds import KINDS
from dashboards.preview.shown import moment
from dashboards.preview.theme import THEMES, ThemeName
from dashboards.preview.transform import transformed
from dashboards.words import Language, Text

Format = Literal["png", "svg"]

PAGE_PX = 1920
_UNIT_PX = 38  # one unit of the grid's height: 30 px and 8 px of space
_HEAD_PX = 52
_SPACE_PX = 4
_COLOURS = 128
_NO_KIND = Text("loại bảng này không có trong bản xem trước: {kind}", "this preview does not draw panels of kind {kind}")
_NO_TRANSFORMATION = Text("bản xem trước không có phép biến đổi {name}", "this preview does not know the transformation {name}")


def draw_sheet(
    board: Json, asked: Asked, span: Span, language: Language, *, theme: ThemeName = "light", file_format: Format = "png"
) -> bytes:
    """Return the picture of a dashboard with the answers of a store."""
    import matplotlib as mpl
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    colors = THEMES[theme]
    height = _HEAD_PX + _UNIT_PX * max(panel["gridPos"]["y"] + panel["gridPos"]["h"] for panel in board["panels"]) + 8
    with mpl.rc_context({"font.family": "DejaVu Sans", "svg.hashsalt": "quanho", "text.color": colors.text}):
        figure = Figure(figsize=(PAGE_PX / DPI, height / DPI), dpi=DPI, facecolor=colors.page)
        FigureCanvasAgg(figure)
        page = Canvas(figure, colors, language, span, 0, 0, PAGE_PX, height, tuple(asked.regions))
        _head(page.part(0, 0, PAGE_PX, _HEAD_PX), board)
        for panel in board["panels"]:
            title = asked.titles.get(panel["id"], panel["title"])
            _panel(page, {**panel, "title": title}, asked.frames.get(panel["id"], ()), asked.troubles.get(panel["id"], ""))
        stream = io.BytesIO()
        metadata = {"Date": None} if file_format == "svg" else {"Software": None}
        figure.savefig(stream, format=file_format, facecolor=colors.page, metadata=metadata)
    return _with_few_colours(stream) if file_format == "png" else stream.getvalue()


def _with_few_colours(stream: io.BytesIO) -> bytes:
    """A third of the bytes, and nothing that the eye would miss."""
    from PIL import Image

    small = io.BytesIO()
    picture = Image.open(stream).convert("RGB")
    picture.quantize(_COLOURS, dither=Image.Dither.NONE).save(small, "PNG", optimize=True)
    return small.getvalue()


def _head(head: Canvas, board: Json) -> None:
    head.write(16, 28, board["title"], fontsize=15, weight="bold")
    span = f"{moment(head.span.from_ms)} – {moment(head.span.to_ms)}"
    head.write(PAGE_PX - 16, 28, span, ha="right", color=head.theme.faint, fontsize=9)


def _panel(page: Canvas, panel: Json, frames: Sequence[Frame], trouble: str) -> None:
    grid, theme = panel["gridPos"], page.theme
    unit = (PAGE_PX - 16) / WIDTH
    x, y = 8 + grid["x"] * unit, _HEAD_PX + grid["y"] * _UNIT_PX
    width, height = grid["w"] * unit - 2 * _SPACE_PX, grid["h"] * _UNIT_PX - 2 * _SPACE_PX
    outer = page.part(x + _SPACE_PX, y + _SPACE_PX, width, height)
    if panel["type"] == "row":
        outer.write(4, height / 2, panel["title"], fontsize=11, weight="bold")
        return
    outer.fill(0, 0, width, height, theme.border)
    outer.fill(1, 1, width - 2, height - 2, theme.panel)
    outer.write(10, TITLE_PX / 2 + 2, outer.fitting(panel["title"], theme.title_pt, width - 16), fontsize=theme.title_pt, weight="bold")
    inner = replace(outer.part(2, TITLE_PX + 2, width - 4, height - TITLE_PX - 6), span=span_of(panel, page.span))
    _fill(inner, panel, frames, trouble)


def _fill(canvas: Canvas, panel: Json, frames: Sequence[Frame], trouble: str) -> None:
    kind = panel["type"]
    if trouble:
        _note(canvas, trouble)
        return
    if kind not in KINDS:
        _note(canvas, _NO_KIND.to(canvas.language).format(kind=kind))
        return
    try:
        shaped = transformed(panel, frames)
    except KeyError as missing:
        _note(canvas, _NO_TRANSFORMATION.to(canvas.language).format(name=missing))
        return
    if panel.get("targets") and not any(frame.row_count for frame in shaped):
        _note(canvas, str(panel["fieldConfig"]["defaults"].get("noValue", "")))
        return
    drawer: Any = importlib.import_module(KINDS[kind])
    drawer.draw(canvas, panel, shaped)


def _note(canvas: Canvas, text: str) -> None:
    import textwrap

    lines = textwrap.wrap(text, max(10, int(canvas.width / 6.4)))[: max(1, int(canvas.height // 16))]
    for at, line in enumerate(lines):
        canvas.write(canvas.width / 2, canvas.height / 2 + (at - (len(lines) - 1) / 2) * 16, line, ha="center", color=canvas.theme.faint)

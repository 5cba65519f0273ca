"""A terminal screen as SVG, for the documentation.

Block characters, lines and corners become shapes, and every word is placed by itself: the picture is the same whatever
monospaced font the reader has, and in viewers that do not know `textLength`.
"""

import io
import re
from collections.abc import Iterator
from html import escape
from pathlib import Path
from typing import NamedTuple

from rich.console import Console
from rich.segment import Segment
from rich.style import Style
from rich.terminal_theme import TerminalTheme

from quanho.demo.scene import Scene
from quanho.demo.view import render

_COLUMNS, _ROWS = 118, 26
_CELL_W, _CELL_H = 10, 21
_FONT_PX = 16.6  # 0.602 em a letter, as in most monospaced fonts
_MARGIN, _BAR_H = 16, 40
_THEME = TerminalTheme(
    (24, 27, 33),
    (214, 219, 227),
    [(60, 66, 77), (240, 98, 98), (111, 207, 127), (240, 190, 84), (97, 160, 240), (200, 130, 220), (88, 196, 214), (214, 219, 227)],
)
_BELOW = "▁▂▃▄▅▆▇█"
_LEFT = "▏▎▍▌▋▊▉"
_CORNERS = {"╭": "M5 21 V15 Q5 10 10 10", "╮": "M0 10 Q5 10 5 15 V21", "╰": "M5 0 V6 Q5 10 10 10", "╯": "M0 10 Q5 10 5 6 V0"}
_PIECES = re.compile(rf"(?P<shape>([{_BELOW}{_LEFT}─│╭╮╰╯])\2*)|(?P<word>[^\s{_BELOW}{_LEFT}─│╭╮╰╯]+)")


class _Run(NamedTuple):
    column: int
    row: int
    text: str
    style: Style


def save_picture(scene: Scene, path: Path) -> None:
    """Write the live view of `scene` to `path`."""
    console = Console(width=_COLUMNS, height=_ROWS, file=io.StringIO(), force_terminal=True, color_system="truecolor", legacy_windows=False)
    lines = console.render_lines(render(scene, _COLUMNS, _ROWS), console.options.update(height=_ROWS))
    path.write_text(terminal_svg(lines, _COLUMNS, _ROWS, "quanho demo"), encoding="utf-8")


def terminal_svg(lines: list[list[Segment]], columns: int, rows: int, title: str) -> str:
    """Return the picture of these lines in a window of `columns` by `rows` cells; `title` is what a screen reader says."""
    return _svg([element for run in _runs(lines) for element in _elements(run)], columns, rows, title)


def _runs(lines: list[list[Segment]]) -> Iterator[_Run]:
    for row, line in enumerate(lines):
        column = 0
        for segment in line:
            yield _Run(column, row, segment.text, segment.style or Style())
            column += segment.cell_length


def _elements(run: _Run) -> Iterator[str]:
    style = run.style
    colour = style.color.get_truecolor(_THEME).hex if style.color and not style.color.is_default else _THEME.foreground_color.hex
    ground = style.bgcolor.get_truecolor(_THEME).hex if style.bgcolor and not style.bgcolor.is_default else ""
    if style.reverse:
        colour, ground = _THEME.background_color.hex, colour
    if ground:
        yield _rect(run.column * _CELL_W, run.row * _CELL_H, len(run.text) * _CELL_W, _CELL_H, ground)
    extra = ' font-weight="bold"' if style.bold else ""
    extra += ' opacity="0.6"' if style.dim else ""
    for piece in _PIECES.finditer(run.text):
        x, y = (run.column + piece.start()) * _CELL_W, run.row * _CELL_H
        if shape := piece["shape"]:
            yield _shape(shape, x, y, colour)
        else:
            word = piece["word"]
            yield f'<text x="{x}" y="{y + 16}" fill="{colour}" textLength="{len(word) * _CELL_W}"{extra}>{escape(word)}</text>'


def _shape(text: str, x: int, y: int, colour: str) -> str:
    kind, width = text[0], len(text) * _CELL_W
    if kind in _BELOW:
        height = (_BELOW.index(kind) + 1) * _CELL_H / 8
        return _rect(x, y + _CELL_H - height, width, height, colour)
    if kind in _LEFT:
        return _rect(x, y, (_LEFT.index(kind) + 1) * _CELL_W / 8, _CELL_H, colour)
    if kind == "─":
        return _rect(x, y + 9.5, width, 1, colour)
    if kind == "│":
        return _rect(x + 4.5, y, 1, _CELL_H, colour)
    return f'<path d="{_CORNERS[kind]}" transform="translate({x} {y})" fill="none" stroke="{colour}"/>'


def _rect(x: float, y: float, width: float, height: float, colour: str) -> str:
    return f'<rect x="{x:g}" y="{y:g}" width="{width:g}" height="{height:g}" fill="{colour}"/>'


def _svg(elements: list[str], columns: int, rows: int, title: str) -> str:
    width, height = columns * _CELL_W + 2 * _MARGIN, rows * _CELL_H + _BAR_H + _MARGIN
    lights = "".join(
        f'<circle cx="{22 + 20 * at}" cy="20" r="6" fill="{colour}"/>' for at, colour in enumerate(("#f06262", "#f0be54", "#6fcf7f"))
    )
    return "\n".join(
        (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img" aria-label="{escape(title)}">',
            f'<rect width="{width}" height="{height}" rx="10" fill="{_THEME.background_color.hex}"/>{lights}',
            f'<g transform="translate({_MARGIN} {_BAR_H})" font-family="Fira Code, DejaVu Sans Mono, Menlo, Consolas, monospace"'
            f' font-size="{_FONT_PX}" shape-rendering="crispEdges">',
            *elements,
            "</g>",
            "</svg>",
            "",
        )
    )

"""Text: what Markdown says, without its marks."""

import re
import textwrap
from collections.abc import Sequence

from dashboards.model.json import Json
from dashboards.preview.canvas import Canvas
from dashboards.preview.frame import Frame

_LINE_PX = 17.0
_MARKS = re.compile(r"[*_`#>]+|\[([^\]]+)\]\([^)]*\)")


def draw(canvas: Canvas, panel: Json, frames: Sequence[Frame]) -> None:  # noqa: ARG001 (every kind is called alike)
    """Draw as many lines as there is room for."""
    width = max(10, int(canvas.width / 6.6))
    content = _MARKS.sub(lambda match: match[1] or "", str(panel["options"].get("content", "")))
    lines = [line for paragraph in content.splitlines() for line in (textwrap.wrap(paragraph, width) or [""])]
    for at, line in enumerate(lines[: int(canvas.height // _LINE_PX)]):
        canvas.write(10, (at + 0.6) * _LINE_PX, line)

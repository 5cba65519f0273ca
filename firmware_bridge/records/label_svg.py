"""A label as SVG 1.1, sized in millimetres. Each line of text has its length, so a viewer with another font keeps to it too."""

from xml.sax.saxutils import escape

from firmware_bridge.print.fonts import FAMILY
from firmware_bridge.records.label import Label, Line


def svg(label: Label) -> str:
    """Return the SVG file."""
    width, height = f"{label.width:g}", f"{label.height:g}"
    parts = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}mm" height="{height}mm" viewBox="0 0 {width} {height}">',
        f'<rect width="{width}" height="{height}" fill="#fff"/>',
        f'<path fill="#000" shape-rendering="crispEdges" d="{_modules(label)}"/>',
        *map(_text, label.lines),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def _modules(label: Label) -> str:
    """Return a path of one rectangle for each run of dark modules."""
    runs = []
    for row, modules in enumerate(label.modules):
        start = 0
        while (start := modules.find(1, start)) >= 0:
            end = modules.find(0, start)
            end = len(modules) if end < 0 else end
            x, y = label.qr_x + start * label.module, label.qr_y + row * label.module
            runs.append(f"M{x:.4f} {y:.4f}h{(end - start) * label.module:.4f}v{label.module:.4f}H{x:.4f}z")
            start = end
    return "".join(runs)


def _text(line: Line) -> str:
    weight = ' font-weight="bold"' if line.is_bold else ""
    place = f'x="{line.x:.3f}" y="{line.baseline:.3f}" font-size="{line.size:.3f}" textLength="{line.width:.3f}"'
    return f'<text {place} lengthAdjust="spacingAndGlyphs" font-family="{FAMILY}"{weight}>{escape(line.text)}</text>'

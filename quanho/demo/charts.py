"""Bars and curves out of block characters. Pure."""

from collections.abc import Sequence

_EIGHTHS = " ▁▂▃▄▅▆▇█"
_PARTS = " ▏▎▍▌▋▊▉█"


def bar(share: float, width: int) -> str:
    """Return a bar of `share` (0 to 1) of `width` columns; a share above 0 shows at least a sliver."""
    eighths = round(min(1.0, max(0.0, share)) * width * 8)
    if share > 0.0:
        eighths = max(1, eighths)
    whole, rest = divmod(eighths, 8)
    return ("█" * whole + (_PARTS[rest] if rest else "")).ljust(width)


def curve(values: Sequence[float], width: int, height: int = 1, *, low: float | None = None, high: float | None = None) -> list[str]:
    """Return `height` lines of `width` columns, the newest value at the right; each column is the largest of its values.

    The scale runs from `low` to `high`, by default from the smallest to the largest value.
    """
    columns = _columns(values, width)
    floor = min(columns, default=0.0) if low is None else low
    span = (max(columns, default=0.0) if high is None else high) - floor
    levels = [0.0 if span <= 0.0 else min(1.0, max(0.0, (value - floor) / span)) * height * 8 for value in columns]
    lines = []
    for row in reversed(range(height)):
        cells = [min(8, max(1 if row == 0 else 0, round(level - 8 * row))) for level in levels]
        lines.append("".join(_EIGHTHS[cell] for cell in cells).rjust(width))
    return lines


def _columns(values: Sequence[float], width: int) -> list[float]:
    per_column = -(-len(values) // width) if width else 1
    if per_column <= 1:
        return list(values)
    first = len(values) % per_column
    groups = [values[:first]] if first else []
    groups += [values[at : at + per_column] for at in range(first, len(values), per_column)]
    return [max(group) for group in groups]

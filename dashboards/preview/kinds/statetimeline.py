"""States over time: a band for each field, coloured by value mappings, thresholds, or from the lowest value to the highest."""

from collections.abc import Sequence
from typing import Any

from dashboards.model.json import Json
from dashboards.preview.canvas import Canvas
from dashboards.preview.config import config_of
from dashboards.preview.frame import Frame
from dashboards.preview.shown import shown
from dashboards.preview.theme import css, on, on_ramp
from dashboards.preview.ticks import clock, ticks_of

_ROW_PX = 22.0
_NAME_PX = 150.0


def draw(canvas: Canvas, panel: Json, frames: Sequence[Frame]) -> None:
    """Draw as many bands as there is room for, and the hours below."""
    bands = [
        (frame, frame.time, field) for frame in frames if frame.time for field in frame.values if any(v is not None for v in field.values)
    ]
    numbers = [value for _, _, field in bands for value in field.values if isinstance(value, (int, float))]
    ends = (min(numbers, default=0), max(numbers, default=0))
    height = max(12.0, min(_ROW_PX * 1.6, (canvas.height - 22) / max(len(bands), 1)))
    track = canvas.width - _NAME_PX - 10
    for at, (frame, time, field) in enumerate(bands[: int((canvas.height - 20) // height)]):
        config = config_of(panel, frame, field)
        y = at * height
        canvas.write(_NAME_PX - 6, y + height / 2, canvas.fitting(config["displayName"], 7.5, _NAME_PX - 8), ha="right", fontsize=7.5)
        for start, end, value in _pieces(time.values, field.values, canvas.span.to_ms):
            left = _x(canvas, start) * track
            width = max(1.0, _x(canvas, end) * track - left)
            look = shown(value, config)
            color = css(_ramped(value, config, ends) or look.color, canvas.theme.faint)
            canvas.fill(_NAME_PX + left, y + 2, width, height - 4, color)
            if len(look.text) * 6.5 < width and panel["options"].get("showValue", "auto") != "never":
                canvas.write(_NAME_PX + left + width / 2, y + height / 2, look.text, ha="center", fontsize=7, color=on(color))
    for at_ms in ticks_of(canvas.span, int(track // 110)):
        x = _NAME_PX + _x(canvas, at_ms) * track
        canvas.write(x, canvas.height - 9, clock(at_ms, canvas.span), ha="center", fontsize=7, color=canvas.theme.faint)


def _ramped(value: object, config: dict[str, Any], ends: tuple[float, float]) -> str:
    """Return the colour of a number in a continuous mode, "" in another."""
    if not isinstance(value, (int, float)):
        return ""
    low, high = config.get("min", ends[0]), config.get("max", ends[1])
    return on_ramp(str(config.get("color", {}).get("mode", "")), (value - low) / (high - low) if high > low else 0.0)


def _x(canvas: Canvas, at_ms: float) -> float:
    return min(1.0, max(0.0, (at_ms - canvas.span.from_ms) / canvas.span.length_ms))


def _pieces(times: Sequence[int], values: Sequence[object], end_ms: int) -> list[tuple[int, int, object]]:
    """Return stretches of one value each; a null ends a stretch and begins none."""
    pieces: list[tuple[int, int, object]] = []
    for at, (start, value) in enumerate(zip(times, values, strict=True)):
        end = times[at + 1] if at + 1 < len(times) else end_ms
        if value is None:
            continue
        if pieces and pieces[-1][1] == start and pieces[-1][2] == value:
            pieces[-1] = (pieces[-1][0], end, value)
        else:
            pieces.append((start, end, value))
    return pieces

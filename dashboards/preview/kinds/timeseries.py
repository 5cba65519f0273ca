"""Curves."""

import math
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any

from dashboards.model.json import Json
from dashboards.preview.canvas import Canvas
from dashboards.preview.config import config_of
from dashboards.preview.frame import Field, Frame
from dashboards.preview.reduce import reduced
from dashboards.preview.shown import with_unit
from dashboards.preview.theme import PALETTE, css
from dashboards.preview.ticks import clock, ticks_of

_LEGEND_ROW_PX = 16
_LEGEND_COLUMN_PX = 300
_LEGEND_MOST = 12
_DAY_MS = 86_400_000  # matplotlib counts days since 1970
_DASH = {"dash": (0, (6, 4)), "dot": (0, (1, 3))}


def draw(canvas: Canvas, panel: Json, frames: Sequence[Frame]) -> None:
    """Draw the curves of all frames, the limits, and the legend below."""
    curves = [(frame, time, field) for frame, time, field in _curves(frames) if not _is_hidden(panel, frame, field)]
    legend = [] if not panel["options"].get("legend", {}).get("showLegend", True) else curves[:_LEGEND_MOST]
    columns = max(1, int(canvas.width // _LEGEND_COLUMN_PX))
    rows = math.ceil(len(legend) / columns)
    axes = canvas.axes(left=56, top=6, right=12, bottom=24 + rows * _LEGEND_ROW_PX)
    stacked: dict[float, float] = {}  # how high the bars of a moment stand already
    for at, (frame, time, field) in enumerate(curves):
        config = config_of(panel, frame, field)
        color = _color(config, at)
        custom = config["custom"]
        are_bars = custom.get("drawStyle") == "bars"
        x, y = _joined(
            time.values,
            field.values,
            are_bars or custom.get("spanNulls", False),
            math.inf if are_bars else custom.get("insertNulls") or math.inf,
        )
        style: dict[str, Any] = {"color": color, "linewidth": max(0.8, float(custom.get("lineWidth", 1)))}
        if dash := custom.get("lineStyle", {}).get("fill"):
            style["linestyle"] = _DASH.get(dash, "solid")
        if are_bars:
            width = max(_bar_width(x), canvas.span.length_ms / _DAY_MS / 200)
            axes.bar(x, y, bottom=[stacked.get(each, 0.0) for each in x], width=width, color=color, alpha=0.8)
            if custom.get("stacking", {}).get("mode", "none") != "none":
                stacked.update({each: stacked.get(each, 0.0) + value for each, value in zip(x, y, strict=True)})
        elif custom.get("drawStyle") == "points":
            axes.plot(x, y, ".", color=color, markersize=float(custom.get("pointSize", 3)))
        else:
            axes.plot(x, y, drawstyle="steps-post" if custom.get("lineInterpolation") == "stepAfter" else "default", **style)
            _mark_lonely(axes, x, y, color)
        if at < len(legend):
            row, column = divmod(at, columns)
            _legend(canvas, 10 + column * _LEGEND_COLUMN_PX, canvas.height - (rows - row) * _LEGEND_ROW_PX + 4, config, field, color, panel)
    _limits(axes, panel)
    _regions(canvas, axes)
    _dress(canvas, axes, panel)


def _curves(frames: Sequence[Frame]) -> Iterator[tuple[Frame, Field, Field]]:
    for frame in frames:
        if frame.time is not None:
            yield from ((frame, frame.time, field) for field in frame.values if field.is_number or not any(field.values))


def _is_hidden(panel: Json, frame: Frame, field: Field) -> bool:
    hidden = config_of(panel, frame, field)["custom"].get("hideFrom", {})
    return bool(hidden.get("viz"))


def _color(config: Json, at: int) -> str:
    color = config.get("color", {})
    return css(color.get("fixedColor", ""), PALETTE[at % len(PALETTE)]) if color.get("mode") == "fixed" else PALETTE[at % len(PALETTE)]


def _joined(times: Sequence[Any], values: Sequence[Any], span_nulls: bool | float, most_ms: float) -> tuple[list[float], list[float]]:
    """Return the points of a line; a NaN breaks it at nulls, also those put between points further apart than `most_ms`, that are not
    spanned (True: all are, else up to so many ms).
    """
    spanned_ms = math.inf if span_nulls is True else float(span_nulls)
    x: list[float] = []
    y: list[float] = []
    last_ms, is_null_between = math.inf, False
    for at_ms, value in zip(times, values, strict=True):
        if value is None or isinstance(value, str):
            is_null_between = True
            continue
        if (is_null_between or at_ms - last_ms > most_ms) and at_ms - last_ms > spanned_ms:
            x.append(at_ms / _DAY_MS)
            y.append(math.nan)
        x.append(at_ms / _DAY_MS)
        y.append(float(value))
        last_ms, is_null_between = at_ms, False
    return x, y


def _mark_lonely(axes: Any, x: Sequence[float], y: Sequence[float], color: str) -> None:
    """A point between two gaps is no line: mark it, as Grafana does."""
    known = [not math.isnan(value) for value in y]
    lonely = [
        at for at, is_known in enumerate(known) if is_known and not (at and known[at - 1]) and not (at + 1 < len(known) and known[at + 1])
    ]
    axes.plot([x[at] for at in lonely], [y[at] for at in lonely], ".", color=color, markersize=3)


def _bar_width(x: Sequence[float]) -> float:
    return 0.8 * min((later - earlier for earlier, later in pairwise(x)), default=60_000 / _DAY_MS)


def _limits(axes: Any, panel: Json) -> None:
    defaults = panel["fieldConfig"]["defaults"]
    if defaults.get("custom", {}).get("thresholdsStyle", {}).get("mode", "off") == "off":
        return
    for step in defaults.get("thresholds", {}).get("steps", ()):
        if step.get("value") is not None:
            axes.axhline(step["value"], color=css(step["color"], "#999999"), linewidth=1.2, linestyle=(0, (6, 3)))


def _regions(canvas: Canvas, axes: Any) -> None:
    for region in canvas.regions:
        first, last = max(region.from_ms, canvas.span.from_ms), min(region.to_ms, canvas.span.to_ms)
        if first <= last:
            axes.axvspan(first / _DAY_MS, last / _DAY_MS, color=css(region.color, "#999999"), alpha=0.25, linewidth=0.8, zorder=0)


def _dress(canvas: Canvas, axes: Any, panel: Json) -> None:
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    theme, defaults = canvas.theme, panel["fieldConfig"]["defaults"]
    unit, decimals, custom = str(defaults.get("unit", "none")), defaults.get("decimals"), defaults.get("custom", {})
    axes.set_xlim(canvas.span.from_ms / _DAY_MS, canvas.span.to_ms / _DAY_MS)
    low, high = axes.get_ylim()
    soft = custom.get("axisSoftMin")
    low = defaults.get("min", low if soft is None else min(low, soft))
    axes.set_ylim(low, defaults.get("max", high))
    ticks = ticks_of(canvas.span, int(canvas.width // 110))
    axes.set_xticks([at / _DAY_MS for at in ticks], [clock(at, canvas.span) for at in ticks])
    axes.yaxis.set_major_locator(MaxNLocator(max(3, int(canvas.height // 48))))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: with_unit(value, unit, decimals)))
    axes.tick_params(colors=theme.faint, labelsize=7, length=0)
    axes.grid(visible=True, color=theme.grid, linewidth=0.6)
    for spine in axes.spines.values():
        spine.set_visible(False)


def _legend(canvas: Canvas, x: float, y: float, config: Json, field: Field, color: str, panel: Json) -> None:
    calcs = panel["options"].get("legend", {}).get("calcs", [])
    values = [reduced(field.values, calc) for calc in calcs]
    numbers = [with_unit(float(value), str(config.get("unit", "none")), config.get("decimals")) for value in values if value is not None]
    canvas.fill(x, y - 2, 10, 3, color)
    behind = "   " + " · ".join(numbers) if numbers else ""
    name = canvas.fitting(config["displayName"], 7.5, _LEGEND_COLUMN_PX - 20 - 5.2 * len(behind))
    canvas.write(x + 15, y, name + behind, fontsize=7.5, color=canvas.theme.faint)

"""A heat map of series: a row for each, a cell for each moment."""

from collections.abc import Sequence

from dashboards.model.json import Json
from dashboards.preview.canvas import Canvas
from dashboards.preview.config import config_of
from dashboards.preview.frame import Frame


def draw(canvas: Canvas, panel: Json, frames: Sequence[Frame]) -> None:
    """Draw the rows in the order of their names, low to high in one ramp of colour."""
    bands = [(config_of(panel, frame, field)["displayName"], frame.time, field) for frame in frames if frame.time for field in frame.values]
    bands.sort(key=lambda band: str(band[0]))
    axes = canvas.axes(left=130, top=6, right=12, bottom=22)
    times = sorted({at for _, time, _ in bands for at in time.values})
    grid = [[_at(time.values, field.values, at) for at in times] for _, time, field in bands]
    axes.imshow(
        grid, aspect="auto", cmap="YlOrRd", interpolation="nearest", extent=(canvas.span.from_ms, canvas.span.to_ms, len(bands) - 0.5, -0.5)
    )
    axes.set_yticks(range(len(bands)), [name for name, _, _ in bands], fontsize=7.5, color=canvas.theme.text)
    axes.set_xticks([])
    for spine in axes.spines.values():
        spine.set_visible(False)


def _at(times: Sequence[int], values: Sequence[float | None], at: int) -> float:
    found = dict(zip(times, values, strict=True)).get(at)
    return float("nan") if found is None else float(found)

"""The grid: 24 columns, no panel over another, none with nothing of it to see, and no hole above a panel (Grafana would move it up)."""

from collections.abc import Iterator, Sequence

from dashboards.lint.finding import Finding
from dashboards.lint.walk import ROW, panels, place_of
from dashboards.model.grid import WIDTH
from dashboards.model.json import Json
from dashboards.words import Text

RULE = "grid"
_WAY_OUT = Text("sửa gridPos", "mend gridPos")


def check(board: Json) -> Iterator[Finding]:
    top = board.get("panels", [])
    for panel in panels(board):
        x, y, w, h = _box(panel)
        if min(x, y) < 0 or min(w, h) < 1 or x + w > WIDTH:
            where = f"x={x} y={y} w={w} h={h}"
            yield Finding(
                RULE, place_of(board, panel), Text(f"nằm ngoài lưới {WIDTH} cột: {where}", f"outside of {WIDTH} columns: {where}"), _WAY_OUT
            )
    for group in (top, *(panel["panels"] for panel in top if panel.get("type") == ROW and panel.get("panels"))):
        yield from _overlaps(board, group)
    yield from _holes(board, top)


def _overlaps(board: Json, group: Sequence[Json]) -> Iterator[Finding]:
    for at, panel in enumerate(group):
        for other in group[:at]:
            if _meet(_box(panel), _box(other)):
                title = place_of(board, other).panel
                yield Finding(RULE, place_of(board, panel), Text(f"chồng lên ô “{title}”", f"lies over the panel “{title}”"), _WAY_OUT)


def _holes(board: Json, group: Sequence[Json]) -> Iterator[Finding]:
    """Yield the panels above which a strip over the whole width is empty."""
    bottom = 0
    for panel in sorted(group, key=lambda each: _box(each)[1]):
        _, y, _, h = _box(panel)
        if y > bottom:
            yield Finding(
                RULE,
                place_of(board, panel),
                Text(f"bên trên còn {y - bottom} hàng trống", f"{y - bottom} rows above it are empty"),
                _WAY_OUT,
            )
        bottom = max(bottom, y + h)


def _box(panel: Json) -> tuple[int, int, int, int]:
    grid = panel.get("gridPos", {})
    x, y, w, h = (int(grid.get(key, 0)) for key in ("x", "y", "w", "h"))
    return x, y, w, h


def _meet(one: tuple[int, int, int, int], other: tuple[int, int, int, int]) -> bool:
    return one[0] < other[0] + other[2] and other[0] < one[0] + one[2] and one[1] < other[1] + other[3] and other[1] < one[1] + one[3]

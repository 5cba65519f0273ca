"""Curves stay curves, on a phone and over a month, and holes stay holes."""

import re
from collections.abc import Iterator

import pytest

from dashboards.boards import BOARDS, board
from dashboards.influxql.expand import Span, duration_ms, interval_ms
from dashboards.model.panel import Panel

_DAY_MS = 86_400_000
_WIDTHS = (300, 800, 1900)  # a phone, a third of a screen, all of it
_STEP = re.compile(r"time\((\$__interval|\w+)")
_CURVES = [
    pytest.param(panel, id=f"{name}-{panel.key}")
    for name in BOARDS
    for panel in board(name).panels
    if panel.kind == "timeseries" and panel.defaults["custom"]["drawStyle"] == "line"
]


def _steps_ms(panel: Panel, days: float, points: int) -> Iterator[int]:
    span = Span(0, round(days * _DAY_MS), points)
    for query in panel.queries:
        step = _STEP.search(query.select.text)
        if step:
            yield interval_ms(span, panel.interval) if step[1] == "$__interval" else duration_ms(step[1])


@pytest.mark.parametrize("panel", _CURVES)
def test_neighbouring_points_of_a_curve_are_joined_however_long_the_range(panel: Panel) -> None:
    custom = panel.defaults["custom"]
    torn_apart = [
        (days, points, step)
        for days in (0.25, 1, 7, 30)
        for points in _WIDTHS
        for step in _steps_ms(panel, days, points)
        if step > custom.get("insertNulls", step)  # Grafana puts a null between points that are further apart
    ]
    assert torn_apart == []


@pytest.mark.parametrize("panel", _CURVES)
def test_no_curve_runs_across_a_hole(panel: Panel) -> None:
    custom = panel.defaults["custom"]
    assert custom["spanNulls"] is not True
    for query in panel.queries:
        fill = re.search(r"fill\((\w+)\)$", query.select.text)
        holes_are_told = "insertNulls" in custom or (fill and fill[1] in ("null", "0"))
        assert holes_are_told or "spanNulls" in str(panel.overrides), query.select.text

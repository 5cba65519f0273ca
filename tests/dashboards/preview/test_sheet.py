"""Contact sheets: every panel is drawn or says why not."""

from dataclasses import replace
from typing import Any

import pytest

from dashboards.influxql.expand import Span
from dashboards.preview.asked import Asked
from dashboards.preview.frame import Field, Frame
from dashboards.preview.kinds import KINDS
from dashboards.preview.region import Region, regions_of
from dashboards.preview.sheet import draw_sheet
from dashboards.preview.theme import on_ramp

SPAN = Span(1_795_780_000_000, 1_795_790_000_000)
TIMES = Field("Time", (1_795_781_000_000, 1_795_785_000_000, 1_795_785_060_000), is_time=True)
CURVE = Frame("A", (TIMES, Field("dap-cau", (4.1, 4.4, 4.5), labels={"device": "dap-cau"})))
PLACE = Frame("A", (Field("site", ("Đáp Cầu",)), Field("latitude", (21.2,)), Field("longitude", (106.08,)), Field("late", (1.0,))))
LAYER = {
    "type": "markers",
    "location": {"mode": "coords", "latitude": "latitude", "longitude": "longitude"},
    "config": {"style": {"color": {"field": "late"}, "text": {"field": "site"}}},
}

GREEN = {"steps": [{"value": None, "color": "green"}]}


def _panel(kind: str, **more: Any) -> dict[str, Any]:
    return {
        "id": 7,
        "type": kind,
        "title": f"Mực nước {kind}",
        "gridPos": {"x": 0, "y": 0, "w": 12, "h": 8},
        "fieldConfig": {
            "defaults": {"unit": "lengthm", "noValue": "trạm chưa gửi số đo", "thresholds": {"steps": [{"value": None, "color": "green"}]}},
            "overrides": [],
        },
        "options": {"layers": [LAYER], "content": "## Camera\n[xem](x)", "reduceOptions": {"calcs": ["lastNotNull"]}},
        "targets": [{"refId": "A"}],
        **more,
    }


def _svg(panel: dict[str, Any], frames: list[Frame], trouble: str = "", regions: tuple[Region, ...] = ()) -> str:
    """matplotlib writes each text as a comment before its outlines."""
    board = {"title": "Nước", "panels": [panel]}
    asked = Asked({7: frames}, troubles={7: trouble} if trouble else {}, regions=list(regions))
    return draw_sheet(board, asked, SPAN, "vi", file_format="svg").decode()


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_every_kind_is_drawn(kind: str) -> None:
    picture = _svg(_panel(kind), [PLACE if kind == "geomap" else CURVE])
    assert f"<!-- Mực nước {kind} -->" in picture
    assert "trạm chưa gửi số đo" not in picture


def test_what_a_panel_shows_is_in_the_picture() -> None:
    assert "<!-- 4.5 m -->" in _svg(_panel("stat"), [CURVE])
    assert "<!-- dap-cau" in _svg(_panel("timeseries"), [CURVE])
    assert "<!-- 27/11/2026 20:10:00 -->" in _svg(_panel("table"), [CURVE])
    assert "<!-- Đáp Cầu -->" in _svg(_panel("geomap"), [PLACE])
    assert "<!-- xem -->" in _svg(_panel("text", targets=[]), [])


@pytest.mark.parametrize(
    ("panel", "frames", "trouble", "words"),
    [
        (_panel("timeseries"), [], "", "trạm chưa gửi số đo"),
        (_panel("timeseries"), [], "error parsing query", "error parsing query"),
        (_panel("nodeGraph"), [CURVE], "", "nodeGraph"),
        (_panel("table", transformations=[{"id": "unheard"}]), [CURVE], "", "unheard"),
    ],
)
def test_a_panel_that_cannot_be_drawn_says_why(panel: dict[str, Any], frames: list[Frame], trouble: str, words: str) -> None:
    assert words in _svg(panel, frames, trouble)


def test_a_picture_is_the_same_from_the_same_answers() -> None:
    board = {"title": "Nước", "panels": [_panel("timeseries")]}
    first, second = (draw_sheet(board, Asked({7: [CURVE]}), SPAN, "en", theme="dark") for _ in range(2))
    assert first[:8] == b"\x89PNG\r\n\x1a\n"
    assert first == second


def test_a_curve_is_broken_where_points_are_far_apart() -> None:
    joined, broken = _panel("timeseries"), _panel("timeseries")
    joined["fieldConfig"]["defaults"]["custom"] = {"spanNulls": True}
    broken["fieldConfig"]["defaults"]["custom"] = {"spanNulls": False, "insertNulls": 600_000}
    assert _svg(joined, [CURVE]) != _svg(broken, [CURVE])


def test_a_panel_that_looks_further_back_has_an_axis_of_its_own() -> None:
    """23:31 is the end of the range; a day that lies before the dashboard's range would stand left of the picture."""
    night = Frame("A", (Field("Time", (SPAN.from_ms - 86_400_000,), is_time=True), Field("noise-01", (55.0,))))
    week, hours = _svg(_panel("timeseries", timeFrom="7d"), [night]), _svg(_panel("timeseries"), [night])
    assert "<!-- 25/11" in week
    assert "<!-- 25/11" not in hours


def test_bars_are_stacked_where_the_panel_says_so() -> None:
    frames = [replace(CURVE, fields=(TIMES, Field(name, (4.0, 4.0, 4.0)))) for name in ("one", "two")]
    panel = _panel("timeseries")
    panel["fieldConfig"]["defaults"]["custom"] = {"drawStyle": "bars", "stacking": {"mode": "normal"}}
    assert "<!-- 8 m -->" in _svg(panel, frames)
    panel["fieldConfig"]["defaults"]["custom"] = {"drawStyle": "bars"}
    assert "<!-- 8 m -->" not in _svg(panel, frames)


def test_a_column_stands_where_its_settings_say() -> None:
    """Numbers stand right, as in Grafana, but for those that are shown as words and say so."""
    numbers = Frame("A", (Field("station", (1.0, 2.0)), Field("site", ("a", "b"))))
    sides = {}
    for align in ("auto", "left", "right", "center"):
        panel = _panel("table")
        panel["fieldConfig"]["overrides"] = [
            {"matcher": {"id": "byName", "options": "station"}, "properties": [{"id": "custom.align", "value": align}]}
        ]
        sides[align] = _svg(panel, [numbers])
    assert sides["auto"] == sides["right"]
    assert len(set(sides.values())) == 3


def test_a_gap_is_shaded_where_the_ledger_explains_it_and_nowhere_else() -> None:
    gap = Region(1_795_782_000_000, 1_795_783_000_000, "Nguồn im lặng: pump", "#123456")
    assert "#123456" in _svg(_panel("timeseries"), [CURVE], regions=(gap,))
    assert "#123456" not in _svg(_panel("timeseries"), [CURVE], regions=(replace(gap, from_ms=1, to_ms=2),))


def test_annotations_become_regions_by_their_own_columns() -> None:
    ours = {
        "name": "Source silent",
        "enable": True,
        "iconColor": "#123456",
        "target": {"refId": "Anno", "query": "…"},
        "mappings": {
            "time": {"source": "field", "value": "from"},
            "timeEnd": {"source": "field", "value": "to"},
            "title": {"source": "text", "value": "Source silent"},
            "text": {"source": "field", "value": "source"},
        },
    }
    incidents = {"name": "Incidents", "enable": True, "target": {"type": "tags"}}
    rows = Frame("Anno", (Field("from", (1.0, 5.0, None)), Field("to", (2.0, None, 9.0)), Field("source", ("pump", None, "x"))))
    found = list(regions_of({"annotations": {"list": [ours, {**ours, "enable": False}, incidents]}}, lambda _: [rows]))
    assert found == [Region(1.0, 2.0, "Source silent: pump", "#123456"), Region(5.0, 5.0, "Source silent", "#123456")]


def test_cells_without_limits_are_coloured_from_the_lowest_value_to_the_highest() -> None:
    panel = _panel("status-history")
    panel["fieldConfig"]["defaults"]["color"] = {"mode": "continuous-BlYlRd"}
    picture = _svg(panel, [CURVE])
    assert [on_ramp("continuous-BlYlRd", share) for share in (0.0, 0.5, 1.0)] == ["#5794f2", "#fade2a", "#f2495c"]
    assert "#5794f2" in picture  # 4.1, the lowest
    assert "#f2495c" in picture  # 4.5, the highest
    assert "<!-- 4.1 m -->" in picture

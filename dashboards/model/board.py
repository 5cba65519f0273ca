"""A dashboard."""

from dataclasses import dataclass
from typing import Any

from dashboards.house import REFRESH, SCHEMA_VERSION, TAG, TIME_FROM, TIME_ZONE, uid
from dashboards.model.annotation import annotations
from dashboards.model.datasource import GRAFANA
from dashboards.model.grid import Row, place
from dashboards.model.json import Json, localised
from dashboards.model.panel import Panel
from dashboards.model.variable import DATASOURCE, TagVariable
from dashboards.words import Language, Text

_OTHERS = Text("Bảng khác", "Dashboards")
_BUILT_IN: Json = {
    "name": Text("Thay đổi của cảnh báo", "Alert state changes"),
    "builtIn": 1,
    "datasource": GRAFANA,
    "enable": True,
    "hide": True,
    "iconColor": "rgba(0, 211, 255, 1)",
    "type": "dashboard",
}


@dataclass(frozen=True, slots=True)
class Board:
    """`name` is the stable part of its uid. `annotations` are Grafana's own JSON, in which a Text may stand for a string, beside those that
    every dashboard has (dashboards/model/annotation.py)."""

    name: str
    title: Text
    description: Text
    rows: tuple[Row, ...]
    variables: tuple[TagVariable, ...] = ()
    annotations: tuple[Json, ...] = ()
    links: tuple[Json, ...] = ()
    time_from: str = TIME_FROM
    refresh: str = REFRESH

    @property
    def panels(self) -> tuple[Panel, ...]:
        return tuple(panel for row in self.rows for _, panel in row.panels)

    def render(self, language: Language) -> Json:
        """Return the dashboard's JSON in one language."""
        board: Json = {
            "uid": uid(self.name, language),
            "title": self.title,
            "description": self.description,
            "tags": [TAG, language_tag(language)],
            "timezone": TIME_ZONE,
            "editable": False,
            "graphTooltip": 1,
            "time": {"from": self.time_from, "to": "now"},
            "timepicker": {},
            "refresh": self.refresh,
            "schemaVersion": SCHEMA_VERSION,
            "panels": [_rendered(each.panel, each.grid, language) for each in place(self.rows)],
            "templating": {"list": [DATASOURCE, *(variable.render(language) for variable in self.variables)]},
            "annotations": {"list": [_BUILT_IN, *annotations([each.name for each in self.variables]), *self.annotations]},
            "links": [_to_others(language), *self.links],
        }
        rendered: Json = localised(board, language)
        return rendered


def language_tag(language: Language) -> str:
    """Return the tag by which the dashboards of one language find one another."""
    return f"{TAG}-{language}"


def _to_others(language: Language) -> Json:
    return {
        "type": "dashboards",
        "title": _OTHERS,
        "tags": [language_tag(language)],
        "asDropdown": True,
        "icon": "external link",
        "includeVars": True,
        "keepTime": True,
        "targetBlank": False,
        "tooltip": "",
        "url": "",
    }


def _rendered(panel: Panel | Text, grid: Json, language: Language) -> Any:
    if isinstance(panel, Text):
        return {"id": 1_000_001 + grid["y"], "type": "row", "title": panel, "gridPos": grid, "collapsed": False, "panels": []}
    return panel.render(grid, language)

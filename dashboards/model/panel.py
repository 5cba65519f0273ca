"""One panel. Builders for each kind are in dashboards/panels; what a kind does not set has the house's value here."""

import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from string import ascii_uppercase
from typing import Any

from dashboards.model.datasource import BY_VARIABLE
from dashboards.model.json import Json, localised
from dashboards.model.query import Query
from dashboards.words import Language, Text

_EMPTY = Text("Khi không có dữ liệu: ", "When there is no data: ")


@dataclass(frozen=True, slots=True)
class Panel:
    """`key` names the panel within its dashboard and never changes: its id, and so every link to it, comes from it.

    `kind` is Grafana's name of the panel plugin, `unit` Grafana's id of the unit of its values. `empty` tells operators what it means when
    there is nothing to show; `may_be_empty` where that is good news (no gaps, nothing refused) or a question of equipment (no board on a
    link). `options`, `defaults` (of fields) and `overrides` are Grafana's own JSON, in which a Text may stand wherever a string may.
    """

    key: str
    kind: str
    title: Text
    description: Text
    empty: Text
    queries: tuple[Query, ...] = ()
    unit: str = "none"
    options: Mapping[str, Any] = field(default_factory=dict)
    defaults: Mapping[str, Any] = field(default_factory=dict)
    overrides: tuple[Mapping[str, Any], ...] = ()
    transformations: tuple[Mapping[str, Any], ...] = ()
    links: tuple[Mapping[str, Any], ...] = ()
    may_be_empty: bool = False
    time_from: str = ""
    interval: str = ""

    def __post_init__(self) -> None:
        if len(self.queries) > len(ascii_uppercase):
            raise ValueError(f"{self.key} has {len(self.queries)} queries; Grafana names them A to Z")

    @property
    def id(self) -> int:
        return 1 + zlib.crc32(self.key.encode()) % 1_000_000

    def render(self, grid: Json, language: Language) -> Json:
        """Return the panel's JSON at a place of the grid."""
        panel: Json = {
            "id": self.id,
            "type": self.kind,
            "title": self.title,
            "description": Text(
                f"{self.description.vi}\n\n{_EMPTY.vi}{self.empty.vi}", f"{self.description.en}\n\n{_EMPTY.en}{self.empty.en}"
            ),
            "gridPos": grid,
            "fieldConfig": {
                "defaults": {"unit": self.unit, "noValue": self.empty, **self.defaults},
                "overrides": self.overrides,
            },
            "options": self.options,
        }
        if self.queries:
            panel["datasource"] = BY_VARIABLE
            panel["targets"] = [query.render(ref, language) for ref, query in zip(ascii_uppercase, self.queries, strict=False)]
        optional = {
            "transformations": self.transformations,
            "links": self.links,
            "timeFrom": self.time_from,
            "interval": self.interval,
        }
        rendered: Json = localised(panel | {key: value for key, value in optional.items() if value}, language)
        return rendered

"""A query of a panel: an InfluxQL statement and how its answer is read."""

from dataclasses import dataclass
from typing import Literal

from dashboards.influxql.select import Select
from dashboards.model.datasource import BY_VARIABLE
from dashboards.model.json import Json
from dashboards.words import Language, Text

ResultFormat = Literal["time_series", "table"]


@dataclass(frozen=True, slots=True)
class Query:
    """`alias` names the series: `$tag_device`, `$col`, a Text, or several parts that are joined as they are; "" for Grafana's own names."""

    select: Select
    alias: str | Text | tuple[str | Text, ...] = ""
    format: ResultFormat = "time_series"
    is_hidden: bool = False

    def render(self, ref: str, language: Language) -> Json:
        """Return the target."""
        target: Json = {
            "refId": ref,
            "datasource": BY_VARIABLE,
            "rawQuery": True,
            "query": self.select.text,
            "resultFormat": self.format,
        }
        parts = self.alias if isinstance(self.alias, tuple) and not isinstance(self.alias, Text) else (self.alias,)
        alias = "".join(part.to(language) if isinstance(part, Text) else part for part in parts)
        return target | ({"alias": alias} if alias else {}) | ({"hide": True} if self.is_hidden else {})

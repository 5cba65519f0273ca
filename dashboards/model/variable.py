"""Template variables: what an operator chooses at the top of a dashboard."""

from dataclasses import dataclass

from dashboards.house import DATASOURCE_NAME, DATASOURCE_TYPE, DATASOURCE_UID, DATASOURCE_VARIABLE
from dashboards.influxql.select import is_variable, name
from dashboards.model.datasource import BY_VARIABLE
from dashboards.model.json import Json, localised
from dashboards.words import Language, Text

_ALL = {"text": "All", "value": "$__all"}
_ON_TIME_RANGE = 2
_ALPHABETICAL = 1

DATASOURCE: Json = {
    "type": "datasource",
    "name": DATASOURCE_VARIABLE,
    "label": Text("Nguồn dữ liệu", "Data source"),
    "query": DATASOURCE_TYPE,
    "current": {"text": DATASOURCE_NAME, "value": DATASOURCE_UID},
    "hide": 0,
    "refresh": 1,
}


@dataclass(frozen=True, slots=True)
class TagVariable:
    """The values of a tag, of one measurement or of all; several at once, or exactly one (at first the first) with `is_single`.

    `within` are variables to the left of it that narrow it down.
    """

    name: str
    label: Text
    tag: str
    measurement: str = ""
    within: tuple[str, ...] = ()
    is_single: bool = False

    @property
    def query(self) -> str:
        """Return the statement that lists the values."""
        source = f" FROM {name(self.measurement)}" if self.measurement else ""
        where = f" WHERE {' AND '.join(map(is_variable, self.within))}" if self.within else ""
        return f"SHOW TAG VALUES{source} WITH KEY = {name(self.tag)}{where}"

    def render(self, language: Language) -> Json:
        """Return the variable's JSON."""
        variable: Json = {
            "type": "query",
            "name": self.name,
            "label": self.label,
            "datasource": BY_VARIABLE,
            "query": self.query,
            "definition": self.query,
            "refresh": _ON_TIME_RANGE,
            "sort": _ALPHABETICAL,
            "hide": 0,
        }
        if not self.is_single:
            variable |= {"multi": True, "includeAll": True, "allValue": ".*", "current": _ALL}
        rendered: Json = localised(variable, language)
        return rendered

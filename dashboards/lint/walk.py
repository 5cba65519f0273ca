"""What rules go over: the panels of a dashboard, also those in folded rows, and every query with the place where it stands."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

from dashboards.influxql.reading import read
from dashboards.influxql.statement import Show, Statement
from dashboards.influxql.tokens import Unreadable
from dashboards.lint.finding import Place
from dashboards.model.json import Json

ROW = "row"
OWN_ANSWERS = frozenset({"grafana", "datasource"})  # types of data sources that ask no store: Grafana's own events, other panels
EXPRESSION = "__expr__"

Kind = Literal["panel", "annotation", "variable", "rule"]


@dataclass(frozen=True, slots=True)
class Asked:
    """A query: its text, where it stands, and the JSON that holds it (a target, annotation or variable); `panel` where it is a panel's."""

    kind: Kind
    place: Place
    text: str
    holder: Json
    panel: Json | None = None

    @property
    def statement(self) -> Statement | Show | None:
        """What the query says; None when it cannot be read."""
        try:
            return read(self.text)
        except Unreadable:
            return None


def name_of(board: Json) -> str:
    return str(board.get("uid") or board.get("title") or "?")


def panels(board: Json) -> Iterator[Json]:
    """Yield the panels, rows too, and what is inside folded rows."""
    for panel in board.get("panels", []):
        yield panel
        yield from panel.get("panels", [])


def place_of(board: Json, panel: Json, ref: str = "") -> Place:
    return Place(name_of(board), str(panel.get("title") or f"#{panel.get('id', '?')}"), ref)


def variables(board: Json) -> list[Json]:
    found: list[Json] = board.get("templating", {}).get("list", [])
    return found


def annotations(board: Json) -> Iterator[Json]:
    """Yield the annotations that ask a store."""
    for annotation in board.get("annotations", {}).get("list", []):
        datasource = annotation.get("datasource")
        if not isinstance(datasource, dict) or datasource.get("type") not in OWN_ANSWERS:
            yield annotation


def queries(board: Json) -> Iterator[Asked]:
    """Yield every query of a dashboard."""
    for panel in panels(board):
        for target in panel.get("targets", []):
            if text := _text(target.get("query")):
                yield Asked("panel", place_of(board, panel, str(target.get("refId", ""))), text, target, panel)
    for variable in variables(board):
        if variable.get("type") == "query" and (text := _text(variable.get("query"))):
            yield Asked("variable", Place(name_of(board), f"${variable.get('name', '')}"), text, variable)
    for annotation in annotations(board):
        if text := _text(annotation.get("query")) or _text(annotation.get("target")):
            yield Asked("annotation", Place(name_of(board), str(annotation.get("name", ""))), text, annotation)


def rule_queries(rule: Json) -> Iterator[Asked]:
    """Yield the queries of an alert rule (ProvisionedAlertRule), without its expressions."""
    for part in rule.get("data", []):
        if part.get("datasourceUid") != EXPRESSION and (text := _text(part.get("model", {}).get("query"))):
            yield Asked("rule", Place(str(rule.get("uid") or "?"), str(rule.get("title", "")), str(part.get("refId", ""))), text, part)


def _text(query: Any) -> str:
    """A query stands as text, or in an object as `query`."""
    return _text(query.get("query")) if isinstance(query, dict) else query.strip() if isinstance(query, str) else ""

"""The data source is the dashboard's variable everywhere: a copy can look at another store, and no uid of one Grafana is in it."""

from collections.abc import Iterator
from typing import Any

from dashboards.house import DATASOURCE_VARIABLE
from dashboards.lint.finding import Finding, Place
from dashboards.lint.walk import OWN_ANSWERS, name_of, panels, place_of, variables
from dashboards.model.json import Json
from dashboards.words import Text

RULE = "datasource"
_TEMPLATED = frozenset({f"${{{DATASOURCE_VARIABLE}}}", f"${DATASOURCE_VARIABLE}"})


def check(board: Json) -> Iterator[Finding]:
    for panel in panels(board):
        targets = panel.get("targets", [])
        fixed = {_said(panel.get("datasource"))} if targets else set()
        yield from _findings(place_of(board, panel), fixed)
        for target in targets:
            yield from _findings(place_of(board, panel, str(target.get("refId", ""))), {_said(target.get("datasource"))} - fixed)
    for variable in variables(board):
        if variable.get("type") == "query":
            yield from _findings(Place(name_of(board), f"${variable.get('name', '')}"), {_said(variable.get("datasource"))})
    for annotation in board.get("annotations", {}).get("list", []):
        yield from _findings(Place(name_of(board), str(annotation.get("name", ""))), {_said(annotation.get("datasource"))})


def _said(datasource: Any) -> str:
    """Return the uid that is named, "" for a good one."""
    if isinstance(datasource, dict):
        uid = str(datasource.get("uid", "?"))
        return "" if uid in _TEMPLATED or datasource.get("type") in OWN_ANSWERS else uid
    return "" if datasource in _TEMPLATED else str(datasource)


def _findings(place: Place, uids: set[str]) -> Iterator[Finding]:
    for uid in sorted(uids - {""}):
        yield Finding(
            RULE,
            place,
            Text(f"nguồn dữ liệu cố định: {uid}", f"the data source is fixed: {uid}"),
            Text(f"dùng biến ${{{DATASOURCE_VARIABLE}}}", f"use the variable ${{{DATASOURCE_VARIABLE}}}"),
        )

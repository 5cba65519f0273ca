"""Every dashboard is one by the public schemas, and by what these do not look at: kinds, options, overrides, units, targets."""

import copy
import json
from collections.abc import Callable
from typing import Any

import pytest

from dashboards.built import Built, built
from dashboards.units import GRAFANA
from tests.dashboards.schemas import errors_of_board, have_schemas, units

ALL = built()


@pytest.fixture(autouse=True)
def schemas() -> None:
    have_schemas()


@pytest.mark.parametrize("each", ALL, ids=lambda each: each.uid)
def test_a_dashboard_is_one_by_the_schemas(each: Built) -> None:
    assert errors_of_board(each.json) == []


@pytest.mark.parametrize("each", ALL, ids=lambda each: each.uid)
def test_what_no_schema_looks_at_is_consistent(each: Built) -> None:
    board = each.json
    ids = [panel["id"] for panel in board["panels"]]
    assert len(ids) == len(set(ids))
    cells = [
        (x, y)
        for panel in board["panels"]
        for grid in (panel["gridPos"],)
        for x in range(grid["x"], grid["x"] + grid["w"])
        for y in range(grid["y"], grid["y"] + grid["h"])
    ]
    assert len(cells) == len(set(cells)), "panels overlap"
    assert max(x for x, _ in cells) < 24
    names = [variable["name"] for variable in board["templating"]["list"]]
    assert len(names) == len(set(names))
    assert (board["uid"], board["schemaVersion"]) == (each.uid, 42)
    assert "id" not in board, "Grafana gives the number"
    assert json.loads(json.dumps(board)) == board, "JSON only"


def test_every_unit_of_the_catalogue_is_one_of_grafanas() -> None:
    assert [unit for unit in GRAFANA.values() if unit not in units() and not unit.startswith("suffix:")] == []


def _panel(board: Any) -> Any:
    return next(panel for panel in board["panels"] if panel["type"] == "timeseries")


def _override(board: Any, **more: Any) -> None:
    _panel(board)["fieldConfig"]["overrides"] = [{"matcher": {"id": "byName", "options": "x"}, "properties": [more]}]


WRONG: dict[str, tuple[Callable[[Any], Any], str]] = {
    "key of a dashboard": (lambda board: board.update(tittle="x"), "tittle"),
    "key of a panel": (lambda board: _panel(board).update(gridpos={}), "gridpos"),
    "kind of a panel": (lambda board: _panel(board).update(type="timeserie"), "timeserie"),
    "option": (lambda board: _panel(board)["options"].update(legnd={}), "legnd"),
    "key of an option": (lambda board: _panel(board)["options"]["legend"].update(calc=[]), "calc"),
    "value of an option": (lambda board: _panel(board)["options"]["tooltip"].update(mode="many"), "many"),
    "custom field option": (lambda board: _panel(board)["fieldConfig"]["defaults"]["custom"].update(lineWith=1), "lineWith"),
    "field option": (lambda board: _panel(board)["fieldConfig"]["defaults"].update(decimal=1), "decimal"),
    "unit": (lambda board: _panel(board)["fieldConfig"]["defaults"].update(unit="celcius"), "celcius"),
    "property of an override": (lambda board: _override(board, id="displayname", value="x"), "displayname"),
    "custom property of an override": (lambda board: _override(board, id="custom.lineWith", value=1), "lineWith"),
    "value of an override": (lambda board: _override(board, id="decimals", value="two"), "two"),
    "unit of an override": (lambda board: _override(board, id="unit", value="celcius"), "celcius"),
    "key of a target": (lambda board: _panel(board)["targets"][0].update(rawquery=True), "rawquery"),
    "variable": (lambda board: board["templating"]["list"][0].update(multy=True), "multy"),
    "kind of a variable": (lambda board: board["templating"]["list"][0].update(type="tags"), "tags"),
    "annotation": (lambda board: board["annotations"]["list"][0].update(colour="red"), "colour"),
    "threshold": (lambda board: _panel(board)["fieldConfig"]["defaults"].update(thresholds={"mode": "absolut", "steps": []}), "absolut"),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_mistake_is_found_and_named(name: str) -> None:
    board = copy.deepcopy(next(each.json for each in ALL if any(panel["type"] == "timeseries" for panel in each.json["panels"])))
    spoil, word = WRONG[name]
    spoil(board)
    assert word in "\n".join(errors_of_board(board))

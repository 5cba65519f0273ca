"""What a dashboard's variables stand for when it is opened: all values, or the first of a list that the store gives."""

from collections.abc import Callable, Sequence

from dashboards.influxql.expand import Choice, Span, expand, variables_in
from dashboards.model.json import Json

ListValues = Callable[[str], Sequence[str]]  # runs one SHOW TAG VALUES, returns the values in order


def chosen(board: Json, span: Span, list_values: ListValues) -> dict[str, Choice]:
    """Return the value of every variable of a rendered dashboard. One that the store has no value for is "" (and will find nothing)."""
    choices: dict[str, Choice] = {}
    for variable in board["templating"]["list"]:
        if variable["type"] == "datasource":
            choices[variable["name"]] = variable["current"]["value"]
        elif variable.get("includeAll"):
            choices[variable["name"]] = variable.get("allValue", ".*")
        elif variable["type"] == "query":
            values = sorted(list_values(expand(variable["query"], span, choices)))
            choices[variable["name"]] = values[0] if values else ""
    return choices


def unknown_variables(board: Json, query: str) -> set[str]:
    """Return the variables that a query uses and the dashboard does not have."""
    return variables_in(query) - {variable["name"] for variable in board["templating"]["list"]}

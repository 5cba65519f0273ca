"""What a dashboard's variables stand for when it is opened: as saved, all values, or the first of a list that the store gives."""

from collections.abc import Callable, Sequence

from dashboards.influxql.expand import Choice, Span, expand, variables_in
from dashboards.model.json import Json

ListValues = Callable[[str], Sequence[str]]  # runs one SHOW TAG VALUES, returns the values in order
ALL_VALUE = "$__all"


def chosen(board: Json, span: Span, list_values: ListValues) -> dict[str, Choice]:
    """Return the value of every variable of a rendered dashboard. One that the store has no value for is "" (and will find nothing).

    Raises KeyError for a variable whose query uses one that does not stand before it.
    """
    choices: dict[str, Choice] = {}
    for variable in board["templating"]["list"]:
        choices[variable["name"]] = _choice(variable, choices, span, list_values)
    return choices


def saved_with(variable: Json) -> tuple[str, ...]:
    """Return the values that a variable was saved with, `$__all` for all; none where it takes the first that there is."""
    value = variable.get("current", {}).get("value", "")
    return tuple(map(str, value)) if isinstance(value, list) else (str(value),) if value != "" else ()


def unknown_variables(board: Json, query: str) -> set[str]:
    """Return the variables that a query uses and the dashboard does not have."""
    return variables_in(query) - {variable["name"] for variable in board["templating"]["list"]}


def _choice(variable: Json, choices: dict[str, Choice], span: Span, list_values: ListValues) -> Choice:
    saved = saved_with(variable)
    is_all = ALL_VALUE in saved or (not saved and bool(variable.get("includeAll")))
    if is_all and variable.get("allValue"):
        return str(variable["allValue"])
    if saved and not is_all:
        return saved if variable.get("multi") else saved[0]
    if variable["type"] != "query":
        return str(variable.get("query", ""))  # a constant, a text box
    values = tuple(sorted(list_values(expand(variable["query"], span, choices))))
    if is_all:
        return values
    return values[:1] if variable.get("multi") and values else values[0] if values else ""

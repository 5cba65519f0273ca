"""The rules, in the order in which they are told. A new one is a file here and a row in one of the tables."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from dashboards.lint import (
    alert_rule,
    catalogue,
    datasource,
    grid,
    identity,
    languages,
    links,
    literals,
    portable,
    readable,
    time_bounds,
    unit,
    variables,
    words,
)
from dashboards.lint.finding import Finding
from dashboards.lint.walk import Asked, queries, rule_queries
from dashboards.model.json import Json

# Of one dashboard.
BOARD_RULES: Mapping[str, Callable[[Json], Iterator[Finding]]] = {
    identity.RULE: identity.check,
    words.RULE: words.check,
    grid.RULE: grid.check,
    datasource.RULE: datasource.check,
    variables.RULE: variables.check,
    unit.RULE: unit.check,
}
# Of queries, wherever they stand, also in alert rules.
QUERY_RULES: Mapping[str, Callable[[Iterable[Asked]], Iterator[Finding]]] = {
    readable.RULE: readable.check,
    literals.RULE: literals.check,
    catalogue.RULE: catalogue.check,
    portable.RULE: portable.check,
    time_bounds.RULE: time_bounds.check,
}
# Of all dashboards together: those that are checked, and all that there are.
SET_RULES: Mapping[str, Callable[[Sequence[Json], Sequence[Json]], Iterator[Finding]]] = {
    links.RULE: links.check,
    languages.RULE: languages.check,
}
# Of one alert rule.
ALERT_RULES: Mapping[str, Callable[[Json], Iterator[Finding]]] = {
    alert_rule.RULE: alert_rule.check,
}
RULES = (*BOARD_RULES, *QUERY_RULES, *SET_RULES, *ALERT_RULES)


def lint(boards: Sequence[Json], rules: Sequence[Json] = (), all_boards: Sequence[Json] = ()) -> list[Finding]:
    """Return what is wrong with dashboards and alert rules, without asking a store."""
    found: list[Finding] = []
    for board in boards:
        asked = list(queries(board))
        for of_board in BOARD_RULES.values():
            found += of_board(board)
        for of_queries in QUERY_RULES.values():
            found += of_queries(asked)
    for of_set in SET_RULES.values():
        found += of_set(boards, all_boards or boards)
    found += links.check_rules(rules, all_boards or boards)
    for rule in rules:
        for of_alert in ALERT_RULES.values():
            found += of_alert(rule)
        for of_queries in QUERY_RULES.values():
            found += of_queries(list(rule_queries(rule)))
    return found

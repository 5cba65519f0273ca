"""Every variable that a dashboard uses is there and stands before those that use it; every one that is there is used.

A variable that takes several values stands within a regular expression: between quotes Grafana makes `(a|b)` of it.
"""

import json
import re
from collections.abc import Iterator

from dashboards.house import DATASOURCE_VARIABLE
from dashboards.influxql.expand import MACROS, variables_in
from dashboards.influxql.tokens import Unreadable, tokens
from dashboards.lint.finding import Finding, Place
from dashboards.lint.walk import Asked, name_of, panels, place_of, queries, variables
from dashboards.model.json import Json
from dashboards.words import Text

RULE = "variables"
# What Grafana itself knows: in aliases `$tag_x`, `$col`, `$m`; in links and titles `${__data.…}`, `${__field.…}`, `$__from`.
_BUILT_IN = re.compile(r"^(__\w+|tag_\w+|col|m|measurement|\d+)$")


def check(board: Json) -> Iterator[Finding]:
    defined = [str(variable.get("name")) for variable in variables(board)]
    asked = list(queries(board))
    for each in asked:
        before = defined[: defined.index(each.place.panel.removeprefix("$"))] if each.kind == "variable" else defined
        for name in sorted(variables_in(each.text) - set(before)):
            yield _unknown(each.place, name)
    for panel in panels(board):
        words = {key: value for key, value in panel.items() if key not in ("targets", "panels", "datasource")}
        aliases = [target.get("alias", "") for target in panel.get("targets", [])]
        for name in sorted(_outside_queries([words, aliases]) - set(defined)):
            yield _unknown(place_of(board, panel), name)
    several = {str(variable["name"]) for variable in variables(board) if variable.get("multi") or variable.get("includeAll")}
    for each in asked:
        for name in sorted(_outside_regex(each) & several):
            yield Finding(
                RULE,
                each.place,
                Text(
                    f"${name} nhận nhiều giá trị mà đứng ngoài biểu thức chính quy",
                    f"${name} takes several values and stands in no regular expression",
                ),
                Text(f"viết =~ /^${{{name}:regex}}$/", f"write =~ /^${{{name}:regex}}$/"),
            )
    yield from _unused(board, defined, asked)


def _unused(board: Json, defined: list[str], asked: list[Asked]) -> Iterator[Finding]:
    used = set().union(*(variables_in(each.text) for each in asked)) | _outside_queries(board.get("panels", []))
    for name in defined:
        if name not in used and name != DATASOURCE_VARIABLE:
            yield Finding(
                RULE,
                Place(name_of(board), f"${name}"),
                Text("không câu truy vấn nào dùng biến này", "no query uses this variable"),
                Text("dùng hoặc bỏ nó", "use it or take it out"),
            )


def _unknown(place: Place, name: str) -> Finding:
    return Finding(
        RULE,
        place,
        Text(
            f"dùng ${name} mà bảng không có (hoặc nó đứng sau)", f"uses ${name}, which the dashboard does not have (or has further behind)"
        ),
        Text("định nghĩa biến, hoặc sửa tên", "define the variable, or mend its name"),
    )


def _outside_queries(value: object) -> set[str]:
    """Return the variables in titles, descriptions, links, repeats and text."""
    text = json.dumps(value, ensure_ascii=False)
    repeats = set(re.findall(r'"repeat": "(\w+)"', text))
    return {name for name in variables_in(text) if not _BUILT_IN.match(name) and name not in MACROS} | repeats


def _outside_regex(asked: Asked) -> set[str]:
    try:
        found = tokens(asked.text)
    except Unreadable:
        return set()
    return set().union(*(variables_in(token.text) for token in found if token.kind != "regex"))

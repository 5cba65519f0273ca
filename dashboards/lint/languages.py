"""A dashboard is the same in every language but for its words: the same panels at the same places, the same queries and variables."""

from collections.abc import Iterator, Sequence

from dashboards.lint.finding import Finding, Place
from dashboards.lint.walk import annotations, name_of, panels, queries, variables
from dashboards.model.json import Json
from dashboards.words import LANGUAGES, Text

RULE = "languages"
_WAY_OUT = Text("sửa nguồn chung (dashboards/boards) rồi dựng lại", "mend the common source (dashboards/boards) and build again")


def check(boards: Sequence[Json], all_boards: Sequence[Json]) -> Iterator[Finding]:
    by_uid = {name_of(board): board for board in (*all_boards, *boards)}
    first, *others = LANGUAGES
    for board in boards:
        stem = name_of(board).removesuffix(f"-{first}")
        if name_of(board) != f"{stem}-{first}":
            continue
        for language in others:
            if other := by_uid.get(f"{stem}-{language}"):
                yield from _differences(board, other)


def _differences(board: Json, other: Json) -> Iterator[Finding]:
    for what, one, two in (
        (Text("ô", "panels"), _panels(board), _panels(other)),
        (Text("câu truy vấn", "queries"), _queries(board), _queries(other)),
        (Text("biến", "variables"), [each.get("name") for each in variables(board)], [each.get("name") for each in variables(other)]),
        (Text("chú thích", "annotations"), len(list(annotations(board))), len(list(annotations(other)))),
    ):
        if one != two:
            yield Finding(
                RULE,
                Place(name_of(other)),
                Text(f"{what.vi} khác với {name_of(board)}", f"its {what.en} differ from {name_of(board)}"),
                _WAY_OUT,
            )


def _panels(board: Json) -> Sequence[object]:
    return [(panel.get("id"), panel.get("type"), panel.get("gridPos")) for panel in panels(board)]


def _queries(board: Json) -> Sequence[object]:
    return sorted((each.kind, (each.panel or {}).get("id", 0), each.place.ref, each.text) for each in queries(board))

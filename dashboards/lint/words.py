"""Everything that operators see has a name and says what it is: dashboards and panels have a title and a description."""

from collections.abc import Iterator

from dashboards.lint.finding import Finding, Place
from dashboards.lint.walk import ROW, name_of, panels, place_of, variables
from dashboards.model.json import Json
from dashboards.words import Text

RULE = "words"
_NAMES = {"title": Text("tiêu đề", "title"), "description": Text("mô tả", "description"), "label": Text("nhãn", "label")}
_WAY_OUT = Text("viết bằng tiếng Việt và tiếng Anh", "write it, in Vietnamese and English")


def check(board: Json) -> Iterator[Finding]:
    yield from _missing(board, Place(name_of(board)), ("title", "description"))
    for panel in panels(board):
        yield from _missing(panel, place_of(board, panel), ("title",) if panel.get("type") == ROW else ("title", "description"))
    for variable in variables(board):
        yield from _missing(variable, Place(name_of(board), f"${variable.get('name', '')}"), ("label",))


def _missing(thing: Json, place: Place, keys: tuple[str, ...]) -> Iterator[Finding]:
    for key in keys:
        if not str(thing.get(key) or "").strip():
            yield Finding(RULE, place, Text(f"không có {_NAMES[key].vi}", f"no {_NAMES[key].en}"), _WAY_OUT)

"""Ids are unique and of a length that Grafana takes, and what we deploy is not edited by hand: the next deployment would undo it."""

from collections import Counter
from collections.abc import Iterator

from dashboards.house import TAG
from dashboards.lint.finding import Finding, Place
from dashboards.lint.walk import name_of, panels, place_of, variables
from dashboards.model.json import Json
from dashboards.words import Text

RULE = "identity"
MOST_UID = 40  # characters; grafana/grafana pkg/util/shortid_generator.go


def check(board: Json) -> Iterator[Finding]:
    place = Place(name_of(board))
    uid = str(board.get("uid") or "")
    if not 1 <= len(uid) <= MOST_UID:
        yield Finding(
            RULE,
            place,
            Text(f"uid {uid!r} dài {len(uid)} ký tự", f"the uid {uid!r} has {len(uid)} characters"),
            Text(f"dùng từ 1 đến {MOST_UID} ký tự", f"use 1 to {MOST_UID} characters"),
        )
    if board.get("editable") is not False:
        yield Finding(
            RULE, place, Text("sửa được bằng tay", "can be edited by hand"), Text('đặt "editable": false', 'set "editable": false')
        )
    if TAG not in board.get("tags", []):
        yield Finding(RULE, place, Text(f"không có thẻ {TAG}", f"has no tag {TAG}"), Text("thêm thẻ", "add the tag"))
    yield from _twice(board)


def _twice(board: Json) -> Iterator[Finding]:
    counted = Counter(panel.get("id") for panel in panels(board))
    for panel in panels(board):
        if counted[panel.get("id")] > 1 or not isinstance(panel.get("id"), int):
            words = Text(f"id {panel.get('id')} không phải của riêng ô này", f"the id {panel.get('id')} is not this panel's alone")
            yield Finding(RULE, place_of(board, panel), words, Text("đặt khoá (key) khác", "give the panel another key"))
        refs = Counter(str(target.get("refId") or "") for target in panel.get("targets", []))
        for ref, count in refs.items():
            if count > 1 or not ref:
                words = Text(f"{count} câu truy vấn có refId {ref!r}", f"{count} queries have the refId {ref!r}")
                yield Finding(RULE, place_of(board, panel, ref), words, Text("đặt A, B, C …", "use A, B, C …"))
    for name, count in Counter(variable.get("name") for variable in variables(board)).items():
        if count > 1:
            words = Text(f"{count} biến cùng tên ${name}", f"{count} variables are named ${name}")
            yield Finding(RULE, Place(name_of(board), f"${name}"), words, Text("đổi tên", "rename them"))

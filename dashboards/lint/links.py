"""Links lead somewhere: to a dashboard that there is, with variables that it has; lists of dashboards by tag are not empty."""

import json
import re
from collections.abc import Iterator, Sequence

from dashboards.lint.finding import Finding, Place
from dashboards.lint.walk import name_of, panels, place_of, variables
from dashboards.model.json import Json
from dashboards.words import Text

RULE = "links"
_TO_DASHBOARD = re.compile(r"/d/([\w-]+)([^\s\"')]*)")
_VARIABLE = re.compile(r"[?&]var-(\w+)=|\$\{(\w+):queryparam\}")


def check(boards: Sequence[Json], all_boards: Sequence[Json]) -> Iterator[Finding]:
    """Check the links of `boards`; they may lead to any of `all_boards`."""
    by_uid = {name_of(board): board for board in all_boards}
    for board in boards:
        for link in board.get("links", []):
            place = Place(name_of(board), str(link.get("title", "")))
            tags = set(link.get("tags", []))
            if link.get("type") == "dashboards" and not any(tags <= set(other.get("tags", [])) for other in all_boards):
                words = ", ".join(sorted(tags))
                yield Finding(
                    RULE,
                    place,
                    Text(f"không bảng nào có thẻ {words}", f"no dashboard has the tags {words}"),
                    Text("sửa thẻ", "mend the tags"),
                )
            yield from _of_urls(place, str(link.get("url", "")), by_uid)
        for panel in panels(board):
            own = {key: value for key, value in panel.items() if key not in ("targets", "panels")}
            yield from _of_urls(place_of(board, panel), json.dumps(own), by_uid)


def check_rules(rules: Sequence[Json], all_boards: Sequence[Json]) -> Iterator[Finding]:
    """Check the dashboard and panel that an alert rule is shown in: annotations `__dashboardUid__` and `__panelId__`."""
    by_uid = {name_of(board): board for board in all_boards}
    for rule in rules:
        annotations = rule.get("annotations", {})
        uid, panel_id = str(annotations.get("__dashboardUid__", "")), str(annotations.get("__panelId__", ""))
        place = Place(str(rule.get("uid") or "?"), str(rule.get("title", "")))
        if uid and uid not in by_uid:
            words = Text(f"gắn với bảng không có: {uid}", f"belongs to a dashboard that is not there: {uid}")
            yield Finding(RULE, place, words, Text("sửa __dashboardUid__", "mend __dashboardUid__"))
        elif panel_id and panel_id not in {str(panel.get("id")) for panel in panels(by_uid.get(uid, {}))}:
            words = Text(
                f"gắn với ô {panel_id}, mà bảng {uid} không có", f"belongs to the panel {panel_id}, which {uid or 'no dashboard'} has not"
            )
            yield Finding(RULE, place, words, Text("sửa __panelId__", "mend __panelId__"))


def _of_urls(place: Place, text: str, by_uid: dict[str, Json]) -> Iterator[Finding]:
    for uid, rest in dict.fromkeys(_TO_DASHBOARD.findall(text)):
        if uid not in by_uid:
            yield Finding(
                RULE,
                place,
                Text(f"liên kết tới bảng không có: {uid}", f"links to a dashboard that is not there: {uid}"),
                Text("sửa uid", "mend the uid"),
            )
            continue
        has = {str(variable.get("name")) for variable in variables(by_uid[uid])}
        for named in _VARIABLE.findall(rest):
            name = named[0] or named[1]
            if name not in has:
                yield Finding(
                    RULE,
                    place,
                    Text(f"liên kết đặt ${name}, mà bảng {uid} không có biến ấy", f"a link sets ${name}, which {uid} does not have"),
                    Text("sửa tên biến trong liên kết", "mend the variable's name in the link"),
                )

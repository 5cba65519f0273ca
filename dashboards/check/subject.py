"""What is checked: the dashboards of this version, or files that somebody built (and perhaps edited), and the alert rules."""

import importlib
import importlib.util
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from dashboards.boards import BOARDS
from dashboards.built import built
from dashboards.lint.walk import name_of
from dashboards.model.json import Json
from dashboards.words import LANGUAGES, Language
from telemetry.errors import ConfigError, Problem

ALERTS = "alerts"  # the name of the alert rules beside those of dashboards
NAMES = (*BOARDS, ALERTS)
# Types of keys of dashboards and panels, as far as rules look into them.
_OBJECTS_AND_LISTS: Mapping[str, type[dict[str, object]] | type[list[object]]] = {
    **dict.fromkeys(("templating", "annotations", "time", "gridPos", "fieldConfig", "options"), dict),
    **dict.fromkeys(("panels", "tags", "links", "targets", "transformations"), list),
}


@dataclass(frozen=True, slots=True)
class Subject:
    """`all_boards` are those that links may lead to; `may_be_empty` are ids of panels by the uid of their dashboard."""

    boards: tuple[Json, ...]
    rules: tuple[Json, ...]
    all_boards: tuple[Json, ...]
    may_be_empty: dict[str, frozenset[int]]


def subject(only: Sequence[str] = (), languages: Sequence[Language] = LANGUAGES, folder: Path | None = None) -> Subject:
    """Return what to check; `only` are names of NAMES, none for all. Raises ConfigError for files that cannot be read."""
    own = built()
    chosen = [each for each in own if each.language in languages and (not only or each.name in only)]
    boards = tuple(each.json for each in chosen)
    if folder is not None:
        wanted = {each.uid for each in chosen}
        known = {each.uid for each in own}
        is_all = not only and set(languages) == set(LANGUAGES)
        boards = tuple(board for board in read_folder(folder) if is_all or name_of(board) in wanted or name_of(board) not in known)
    rules = alert_rules() if not only or ALERTS in only else ()
    may_be_empty = {each.uid: each.may_be_empty for each in own}
    return Subject(boards, rules, (*boards, *(each.json for each in own)), may_be_empty)


def read_folder(folder: Path) -> list[Json]:
    """Return the dashboards in the JSON files of a folder and those below it. Raises ConfigError, with every file that is wrong."""
    found: list[Json] = []
    problems: list[Problem] = []
    if not folder.is_dir():
        raise ConfigError([Problem(str(folder), "", "is no folder; write one with: quanho dashboards build --out DIR")])
    for file in sorted(folder.rglob("*.json")):
        try:
            value = json.loads(file.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            problems.append(Problem(str(file), "", f"cannot be read as JSON: {error}"))
            continue
        inside = value.get("dashboard", value) if isinstance(value, dict) else None
        if isinstance(inside, dict) and "panels" in inside:  # other files may lie beside them
            if fault := _shape(inside):
                problems.append(Problem(str(file), fault, "has not the shape of a dashboard of Grafana's classic model"))
            else:
                found.append(inside)
    if not found and not problems:
        problems.append(Problem(str(folder), "", "holds no dashboard (*.json with panels)"))
    if problems:
        raise ConfigError(problems)
    return found


def alert_rules() -> tuple[Json, ...]:
    """Return the alert rules as Grafana's provisioning takes them; none where this version has no rules."""
    if importlib.util.find_spec("dashboards.alerting.render") is None:
        return ()
    rules = importlib.import_module("dashboards.alerting.rules").load()
    alerting = importlib.import_module("dashboards.alerting.render").render(rules, LANGUAGES, ())
    return tuple(rule for group in alerting.groups for rule in group.rules)


def _shape(board: Json) -> str:
    """Return the key whose value is of another type than Grafana has it, "" when all are right."""
    for key in _OBJECTS_AND_LISTS:
        if not _has_type(board, key):
            return key
    for key in ("templating", "annotations"):
        if not _are_objects(board.get(key, {}).get("list", [])):
            return f"{key}.list"
    if not _are_objects(board["panels"]):
        return "panels"
    return _shape_of_panels(board["panels"])


def _shape_of_panels(panels: list[Json]) -> str:
    for panel in panels:
        if fault := _shape_of_panel(panel) or _shape_of_panels(panel.get("panels", [])):
            return f"panels[id={panel.get('id')}].{fault}"
    return ""


def _shape_of_panel(panel: Json) -> str:
    for key in _OBJECTS_AND_LISTS:
        if not _has_type(panel, key) or (key in ("targets", "panels") and not _are_objects(panel.get(key, []))):
            return key
    if not all(isinstance(value, int) for value in panel.get("gridPos", {}).values()):
        return "gridPos"
    field_config = panel.get("fieldConfig", {})
    if not isinstance(field_config.get("defaults", {}), dict):
        return "fieldConfig.defaults"
    return "" if _are_objects(field_config.get("overrides", [])) else "fieldConfig.overrides"


def _has_type(value: Json, key: str) -> bool:
    return isinstance(value.get(key, _OBJECTS_AND_LISTS[key]()), _OBJECTS_AND_LISTS[key])


def _are_objects(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(each, dict) for each in value)

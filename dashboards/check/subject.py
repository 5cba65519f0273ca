"""What is checked: the dashboards of this version, or files that somebody built (and perhaps edited), and the alert rules."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from dashboards.alerting.render import render
from dashboards.alerting.rules import load
from dashboards.boards import BOARDS
from dashboards.built import built
from dashboards.check.shape import fault_of, without_nulls
from dashboards.lint.walk import name_of
from dashboards.model.json import Json
from dashboards.words import LANGUAGES, Language
from telemetry.errors import ConfigError, Problem

ALERTS = "alerts"  # the name of the alert rules beside those of dashboards
NAMES = (*BOARDS, ALERTS)


@dataclass(frozen=True, slots=True)
class Subject:
    """`all_boards` are those that links may lead to, of two with one uid the last; `may_be_empty` are ids of panels by the uid."""

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
    return Subject(boards, rules, (*(each.json for each in own), *boards), may_be_empty)


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
            board = without_nulls(inside)
            if fault := fault_of(board):
                problems.append(Problem(str(file), *fault))
            else:
                found.append(board)
    if not found and not problems:
        problems.append(Problem(str(folder), "", "holds no dashboard (*.json with panels)"))
    if problems:
        raise ConfigError(problems)
    return found


def alert_rules() -> tuple[Json, ...]:
    """Return the alert rules as Grafana's provisioning takes them, without contacts: those are a deployment's."""
    return tuple(rule for group in render(load()).groups for rule in group.rules)

"""The difference between two dashboards, or two of anything that is JSON, as a person tells it: by panel, query and threshold.

What Grafana adds by itself (ids, versions, defaults) is no difference: only what is wanted is looked for.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from dashboards.deploy.forms import holds
from dashboards.model.json import Json
from telemetry.said import Said, as_is, said

_SHOWN_CHARACTERS = 400
_MOST_LEAVES = 12
_BOARD_PARTS = ("panels", "templating", "annotations", "links")
_PANEL_PARTS = ("targets", "title")

Sign = Literal["+", "-", "~"]


@dataclass(frozen=True, slots=True)
class Line:
    """`+` comes, `-` goes, `~` changes and is explained by the deeper lines below it."""

    sign: Sign
    text: Said
    depth: int = 0


def board_diff(live: Json, wanted: Json) -> Iterator[Line]:
    """Yield what changes when `wanted` replaces `live`."""
    yield from _leaves(live, {key: value for key, value in wanted.items() if key not in _BOARD_PARTS})
    yield from _named(_list(live, "templating", "list"), _list(wanted, "templating", "list"), "name", ("biến", "variable"))
    yield from _named(_list(live, "annotations", "list"), _list(wanted, "annotations", "list"), "name", ("chú thích", "annotation"))
    yield from _named(_list(live, "links"), _list(wanted, "links"), "title", ("liên kết", "link"))
    yield from _panels(_list(live, "panels"), _list(wanted, "panels"))


def json_diff(live: Json, wanted: Json) -> Iterator[Line]:
    """Yield the values that change, by their path."""
    yield from _leaves(live, wanted)
    for key in sorted(set(live) - set(wanted)):
        if live[key] not in (None, "", [], {}, False, 0):
            yield Line("-", as_is(f"{key}: {_shown(live[key])}"))


def _panels(live: list[Json], wanted: list[Json]) -> Iterator[Line]:
    there = {str(panel.get("id")): panel for panel in live}
    for panel in wanted:
        before = there.pop(str(panel.get("id")), None)
        name = f"“{panel.get('title', panel.get('id'))}”"
        if before is None:
            yield Line("+", said(f"ô {name}", f"panel {name}"))
        elif changes := list(_panel(before, panel)):
            yield Line("~", said(f"ô {name}", f"panel {name}"))
            yield from deeper(changes)
    for panel in there.values():
        name = f"“{panel.get('title', panel.get('id'))}”"
        yield Line("-", said(f"ô {name}", f"panel {name}"))


def _panel(live: Json, wanted: Json) -> Iterator[Line]:
    if live.get("title") != wanted.get("title"):
        yield from _pair(("tiêu đề", "title"), live.get("title"), wanted.get("title"))
    yield from _targets(_list(live, "targets"), _list(wanted, "targets"))
    before, after = _steps(live), _steps(wanted)
    if before != after:
        yield from _pair(("ngưỡng", "thresholds"), before, after)
    rest = {key: value for key, value in wanted.items() if key not in _PANEL_PARTS}
    yield from (line for line in _leaves(live, rest) if ".thresholds.steps" not in line.text)


def _targets(live: list[Json], wanted: list[Json]) -> Iterator[Line]:
    there = {str(target.get("refId")): target for target in live}
    for target in wanted:
        ref = str(target.get("refId"))
        before = there.pop(ref, None) or {}
        if before.get("query") != target.get("query"):
            yield from _pair((f"truy vấn {ref}", f"query {ref}"), before.get("query"), target.get("query"))
        yield from _leaves(before, {key: value for key, value in target.items() if key not in ("query", "refId")}, f"{ref}.")
    for ref, target in there.items():
        yield from _pair((f"truy vấn {ref}", f"query {ref}"), target.get("query"), None)


def _steps(panel: Json) -> str:
    """Return thresholds as `green, ≥ 25 yellow`."""
    steps = _list(panel, "fieldConfig", "defaults", "thresholds", "steps")
    texts = [f"{step.get('color')}" if step.get("value") is None else f"≥ {step['value']} {step.get('color')}" for step in steps]
    return ", ".join(texts)


def _named(live: list[Json], wanted: list[Json], key: str, what: tuple[str, str]) -> Iterator[Line]:
    there = {str(each.get(key)): each for each in live}
    for each in wanted:
        name = str(each.get(key))
        before = there.pop(name, None)
        if before is None:
            yield Line("+", said(f"{what[0]} “{name}”", f"{what[1]} “{name}”"))
        elif changes := list(_leaves(before, each)):
            yield Line("~", said(f"{what[0]} “{name}”", f"{what[1]} “{name}”"))
            yield from deeper(changes)
    for name, each in there.items():
        if not each.get("builtIn"):
            yield Line("-", said(f"{what[0]} “{name}”", f"{what[1]} “{name}”"))


def _leaves(live: Any, wanted: Any, path: str = "") -> Iterator[Line]:
    found = list(_changed(live, wanted, path.rstrip(".")))
    for where, before, after in found[:_MOST_LEAVES]:
        yield from _pair((where, where), before, after)
    if len(found) > _MOST_LEAVES:
        more = len(found) - _MOST_LEAVES
        yield Line("~", said(f"và {more} giá trị khác", f"and {more} more values"))


def _changed(live: Any, wanted: Any, path: str) -> Iterator[tuple[str, Any, Any]]:
    if holds(live, wanted):
        return
    if isinstance(wanted, Mapping) and isinstance(live, Mapping):
        for key, each in wanted.items():
            yield from _changed(live.get(key), each, f"{path}.{key}" if path else str(key))
    elif (
        isinstance(wanted, list)
        and isinstance(live, list)
        and len(live) == len(wanted)
        and any(isinstance(each, Mapping) for each in wanted)
    ):
        for at, (before, after) in enumerate(zip(live, wanted, strict=True)):
            yield from _changed(before, after, f"{path}[{at}]")
    else:
        yield path, live, wanted


def _pair(what: tuple[str, str], before: Any, after: Any) -> Iterator[Line]:
    if before not in (None, ""):
        yield Line("-", said(f"{what[0]}: {_shown(before)}", f"{what[1]}: {_shown(before)}"))
    if after not in (None, ""):
        yield Line("+", said(f"{what[0]}: {_shown(after)}", f"{what[1]}: {_shown(after)}"))


def _shown(value: Any) -> str:
    text = value if isinstance(value, str) else _compact(value)
    text = " ".join("".join(each if each.isprintable() else " " for each in text).split())
    return text if len(text) <= _SHOWN_CHARACTERS else f"{text[:_SHOWN_CHARACTERS]}…"


def _compact(value: Any) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{key} {_compact(each)}" for key, each in value.items())
    if isinstance(value, list):
        return f"[{', '.join(map(_compact, value))}]"
    return "true" if value is True else "false" if value is False else str(value)


def _list(of: Any, *path: str) -> list[Json]:
    for key in path:
        of = of.get(key) if isinstance(of, Mapping) else None
    return [each for each in of if isinstance(each, dict)] if isinstance(of, list) else []


def deeper(lines: Iterable[Line]) -> Iterator[Line]:
    """Yield the lines one step further in."""
    return (Line(line.sign, line.text, line.depth + 1) for line in lines)

"""Rendered dashboards against the JSON Schemas of Grafana's foundation SDK, closed: a misspelt key is an error.

A panel's options need not be complete: what the SDK calls required there are options that Grafana has a default for.
"""

import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from jsonschema import Draft7Validator

Json = dict[str, Any]

SCHEMAS = Path(__file__).parents[4] / "shared/specs/grafana-dashboard-jsonschema/jsonschema"
_FIELD_CONFIGS = {"timeseries": "GraphFieldConfig", "table": "TableFieldOptions"}  # of `custom`
_UNKNOWN_KINDS = ("alertlist",)  # no schema was published

_DATA_LINK = {
    "type": "object",
    "additionalProperties": False,
    "required": ["title", "url"],
    "properties": {"title": {"type": "string"}, "url": {"type": "string"}, "targetBlank": {"type": "boolean"}},
}


def faults(board: Json) -> list[str]:
    """Return what is wrong with a rendered dashboard."""
    found = [f"{'/'.join(map(str, error.path))}: {error.message}" for error in _validator("dashboard", "Dashboard").iter_errors(board)]
    for panel in board["panels"]:
        found += [f"{panel['title']}: {fault}" for fault in _of_panel(panel)]
    return found


def _of_panel(panel: Json) -> Iterator[str]:
    kind = panel["type"]
    if kind == "row" or kind in _UNKNOWN_KINDS:
        return
    yield from (error.message for error in _validator(kind, "Options").iter_errors(panel["options"]))
    for each in _properties(panel):
        if not each["id"].startswith("custom."):
            yield from (error.message for error in _validator("dashboard", "FieldConfig").iter_errors({each["id"]: each["value"]}))
    customs = [panel["fieldConfig"]["defaults"].get("custom", {}), *_overridden(panel)]
    if kind in _FIELD_CONFIGS:
        for custom in customs:
            yield from (error.message for error in _validator(kind, _FIELD_CONFIGS[kind]).iter_errors(custom))


def _overridden(panel: Json) -> Iterator[Json]:
    for each in _properties(panel):
        if each["id"].startswith("custom."):
            yield {each["id"].removeprefix("custom."): each["value"]}


def _properties(panel: Json) -> Iterator[Json]:
    for override in panel["fieldConfig"]["overrides"]:
        yield from override["properties"]


@cache
def _validator(name: str, definition: str) -> Draft7Validator:
    definitions = json.loads((SCHEMAS / f"{name}.jsonschema.json").read_text(encoding="utf-8"))["definitions"]
    if name == "dashboard":
        definitions["MatcherConfig"]["properties"]["options"] = {}  # published as an object, is anything: a name
        definitions["DynamicConfigValue"]["properties"]["value"] = {}
        definitions["FieldConfig"]["properties"]["links"]["items"] = _DATA_LINK  # published as a link between dashboards
    else:
        definitions[definition].pop("required", None)
    return Draft7Validator({"definitions": _any(definitions), "$ref": f"#/definitions/{definition}"})


def _any(tree: Any) -> Any:
    """Return a schema without `oneOf`: alternatives that differ in a constant are published as that constant's type, and overlap."""
    if isinstance(tree, dict):
        return {"anyOf" if key == "oneOf" else key: _any(value) for key, value in tree.items()}
    return [_any(each) for each in tree] if isinstance(tree, list) else tree

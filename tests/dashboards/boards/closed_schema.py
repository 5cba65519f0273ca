"""Rendered dashboards against the JSON Schemas of Grafana's SDK (Apache-2.0, in ../shared), closed: a misspelt key is an error.

Three places are published as objects where Grafana has anything (a matcher's options, an override's value, a data link); those are
opened. What the SDK calls required in a panel's options has a default in Grafana, so it may be missing.
"""

import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft7Validator

Json = dict[str, Any]

_SCHEMAS = Path(__file__).parents[4] / "shared/specs/grafana-dashboard-jsonschema/jsonschema"
_CUSTOM = {"timeseries": "GraphFieldConfig", "table": "TableFieldOptions", "state-timeline": "FieldConfig"}
needs_schemas = pytest.mark.skipif(not _SCHEMAS.is_dir(), reason="no ../shared/specs/grafana-dashboard-jsonschema on this machine")


def faults(board: Json) -> list[str]:
    """Return what is wrong with a rendered dashboard."""
    found = list(_errors("dashboard", "Dashboard", board))
    for panel in board["panels"]:
        if panel["type"] != "row":
            found += [f"{panel['title']}: {fault}" for fault in _of_panel(panel)]
    return found


def _of_panel(panel: Json) -> Iterator[str]:
    kind = panel["type"].replace("-", "")
    yield from _errors(kind, "Options", panel["options"])
    properties = [each for override in panel["fieldConfig"]["overrides"] for each in override["properties"]]
    customs = {each["id"].removeprefix("custom."): each["value"] for each in properties if each["id"].startswith("custom.")}
    for each in properties:
        if not each["id"].startswith("custom."):
            yield from _errors("dashboard", "FieldConfig", {each["id"]: each["value"]})
    if kind in _CUSTOM:
        yield from _errors(kind, _CUSTOM[kind], panel["fieldConfig"]["defaults"].get("custom", {}))
        yield from _errors(kind, _CUSTOM[kind], customs)


def _errors(name: str, definition: str, value: Any) -> Iterator[str]:
    for error in _validator(name, definition).iter_errors(value):
        yield f"{'/'.join(map(str, error.path))}: {error.message}"


@cache
def _validator(name: str, definition: str) -> Draft7Validator:
    definitions = json.loads((_SCHEMAS / f"{name.replace('-', '')}.jsonschema.json").read_text(encoding="utf-8"))["definitions"]
    if name == "dashboard":
        definitions["MatcherConfig"]["properties"]["options"] = {}
        definitions["DynamicConfigValue"]["properties"]["value"] = {}
        definitions["FieldConfig"]["properties"]["links"]["items"] = {}
    else:
        definitions[definition].pop("required", None)
    return Draft7Validator({"definitions": _without_one_of(definitions), "$ref": f"#/definitions/{definition}"})


def _without_one_of(tree: Any) -> Any:
    """Alternatives that differ in a constant alone are published as that constant's type, and so overlap."""
    if isinstance(tree, dict):
        return {"anyOf" if key == "oneOf" else key: _without_one_of(value) for key, value in tree.items()}
    return [_without_one_of(each) for each in tree] if isinstance(tree, list) else tree

"""The public schemas of dashboards and panels (grafana-foundation-sdk), where ../shared holds them, closed: unknown keys are errors."""

import copy
import functools
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft7Validator

FOLDER = Path(__file__).parents[3] / "shared/specs/grafana-dashboard-jsonschema/jsonschema"

# The plugin id of each kind of panel and the file of its options. Grafana's alert list has no schema.
KINDS = {
    "alertlist": None,
    "annolist": "annotationslist",
    "barchart": "barchart",
    "bargauge": "bargauge",
    "canvas": "canvas",
    "dashlist": "dashboardlist",
    "gauge": "gauge",
    "geomap": "geomap",
    "heatmap": "heatmap",
    "histogram": "histogram",
    "logs": "logs",
    "news": "news",
    "piechart": "piechart",
    "stat": "stat",
    "state-timeline": "statetimeline",
    "status-history": "statushistory",
    "table": "table",
    "text": "text",
    "timeseries": "timeseries",
    "trend": "trend",
    "xychart": "xychart",
}
# Keys of a target of the InfluxDB plugin in raw InfluxQL (public/app/plugins/datasource/influxdb/types.ts).
TARGET_KEYS = {"refId", "datasource", "rawQuery", "query", "resultFormat", "alias", "hide"}
# Field options that overrides may set; of `custom.` those of the kind.
_FIELD = {
    *("actions", "color", "decimals", "description", "displayName", "fieldMinMax", "filterable", "links", "mappings"),
    *("max", "min", "noValue", "path", "thresholds", "unit", "writeable"),
}
# Custom field options of kinds whose schema has none (public/app/plugins/panel/geomap/module.tsx).
_CUSTOM = {"geomap": {"hideFrom"}}
_MATCHERS = {"byName", "byRegexp", "byType", "byFrameRefID", "byNames", "byValue"}


def have_schemas() -> None:
    """Skip the calling test where the schemas are not on this machine."""
    if not FOLDER.is_dir():
        pytest.skip("no ../shared/specs/grafana-dashboard-jsonschema: the public schemas are not on this machine")


@functools.cache
def schema(name: str) -> dict[str, Any]:
    """Return a schema, closed."""
    content: dict[str, Any] = json.loads((FOLDER / f"{name}.jsonschema.json").read_text())
    for each in _within(content):
        if isinstance(each.get("properties"), dict) and not each.get("additionalProperties"):
            each["additionalProperties"] = False
        if each.get("type") == "object" and each.get("additionalProperties") == {} and "properties" not in each:
            del each["type"]  # that is how they write "any"
    return content


@functools.cache
def units() -> frozenset[str]:
    """Return the ids of Grafana's units."""
    return frozenset(each["const"] for each in schema("units")["definitions"].values() if "const" in each)


def errors_of_board(board: Any) -> list[str]:
    """Return what is wrong with a dashboard by the schemas and by what these leave open."""
    found = [_told(error) for error in _validator("dashboard", "Dashboard").iter_errors({**board, "panels": []})]
    rows = [panel for panel in board["panels"] if panel.get("type") == "row"]
    found += [_told(error) for row in rows for error in _validator("dashboard", "RowPanel").iter_errors({**row, "panels": []})]
    return found + [error for panel in _panels(board) for error in errors_of_panel(panel)]


def errors_of_panel(panel: Any) -> list[str]:
    """Return what is wrong with a panel: its kind, options, fields, overrides, units and targets."""
    return [f"panel {panel.get('title')!r}: {error}" for error in _errors_of_panel(panel)]


def _errors_of_panel(panel: Any) -> Iterator[str]:
    yield from (f"there is no {key}" for key in ("type", "title", "gridPos") if key not in panel)
    yield from (_told(error) for error in _validator("dashboard", "Panel", is_partial=True).iter_errors(panel))
    kind = panel.get("type")
    if kind not in KINDS:
        yield f"type: there is no panel {kind!r}"
        return
    name = KINDS[kind]
    config = panel.get("fieldConfig", {})
    defaults = config.get("defaults", {})
    if name:
        yield from _errors(name, "Options", panel.get("options", {}), "options")
        yield from _errors(name, "FieldConfig", defaults.get("custom", {}), "fieldConfig.defaults.custom")
    yield from _errors_of_unit(defaults.get("unit", "none"))
    for override in config.get("overrides", ()):
        if override["matcher"]["id"] not in _MATCHERS:
            yield f"overrides: there is no matcher {override['matcher']['id']!r}"
        for each in override["properties"]:
            yield from _errors_of_property(name, each["id"], each.get("value"))
    for target in panel.get("targets", ()):
        yield from (f"target {target.get('refId')}: there is no {key!r}" for key in set(target) - TARGET_KEYS)


def _errors_of_property(name: str | None, key: str, value: Any) -> Iterator[str]:
    place, _, rest = key.partition(".")
    if place == "custom":
        wanted: Any = value
        for part in reversed(rest.split(".")):
            wanted = {part: wanted}
        yield from _errors(name, "FieldConfig", wanted, f"override {key}") if name else ()
    elif key not in _FIELD:
        yield f"overrides: there is no property {key!r}"
    elif key == "unit":
        yield from _errors_of_unit(value)
    else:
        yield from (
            f"override {key}: {_told(error)}" for error in _validator("dashboard", "FieldConfig", is_partial=True).iter_errors({key: value})
        )


def _errors_of_unit(unit: str) -> Iterator[str]:
    if unit not in units() and not re.match(r"(suffix|prefix|time|si|count|currency|bool):.", unit):
        yield f"there is no unit {unit!r}"


def _errors(name: str, definition: str, content: Any, place: str) -> Iterator[str]:
    if definition not in schema(name)["definitions"]:
        yield from (f"{place}: there is no {key!r}" for key in set(content) - _CUSTOM.get(name, set()))
        return
    yield from (f"{place}: {_told(error)}" for error in _validator(name, definition, is_partial=True).iter_errors(content))


@functools.cache
def _validator(name: str, definition: str, *, is_partial: bool = False) -> Draft7Validator:
    """`is_partial`: Grafana puts defaults where something of a panel is missing; links of panels are not links of dashboards."""
    content = copy.deepcopy(schema(name)) if is_partial else schema(name)
    if is_partial:
        _make_optional(content)
    return Draft7Validator({**content, "$ref": f"#/definitions/{definition}"})


def _make_optional(content: Any) -> None:
    for each in _within(content):
        if isinstance(each.get("required"), list):
            del each["required"]
        if "oneOf" in each:
            each["anyOf"] = each.pop("oneOf")  # without what is required, an object may be several of them


def _within(content: Any) -> Iterator[dict[str, Any]]:
    if isinstance(content, dict):
        yield content
    for value in content.values() if isinstance(content, dict) else content if isinstance(content, list) else ():
        yield from _within(value)


def _panels(board: Any) -> Iterator[Any]:
    for panel in board["panels"]:
        yield from panel.get("panels", ()) if panel.get("type") == "row" else (panel,)


def _told(error: Any) -> str:
    """The deepest cause: of `anyOf` the branch that came furthest."""
    causes = sorted(error.context or (), key=lambda each: -len(each.absolute_path))
    return _told(causes[0]) if causes else f"{error.json_path}: {error.message[:200]}"

"""Grafana's own descriptions of its objects, with every object closed: a key that they do not know is an error."""

import json
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema
import pytest

_SPECS = Path(__file__).parents[4] / "shared/specs"
_PLACES = {"grafana-13.0-openapi3.json": ("components", "schemas"), "grafana-11.4-swagger2.json": ("definitions",)}
_SDK = "grafana-dashboard-jsonschema/jsonschema/alerting.jsonschema.json"
# Grafana's specs leave KeepLast out of the two enumerations; its documentation and its SDK's schema have it.
_STATES = ("noDataState", "execErrState")


def check(spec: str, name: str, value: Any) -> None:
    """Raise jsonschema.ValidationError when `value` is no object of that name of the spec."""
    document = _closed(spec)
    pointer = "/".join(("#", *_PLACES[spec], name))
    jsonschema.Draft7Validator({"$ref": pointer, **document}).validate(value)


def check_by_sdk(name: str, value: Any) -> None:
    """Raise jsonschema.ValidationError when the schema of Grafana's SDK refuses `value`."""
    document = _read(_SDK)
    jsonschema.Draft7Validator({"$ref": f"#/definitions/{name}", "definitions": document["definitions"]}).validate(value)


@cache
def _read(name: str) -> Any:
    path = _SPECS / name
    if not path.is_file():
        pytest.skip(f"no ../shared/specs/{name}: Grafana's spec is not on this machine")
    return json.loads(path.read_text(encoding="utf-8"))


@cache
def _closed(spec: str) -> dict[str, Any]:
    first, *rest = _PLACES[spec]
    schemas = _read(spec)[first]
    for key in rest:
        schemas = schemas[key]
    wanted = {name: _close(schema) for name, schema in schemas.items()}
    for state in _STATES:
        wanted["ProvisionedAlertRule"]["properties"][state]["enum"] += ["KeepLast"]
    for key in reversed(rest):
        wanted = {key: wanted}
    return {first: wanted}


def _close(schema: Any) -> Any:
    if isinstance(schema, list):
        return [_close(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    closed = {key: _close(value) for key, value in schema.items()}
    if schema.get("type") == "object" and "properties" in schema:
        closed.setdefault("additionalProperties", False)
    return closed

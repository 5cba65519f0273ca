"""Operations from Grafana's own specifications, where ../shared has them: OpenAPI 3 (13.0) and Swagger 2 (11.4), with objects closed."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.dashboards.fake_grafana.contract import Operation

FOLDER = Path(__file__).resolve().parents[3].parent / "shared" / "specs"
FILES = {"13.0": FOLDER / "grafana-13.0-openapi3.json", "11.4": FOLDER / "grafana-11.4-swagger2.json"}
_METHODS = ("get", "post", "put", "delete")
_OPEN = frozenset({"dashboard", "model", "settings", "jsonData", "secureJsonData"})
_STATES = ("noDataState", "execErrState")


def operations(release: str) -> tuple[Operation, ...]:
    """Return every operation of a release."""
    spec = json.loads(FILES[release].read_text(encoding="utf-8"))
    return tuple(_openapi(spec) if "components" in spec else _swagger(spec))


def closed(schema: Any) -> Any:
    """Return a schema whose objects take no key that they do not name, all the way down, but for what is free in Grafana."""
    if isinstance(schema, list):
        return [closed(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    if isinstance(schema.get("$ref"), str):
        return {"$ref": schema["$ref"].replace("#/definitions/", "#/components/schemas/")}
    found = {key: closed(each) for key, each in schema.items() if key not in ("properties", "discriminator", "example", "default")}
    if isinstance(found.get("enum"), list):
        found["enum"] = [each.strip() if isinstance(each, str) else each for each in found["enum"]]  # 11.4 has " email"
    if isinstance(schema.get("properties"), dict):
        found["properties"] = {key: {} if key in _OPEN else closed(each) for key, each in schema["properties"].items()}
        found.setdefault("additionalProperties", False)
        for key in _STATES:
            if "enum" in found["properties"].get(key, {}):
                found["properties"][key]["enum"].append("KeepLast")  # documented, and missing in Grafana's own enum
    return found


def _openapi(spec: dict[str, Any]) -> Iterator[Operation]:
    schemas = {name: closed(schema) for name, schema in spec["components"]["schemas"].items()}
    for path, methods in spec["paths"].items():
        for method in _METHODS:
            if method in methods:
                about = methods[method]
                body = about.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema")
                answers = {
                    int(status): closed(answer["content"]["application/json"]["schema"]) if "content" in answer else None
                    for status, answer in about["responses"].items()
                }
                yield _operation(method, path, about.get("parameters", []), body, answers, schemas)


def _swagger(spec: dict[str, Any]) -> Iterator[Operation]:
    schemas = {name: closed(schema) for name, schema in spec["definitions"].items()}
    for path, methods in spec["paths"].items():
        for method in _METHODS:
            if method in methods:
                about = methods[method]
                parameters = about.get("parameters", [])
                body = next((each["schema"] for each in parameters if each["in"] == "body"), None)
                answers = {}
                for status, answer in about["responses"].items():
                    full = spec["responses"][answer["$ref"].rpartition("/")[2]] if "$ref" in answer else answer
                    answers[int(status)] = closed(full["schema"]) if "schema" in full else None
                yield _operation(method, f"/api{path}", parameters, body, answers, schemas)


def _operation(
    method: str, path: str, parameters: list[dict[str, Any]], body: Any, answers: dict[int, Any], schemas: dict[str, Any]
) -> Operation:
    names = {where: frozenset(each["name"] for each in parameters if each.get("in") == where) for where in ("query", "header")}
    return Operation(method.upper(), path, names["query"], names["header"], None if body is None else closed(body), answers, schemas)

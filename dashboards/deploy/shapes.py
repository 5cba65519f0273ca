"""What must be an object, a list or a text in Grafana's answers, so that what follows can rely on it. What is missing or null is fine."""

from typing import Any

OBJECT: Any = {}
LIST: Any = []
TEXT: Any = ""


def _texts(names: str) -> dict[str, Any]:
    return dict.fromkeys(names.split(), TEXT)


FOLDER = {"title": TEXT}
RULE = _texts("uid title folderUID ruleGroup provenance") | {
    "annotations": OBJECT,
    "labels": OBJECT,
    "data": [{"model": OBJECT, "relativeTimeRange": OBJECT}],
    "notification_settings": OBJECT,
}
GROUP = {"rules": [RULE]}
BOARD = {"dashboard": {"title": TEXT, "tags": [TEXT], "panels": [OBJECT]}, "meta": _texts("folderUid folderTitle")}
POINT = _texts("uid name type provenance") | {"settings": OBJECT}
DATASOURCE = _texts("uid name type") | {"jsonData": OBJECT, "secureJsonFields": OBJECT}
ROUTE: dict[str, Any] = _texts("receiver provenance") | {"match": OBJECT, "match_re": OBJECT, "matchers": LIST, "object_matchers": [LIST]}
ROUTE["routes"] = [ROUTE]


def has_shape(value: Any, shape: Any) -> bool:
    """Tell whether a value has objects, lists and texts where the shape has them; a list's shape is that of each of its items."""
    if value is None:
        return True
    if isinstance(shape, str):
        return isinstance(value, str)
    if isinstance(shape, list):
        return isinstance(value, list) and all(each is not None and has_shape(each, inner) for inner in shape for each in value)
    return isinstance(value, dict) and all(has_shape(value.get(key), inner) for key, inner in shape.items())

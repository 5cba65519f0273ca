"""The configuration of a field: the panel's defaults and what the overrides that match it say."""

import re
from typing import Any

from dashboards.model.json import Json
from dashboards.preview.frame import Field, Frame

_TEMPLATE = re.compile(r"\$\{__field\.(?:labels\.)?(\w+)\}")


def config_of(panel: Json, frame: Frame, field: Field) -> dict[str, Any]:
    """Return Grafana's FieldConfig of one field, `custom` among it, with `displayName` always there."""
    settings = panel.get("fieldConfig", {})
    config: dict[str, Any] = dict(settings.get("defaults", {}))
    config["custom"] = dict(config.get("custom", {}))
    for override in settings.get("overrides", []):
        if _matches(override["matcher"], frame, field):
            for each in override["properties"]:
                _set(config, each["id"], each.get("value"))
    name = str(config.get("displayName") or field.name)
    config["displayName"] = _TEMPLATE.sub(lambda match: field.labels.get(match[1], field.name if match[1] == "name" else ""), name)
    return config


def _matches(matcher: Json, frame: Frame, field: Field) -> bool:
    wanted = matcher.get("options")
    kind = matcher["id"]
    if kind == "byName":
        return bool(field.name == wanted)
    if kind == "byRegexp":
        return re.search(str(wanted).strip("/"), field.name) is not None
    if kind in ("byFrameRefID", "byRefId"):
        return bool(frame.ref == wanted)
    if kind == "byType":
        return bool((wanted == "time" and field.is_time) or (wanted == "number" and field.is_number))
    return kind == "byNames" and field.name in (wanted or {}).get("names", ())


def _set(config: dict[str, Any], path: str, value: Any) -> None:
    head, _, rest = path.partition(".")
    if rest:
        config[head] = {**config.get(head, {}), rest: value}
    else:
        config[head] = value

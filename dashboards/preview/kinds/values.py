"""The single values that a stat, a gauge or a bar gauge shows: one of each field, or one of each row."""

import re
from collections.abc import Sequence
from typing import Any, NamedTuple

from dashboards.model.json import Json
from dashboards.preview.config import config_of
from dashboards.preview.frame import Field, Frame
from dashboards.preview.reduce import reduced
from dashboards.preview.shown import Shown, shown


class Value(NamedTuple):
    """One value with its name, how it is printed, and the configuration of its field."""

    name: str
    value: Any
    shown: Shown
    config: dict[str, Any]


def values_of(panel: Json, frames: Sequence[Frame]) -> list[Value]:
    """Return the values by the panel's `reduceOptions`."""
    options = panel["options"].get("reduceOptions", {})
    fields = [(frame, field) for frame in frames for field in frame.values if _is_wanted(field, str(options.get("fields", "")))]
    if options.get("values"):
        limit = options.get("limit") or 25
        return [value for frame in frames for value in _of_rows(panel, frame, [f for owner, f in fields if owner is frame])][:limit]
    calc = (options.get("calcs") or ["lastNotNull"])[0]
    return [_value(panel, frame, field, reduced(field.values, calc)) for frame, field in fields]


def _is_wanted(field: Field, wanted: str) -> bool:
    if not wanted:
        return field.is_number or not any(isinstance(value, str) for value in field.values)
    pattern = wanted[1:-1] if wanted.startswith("/") and wanted.endswith("/") else f"^{re.escape(wanted)}$"
    return re.search(pattern, field.name) is not None


def _of_rows(panel: Json, frame: Frame, fields: Sequence[Field]) -> list[Value]:
    names = [field for field in frame.values if any(isinstance(value, str) for value in field.values) and field not in fields]
    found = []
    for row in range(frame.row_count):
        prefix = " ".join(str(field.values[row]) for field in names if field.values[row] is not None)
        for field in fields:
            value = _value(panel, frame, field, field.values[row])
            found.append(
                value._replace(name=" ".join(part for part in (prefix, value.name if len(fields) > 1 else "") if part) or value.name)
            )
    return found


def _value(panel: Json, frame: Frame, field: Field, value: Any) -> Value:
    config = config_of(panel, frame, field)
    return Value(config["displayName"], value, shown(value, config), config)

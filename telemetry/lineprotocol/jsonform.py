"""A point as one JSON object, the form that `quanho lp` and `quanho decode` print, one object a line:

    {"measurement": "air", "tags": {"site": "b"}, "fields": {"pm2_5": 12.0, "count": 3, "sum": {"uint": 7}}, "time": 1700000000000000000}

The number's spelling is its type: with a decimal point or exponent a float, without an integer, `{"uint": n}` an unsigned
integer. `time` is in nanoseconds since 1970 UTC.
"""

import json
from collections.abc import Mapping
from typing import Any

from telemetry.errors import RejectedError
from telemetry.point import FieldValue, Point, Unsigned


def dump_point(point: Point) -> str:
    """Return `point` as one line of JSON, without the LF."""
    fields = {key: {"uint": int(value)} if isinstance(value, Unsigned) else value for key, value in point.fields.items()}
    tree = {"measurement": point.measurement, "tags": dict(point.tags), "fields": fields, "time": point.time_ns}
    return json.dumps(tree, ensure_ascii=False)


def load_point(text: str | bytes) -> Point:
    """Return the point that `dump_point` wrote; RejectedError says which part is wrong."""
    return point_of(load_object(text))


def point_of(tree: Mapping[str, object]) -> Point:
    """Return the point in a JSON object; keys that belong to no point are passed over. RejectedError says which part is wrong."""
    measurement, time_ns = tree.get("measurement"), tree.get("time")
    tags, fields = tree.get("tags", {}), tree.get("fields")
    if not isinstance(measurement, str):
        raise RejectedError('"measurement" must be a string')
    if not isinstance(tags, dict) or not all(isinstance(value, str) for value in tags.values()):
        raise RejectedError('"tags" must be an object of strings')
    if not isinstance(fields, dict):
        raise RejectedError('"fields" must be an object')
    if not isinstance(time_ns, int) or isinstance(time_ns, bool):
        raise RejectedError('"time" must be an integer, nanoseconds since 1970 UTC')
    return Point(measurement, tags, {key: _field(key, value) for key, value in fields.items()}, time_ns)


def load_object(text: str | bytes) -> dict[str, Any]:
    """Return the JSON object in `text`; RejectedError when it is not JSON (or nested too deep to read), or no object."""
    try:
        tree = json.loads(text)
    except RecursionError:
        raise RejectedError("JSON is nested too deep") from None
    except ValueError as error:  # JSONDecodeError, UnicodeDecodeError, integers beyond int()'s limit
        raise RejectedError(f"not JSON: {error}") from None
    if not isinstance(tree, dict):
        raise RejectedError("not a JSON object")
    return tree


def _field(key: str, value: object) -> FieldValue:
    if isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, dict) and list(value) == ["uint"] and isinstance(value["uint"], int) and not isinstance(value["uint"], bool):
        return Unsigned(value["uint"])
    raise RejectedError(f'field {key!r} must be a number, a string, true, false or {{"uint": n}}')

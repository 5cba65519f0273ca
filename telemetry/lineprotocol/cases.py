"""Cases of the public line-protocol corpus (influxdata/line-protocol-corpus, schema.cue), answered in its own output shape.

Text that may hold any byte is a string or {"binary": base64}. A decode case is {"key", "text", "defaultTime", "precision"}
and its result a list of points {"time", "name", "tags": [{"key", "value"}], "fields": [{"key", "value": {kind: value}}]};
an encode case is {"key", "point", "precision"} and its result the line. Every answer is {"key", "result"} or {"key", "error"}.
"""

import base64
import binascii
from collections.abc import Callable, Mapping
from typing import Any

from telemetry.errors import RejectedError
from telemetry.lineprotocol.encode import encode_pairs
from telemetry.lineprotocol.jsonform import load_object
from telemetry.lineprotocol.parse import ParsedPoint, parse_strict
from telemetry.point import FieldValue, Unsigned

Answer = dict[str, Any]


def answer_decode(line: bytes) -> Answer:
    """Answer the decode case in one line of JSON; never raises RejectedError."""
    return _answer(line, _decode)


def answer_encode(line: bytes) -> Answer:
    """Answer the encode case in one line of JSON; never raises RejectedError."""
    return _answer(line, _encode)


def _answer(line: bytes, work: Callable[[Mapping[str, Any]], Any]) -> Answer:
    key = None
    try:
        case = load_object(line)
        key = case.get("key")
        return {"key": key, "result": work(case)}
    except RejectedError as error:
        return {"key": key, "error": str(error)}
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        return {"key": key, "error": f"not a case of the corpus: {type(error).__name__}: {error}"}


def _decode(case: Mapping[str, Any]) -> list[Answer]:
    text = case["text"] if "text" in case else {"binary": case["binary"]}
    points = parse_strict(_bytes(text), _integer(case.get("defaultTime", 0)), case.get("precision", "1ns"))
    return [_point_tree(point) for point in points]


def _encode(case: Mapping[str, Any]) -> str | Answer:
    point = case["point"]
    tags = [(_text(tag["key"]), _text(tag["value"])) for tag in point.get("tags") or []]
    fields = [(_text(field["key"]), _value(field["value"])) for field in point.get("fields") or []]
    line = encode_pairs(_text(point["name"]), tags, fields, _integer(point["time"]), case.get("precision", "1ns"))
    return line.decode()


def _point_tree(point: ParsedPoint) -> Answer:
    return {
        "time": point.time_ns,
        "name": point.measurement,
        "tags": [{"key": key, "value": value} for key, value in point.tags],
        "fields": [{"key": key, "value": {_kind(value): value}} for key, value in point.fields],
    }


def _kind(value: FieldValue) -> str:
    for kind, python_type in (("bool", bool), ("uint", Unsigned), ("int", int), ("float", float)):
        if isinstance(value, python_type):
            return kind
    return "string"


def _value(tree: Mapping[str, Any]) -> FieldValue:
    ((kind, value),) = tree.items()
    read = _READERS.get(kind)
    if read is None:
        raise RejectedError(f"unknown kind of value {kind!r}")
    return read(value)


def _integer(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise RejectedError(f"{value!r} is not an integer")
    return value


def _boolean(value: object) -> bool:
    if not isinstance(value, bool):
        raise RejectedError(f"{value!r} is not a boolean")
    return value


def _float(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise RejectedError(f"{value!r} is not a number")
    try:
        return float(value)
    except OverflowError:
        raise RejectedError("float out of range") from None


def _bytes(tree: str | Mapping[str, str]) -> bytes:
    if isinstance(tree, str):
        return tree.encode("utf-8", "surrogatepass")
    try:
        return base64.b64decode(tree["binary"], validate=True)
    except binascii.Error as error:
        raise RejectedError(f"not base64: {error}") from None


def _text(tree: str | Mapping[str, str]) -> str:
    try:
        return _bytes(tree).decode()
    except UnicodeDecodeError:
        raise RejectedError("not valid UTF-8") from None


_READERS: dict[str, Callable[[Any], FieldValue]] = {
    "int": _integer,
    "uint": lambda value: Unsigned(_integer(value)),
    "float": _float,
    "floatNonNumber": float,
    "bool": _boolean,
    "string": _text,
    "binary": lambda value: _text({"binary": value}),
}

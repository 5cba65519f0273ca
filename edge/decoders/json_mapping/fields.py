"""The fields of one element, by the table of a mapping."""

from collections.abc import Mapping

import orjson

from edge.decoders.decoder import Refusals, shown
from edge.decoders.json_mapping.flatten import Flattening
from edge.decoders.json_mapping.options import FieldMapping
from edge.decoders.json_mapping.path import Scope, getter, parse_path
from edge.decoders.values import CONVERT, scaled
from telemetry.point import FieldValue

_LARGEST = 2**64  # integers that float() takes without asking


class FieldTable:
    """`read` fills a dict of fields from an element; a value that does not fit is refused alone."""

    def __init__(self, mappings: Mapping[str, FieldMapping], below: Flattening) -> None:
        self._plain: list[tuple[str, str, _Field]] = []  # field, the element's key: the common case, without a call per field
        self._other: list[_Field] = []
        for name, mapping in mappings.items():
            field = _Field(name, mapping, below)
            key = parse_path(mapping.path[0]).plain_key if len(mapping.path) == 1 else None
            if (
                key is not None
                and mapping.type in {None, "float"}
                and mapping.scale is None
                and mapping.default is None
                and not mapping.required
            ):
                self._plain.append((name, key, field))
            else:
                self._other.append(field)
        self.is_plain = not self._other

    def read(self, scope: Scope, refusals: Refusals) -> dict[str, FieldValue] | None:
        """Return the fields found, None when a required one is absent."""
        fields = self.read_plain(scope.value, refusals) if isinstance(scope.value, dict) else {}
        for field in self._other:
            value = field.find(scope)
            if value.__class__ is float and field.takes_floats:
                fields[field.name] = value
            elif value is not None:
                field.add(value, fields, refusals)
            elif field.is_required:
                refusals.add(f"field {field.name} is absent ({field.place})")
                return None
        return fields

    def read_plain(self, element: dict[str, object], refusals: Refusals) -> dict[str, FieldValue]:
        """Return the fields that are one key of the element, which is all of them where `is_plain`."""
        fields: dict[str, FieldValue] = {}
        get = element.get
        for name, key, field in self._plain:
            value = get(key)
            if value.__class__ is float:
                fields[name] = value
            elif value.__class__ is int and -_LARGEST <= value <= _LARGEST:
                fields[name] = float(value)
            elif value is not None:
                field.add(value, fields, refusals)
        return fields


class _Field:
    def __init__(self, name: str, mapping: FieldMapping, below: Flattening) -> None:
        self.name = name
        self.place = " or ".join(mapping.path)
        self.is_required = mapping.required
        self._getters = tuple(getter(parse_path(path)) for path in mapping.path)
        self._default = mapping.default
        self._type = mapping.type
        # as they are: parse_payload gives finite ones
        self.takes_floats = mapping.type in {None, "float"} and mapping.scale is None and mapping.default is None
        self._convert = CONVERT[mapping.type]
        self._scale = mapping.scale
        self._below = below

    def find(self, scope: Scope) -> object:
        for get in self._getters:
            value = get(scope)
            if value is not None:
                return value
        return self._default

    def add(self, value: object, fields: dict[str, FieldValue], refusals: Refusals) -> None:
        """Add the field; an object or array without a type adds what is in it, below this name."""
        if isinstance(value, dict | list):
            if self._type is None:
                self._below.flatten(value, self.name, fields, refusals)
                return
            if self._type == "str":
                value = _as_json(value)
        try:
            converted = self._convert(value)
            fields[self.name] = converted if self._scale is None else scaled(converted, self._scale)
        except ValueError as error:
            refusals.add(f"field {self.name} ({self.place}): {error}")


def _as_json(value: object) -> str:
    """Return an object or array as compact JSON; ValueError where that cannot be."""
    try:
        return orjson.dumps(value, default=str).decode()
    except orjson.JSONEncodeError as error:
        raise ValueError(f"{shown(value)} cannot be written as JSON: {error}") from None

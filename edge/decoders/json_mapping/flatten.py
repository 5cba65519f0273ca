"""Every number and boolean of an object as a field, named by its way there: {"wind": {"Speed": 3}} → wind_speed.

Array elements are numbered (cells_0, cells_1). Text becomes a field only on request. Two leaves of one name: the first stays,
the second is refused.
"""

from collections.abc import Collection, Iterable, Mapping

from edge.decoders.decoder import Refusals, shown
from edge.decoders.json_mapping.path import Step
from edge.decoders.values import Unreadable, as_given
from edge.names import lower_snake
from telemetry.point import FieldValue

Way = tuple[Step, ...]

_LARGEST = 2**64  # integers that float() takes without asking


class Flattening:
    """The settings of one mapping; `flatten` adds to `fields`."""

    def __init__(self, skip: Collection[Way], *, takes_strings: bool, max_fields: int, max_depth: int) -> None:
        self._skip = frozenset(skip)
        self._skip_keys = frozenset(way[0] for way in skip if len(way) == 1)
        self._takes_strings = takes_strings
        self._max_fields = max_fields
        self._max_depth = max_depth

    def plain(self, element: Mapping[str, object]) -> dict[str, FieldValue] | None:
        """Return the fields of an object that holds only numbers and unwanted text, None for any other: then `flatten` decides."""
        fields: dict[str, FieldValue] = {}
        given_count = 0
        for key, value in element.items():
            if key in self._skip_keys:
                continue
            if value.__class__ is float:
                fields[lower_snake(key)] = value
                given_count += 1
            elif value.__class__ is int and -_LARGEST <= value <= _LARGEST:
                fields[lower_snake(key)] = float(value)
                given_count += 1
            elif value.__class__ is not str or self._takes_strings:
                return None
        return fields if len(fields) == given_count <= self._max_fields else None

    def flatten(self, value: object, name: str, fields: dict[str, FieldValue], refusals: Refusals) -> None:
        """Add every leaf of `value`, its name beginning with `name`."""
        self._add_all(value, name, (), fields, refusals)
        if len(fields) > self._max_fields:
            refusals.add(f"more than {self._max_fields} fields; map the ones that matter, or raise max_fields")
            for extra in list(fields)[self._max_fields :]:
                del fields[extra]

    def _add_all(self, value: object, name: str, way: Way, fields: dict[str, FieldValue], refusals: Refusals) -> None:
        if len(way) > self._max_depth:
            refusals.add(f"field {name[:60]}…: nested deeper than {self._max_depth}")
            return
        for key, child in _children(value):
            if len(fields) > self._max_fields:
                return
            here = (*way, key)
            if child is None or here in self._skip:
                continue
            part = lower_snake(key) if isinstance(key, str) else str(key)
            child_name = f"{name}_{part}" if name else part
            if isinstance(child, dict | list):
                self._add_all(child, child_name, here, fields, refusals)
            else:
                self._add(child, child_name, fields, refusals)

    def _add(self, value: object, name: str, fields: dict[str, FieldValue], refusals: Refusals) -> None:
        if isinstance(value, str) and not self._takes_strings and not isinstance(value, Unreadable):
            return
        if name in fields:
            refusals.add(f"field {shown(name)}: two values have this name; map them to names of their own")
            return
        try:
            fields[name] = as_given(value)
        except ValueError as error:
            refusals.add(f"field {shown(name)}: {error}")


def _children(value: object) -> Iterable[tuple[Step, object]]:
    if isinstance(value, Mapping):
        return value.items()
    return enumerate(value) if isinstance(value, list) else ()

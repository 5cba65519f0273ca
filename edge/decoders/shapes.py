"""Objects of the same keys are read the same way: what keys alone decide is worked out once and remembered.

A device sends the same keys a million times. A `Shape` is the plan for one set of keys: which value goes where. It reads only what needs no
thought; at the first value that does (null, text, an object, a number that no float holds) it gives up, and the decoder's own way, which
refuses such values by name, reads the message instead. Both give the same readings.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from edge.decoders.gathering import ANY_DEVICE, Convert, Target, first_known
from edge.decoders.values import as_bool, as_float
from telemetry.errors import RejectedError
from telemetry.point import FieldValue, Reading

_REMEMBERED = 500
_MAX_KEYS = 100
_MAX_CHARACTERS = 2_000  # of all keys together: a hostile message is not remembered

_Row = tuple[Any, str, Convert | None]  # key (or index), field, conversion where a float is not taken as it is


class Shape:
    """The plan for one set of keys."""

    __slots__ = ("_groups",)

    def __init__(self, groups: Sequence[tuple[str, Sequence[_Row]]]) -> None:
        self._groups = groups

    def read(self, values: Any, tags: Mapping[str, str], time_ns: int | None) -> list[Reading] | None:
        """Return the readings of `values`, a mapping (or sequence) with the keys (or length) of this shape; None: somebody has to think."""
        readings: list[Reading] = []
        try:
            for measurement, rows in self._groups:
                fields: dict[str, FieldValue] = {}
                for key, field, convert in rows:
                    fields[field] = values[key] / 1.0 if convert is None else convert(values[key])  # no number: TypeError
                readings.append(Reading(measurement, tags, fields, time_ns))
        except (ValueError, TypeError, LookupError, OverflowError, RejectedError):
            return None
        return readings


class Shapes:
    """Shapes by what decides them; the oldest is forgotten first."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, ...], Shape | None] = {}

    def of(self, keys: tuple[str, ...], places: Callable[..., Iterable[tuple[Any, Target]] | None], *given: object) -> Shape | None:
        """Return the shape for `keys`; `places(*given)` is asked once, and gives None where keys alone do not decide."""
        try:
            return self._known[keys]
        except KeyError:
            if len(keys) > _MAX_KEYS or sum(map(len, keys)) > _MAX_CHARACTERS:
                return None
            if len(self._known) >= _REMEMBERED:
                del self._known[next(iter(self._known))]
            found = places(*given)
            made = self._known[keys] = None if found is None else shape_of(found)
            return made


def shape_of(places: Iterable[tuple[Any, Target]]) -> Shape | None:
    """Return the shape of these places; None where two have one field, or there are none."""
    groups: dict[str, dict[str, _Row]] = {}
    for key, (measurement, field, convert) in places:
        rows = groups.setdefault(measurement, {})
        if field in rows:
            return None
        rows[field] = (key, field, _quick(convert))
    riding = groups.pop(ANY_DEVICE, {})
    if riding:
        first = groups.setdefault(first_known(groups), {})
        if first.keys() & riding.keys():
            return None
        first.update(riding)
    return Shape([(measurement, tuple(rows.values())) for measurement, rows in groups.items()]) if groups else None


def _quick(convert: Convert) -> Convert | None:
    if convert is as_float:
        return None
    return _quick_bool if convert is as_bool else convert


def _quick_bool(value: object) -> bool:
    return value if isinstance(value, bool) else as_bool(value)


def text_number(value: object) -> float:
    """Return what `as_float` does, for values that are text as a rule: a shape gives them no thought."""
    return as_float(value)

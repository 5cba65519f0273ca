"""What a statement selects from: points with the names of their fields and tags; of a measurement, or the answer of a statement inside."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from telemetry.point import FieldValue, Point


@dataclass(frozen=True, slots=True)
class Relation:
    """`points` in the order of time, `fields` and `tags` all that any of them has."""

    points: tuple[Point, ...]
    fields: frozenset[str]
    tags: frozenset[str]

    @property
    def numeric(self) -> frozenset[str]:
        """The fields that are numbers."""
        return frozenset(
            name
            for point in self.points
            for name, value in point.fields.items()
            if isinstance(value, (int, float)) and not isinstance(value, bool)
        )


def measurement(name: str, points: Iterable[Point]) -> Relation:
    """Return the points of a measurement, or of all that a regular expression between slashes finds.

    Points of the same tags and time are one: fields of the later take the place of the earlier.
    """
    is_named = re.compile(name[1:-1]).search if name.startswith("/") else re.compile(re.escape(name)).fullmatch
    merged: dict[tuple[str, tuple[tuple[str, str], ...], int], dict[str, FieldValue]] = {}
    for point in points:
        if is_named(point.measurement):
            key = (point.measurement, tuple(sorted((tag, value) for tag, value in point.tags.items() if value)), point.time_ns)
            merged.setdefault(key, {}).update(point.fields)
    in_order = sorted(merged.items(), key=lambda each: each[0])
    return relation([Point(found, dict(tags), fields, time_ns) for (found, tags, time_ns), fields in in_order])


def relation(points: Sequence[Point]) -> Relation:
    """Return points as they are, in the order of time."""
    ordered = sorted(points, key=lambda point: point.time_ns)
    fields = frozenset(field for point in ordered for field in point.fields)
    return Relation(tuple(ordered), fields, frozenset(tag for point in ordered for tag in point.tags))

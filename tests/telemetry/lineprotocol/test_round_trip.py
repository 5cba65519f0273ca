"""What is written reads back as it was."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telemetry.errors import RejectedError
from telemetry.lineprotocol.encode import encode
from telemetry.lineprotocol.jsonform import dump_point, load_point
from telemetry.lineprotocol.parse import parse_strict
from telemetry.point import Point, Unsigned

_PRINTABLE = st.characters(exclude_categories=["Cs"], exclude_characters=[chr(c) for c in range(32)] + ["\x7f"])
_NAMES = st.text(_PRINTABLE, min_size=1, max_size=12).filter(lambda name: not name.endswith("\\"))
_MEASUREMENTS = _NAMES.filter(lambda name: not name.startswith("#"))
_INT64 = st.integers(-(2**63), 2**63 - 1)
_VALUES = (
    st.floats(allow_nan=False, allow_infinity=False)
    | _INT64
    | st.integers(0, 2**64 - 1).map(Unsigned)
    | st.booleans()
    | st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
)
_POINTS = st.builds(
    Point,
    _MEASUREMENTS,
    st.dictionaries(_NAMES, _NAMES, max_size=4),
    st.dictionaries(_NAMES, _VALUES, min_size=1, max_size=4),
    _INT64,
)


def _typed(point: Point) -> tuple[object, ...]:
    fields = {key: (type(value), math.copysign(1, value) if isinstance(value, float) else 0, value) for key, value in point.fields.items()}
    return point.measurement, dict(point.tags), fields, point.time_ns


@given(_POINTS)
def test_a_point_survives_line_protocol(point: Point) -> None:
    (back,) = parse_strict(encode(point), 0)
    assert _typed(back.as_point()) == _typed(point)


@given(st.lists(_POINTS, max_size=5))
def test_points_joined_by_line_feeds_come_back_in_order(points: list[Point]) -> None:
    text = b"".join(encode(point) + b"\n" for point in points)
    assert [_typed(back.as_point()) for back in parse_strict(text, 0)] == [_typed(point) for point in points]


@given(_POINTS)
def test_a_point_survives_its_json_form(point: Point) -> None:
    assert _typed(load_point(dump_point(point))) == _typed(point)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[1]",
        "{}",
        "[" * 100_000,
        '{"measurement": 1, "fields": {}, "time": 0}',
        '{"measurement": "m", "tags": {"a": 1}, "fields": {"v": 1}, "time": 0}',
        '{"measurement": "m", "fields": [], "time": 0}',
        '{"measurement": "m", "fields": {"v": null}, "time": 0}',
        '{"measurement": "m", "fields": {"v": {"uint": 1.5}}, "time": 0}',
        '{"measurement": "m", "fields": {"v": 1}, "time": 1.5}',
        '{"measurement": "m", "fields": {"v": 1}}',
        '{"measurement": "m", "fields": {"v": 1}, "time": %s}' % ("9" * 5000),
    ],
)
def test_json_that_is_no_point_is_refused(text: str) -> None:
    with pytest.raises(RejectedError):
        load_point(text)

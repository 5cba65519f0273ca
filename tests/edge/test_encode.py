"""The remembering encoder writes what the plain one writes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.encode import Encoder
from telemetry.errors import RejectedError
from telemetry.lineprotocol.encode import encode
from telemetry.point import FieldValue, Point, Unsigned

names = st.text(alphabet='ab ,=\\"é', min_size=1, max_size=4)
values: st.SearchStrategy[FieldValue] = (
    st.floats(allow_nan=True)
    | st.sampled_from([0.0, -0.0, 1.0, 1e-5, 1e6, 123456.0, 20.5])
    | st.integers(-(2**64), 2**64)
    | st.integers(0, 2**64).map(Unsigned)
    | st.booleans()
    | st.text(max_size=5)
)
points = st.builds(
    Point, names, st.dictionaries(names, names, max_size=3), st.dictionaries(names, values, max_size=4), st.integers(-(2**64), 2**64)
)


def plain(point: Point) -> str | None:
    try:
        return encode(point).decode()
    except RejectedError:
        return None


def remembering(encoder: Encoder, point: Point) -> str | None:
    try:
        return encoder.line(point)
    except RejectedError:
        return None


@given(st.lists(points, max_size=5))
def test_lines_are_those_of_the_plain_encoder_also_the_second_time(sent: list[Point]) -> None:
    encoder = Encoder(max_series=2)
    for point in sent * 2:
        assert remembering(encoder, point) == plain(point)


def test_minus_zero_and_zero_are_told_apart() -> None:
    encoder = Encoder()
    lines = [encoder.line(Point("m", {}, {"a": value}, 1)) for value in (0.0, -0.0, 0.0)]
    assert lines == ["m a=0 1", "m a=-0 1", "m a=0 1"]


def test_a_tag_that_no_reader_gives_back_is_refused() -> None:
    for value in ("a\nb", "a\\", ""):
        with pytest.raises(RejectedError):
            Encoder().line(Point("m", {"t": value}, {"a": 1.0}, 1))


def test_memory_stays_bounded_over_many_numbers_and_series() -> None:
    encoder = Encoder(max_series=10)
    for number in range(10_000):
        assert encoder.line(Point("m", {"t": str(number)}, {"a": number + 0.5}, number)) == f"m,t={number} a={number}.5 {number}"

"""What is worked out once a set of keys gives the same readings as the long way, or gives up."""

import math
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.decoders.decoder import Refusals
from edge.decoders.gathering import ANY_DEVICE, Gathering, Target, target
from edge.decoders.presence import Presence
from edge.decoders.shapes import Shapes, shape_of, text_number
from edge.decoders.values import as_float
from telemetry.point import Reading

_TARGETS = {
    "t": target("air", "temperature"),
    "p": target("air", "pressure", "Pa"),
    "e": target("power", "energy", "kWh"),
    "o": target("state", "output"),
    "b": target(ANY_DEVICE, "battery_percent"),
    "q": target(ANY_DEVICE, "link_quality"),
}
_VALUES = st.floats() | st.integers() | st.booleans() | st.none() | st.sampled_from(["ON", "off", "12.5", "x", "1e999"]) | st.just([1])


def _long_way(message: dict[str, object]) -> tuple[list[Reading], bool]:
    refusals = Refusals()
    gathering = Gathering(refusals)
    for key, value in message.items():
        gathering.put(_TARGETS[key], value)
    return gathering.readings({}, 7), bool(refusals.listed())


@given(message=st.dictionaries(st.sampled_from(sorted(_TARGETS)), _VALUES, min_size=1))
def test_a_shape_reads_what_the_long_way_reads_or_gives_up(message: dict[str, object]) -> None:
    shape = shape_of([(key, _TARGETS[key]) for key in message])
    assert shape is not None
    quick = shape.read(message, {}, 7)
    slow, is_refused = _long_way(message)
    if is_refused:
        assert quick is None
    elif quick is not None:
        assert repr(quick) == repr(slow)  # NaN is not NaN


@given(message=st.dictionaries(st.sampled_from(sorted(_TARGETS)), st.floats(-1e6, 1e6), min_size=1))
def test_finite_numbers_never_need_the_long_way(message: dict[str, object]) -> None:
    message.pop("o", None)
    shape = shape_of([(key, _TARGETS[key]) for key in message])
    assert not message or (shape is not None and shape.read(message, {}, 7) is not None)


def test_two_values_for_one_field_have_no_shape() -> None:
    assert shape_of([("a", _TARGETS["t"]), ("b", _TARGETS["t"])]) is None
    assert shape_of([("a", target("air", "battery_percent")), ("b", _TARGETS["b"])]) is None


def test_places_are_asked_once_a_set_of_keys_and_memory_is_bounded() -> None:
    shapes = Shapes()
    asked: list[int] = []

    def places(number: int) -> list[tuple[str, Target]]:
        asked.append(number)
        return [("t", _TARGETS["t"])]

    for number in (*range(600), *range(590, 600)):
        shapes.of((str(number),), lambda number=number: places(number))
    assert asked == list(range(600))
    shapes.of(("0",), lambda: places(0))
    assert asked[-1] == 0
    assert shapes.of(("x" * 10_000,), lambda: places(1)) is None
    assert asked[-1] == 0


_ODD = st.sampled_from(["1_0", " 2 ", "１２", "inf", "nan", "1e999"])


_DECIMAL = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?", re.ASCII)


@given(text=st.text(max_size=12) | st.floats().map(str) | st.integers().map(str) | _ODD)
def test_text_is_a_number_if_it_is_a_finite_decimal_in_ascii(text: str) -> None:
    number = float(text) if _DECIMAL.fullmatch(text.strip()) else math.nan
    if math.isfinite(number):
        assert text_number(text) == as_float(text) == number
    else:
        with pytest.raises(ValueError, match="is not a"):
            as_float(text)


def test_a_number_too_large_for_its_unit_is_refused() -> None:
    with pytest.raises(ValueError, match="too large"):
        _TARGETS["e"].convert(1e306)


def test_who_is_online_is_remembered_of_a_bounded_number_of_devices() -> None:
    presence = Presence()
    for number in range(6_000):
        assert len(presence.told(f"d{number}", is_online=False)) == 1
    assert presence.told("d5999", is_online=False) == ()
    assert len(presence.told("d0", is_online=False)) == 1  # forgotten, so told again

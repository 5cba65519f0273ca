"""Fields that share registers by mistake, and those that may."""

import pytest

from telemetry.errors import ConfigError
from tests.edge.modbus.maps import row, template


@pytest.mark.parametrize(
    ("left", "right"),
    [
        (row("a", 0, type="float32"), row("b", 1, type="float32")),
        (row("a", 0, type="uint32"), row("b", 1)),
        (row("a", 5), row("b", 5, scale=0.1)),
        (row("a", 0, type="uint32"), row("b", 0, enum={"1": "on"})),
        (row("a", 5, type="bool", bit=3), row("b", 5, type="bool", bit=3)),
        (row("a", 5, type="low8"), row("b", 5, type="low8")),
        (row("a", 0, type="uint32"), row("b", 1, type="bool", bit=0)),
        (row("a", 7, function=1, type="bool"), row("b", 7, function=1, type="bool")),
        (row("a", 0, type="uint64"), row("b", 2, type="int16")),
    ],
)
def test_shared_registers_are_an_error_that_names_both_and_the_way_out(left: dict[str, object], right: dict[str, object]) -> None:
    with pytest.raises(ConfigError, match=r"fields a \(.*\) and b \(.*\) share registers.*overlaps = true"):
        template(left, right)
    assert template(left, {**right, "overlaps": True}).field
    assert template({**left, "overlaps": True}, right).field


@pytest.mark.parametrize(
    ("left", "right"),
    [
        (row("a", 5, type="bool", bit=3), row("b", 5, type="bool", bit=4)),
        (row("a", 5), row("b", 5, type="bool", bit=4)),
        (row("a", 5), row("b", 5, enum={"1": "on"})),
        (row("a", 5, type="high8"), row("b", 5, type="low8")),
        (row("a", 0, type="uint32"), row("b", 2)),
        (row("a", 0, function=3), row("b", 0, function=4)),
        (
            row("a", 2, type="float32", when={"address": 0, "equals": [1]}),
            row("b", 2, type="float32", when={"address": 0, "equals": [2]}),
        ),
    ],
)
def test_two_views_of_the_same_registers_are_meant(left: dict[str, object], right: dict[str, object]) -> None:
    assert template(left, right).field


def test_every_wrong_row_is_told_once_and_by_its_name() -> None:
    with pytest.raises(ConfigError) as error:
        template(row("a", 0, colour="red"), row("b", 3, type="bool", unit="furlong"))
    with pytest.raises(ConfigError, match=r"x\.toml: field: .* at most 500"):
        template(*(row(f"f{number}", number) for number in range(501)))
    told = [f"{one.key}: {one.message}" for one in error.value.problems]
    assert len(told) == 2
    assert told[0].startswith("field.a.colour: ")
    assert told[1].startswith("field.b: a bool in a register needs bit; unknown unit 'furlong'")


def test_a_name_may_stand_again_under_other_numbers_of_the_same_register_only() -> None:
    def depth(**when: object) -> dict[str, object]:
        return row("depth", 4, **({"when": when} if when else {}))

    assert template(depth(address=2, equals=[16]), depth(address=2, equals=[17, 18])).field
    for wrong in (depth(address=2, equals=[15, 16]), depth(address=3, equals=[17]), depth()):
        with pytest.raises(ConfigError, match="field depth is there 2 times"):
            template(depth(address=2, equals=[16]), wrong)


def test_every_slip_is_told_at_once() -> None:
    with pytest.raises(ConfigError) as error:
        template(row("a", 0, type="uint32"), row("b", 1), row("c", 9, type="uint32"), row("d", 10), row("d", 20))
    said = str(error.value)
    assert "fields a" in said
    assert "fields c" in said
    assert "field d is there 2 times" in said

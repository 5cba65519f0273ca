"""Addresses as manuals write them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.modbus.address import parse_address
from telemetry.errors import ConfigError
from tests.edge.modbus.maps import row, template


@pytest.mark.parametrize(
    ("text", "function", "address"),
    [
        ("40001", 3, 0),
        ("400001", 3, 0),
        ("4x0001", 3, 0),
        ("49999", 3, 9998),
        ("465536", 3, 65_535),
        ("30013", 4, 12),
        ("300013", 4, 12),
        ("10020", 2, 19),
        ("00001", 1, 0),
        ("000020", 1, 19),
    ],
)
def test_a_reference_of_a_manual_tells_function_and_address(text: str, function: int, address: int) -> None:
    assert parse_address(text, None) == (function, address)
    assert parse_address(text, function) == (function, address)


@given(st.integers(0, 65_535), st.sampled_from([1, 2, 3, 4]))
def test_hexadecimal_is_the_address_of_the_request(address: int, function: int) -> None:
    assert parse_address(f"0x{address:04X}", function) == (function, address)


@given(st.integers(1, 65_536), st.sampled_from([("0", 1), ("1", 2), ("3", 4), ("4", 3)]))
def test_six_digits_reach_every_register(number: int, kind: tuple[str, int]) -> None:
    digit, function = kind
    assert parse_address(f"{digit}{number:05d}", None) == (function, number - 1)


@pytest.mark.parametrize(
    ("text", "function", "said"),
    [
        ("40001", 4, "of holding registers, function 3, not 4"),
        ("30001", 3, "of input registers, function 4, not 3"),
        ("0x000C", None, "needs function"),
        ("40000", None, "count from 1"),
        ("465537", None, "count from 1 to 65536"),
        ("20001", 3, "is none"),
        ("12", 3, "is none"),
        ("0x1FFFF", 3, "is none"),
        ("４0001", 3, "is none"),
        ("", 3, "is none"),
    ],
)
def test_what_contradicts_itself_or_is_no_address_is_told_with_the_way_out(text: str, function: int | None, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        parse_address(text, function)


def test_a_row_may_leave_the_function_to_its_address() -> None:
    first, second, third = template(
        row("a", "40011"), row("b", "0x000C", function=4), row("c", 40_001)
    ).field  # the third is the address of the request as it stands
    assert [(one.function, one.address) for one in (first, second, third)] == [(3, 10), (4, 12), (3, 40_001)]


def test_a_contradiction_in_a_file_names_the_row() -> None:
    with pytest.raises(ConfigError, match=r"field\.flow: address 40001 is of holding registers, function 3, not 4"):
        template(row("flow", "40001", function=4))

"""Which register maps fit: devices as their manuals have them, and devices that are none of ours."""

import struct
from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.modbus.frame import Span
from edge.modbus.recognise import Fit, Line, fit, known, ranked

KNOWN = known()
FACTORY = Line(9600, "none")
Registers = Mapping[tuple[int, int], int]  # (function, address) → number


def row(function: int, address: int, *numbers: int) -> dict[tuple[int, int], int]:
    return {(function, address + place): number for place, number in enumerate(numbers)}


def floats(function: int, address: int, *numbers: float) -> dict[tuple[int, int], int]:
    return row(function, address, *(word for number in numbers for word in struct.unpack(">HH", struct.pack(">f", number))))


PZEM = row(4, 0, 2302, 1500, 0, 3400, 0, 12345, 0, 500, 98, 0)
XY_MD02 = row(4, 1, 285, 613)
SOIL = row(3, 0, 356, 274, 812, 68, 25, 31, 102)
SDM120 = {
    **floats(4, 0, 231.4, 0, 0, 4.2, 0, 0, 950.5, 0, 0, 972.1, 0, 0, -31.5, 0, 0, 0.97, *[0] * 20),
    **floats(4, 70, 50.02, 1234.5, 0.1, 20.0),
}


def fits(registers: Registers, unit: int = 1, line: Line | None = FACTORY, identity: tuple[str, ...] = ()) -> list[Fit]:
    """Return which maps fit a device that has these registers, and refuses every other."""
    found = []
    for template, reads in KNOWN.values():
        answers = {span: data for span in reads if (data := answer(registers, span)) is not None}
        if (one := fit(template, answers, unit=unit, line=line, identity=identity)) is not None:
            found.append(one)
    return ranked(found)


def answer(registers: Registers, span: Span) -> bytes | None:
    numbers = [registers.get((span.function, span.address + place)) for place in range(span.length)]
    return None if None in numbers else b"".join(number.to_bytes(2, "big") for number in numbers if number is not None)


@pytest.mark.parametrize(("registers", "template"), [(PZEM, "pzem004t"), (XY_MD02, "xy_md02"), (SOIL, "soil_7in1"), (SDM120, "sdm120")])
def test_the_map_of_a_device_comes_first(registers: Registers, template: str) -> None:
    assert fits(registers)[0].template == template


def test_the_evidence_is_told() -> None:
    best = fits(PZEM)[0]
    assert (best.values["voltage"], best.values["frequency"], best.given, best.asked_for) == (230.2, 50.0, 7, 7)
    assert (best.is_factory_line, best.is_factory_id, best.is_named) == (True, True, False)
    assert not fits(PZEM, unit=9, line=Line(2400, "even"))[0].is_factory_line


def test_over_tcp_there_is_no_line_to_compare() -> None:
    assert not any(one.is_factory_line for one in fits(PZEM, line=None))


def test_the_id_and_the_baud_rate_decide_between_two_that_fit() -> None:
    small = row(3, 0, 356, 274)
    by_line = {line.baud: fits(small, line=line)[0].template for line in (Line(4800, "none"), FACTORY)}
    assert by_line[9600] in {"sen0600", "s_ph_01"}
    assert {"sen0600", "rs_fsjt_n01"} <= {one.template for one in fits(small)}


def test_what_a_device_calls_itself_counts_most() -> None:
    assert fits({**row(3, 0, 356, 274), **row(3, 5, 4000, 250)}, identity=("DFRobot", "URM14"))[0].template == "urm14"


@pytest.mark.parametrize(
    "registers",
    [
        {},
        {(function, address): 0 for function in (3, 4) for address in range(520)},
        {(function, address): 0xFFFF for function in (3, 4) for address in range(520)},
        row(4, 0, *[0xFFFF, 0x8000] * 5),
    ],
    ids=["refuses", "zeros", "ones", "extremes"],
)
def test_a_device_that_tells_nothing_fits_nothing(registers: Registers) -> None:
    assert [one.template for one in fits(registers)] in ([], ["rs_fsjt_n01"])


def test_whole_numbers_are_no_floats() -> None:
    registers = {(4, address): address % 7 for address in range(300)}
    assert not {"sdm120", "sdm630"} & {one.template for one in fits(registers)}


@given(st.binary(min_size=14, max_size=14), st.integers(0, 300))
def test_any_answer_is_judged(data: bytes, cut: int) -> None:
    for template, reads in KNOWN.values():
        answers = {span: (data * 20)[cut : cut + span.byte_count].ljust(span.byte_count, b"\0") for span in reads}
        fit(template, answers, unit=1, line=None)

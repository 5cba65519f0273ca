"""Winsen ZE and ZH modules."""

import pytest

from edge.decoders.decoder import UNDERSTOOD
from edge.decoders.table import build_decoder
from edge.decoders.ze import recognise
from telemetry import quality
from telemetry.errors import ConfigError, RejectedError
from telemetry.units import gas_mass
from tests.edge.decoders.serial_frames import fields_of, frames_of, negated, summed

HCHO = "ff170400002507d0e9"  # as the ZE08-CH2O manual builds it: 37 ppb of 2,000
HCHO_ANSWER = negated("ff86002a00000020")  # table 8 of the ZE07-CH2O manual: 42 ug/m3, 32 ppb (its checksum, 30, is wrong)


def test_the_example_of_the_manual_becomes_mass_at_25_degrees() -> None:
    assert negated("ff170400002507d0") == HCHO
    assert fields_of("ze", HCHO) == {"hcho": 45.4102595545}


@pytest.mark.parametrize(
    ("frame", "expected"),
    [
        ("ff04030100321388", {"co": gas_mass(5000, "co")}),  # ZE07-CO: 5.0 ppm of 500.0
        ("ff2a0400001e2710", {"o3": gas_mass(30, "o3")}),  # ZE25-O3
        ("ff2b0301000500c8", {"so2": gas_mass(500, "so2")}),  # ZE03-SO2: 0.5 ppm of 20.0
        ("ff2c0400001007d0", {"no2": gas_mass(16, "no2")}),  # ZE12-NO2
        ("ff05050100d100fa", {"o2": 20.9}),  # ZE03-O2: 20.9 % of 25.0
        ("ff310301000300c8", {"cl2_ppm": 0.3}),  # ZE03-CL2, not catalogued
    ],
)
def test_gases_units_and_decimals(frame: str, expected: dict[str, float]) -> None:
    assert fields_of("ze", negated(frame)) == expected


def test_more_than_the_full_range_is_marked() -> None:
    assert fields_of("ze", negated("ff2a040027112710"))["quality"] == quality.OUT_OF_RANGE
    assert "quality" not in fields_of("ze", negated("ff2a040027102710"))


@pytest.mark.parametrize(("frame", "options"), [("ff04030180321388", {}), ("ff86803200000000", {"model": "ze15-co"})])
def test_a_faulty_co_cell_says_so_in_its_highest_bit(frame: str, options: dict[str, str]) -> None:
    assert fields_of("ze", negated(frame), **options) == {"co": gas_mass(5000, "co"), "quality": quality.DEVICE_ERROR}


def test_ozone_has_no_such_bit() -> None:
    assert fields_of("ze", negated("ff2a04008001ffff")) == {"o3": gas_mass(32_769, "o3")}


@pytest.mark.parametrize(
    ("answer", "options", "expected"),
    [
        (HCHO_ANSWER, {"model": "ze08-ch2o"}, {"hcho": gas_mass(32, "hcho")}),
        (negated("ff86003200001388"), {"model": "ze07-co"}, {"co": gas_mass(5000, "co")}),
        (negated("ff86003200000000"), {"model": "ze03", "gas": "co"}, {"co": gas_mass(50_000, "co")}),
        (negated("ff86000500000000"), {"model": "ze03", "gas": "so2"}, {"so2": gas_mass(500, "so2")}),
        (negated("ff86001e00000010"), {"model": "ze12", "gas": "no2"}, {"no2": gas_mass(16, "no2")}),
        (negated("ff8600550065004a"), {"model": "zh03"}, {"pm1": 74.0, "pm2_5": 85.0, "pm10": 101.0}),
    ],
)
def test_answers_are_read_as_the_model_writes_them(answer: str, options: dict[str, str], expected: dict[str, float]) -> None:
    assert fields_of("ze", answer, **options) == expected


@pytest.mark.parametrize("head", ["424d0014", "424d001c"])
def test_dust_modules_upload_with_a_header_of_their_own(head: str) -> None:
    frame = head + "00000000000000070009000b"
    frame += "00" * (int(head[4:], 16) + 2 - len(frame) // 2)
    assert fields_of("ze", summed(frame, 2)) == {"pm1": 7.0, "pm2_5": 9.0, "pm10": 11.0}


@pytest.mark.parametrize("command", ["78", "a7"])
def test_answers_to_commands_are_understood(command: str) -> None:
    assert build_decoder("ze", {}).decode("", bytes.fromhex(negated(f"ff{command}010000000000"))) == UNDERSTOOD


@pytest.mark.parametrize(
    ("frame", "reason"),
    [
        (HCHO_ANSWER, "set the option model"),
        (HCHO[:-2] + "26", "wrong checksum"),
        (negated("ff170900002507d0"), "unknown unit 09"),
        (negated("ff170405002507d0"), "5 decimals"),
        (negated("ffee0400002507d0"), "unknown gas ee"),
        ("424d", "no dust frame"),
        ("", "9 bytes"),
    ],
)
def test_what_is_broken_is_refused(frame: str, reason: str) -> None:
    with pytest.raises(RejectedError, match=reason):
        build_decoder("ze", {}).decode("", bytes.fromhex(frame))


@pytest.mark.parametrize("options", [{"model": "ze07-co", "gas": "no2"}, {"model": "ze12"}])
def test_a_gas_that_cannot_be_is_a_wrong_option(options: dict[str, str]) -> None:
    with pytest.raises(ConfigError):
        build_decoder("ze", options)


def test_a_damaged_upload_costs_only_itself() -> None:
    stream = bytes.fromhex(HCHO + HCHO[:-2] + "26" + "ff17" + HCHO)
    frames, drops = frames_of(build_decoder("ze", {}), stream)
    assert frames == [bytes.fromhex(HCHO)] * 2
    assert sum(drop.is_frame for drop in drops) >= 1


def test_it_is_recognised_by_its_uploads_only() -> None:
    assert "hcho" in recognise("", bytes.fromhex(HCHO))
    assert recognise("", bytes.fromhex(HCHO_ANSWER)) == ""

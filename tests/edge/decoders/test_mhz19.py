"""Winsen MH-Z19 and relatives."""

import pytest

from edge.decoders.decoder import UNDERSTOOD
from edge.decoders.mhz19 import recognise
from edge.decoders.table import build_decoder
from telemetry import quality
from telemetry.errors import RejectedError
from tests.edge.decoders.serial_frames import fields_of, negated, readings_of

ANSWER = "ff86027c42000000ba"  # of the corpus (PyPMS, MH-Z19B)


def answer(ppm: int, temperature: int = 0, status: int = 0, u: int = 0) -> bytes:
    return bytes.fromhex(negated(f"ff86{ppm:04x}{temperature:02x}{status:02x}{u:04x}"))


def test_co2_and_the_temperature_inside() -> None:
    assert fields_of("mhz19", ANSWER) == {"co2": 636.0, "sensor_temperature": 26.0}


def test_the_example_of_the_manual_tells_no_temperature() -> None:
    assert fields_of("mhz19", "ff86022000000000" + "58") == {"co2": 544.0}


def test_boot_values_are_warm_up_until_the_first_other_one() -> None:
    stream = b"".join(answer(ppm) for ppm in (410, 410, 655, 410, 400))
    assert [reading.quality for reading in readings_of("mhz19", stream)] == [quality.WARM_UP, quality.WARM_UP, 0, 0, 0]


def test_a_boot_that_is_noticed_makes_boot_values_suspicious_again() -> None:
    stream = answer(655) + answer(410, u=15_000) + answer(410) + answer(620)
    assert [reading.quality for reading in readings_of("mhz19", stream)] == [0, quality.WARM_UP, quality.WARM_UP, 0]


def test_an_unsteady_status_is_warm_up_unless_the_model_has_none() -> None:
    assert fields_of("mhz19", answer(700, status=1).hex())["quality"] == quality.WARM_UP
    assert "quality" not in fields_of("mhz19", answer(700, status=64).hex())
    assert "quality" not in fields_of("mhz19", answer(700, status=1).hex(), has_status=False)


def test_topics_warm_up_each_for_itself() -> None:
    decoder = build_decoder("mhz19", {})
    decoder.decode("a", answer(655))
    assert [decoder.decode(topic, answer(400)).readings[0].quality for topic in ("a", "b")] == [0, quality.WARM_UP]


@pytest.mark.parametrize("command", ["79", "87", "88", "99"])
def test_answers_to_commands_are_understood(command: str) -> None:
    assert build_decoder("mhz19", {}).decode("", bytes.fromhex(negated(f"ff{command}010000000000"))) == UNDERSTOOD


@pytest.mark.parametrize(
    ("frame", "reason"),
    [
        (ANSWER[:-2] + "bb", "wrong checksum"),
        (ANSWER[:-2], "9 bytes"),
        (negated("ff42027c42000000"), "unknown answer ff 42"),
        ("", "9 bytes"),
    ],
)
def test_what_is_broken_is_refused(frame: str, reason: str) -> None:
    with pytest.raises(RejectedError, match=reason):
        build_decoder("mhz19", {}).decode("", bytes.fromhex(frame))


def test_it_is_recognised() -> None:
    assert recognise("", bytes.fromhex(ANSWER))
    assert recognise("", bytes.fromhex(negated("ff04030100050000"))) == ""

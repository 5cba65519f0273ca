"""Board families are data that the model checks."""

import tomllib
from importlib import resources

import pytest
from pydantic import ValidationError

from firmware_bridge.bundle.chips import CHIPS
from firmware_bridge.flash.target import TARGETS, Target, load_target, target_of, targets


def test_every_family_is_whole_and_every_file_is_in_the_table() -> None:
    files = {path.name.removesuffix(".toml") for path in resources.files("firmware_bridge.flash").joinpath("targets").iterdir()}
    assert files == set(TARGETS)
    assert [target.name for target in targets()] == list(TARGETS)


@pytest.mark.parametrize("target", targets(), ids=TARGETS)
def test_a_familys_chips_are_those_that_bundles_know(target: Target) -> None:
    for chip in target.chips:
        assert set(target.kinds) <= set(CHIPS[chip].kinds)
        assert CHIPS[chip].base == target.flash_base
        assert CHIPS[chip].flash_bytes >= target.flash_bytes


def test_what_nobody_knows_is_refused() -> None:
    table = load_target("atmega328p-uno").model_dump()
    for change in ({"bootloder_bytes": 512}, {"usable_bytes": 40_000}, {"programmer": ""}, {"usb_ids": ["2341"]}):
        with pytest.raises(ValidationError):
            Target.model_validate(table | change)


def test_a_family_with_a_wrong_name_is_answered_with_the_near_one() -> None:
    with pytest.raises(KeyError, match="atmega328p-uno"):
        load_target("atmega328p-un")


def test_a_board_of_its_own_is_flashed_by_its_chip_where_only_one_family_has_it() -> None:
    esp32 = target_of("esp32-devkit", "esp32")
    assert esp32 is not None
    assert esp32.name == "esp32"
    assert target_of("our-own-board", "atmega328p") is None, "Uno or old Nano: nobody can tell"
    nano = target_of("atmega328p-nano-old", "atmega328p")
    assert nano is not None
    assert nano.baud == 57_600


def test_the_files_are_toml_that_says_where_its_numbers_come_from() -> None:
    for name in TARGETS:
        text = resources.files("firmware_bridge.flash").joinpath("targets", f"{name}.toml").read_text(encoding="utf-8")
        assert tomllib.loads(text)
        assert text.startswith("#")

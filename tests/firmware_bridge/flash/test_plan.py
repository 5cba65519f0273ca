"""What is refused before anything is written, and why."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware_bridge.bundle.manifest import ImageEntry, Manifest
from firmware_bridge.flash.causes import Cause
from firmware_bridge.flash.flasher import ChipFound
from firmware_bridge.flash.image import Image
from firmware_bridge.flash.plan import Installed, Plan, Refusal, Step, Wish, make_plan, without_board
from firmware_bridge.flash.target import load_target
from tests.stand_ins.bundles import entry, hex_file, manifest_of, uf2_file

UNO = load_target("atmega328p-uno")
ESP32 = load_target("esp32")
UNO_CHIP = ChipFound("1e950f")
ESP32_CHIP = ChipFound("ESP32", "ESP32-D0WD-V3", "24:0a:c4:12:34:56", 4 << 20)
HEX = hex_file(code=bytes(1000))
RUNS = Installed("atmega328p-uno", "reference", "1.1.0")
NAMED = Wish(device="tram-07", site="bac-ninh")


def uno(code: bytes = HEX, **changes: object) -> tuple[Manifest, list[Image]]:
    return manifest_of({"app.hex": code}, **changes), [Image("app.hex", "hex", code)]


def esp32(size: int = 1000, address: int = 0x10000, **changes: object) -> tuple[Manifest, list[Image]]:
    content = bytes(size)
    entries: list[ImageEntry] = [entry("app.bin", content, "bin", address)]
    plain: dict[str, object] = {"board": "esp32-devkit", "chip": "esp32", "flash_bytes": 4 << 20}
    return manifest_of({}, entries, **plain | changes), [Image("app.bin", "bin", content, address)]


def cause_of(verdict: Plan | Refusal | None) -> Cause | None:
    return verdict.cause if isinstance(verdict, Refusal) else None


def test_a_blank_board_of_the_right_kind_is_written_named_and_recorded() -> None:
    manifest, images = uno()
    plan = make_plan(UNO, UNO_CHIP, manifest, images, None, NAMED)
    assert plan == Plan((Step.WRITE, Step.FIRST_READING, Step.IDENTITY, Step.RECORD, Step.QUEUE), 1000)


def test_a_firmware_that_does_not_speak_the_link_gets_no_name_written() -> None:
    wish = replace(NAMED, reading="decoder nmea", has_label=True)
    assert wish.steps() == (Step.WRITE, Step.FIRST_READING, Step.LABEL, Step.RECORD, Step.QUEUE)
    assert Step.FIRST_READING not in replace(NAMED, reading="none").steps()


@pytest.mark.parametrize(
    ("chip", "cause"),
    [
        (ChipFound("1e9801", "probably m2560"), Cause.WRONG_CHIP),
        (ChipFound(""), Cause.WRONG_CHIP),
        (UNO_CHIP, None),
        (None, None),
    ],
)
def test_another_chip_is_refused(chip: ChipFound | None, cause: Cause | None) -> None:
    manifest, images = uno()
    assert cause_of(make_plan(UNO, chip, manifest, images, None, NAMED)) is cause


def test_a_locked_chip_is_refused() -> None:
    manifest, images = esp32()
    locked = replace(ESP32_CHIP, lock="flash encryption is on")
    verdict = make_plan(ESP32, locked, manifest, images, None, NAMED)
    assert cause_of(verdict) is Cause.LOCKED
    assert isinstance(verdict, Refusal)
    assert "flash encryption" in verdict.reason


def test_a_bundle_for_another_board_is_refused_without_a_board_to_ask() -> None:
    manifest, images = uno()
    assert cause_of(without_board(load_target("atmega2560"), manifest, images)) is Cause.WRONG_BOARD
    assert cause_of(without_board(ESP32, *esp32(chip="esp32c3"))) is Cause.WRONG_CHIP
    assert cause_of(without_board(ESP32, manifest_of({"app.hex": HEX}, board="esp32", chip="esp32"), images)) is Cause.WRONG_BOARD


def test_an_old_nano_takes_what_is_for_an_uno_unless_it_runs_into_its_larger_bootloader() -> None:
    nano = load_target("atmega328p-nano-old")
    assert without_board(nano, *uno()) is None
    manifest, _ = uno()
    between = [Image("app.hex", "hex", hex_file(start=nano.usable_bytes))]
    assert without_board(UNO, manifest, between) is None
    assert cause_of(without_board(nano, manifest, between)) is Cause.TOO_LARGE
    assert cause_of(without_board(UNO, manifest_of({"app.hex": HEX}, board="atmega328p-nano-old"), [])) is Cause.WRONG_BOARD


def test_a_uf2_of_another_family_is_refused() -> None:
    pico = load_target("rp2040")
    for family, cause in ((0xE48BFF56, None), (0xE48BFF59, Cause.WRONG_CHIP)):
        content = uf2_file(family)
        manifest = manifest_of({}, [entry("app.uf2", content, "uf2")], board="rpi-pico", chip="rp2040", flash_bytes=2 << 20)
        assert cause_of(without_board(pico, manifest, [Image("app.uf2", "uf2", content)])) is cause


@given(end=st.integers(32_256 - 600, 32_768 + 600), size=st.integers(1, 4096))
def test_an_image_is_written_exactly_when_it_leaves_the_bootloader_alone(end: int, size: int) -> None:
    code = hex_file(end - size, bytes(size))
    manifest, images = uno(code)
    cause = cause_of(without_board(UNO, manifest, images))
    assert cause is (None if end <= 32_256 else Cause.TOO_LARGE)


@pytest.mark.parametrize(
    ("flash_bytes", "address", "cause"), [(4 << 20, 0x3FFC00, None), (2 << 20, 0x1FFC00, None), (2 << 20, 0x1FFC19, Cause.TOO_LARGE)]
)
def test_the_flash_that_the_chip_has_decides_where_boards_differ(flash_bytes: int, address: int, cause: Cause | None) -> None:
    manifest, images = esp32(1000, address, flash_bytes=flash_bytes)
    assert cause_of(make_plan(ESP32, replace(ESP32_CHIP, flash_bytes=flash_bytes), manifest, images, None, NAMED)) is cause
    assert without_board(ESP32, manifest, images) is None


def test_a_bundle_that_needs_more_flash_than_the_board_has_is_refused_though_its_images_fit() -> None:
    manifest, images = esp32(flash_bytes=8 << 20)
    assert cause_of(make_plan(ESP32, ESP32_CHIP, manifest, images, None, NAMED)) is Cause.TOO_LARGE


@pytest.mark.parametrize(
    ("installed", "changes", "wish", "cause"),
    [
        (RUNS, {}, NAMED, None),
        (replace(RUNS, version="1.2.0"), {}, NAMED, None),
        (replace(RUNS, version="1.3.0"), {}, NAMED, Cause.DOWNGRADE),
        (replace(RUNS, version="1.3.0"), {}, replace(NAMED, allow_downgrade=True), None),
        (replace(RUNS, version="1.2.0-rc.1"), {}, NAMED, None),
        (RUNS, {"minimum_previous": "1.1.1"}, NAMED, Cause.PREVIOUS_TOO_OLD),
        (RUNS, {"minimum_previous": "1.1.0"}, NAMED, None),
        (replace(RUNS, firmware="other", version="9.0.0"), {"minimum_previous": "1.1.1"}, NAMED, None),
        (replace(RUNS, version="of-mine"), {"minimum_previous": "1.1.1"}, NAMED, None),
        (replace(RUNS, board="atmega2560"), {}, NAMED, Cause.WRONG_BOARD),
        (replace(RUNS, board=""), {}, NAMED, None),
    ],
)
def test_what_the_board_runs_decides_which_version_may_follow(
    installed: Installed, changes: dict[str, object], wish: Wish, cause: Cause | None
) -> None:
    manifest, images = uno(**changes)
    assert cause_of(make_plan(UNO, UNO_CHIP, manifest, images, installed, wish)) is cause

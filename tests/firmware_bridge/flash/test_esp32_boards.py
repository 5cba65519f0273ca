"""ESP32 boards in software, written by the real esptool."""

from pathlib import Path

import pytest

from firmware_bridge.flash.causes import Cause, FlashError
from firmware_bridge.flash.flasher import Flasher, open_flasher
from firmware_bridge.flash.image import Image
from firmware_bridge.flash.progress import Progress
from firmware_bridge.flash.target import load_target
from tests.stand_ins.esp32_chip import Lock
from tests.stand_ins.esp32_image import make_image
from tests.stand_ins.esp32_rom import Esp32Rom
from tests.waiting import eventually

pytestmark = pytest.mark.server

APP = Image("app.bin", "bin", make_image(version="1.2.0"), 0x10000)
BOOT = Image("boot.bin", "bin", make_image(project="boot", size=4_000), 0x1000)


def flasher(board: Esp32Rom, target: str = "esp32", **changes: object) -> Flasher:
    return open_flasher(load_target(target).model_copy(update=changes), str(board.port), board.environment)


def nothing(_: Progress) -> None:
    pass


def test_a_blank_board_is_read_written_verified_and_started(tmp_path: Path) -> None:
    with Esp32Rom(tmp_path) as board:
        chip = flasher(board).chip()
        assert (chip.chip_id, chip.unique_id, chip.flash_bytes, chip.lock) == ("ESP32", "24:0a:c4:12:34:56", 4 << 20, "")
        assert not board.is_waiting_for_download, "reading the chip leaves the board running"
        seen: list[Progress] = []
        flasher(board).write([BOOT, APP], seen.append)
        assert seen[-1] == Progress("write", len(BOOT.data) + len(APP.data), len(BOOT.data) + len(APP.data))
        assert board.flash[APP.address : APP.address + len(APP.data)] == APP.data
        eventually(lambda: not board.is_waiting_for_download)


def test_a_board_that_waits_in_its_loader_is_let_go(tmp_path: Path) -> None:
    with Esp32Rom(tmp_path, chip="esp32c3") as board:
        ours = flasher(board, "esp32c3")
        assert ours.chip(with_size=False, stays=True).chip_id == "ESP32-C3"
        assert board.is_waiting_for_download
        ours.leave()
        eventually(lambda: not board.is_waiting_for_download)


LOCKS: list[tuple[str, Lock]] = [("esp32", "flash encryption"), ("esp32", "secure boot"), ("esp32c3", "secure boot"), ("esp8266", "")]


@pytest.mark.parametrize(("chip", "lock"), LOCKS)
def test_what_a_chips_fuses_forbid_is_read_before_anything_is_written(tmp_path: Path, chip: str, lock: Lock) -> None:
    with Esp32Rom(tmp_path, chip=chip, lock=lock) as board:
        found = flasher(board, chip).chip(with_size=False)
    assert found.chip_id == load_target(chip).chip_ids[0]
    assert found.lock == (f"{lock} is on" if lock else "")


def test_another_chip_of_the_family_is_refused_and_named(tmp_path: Path) -> None:
    with Esp32Rom(tmp_path) as board, pytest.raises(FlashError, match="This chip is ESP32, not ESP32-C3") as caught:
        flasher(board, "esp32c3").chip()
    assert caught.value.cause is Cause.WRONG_CHIP


def test_a_board_that_dies_in_the_middle_is_unplugged_and_written_again_when_it_is_back(tmp_path: Path) -> None:
    with Esp32Rom(tmp_path, die_after_bytes=12_000) as board:
        with pytest.raises(FlashError) as caught:
            flasher(board).write([APP], nothing)
        assert caught.value.cause is Cause.UNPLUGGED
        board.plug()
        flasher(board).write([APP], nothing)
        assert board.flash[APP.address : APP.address + len(APP.data)] == APP.data


def test_an_image_beyond_the_flash_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    beyond = Image("app.bin", "bin", APP.data, (4 << 20) - 4096)
    with Esp32Rom(tmp_path) as board:
        before = board.flash
        with pytest.raises(FlashError, match="will not fit") as caught:
            flasher(board).write([beyond], nothing)
        assert caught.value.cause is Cause.TOO_LARGE
        assert board.flash == before

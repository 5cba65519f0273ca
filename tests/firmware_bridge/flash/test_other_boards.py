"""RP2040 by its UF2 drive, STM32 by the real stm32flash."""

import shutil
from pathlib import Path

import pytest

from firmware_bridge.flash.backends.uf2 import Uf2Flasher, uf2_drives
from firmware_bridge.flash.causes import Cause, FlashError
from firmware_bridge.flash.flasher import open_flasher
from firmware_bridge.flash.image import Image
from firmware_bridge.flash.progress import Progress
from firmware_bridge.flash.target import load_target
from tests.stand_ins.stm32_rom import FLASH_AT, Stm32Rom, make_stm32_image
from tests.stand_ins.uf2_drive import Uf2Drive, make_uf2
from tests.waiting import eventually

PICO = load_target("rp2040")
UF2 = Image("app.uf2", "uf2", make_uf2(version="1.2.0"))


def mounts(folder: Path, *drives: Path) -> Path:
    """A table of mounts as the kernel writes it."""
    lines = ["proc /proc proc rw 0 0"] + [
        f"/dev/sd{number} {str(drive).replace(' ', chr(92) + '040')} vfat rw 0 0" for number, drive in enumerate(drives)
    ]
    table = folder / "mounts"
    table.write_text("\n".join(lines) + "\n")
    return table


def test_a_pico_in_bootsel_mode_is_found_among_the_mounts_written_and_started(tmp_path: Path) -> None:
    with Uf2Drive(tmp_path / "a b") as board:
        flasher = Uf2Flasher(PICO, "", mounts(tmp_path, tmp_path, board.drive))
        assert flasher.chip().chip_id == "e48bff56"
        seen: list[Progress] = []
        flasher.write([UF2], seen.append)
        assert seen[-1].phase == "verify"
        eventually(board.port.exists, what="the application's port")


def test_a_running_pico_is_sent_into_its_rom_by_a_touch_of_its_port(tmp_path: Path) -> None:
    with Uf2Drive(tmp_path) as board:
        table = mounts(tmp_path, board.drive)
        Uf2Flasher(PICO, "", table).write([UF2], lambda _: None)
        eventually(board.port.exists)
        Uf2Flasher(PICO, str(board.port), table).write([UF2], lambda _: None)
        assert board.flash[0x100:0x104] != b"\xff" * 4


def test_a_file_that_the_rom_does_not_take_whole_is_no_success(tmp_path: Path) -> None:
    wrong = Image("app.uf2", "uf2", make_uf2(family=0xE48BFF59))
    with Uf2Drive(tmp_path) as board, pytest.raises(FlashError, match="did not leave") as caught:
        Uf2Flasher(PICO.model_copy(update={"silence_s": 0.5}), str(board.drive)).write([wrong], lambda _: None)
    assert caught.value.cause is Cause.VERIFY_FAILED


def test_no_drive_and_two_drives_are_told_apart(tmp_path: Path) -> None:
    with pytest.raises(FlashError, match="hold BOOTSEL"):
        Uf2Flasher(PICO, "", mounts(tmp_path)).chip()
    with Uf2Drive(tmp_path / "1") as one, Uf2Drive(tmp_path / "2") as two:
        table = mounts(tmp_path, one.drive, two.drive)
        assert uf2_drives(table) == [one.drive, two.drive]
        with pytest.raises(FlashError, match="leave one"):
            Uf2Flasher(PICO, "", table).chip()


@pytest.mark.server
@pytest.mark.skipif(shutil.which("stm32flash") is None, reason="stm32flash is not installed")
def test_an_stm32_is_written_verified_and_started(tmp_path: Path) -> None:
    image = Image("app.bin", "bin", make_stm32_image(), FLASH_AT)
    with Stm32Rom(tmp_path) as board:
        flasher = open_flasher(load_target("stm32f1"), str(board.port), board.environment)
        assert flasher.chip().chip_id == "0x0410"
        seen: list[Progress] = []
        flasher.write([image], seen.append)
        assert seen[-1].done_bytes == len(image.data)
        assert board.flash[: len(image.data)] == image.data

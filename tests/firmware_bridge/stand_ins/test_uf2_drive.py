"""The simulated RP2040 takes UF2 files as the boot ROM does."""

import json
import shutil
from pathlib import Path
from random import Random

import pytest
import serial
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.stand_ins.esp32_chip import NorFlash
from tests.stand_ins.uf2_drive import BLOCK_BYTES, Uf2Drive, Uf2Receiver, make_uf2, uf2_block
from tests.waiting import eventually


def said(board: Uf2Drive) -> dict[str, object]:
    with serial.Serial(str(board.port), 115200, timeout=4) as port:
        return dict(json.loads(port.readline()))


def test_uf2_that_is_copied_to_the_drive_runs_and_the_drive_is_gone(tmp_path: Path) -> None:
    with Uf2Drive(tmp_path) as board:
        assert "Board-ID: RPI-RP2" in (board.drive / "INFO_UF2.TXT").read_text()
        (tmp_path / "firmware.uf2").write_bytes(make_uf2("1.2.0"))
        shutil.copyfile(tmp_path / "firmware.uf2", board.drive / "firmware.uf2")
        eventually(board.port.is_symlink)
        assert not board.drive.exists()
        assert said(board)["version"] == "1.2.0"


def test_opening_the_port_at_1200_baud_brings_the_drive_back(tmp_path: Path) -> None:
    with Uf2Drive(tmp_path) as board:
        (board.drive / "firmware.uf2").write_bytes(make_uf2("1.2.0"))
        eventually(board.port.is_symlink)
        with serial.Serial(str(board.port), 1200):
            eventually(board.drive.exists)
        (board.drive / "firmware.uf2").write_bytes(make_uf2("1.3.0"))
        eventually(board.port.is_symlink)
        assert said(board)["version"] == "1.3.0"


def test_uf2_of_another_family_is_passed_over_and_the_drive_stays(tmp_path: Path) -> None:
    with Uf2Drive(tmp_path) as board:
        foreign = make_uf2(family=0x1C5F_21B0)
        (board.drive / "firmware.uf2").write_bytes(foreign)
        eventually(lambda: board.passed_over_count == len(foreign) // BLOCK_BYTES)
        assert board.drive.exists()
        assert set(board.flash) == {0xFF}


def test_cable_pulled_in_the_copy_leaves_a_drive_that_takes_the_file_again(tmp_path: Path) -> None:
    with Uf2Drive(tmp_path, die_after_blocks=20) as board:
        (board.drive / "firmware.uf2").write_bytes(make_uf2("1.2.0"))
        eventually(lambda: not board.drive.exists())
        assert not board.port.is_symlink()
        board.plug()
        (board.drive / "firmware.uf2").write_bytes(make_uf2("1.2.0"))
        eventually(board.port.is_symlink)
        assert said(board)["version"] == "1.2.0"


@settings(max_examples=30)
@given(st.randoms(use_true_random=False), st.integers(0, 3))
def test_blocks_in_any_order_and_repeated_end_in_the_same_flash(random: Random, again: int) -> None:
    file = make_uf2("1.2.0", size=3 * 4096)
    blocks = [file[at : at + BLOCK_BYTES] for at in range(0, len(file), BLOCK_BYTES)]
    mixed = blocks * (again + 1)
    random.shuffle(mixed)
    in_order, shuffled = NorFlash(65536), NorFlash(65536)
    for flash, order in ((in_order, blocks), (shuffled, mixed)):
        receiver = Uf2Receiver(flash)
        for block in order:
            receiver.written(block)
        assert receiver.is_complete
    assert in_order.bytes == shuffled.bytes


@pytest.mark.parametrize(
    "block",
    [
        bytes(512),
        uf2_block(bytes(256), 0, 1, flags=0x2001),
        uf2_block(bytes(255), 0, 1),
        uf2_block(bytes(256), 1 << 20, 1),
        uf2_block(b"", 0, 0),
    ],
    ids=["no magic", "not main flash", "odd size", "past the flash", "empty"],
)
def test_block_that_is_not_for_flash_changes_nothing(block: bytes) -> None:
    flash = NorFlash(65536)
    receiver = Uf2Receiver(flash)
    receiver.written(block)
    assert (receiver.passed_over_count, receiver.is_complete) == (1, False)
    assert set(flash.bytes) == {0xFF}

"""The simulated STM32 is flashed, verified and started by unmodified stm32flash."""

import json
import subprocess
from pathlib import Path

import pytest
import serial

from tests.stand_ins.stm32_rom import Stm32Rom, make_stm32_image
from tests.waiting import eventually

pytestmark = pytest.mark.server


def stm32flash(board: Stm32Rom, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = ["stm32flash", "-b", "115200", *arguments, str(board.port)]
    return subprocess.run(command, env=board.client_environment(), capture_output=True, text=True, timeout=30, check=False)


@pytest.fixture(name="image")
def written_image(tmp_path: Path) -> Path:
    path = tmp_path / "image.bin"
    path.write_bytes(make_stm32_image("1.2.0"))
    return path


@pytest.mark.parametrize("has_extended_erase", [False, True])
def test_blank_board_is_flashed_verified_and_started(tmp_path: Path, image: Path, has_extended_erase: bool) -> None:
    with Stm32Rom(tmp_path, has_extended_erase=has_extended_erase) as board:
        done = stm32flash(board, "-w", str(image), "-v", "-g", "0x08000000")
        assert done.returncode == 0, done.stdout + done.stderr
        assert board.flash.startswith(image.read_bytes())
        with serial.Serial(str(board.port), 115200, timeout=4) as port:
            assert json.loads(port.readline())["version"] == "1.2.0"


def test_flash_is_read_back(tmp_path: Path, image: Path) -> None:
    with Stm32Rom(tmp_path) as board:
        assert stm32flash(board, "-w", str(image)).returncode == 0
        size = image.stat().st_size
        done = stm32flash(board, "-r", str(tmp_path / "back"), "-S", f"0x08000000:{size}")
        assert done.returncode == 0, done.stdout + done.stderr
        assert (tmp_path / "back").read_bytes() == image.read_bytes()


def test_chip_that_runs_its_application_does_not_answer(tmp_path: Path, image: Path) -> None:
    with Stm32Rom(tmp_path, is_boot0_high=False) as board:
        done = stm32flash(board, "-w", str(image))
        assert done.returncode != 0
        assert "Failed to init device" in done.stdout + done.stderr


def test_another_chip_is_named_by_its_product_id(tmp_path: Path) -> None:
    with Stm32Rom(tmp_path, product_id=0x413) as board:
        assert "0x0413" in stm32flash(board).stdout


def test_pulled_cable_leaves_a_board_that_the_next_try_finishes(tmp_path: Path, image: Path) -> None:
    with Stm32Rom(tmp_path, die_after_bytes=4000) as board:
        command = ["stm32flash", "-m", "8n1", "-b", "115200", "-w", str(image), str(board.port)]
        flashing = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            eventually(lambda: not board.port.is_symlink())
        finally:
            flashing.kill()
            flashing.wait()
        board.plug()
        assert stm32flash(board, "-w", str(image), "-v").returncode == 0
        board.is_boot0_high = False
        board.reset()
        with serial.Serial(str(board.port), 115200, timeout=4) as port:
            assert json.loads(port.readline())["version"] == "1.2.0"

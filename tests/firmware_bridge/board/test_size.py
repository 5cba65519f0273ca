"""The library fits the smallest board: flash and RAM as the compiler reports them, and a clean build for each chip and standard."""

import subprocess
from pathlib import Path

import pytest

from firmware_bridge.board.build import FLAGS, WARNINGS, BuildError, build
from tests.firmware_bridge.board.c_board import BOARD
from tests.firmware_bridge.board.conftest import firmware_elf

pytestmark = pytest.mark.server

FLASH_BYTES = 4 * 1024
RAM_BYTES = 400


def _sections(path: Path) -> tuple[int, int]:
    """Bytes of flash and of RAM."""
    _, numbers = subprocess.run(["avr-size", str(path)], capture_output=True, text=True, check=True).stdout.splitlines()
    text, data, bss = map(int, numbers.split()[:3])
    return text + data, data + bss


@pytest.mark.parametrize("mcu", ["atmega328p", "atmega2560"])
def test_the_library_with_four_sets_fits_4_kb_of_flash_and_400_bytes_of_ram(mcu: str, tmp_path: Path) -> None:
    flags = [flag for flag in FLAGS if not flag.startswith(("-Wl", "-f"))]
    out = tmp_path / "quanho_link.o"
    subprocess.run(
        ["avr-gcc", *flags, *WARNINGS, f"-mmcu={mcu}", "-DQL_SETS=4", "-c", str(BOARD / "quanho_link.c"), "-o", str(out)], check=True
    )

    flash, ram = _sections(out)

    assert flash <= FLASH_BYTES
    assert ram <= RAM_BYTES


@pytest.mark.parametrize("defines", [["-DQL_SETS=1"], ["-DQL_SETS=31", "-DQL_STORE_BYTES=32000", "-DQL_FRAMES=128", "-DQL_RX_BYTES=254"]])
def test_the_library_compiles_for_this_computer_without_a_warning(defines: list[str], tmp_path: Path) -> None:
    for language in (["-std=c99", "-Wconversion"], ["-std=c17"]):
        flags = ["-O2", "-Wall", "-Wextra", "-Werror", "-pedantic", *language, *defines]
        subprocess.run(["gcc", *flags, "-c", str(BOARD / "quanho_link.c"), "-o", str(tmp_path / "host.o")], check=True)


@pytest.mark.parametrize("mcu", ["atmega328p", "atmega2560"])
@pytest.mark.parametrize("name", ["reference", "bench"])
def test_firmwares_leave_room_for_the_stack_and_for_the_bootloader(name: str, mcu: str) -> None:
    flash, ram = _sections(firmware_elf(name, mcu))

    assert ram <= {"atmega328p": 2048 - 190, "atmega2560": 8192 - 1024}[mcu]
    assert flash <= {"atmega328p": 32256, "atmega2560": 253952}[mcu]


def test_a_build_says_what_it_cannot_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(BuildError, match=r"there are reference, bench for atmega328p, atmega2560"):
        build("refrence", "atmega328p", tmp_path / "x.hex")
    with pytest.raises(BuildError, match="refused the firmware"):
        build("reference", "atmega328p", tmp_path / "x.hex", {"FW_VERSION": "1.2.0"})
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(BuildError, match=r"avr-gcc is not installed: sudo apt-get install .* gcc-avr"):
        build("reference", "atmega328p", tmp_path / "x.hex")

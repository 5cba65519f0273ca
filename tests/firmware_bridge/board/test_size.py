"""The library fits the smallest board: flash and RAM as the compiler reports them, and a clean build for each chip and standard."""

import re
import subprocess
from pathlib import Path

import pytest

from firmware_bridge.board.build import FLAGS, WARNINGS, BuildError, build
from tests.firmware_bridge.board.c_board import BOARD
from tests.firmware_bridge.board.conftest import firmware_elf

pytestmark = pytest.mark.server

FLASH_BYTES = 3072
RAM_BYTES = 400
SETS = 4
_CODE = re.compile(r"^[0-9a-f]+ ([0-9a-f]+) [tTrR] (\w+)", re.MULTILINE)


def _sections(path: Path) -> tuple[int, int]:
    """Bytes of flash and of RAM."""
    _, numbers = subprocess.run(["avr-size", str(path)], capture_output=True, text=True, check=True).stdout.splitlines()
    text, data, bss = map(int, numbers.split()[:3])
    return text + data, data + bss


def _code(path: Path) -> dict[str, int]:
    """Bytes of flash that each function and constant of an object or a program takes."""
    listed = subprocess.run(["avr-nm", "-S", str(path)], capture_output=True, text=True, check=True).stdout
    return {name: int(size, 16) for size, name in _CODE.findall(listed)}


def _compile(mcu: str, out: Path, *arguments: str) -> Path:
    subprocess.run(["avr-gcc", *FLAGS, *WARNINGS, f"-mmcu={mcu}", f"-I{BOARD}", *arguments, "-o", str(out)], check=True)
    return out


def test_every_function_of_the_library_as_linked_into_the_reference_firmware_fits_3072_bytes(tmp_path: Path) -> None:
    folders = [BOARD / "firmware" / name for name in ("avr", "reference")]
    sources = [str(source) for folder in folders for source in sorted(folder.glob("*.c"))]
    places = [f"-I{folder}" for folder in folders]
    library = _compile("atmega328p", tmp_path / "library.o", *places, "-c", str(BOARD / "quanho_link.c"))
    keep_all = "-Wl," + ",".join(f"-u,{name}" for name in _code(library) if name.startswith("ql_"))
    program = _compile("atmega328p", tmp_path / "reference.elf", *places, keep_all, str(library), *sources)

    linked = _code(program)
    own = {name: linked[name] for name in _code(library)}

    assert {"ql_reading_of", "ql_tx", "ql_rx", "ql_room", "lost_text"} <= own.keys()
    assert sum(own.values()) <= FLASH_BYTES, own


@pytest.mark.parametrize(("mcu", "object_bytes"), [("atmega328p", 3200), ("atmega2560", 3300)])
def test_the_library_with_four_sets_takes_400_bytes_of_ram(mcu: str, object_bytes: int, tmp_path: Path) -> None:
    flash, ram = _sections(_compile(mcu, tmp_path / "quanho_link.o", f"-DQL_SETS={SETS}", "-c", str(BOARD / "quanho_link.c")))
    told = tmp_path / "told.c"
    told.write_text(
        '#include "quanho_link.h"\ntypedef char as_told[sizeof(struct ql_set) == 12 && sizeof(struct ql_text) == 3 ? 1 : -1];\n'
    )
    _compile(mcu, tmp_path / "told.o", f"-DQL_SETS={SETS}", "-c", str(told))

    assert flash <= object_bytes  # before the linker makes calls short
    assert ram + SETS * 12 + 3 <= RAM_BYTES  # with ql_sets and ql_items, which the firmware defines


@pytest.mark.parametrize("defines", [["-DQL_SETS=1"], ["-DQL_SETS=31", "-DQL_STORE_BYTES=32000", "-DQL_FRAMES=128", "-DQL_RX_BYTES=254"]])
def test_the_library_compiles_for_this_computer_without_a_warning(defines: list[str], tmp_path: Path) -> None:
    for language in (["-std=c99", "-Wconversion"], ["-std=c17"]):
        flags = ["-O2", "-Wall", "-Wextra", "-Werror", "-pedantic", *language, *defines]
        subprocess.run(["gcc", *flags, "-c", str(BOARD / "quanho_link.c"), "-o", str(tmp_path / "host.o")], check=True)


@pytest.mark.parametrize(
    ("description", "complaint"),
    [
        ('FIELD(QL_INT, 0, level, "m")', ""),
        ('FIELD(QL_INT, 0, level, "m") FIELD(QL_INT, 0, level, "mm")', "duplicate member"),
        (" ".join(f'FIELD(QL_INT, 0, level_of_a_tank_{n}, "m")' for n in range(12)), "fits_sensor.* is negative"),
    ],
)
def test_a_description_with_a_name_twice_or_longer_than_a_frame_does_not_compile(description: str, complaint: str, tmp_path: Path) -> None:
    source = tmp_path / "description.c"
    source.write_text(f'#include "quanho_link.h"\n#define TANK(FIELD) {description}\nQL_DESCRIBE(tank, "water_level", TANK);\n')

    done = subprocess.run(
        ["gcc", "-std=c99", "-DQL_SETS=1", f"-I{BOARD}", "-c", str(source), "-o", str(tmp_path / "d.o")],
        capture_output=True,
        text=True,
        check=False,
        env={"LC_ALL": "C", "PATH": "/usr/bin:/bin"},
    )

    assert (done.returncode == 0) == (complaint == "")
    assert re.search(complaint, done.stderr)


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

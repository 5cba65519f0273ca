"""Builds the firmwares of this folder with avr-gcc: the board library and what stands in `firmware/`."""

import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Literal, get_args

from telemetry.errors import QuanhoError

Mcu = Literal["atmega328p", "atmega2560"]
Firmware = Literal["reference", "bench"]

_HERE = Path(__file__).resolve().parent
WARNINGS = ("-Wall", "-Wextra", "-Werror", "-std=c99", "-pedantic")
FLAGS = (
    "-Os",
    "-mcall-prologues",
    "-mrelax",
    "-fno-tree-forwprop",
    "-fno-move-loop-invariants",
    "-ffunction-sections",
    "-fdata-sections",
    "-Wl,--gc-sections",
    "-DF_CPU=16000000UL",
)
BUILD_WITHIN_S = 120


class BuildError(QuanhoError):
    """A firmware was not built: a program is missing, or the compiler refused it. The message says what to do."""


def build(firmware: str, mcu: str, out: Path, defines: Mapping[str, str] | None = None) -> Path:
    """Return `out`, the Intel HEX file of a firmware; the ELF file stays beside it.

    `defines` are the compiler's: {"FW_VERSION": '"1.2.0"', "FW_BAD": "2"}.
    """
    if firmware not in get_args(Firmware) or mcu not in get_args(Mcu):
        raise BuildError(f"no firmware {firmware!r} for {mcu!r}: there are {', '.join(get_args(Firmware))} for {', '.join(get_args(Mcu))}")
    _require("avr-gcc", "gcc-avr")
    if not any(Path(root, "avr/io.h").exists() for root in ("/usr/lib/avr/include", "/usr/avr/include", "/usr/local/avr/include")):
        _require("avr-libc", "avr-libc")
    folders = [_HERE / "firmware" / name for name in ("avr", firmware)]
    sources = [_HERE / "quanho_link.c", *sorted(source for folder in folders for source in folder.glob("*.c"))]
    elf = out.with_suffix(".elf")
    flags = [*FLAGS, *WARNINGS, f"-mmcu={mcu}", *(f"-D{name}={value}" for name, value in (defines or {}).items())]
    _run(["avr-gcc", *flags, f"-I{_HERE}", *(f"-I{folder}" for folder in folders), *map(str, sources), "-o", str(elf)])
    _run(["avr-objcopy", "-O", "ihex", "-R", ".eeprom", str(elf), str(out)])
    return out


def _require(program: str, package: str) -> None:
    if shutil.which(program) is None:
        raise BuildError(f"{program} is not installed: sudo apt-get install -y --no-install-recommends {package}")


def _run(command: list[str]) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=BUILD_WITHIN_S)
    if done.returncode:
        raise BuildError(f"{command[0]} refused the firmware:\n{done.stderr.strip()[-4000:]}")

"""Bootloaders for simulated boards.

Debian's `optiboot_atmega328.hex` has 532 bytes at 0x7e00 and so runs 20 bytes past the end of flash: flashing seems to work and the
application never starts. Built anew from the packaged source without the flashing LED it has 496. Those of the Mega and of old Nanos
are sound.
"""

import shutil
import subprocess
from pathlib import Path
from unittest import SkipTest

from tests.simavr.build import cached_file

_PACKAGED = Path("/usr/share/arduino/hardware/arduino/avr/bootloaders")
_OPTIBOOT = _PACKAGED / "optiboot" / "optiboot.c"
_AS_PACKAGED = {
    "atmega2560": _PACKAGED / "stk500v2" / "stk500boot_v2_mega2560.hex",
    "atmega328p-nano-old": _PACKAGED / "atmega" / "ATmegaBOOT_168_atmega328.hex",
}
_COMPILE = (
    *("avr-gcc", "-Os", "-fno-split-wide-types", "-mrelax", "-mmcu=atmega328p", "-w"),
    *("-DF_CPU=16000000L", "-DBAUD_RATE=115200", "-DLED_START_FLASHES=0"),
    *("-Wl,--section-start=.text=0x7e00", "-Wl,--section-start=.version=0x7ffe", "-Wl,--relax", "-nostartfiles", "-nostdlib"),
)
_TO_HEX = ("avr-objcopy", "-j", ".text", "-j", ".data", "-j", ".version", "--set-section-flags", ".version=alloc,load", "-O", "ihex")


def bootloader(board: str) -> Path:
    """The HEX file of the bootloader of an Uno (atmega328p), an old Nano (atmega328p-nano-old: 57,600 baud) or a Mega (atmega2560)."""
    if not _OPTIBOOT.exists():
        raise SkipTest("arduino-core-avr is not installed")
    if board in _AS_PACKAGED:
        return _AS_PACKAGED[board]
    if shutil.which("avr-gcc") is None:
        raise SkipTest("gcc-avr is not installed")
    return cached_file(repr((_COMPILE, _TO_HEX, _OPTIBOOT.stat().st_mtime_ns)), "optiboot.hex", _build)


def _build(out: Path) -> None:
    elf = out.with_suffix(".elf")
    for command in ((*_COMPILE, str(_OPTIBOOT), "-o", str(elf)), (*_TO_HEX, str(elf), str(out))):
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            raise RuntimeError(f"Optiboot does not build:\n{done.stderr}")
    elf.unlink()

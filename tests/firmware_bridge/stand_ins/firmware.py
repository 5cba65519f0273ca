"""Builds the demo firmware."""

import subprocess
from pathlib import Path
from unittest import SkipTest

from tests.simavr.build import cached_file

_SOURCE = Path(__file__).resolve().parent / "firmware" / "demo.c"


def demo_firmware(number: int = 1, mcu: str = "atmega328p", *, with_dht: bool = False) -> Path:
    """The HEX file of demo.c with this firmware number."""
    if not Path("/usr/lib/avr/include").exists():
        raise SkipTest("gcc-avr and avr-libc are not installed")
    flags = [f"-mmcu={mcu}", "-Os", "-DF_CPU=16000000UL", f"-DFW={number}", *(["-DWITH_DHT"] if with_dht else [])]

    def make(out: Path) -> None:
        elf = out.with_suffix(".elf")
        subprocess.run(["avr-gcc", *flags, str(_SOURCE), "-o", str(elf)], check=True)
        subprocess.run(["avr-objcopy", "-O", "ihex", "-R", ".eeprom", str(elf), str(out)], check=True)
        elf.unlink()

    return cached_file(repr((flags, _SOURCE.read_text())), f"demo-{number}.hex", make)

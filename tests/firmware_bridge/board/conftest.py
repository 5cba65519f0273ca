"""Firmwares for the simulated boards, built once for what their sources hold."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from firmware_bridge.board.build import build
from tests.simavr.build import cached_file

_BOARD = Path(__file__).resolve().parents[3] / "firmware_bridge" / "board"


def firmware(name: str, mcu: str = "atmega328p", **defines: str) -> Path:
    """The HEX file of a firmware."""
    return _made(name, mcu, ".hex", defines)


def firmware_elf(name: str, mcu: str = "atmega328p", **defines: str) -> Path:
    """The same as ELF, for avr-size."""
    return _made(name, mcu, ".elf", defines)


def _made(name: str, mcu: str, suffix: str, defines: dict[str, str]) -> Path:
    if shutil.which("avr-gcc") is None or not Path("/usr/lib/avr/include").exists():
        pytest.skip("gcc-avr and avr-libc are not installed")
    sources = [path.read_bytes() for path in sorted(_BOARD.rglob("*")) if path.suffix in {".c", ".h", ".py"}]

    def make(out: Path) -> None:
        hex_file = build(name, mcu, out.with_suffix(".built.hex"), defines)
        hex_file.with_suffix(suffix).replace(out)
        hex_file.with_suffix({".hex": ".elf", ".elf": ".hex"}[suffix]).unlink()

    return cached_file(repr((name, mcu, defines, sources)), name + suffix, make)


@pytest.fixture(scope="session")
def built() -> Callable[..., Path]:
    return firmware

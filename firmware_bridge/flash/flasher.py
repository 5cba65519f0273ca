"""What every back end does, and the table of them."""

import importlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from firmware_bridge.flash.image import Image
from firmware_bridge.flash.progress import OnProgress
from firmware_bridge.flash.target import BackEnd, Target

BACK_ENDS: dict[BackEnd, str] = {
    "avrdude": "firmware_bridge.flash.backends.avrdude",
    "esptool": "firmware_bridge.flash.backends.esptool",
    "uf2": "firmware_bridge.flash.backends.uf2",
    "stm32flash": "firmware_bridge.flash.backends.stm32",
    "dfu-util": "firmware_bridge.flash.backends.stm32",
}


@dataclass(frozen=True, slots=True)
class ChipFound:
    """What the chip says of itself. `flash_bytes` 0: it does not say; `lock`: why it takes no plain image ("" if it does)."""

    chip_id: str
    description: str = ""
    unique_id: str = ""
    flash_bytes: int = 0
    lock: str = ""


class Flasher(Protocol):
    """One board on one port. Every call runs a program to its end and raises FlashError."""

    checks_chip: bool
    """Whether `write` itself refuses a wrong chip before it writes, so that `chip` need not be called for it."""

    def chip(self, *, with_size: bool = True, stays: bool = False) -> ChipFound:
        """Reset into the loader and read the chip, `with_size` its flash too; `stays` there for `write` or `leave`. Writes nothing."""

    def leave(self) -> None:
        """Reset into the application where `chip` stayed in the loader."""

    def write(self, images: Sequence[Image], on_progress: OnProgress) -> ChipFound:
        """Write the images and read them back, then reset into the application. VERIFY_FAILED where they differ."""

    def read_back(self, images: Sequence[Image], on_progress: OnProgress) -> None:
        """Compare flash with the images, then reset into the application. VERIFY_FAILED where they differ."""

    def dump(self, out: Path, on_progress: OnProgress) -> Image:
        """Write the application's flash to `out` and return it as an image that `write` takes."""


def open_flasher(target: Target, port: str, environment: Mapping[str, str] | None = None) -> Flasher:
    """Return the back end of the target for the board on `port`. `environment` is added to that of the program."""
    flasher: Flasher = importlib.import_module(BACK_ENDS[target.back_end]).build(target, port, environment or {})
    return flasher

"""Board families as data: one TOML file each in `targets/`, checked against this model.

A target says what the plan must know (chip, flash, what of it the bootloader keeps) and what a back end is called with.
"""

import tomllib
from functools import cache
from importlib import resources
from typing import Annotated, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from runtime.settings import Settings
from telemetry.nearest import instead_of

TARGETS = (
    "atmega328p-uno",
    "atmega328p-nano-old",
    "atmega2560",
    "esp32",
    "esp32c3",
    "esp32s3",
    "esp8266",
    "rp2040",
    "stm32f1",
    "stm32-dfu",
)

BackEnd = Literal["avrdude", "esptool", "uf2", "stm32flash", "dfu-util"]
Reset = Literal["dtr", "dtr-rts", "usb-jtag", "touch-1200", "manual"]
UsbId = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{4}:[0-9a-f]{4}$")]
Kind = Literal["hex", "bin", "uf2"]


class Target(Settings):
    """A board family."""

    name: str = Field(description="as in a bundle's `board` and in HELLO")
    title: str = Field(description="what people call it")
    takes_boards: tuple[str, ...] = Field(default=(), description="bundles for these boards run on it too: only its bootloader is another")
    chips: tuple[str, ...] = Field(min_length=1, description="as in a bundle's `chip`")
    chip_ids: tuple[str, ...] = Field(
        min_length=1, description="what the chip says it is: AVR signature, chip type of esptool, UF2 family, STM32 device id"
    )
    back_end: BackEnd = Field(description="program that writes, row of flasher.BACK_ENDS")
    part: str = Field(default="", description="the program's name of the chip (avrdude -p, esptool --chip)")
    programmer: str = Field(default="", description="avrdude -c")
    baud: int = Field(default=115_200, ge=1200, le=4_000_000, description="rate at which flash is written")
    link_baud: int = Field(default=115_200, ge=1200, le=4_000_000, description="rate at which the firmware speaks")
    reset: Reset = Field(description="how the wiring gets the chip into its loader and out again")
    kinds: tuple[Kind, ...] = Field(min_length=1, description="kinds of image that the back end takes")
    flash_base: int = Field(default=0, ge=0, description="address of the first byte of flash")
    flash_bytes: int = Field(
        ge=1024, description="flash of the smallest board of the family; what the chip says outranks it where it says it"
    )
    flash_varies: bool = Field(default=False, description="the flash is a chip of its own, and flash_bytes only its smallest size")
    usable_bytes: int = Field(ge=1024, description="what of flash_bytes the application may fill; the rest is the bootloader's")
    write_bytes_s: int = Field(ge=100, description="slowest rate of writing and reading back that is still normal, for the time limit")
    silence_s: float = Field(gt=0, le=300, description="a program that says nothing for so long is stuck (an erase is silent)")
    connect_s: float = Field(default=15.0, gt=0, le=120, description="time to get into the loader and read the chip")
    installed_s: float = Field(
        default=3.5, gt=0, le=60, description="how long to wait for the hello of what is installed; blank: all of it"
    )
    hello_s: float = Field(gt=0, le=120, description="longest from reset to HELLO, bootloader included")
    first_reading_s: float = Field(default=30.0, gt=0, le=3600, description="longest from HELLO to the first reading of every set")
    usb_ids: tuple[UsbId, ...] = Field(default=(), description="VID:PID of boards of this family; many share an adapter chip, so a guess")

    @model_validator(mode="after")
    def _agrees_with_itself(self) -> Self:
        if self.usable_bytes > self.flash_bytes:
            raise ValueError("usable_bytes is above flash_bytes")
        if self.back_end in ("avrdude", "esptool") and not self.part:
            raise ValueError(f"part is missing, which {self.back_end} needs")
        if self.back_end == "avrdude" and not self.programmer:
            raise ValueError("programmer is missing, which avrdude needs")
        return self

    @property
    def is_without_port(self) -> bool:
        """Whether the loader is not on the port on which the firmware speaks, which may not be there while it waits."""
        return self.back_end in ("uf2", "dfu-util")

    @property
    def reserved_bytes(self) -> int:
        """What the bootloader keeps."""
        return self.flash_bytes - self.usable_bytes


@cache
def load_target(name: str) -> Target:
    """Return the target of that name; KeyError with the nearest names if there is none."""
    if name not in TARGETS:
        raise KeyError(f"no board family is called {name!r}; {instead_of(name, TARGETS)}")
    text = resources.files("firmware_bridge.flash").joinpath("targets", f"{name}.toml").read_text(encoding="utf-8")
    return Target.model_validate(tomllib.loads(text))


def targets() -> tuple[Target, ...]:
    """Return all of them, in the order of the table."""
    return tuple(load_target(name) for name in TARGETS)


def target_of(board: str, chip: str) -> Target | None:
    """Return the family of a bundle's board: that of its name, else the only one with its chip, else None."""
    if board in TARGETS:
        return load_target(board)
    of_chip = [target for target in targets() if chip in target.chips]
    return of_chip[0] if len(of_chip) == 1 else None

"""What an image says of the chip that it is for, by chip. Sources: data sheets (flash), esptool's documentation of the image header (chip
id), Microsoft's uf2families.json (family id)."""

from collections.abc import Mapping
from dataclasses import dataclass

from firmware_bridge.bundle.manifest import ImageKind

KIB = 1024


@dataclass(frozen=True, slots=True)
class Chip:
    """`flash_bytes` is what the chip has, or, where the flash is external, the most that it can address; `base` is where that is mapped."""

    kinds: tuple[ImageKind, ...]
    flash_bytes: int
    is_external: bool = False
    base: int = 0
    esp_chip_id: int | None = None
    uf2_families: tuple[int, ...] = ()


CHIPS: Mapping[str, Chip] = {
    "atmega168": Chip(("hex",), 16 * KIB),
    "atmega328p": Chip(("hex",), 32 * KIB),
    "atmega32u4": Chip(("hex",), 32 * KIB),
    "atmega1284p": Chip(("hex",), 128 * KIB),
    "atmega2560": Chip(("hex",), 256 * KIB),
    "esp8266": Chip(("bin",), 16 << 20, is_external=True),  # its images name no chip
    "esp32": Chip(("bin",), 16 << 20, is_external=True, esp_chip_id=0),
    "esp32s2": Chip(("bin", "uf2"), 32 << 20, is_external=True, esp_chip_id=2, uf2_families=(0xBFDD4EEE,)),
    "esp32c3": Chip(("bin",), 16 << 20, is_external=True, esp_chip_id=5),
    "esp32s3": Chip(("bin", "uf2"), 32 << 20, is_external=True, esp_chip_id=9, uf2_families=(0xC47E5767,)),
    "esp32c2": Chip(("bin",), 16 << 20, is_external=True, esp_chip_id=12),
    "esp32c6": Chip(("bin",), 16 << 20, is_external=True, esp_chip_id=13),
    "esp32h2": Chip(("bin",), 16 << 20, is_external=True, esp_chip_id=16),
    "esp32p4": Chip(("bin",), 32 << 20, is_external=True, esp_chip_id=18),
    "rp2040": Chip(("uf2",), 16 << 20, is_external=True, base=0x10000000, uf2_families=(0xE48BFF56,)),
    "rp2350": Chip(
        ("uf2",), 32 << 20, is_external=True, base=0x10000000, uf2_families=(0xE48BFF57, 0xE48BFF58, 0xE48BFF59, 0xE48BFF5A, 0xE48BFF5B)
    ),
    "stm32f103": Chip(("hex", "bin"), 512 * KIB, base=0x08000000),
    "stm32f401": Chip(("hex", "bin"), 512 * KIB, base=0x08000000),
    "stm32f411": Chip(("hex", "bin"), 512 * KIB, base=0x08000000),
}

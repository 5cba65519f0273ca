"""What an ESP32's loader works on: the chip's registers as far as esptool looks at them, and its NOR flash."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

SECTOR_BYTES = 4096
_SPI_RUN_USER_COMMAND = 1 << 18
_SPI_READ_ID = 0x9F
_WINBOND_25Q = 0x40EF

Lock = Literal["", "flash encryption", "secure boot"]
_ESP32_LOCKS: Mapping[Lock, dict[int, int]] = {"flash encryption": {0x3FF5_A000: 1 << 20}, "secure boot": {0x3FF5_A018: 1 << 4}}
"""eFuse block 0 of the ESP32 (Technical Reference Manual, chapter eFuse); later chips tell it by GET_SECURITY_INFO."""


@dataclass(frozen=True)
class ChipModel:
    """One of the family. Addresses after the technical reference manuals, as esptool uses them."""

    name: str
    magic: int
    security_chip_id: int | None
    boot_at: int
    spi_at: int
    spi_usr2: int
    spi_w0: int
    registers: dict[int, int] = field(default_factory=dict)
    mac_at: int | None = None
    application_at: int = 0x10000
    locks: Mapping[Lock, dict[int, int]] = field(default_factory=dict)

    def fuses(self, mac: bytes, lock: Lock) -> dict[int, int]:
        """The registers that are another chip's own."""
        if self.mac_at is not None:
            address = {self.mac_at: int.from_bytes(mac[2:], "big"), self.mac_at + 4: int.from_bytes(mac[:2], "big")}
        else:  # ESP8266: its own half of the address in the first two, the maker's in the last
            address = {0x3FF0_0050: mac[5] << 24, 0x3FF0_0054: int.from_bytes(mac[3:5], "big"), 0x3FF0_005C: int.from_bytes(mac[:3], "big")}
        return address | self.locks.get(lock, {})


MODELS = {
    "esp32": ChipModel(
        "esp32",
        magic=0x00F0_1D83,
        security_chip_id=None,
        boot_at=0x1000,
        mac_at=0x3FF5_A004,
        spi_at=0x3FF4_2000,
        spi_usr2=0x24,
        spi_w0=0x80,
        registers={
            0x3FF5_A00C: 1 << 9 | 1 << 15,  # package and revision
            0x3FF5_A014: 1 << 20,
            0x3FF6_607C: 1 << 31,
            0x3FF4_0014: 40_000_000 // 115_200,  # UART divider: a 40 MHz crystal
        },
        locks=_ESP32_LOCKS,
    ),
    "esp8266": ChipModel(
        "esp8266",
        magic=0xFFF0_C101,
        security_chip_id=None,
        boot_at=0,
        application_at=0,
        spi_at=0x6000_0200,
        spi_usr2=0x24,
        spi_w0=0x40,
        registers={0x6000_0014: 52_000_000 // 115_200},
    ),
    "esp32c3": ChipModel(
        "esp32c3",
        magic=0x1B31_506F,
        security_chip_id=5,
        boot_at=0,
        mac_at=0x6000_8844,
        spi_at=0x6000_2000,
        spi_usr2=0x20,
        spi_w0=0x58,
    ),
    "esp32s3": ChipModel(
        "esp32s3",
        magic=0x9,
        security_chip_id=9,
        boot_at=0,
        mac_at=0x6000_7044,
        spi_at=0x6000_2000,
        spi_usr2=0x20,
        spi_w0=0x58,
    ),
}


class NorFlash:
    """Flash that erases whole sectors to ones and programs ones to zeros, never back."""

    def __init__(self, size: int, sector_bytes: int = SECTOR_BYTES) -> None:
        self.bytes = bytearray(b"\xff" * size)
        self.sector_bytes = sector_bytes

    def __len__(self) -> int:
        return len(self.bytes)

    def erase(self, offset: int, size: int) -> None:
        first = offset // self.sector_bytes * self.sector_bytes
        end = min(-(-(offset + size) // self.sector_bytes) * self.sector_bytes, len(self.bytes))
        self.bytes[first:end] = b"\xff" * (end - first)

    def program(self, offset: int, data: bytes) -> None:
        data = data[: len(self.bytes) - offset]
        there = int.from_bytes(self.bytes[offset : offset + len(data)], "big")
        self.bytes[offset : offset + len(data)] = (there & int.from_bytes(data, "big")).to_bytes(len(data), "big")

    def flip_bit(self, offset: int) -> None:
        self.bytes[offset] ^= 0x10

    def read(self, offset: int, size: int) -> bytes:
        return bytes(self.bytes[offset : offset + size])

    def md5(self, offset: int, size: int) -> bytes:
        return hashlib.md5(self.read(offset, size), usedforsecurity=False).digest()


class Registers:
    """32-bit registers; what nobody wrote and the chip does not preset reads 0."""

    def __init__(self, model: ChipModel, flash_bytes: int, mac: bytes, lock: Lock = "") -> None:
        self._model = model
        self._flash_id = (flash_bytes.bit_length() - 1) << 16 | _WINBOND_25Q
        self._values = {0x4000_1000: model.magic, **model.registers}
        self._values |= model.fuses(mac, lock)

    def read(self, address: int) -> int:
        return self._values.get(address, 0)

    def write(self, address: int, value: int) -> None:
        """Store; the SPI controller's command register runs the command that its neighbours hold, and is done at once."""
        if address == self._model.spi_at and value & _SPI_RUN_USER_COMMAND:
            command = self.read(self._model.spi_at + self._model.spi_usr2) & 0xFF
            self._values[self._model.spi_at + self._model.spi_w0] = self._flash_id if command == _SPI_READ_ID else 0
            value &= ~_SPI_RUN_USER_COMMAND
        self._values[address] = value

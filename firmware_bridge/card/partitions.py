"""The partition table of a card or an image file: MBR (IBM PC layout) or GPT (UEFI 2.10, section 5). Pure but for reading the file."""

import uuid
from dataclasses import dataclass
from typing import BinaryIO, Literal

from firmware_bridge.card.causes import CardError, Cause
from telemetry.said import said

_SECTOR = 512
_MOST_GPT_ENTRIES = 256
_GPT_BASIC_DATA = uuid.UUID("EBD0A0A2-B9E5-4433-87C0-68B6B72699C7")
_GPT_EFI = uuid.UUID("C12A7328-F81F-11D2-BA4B-00A0C93EC93B")
_FAT_TYPES = frozenset({0x01, 0x04, 0x06, 0x0B, 0x0C, 0x0E, 0xEF})


@dataclass(frozen=True, slots=True)
class Partition:
    """One partition. `kind` is by its type in the table."""

    number: int
    start_bytes: int
    size_bytes: int
    kind: Literal["fat", "linux", "other"]


@dataclass(frozen=True, slots=True)
class Table:
    """What the first sectors say. `disk_id` is the MBR's signature as PARTUUIDs use it: 8 hex digits."""

    label: Literal["dos", "gpt"]
    disk_id: str
    partitions: tuple[Partition, ...]


def read_table(file: BinaryIO) -> Table:
    """Return the partition table. Raises CardError(Cause.SYSTEM) where there is none."""
    file.seek(0)
    sectors = file.read(34 * _SECTOR)
    if len(sectors) < _SECTOR or sectors[510:512] != b"\x55\xaa":
        seen = said("đây có phải ảnh hệ điều hành không?", "is it an OS image?")
        if not any(sectors[:_SECTOR]):
            seen = said("sector đầu trống; có phải đang ghi thì bị ngắt?", "its first sector is empty; was writing it cut off?")
        raise CardError(Cause.SYSTEM, said(f"không có bảng phân vùng: {seen.vi}", f"there is no partition table: {seen}"))
    disk_id = sectors[440:444][::-1].hex()
    if sectors[_SECTOR : _SECTOR + 8] == b"EFI PART" and any(sectors[446 + 16 * at + 4] == 0xEE for at in range(4)):
        return Table("gpt", disk_id, _gpt(file, sectors[_SECTOR : 2 * _SECTOR]))
    return Table("dos", disk_id, tuple(_dos(sectors)))


def _dos(sectors: bytes) -> list[Partition]:
    found = []
    for at in range(4):
        entry = sectors[446 + 16 * at : 462 + 16 * at]
        start, size = (int.from_bytes(entry[place : place + 4], "little") * _SECTOR for place in (8, 12))
        if entry[4] and size:
            kind: Literal["fat", "linux", "other"] = "fat" if entry[4] in _FAT_TYPES else "linux" if entry[4] == 0x83 else "other"
            found.append(Partition(at + 1, start, size, kind))
    return found


def _gpt(file: BinaryIO, header: bytes) -> tuple[Partition, ...]:
    at, count, size = (int.from_bytes(header[start:end], "little") for start, end in ((72, 80), (80, 84), (84, 88)))
    if not 128 <= size <= 4096 or count > _MOST_GPT_ENTRIES:
        raise CardError(Cause.SYSTEM, said("bảng phân vùng GPT bị hỏng", "the GPT partition table is damaged"))
    file.seek(at * _SECTOR)
    entries = file.read(count * size)
    found = []
    for number in range(count):
        entry = entries[number * size : (number + 1) * size]
        if len(entry) < 128 or not any(entry[:16]):
            continue
        first, last = (int.from_bytes(entry[place : place + 8], "little") for place in (32, 40))
        kind = uuid.UUID(bytes_le=entry[:16])
        is_fat = kind in (_GPT_EFI, _GPT_BASIC_DATA)
        found.append(Partition(number + 1, first * _SECTOR, (last - first + 1) * _SECTOR, "fat" if is_fat else "linux"))
    return tuple(found)

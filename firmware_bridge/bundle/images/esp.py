"""Espressif's image format (ESP-IDF, App Image Format): header 0xE9, chip id u16 at 12; the description of an application at 32.

    esp_app_desc_t: magic 0xABCD5432, secure version u32, 8 bytes, version 32, project 32, time 16, date 16, IDF version 32, ELF SHA-256 32

What does not begin with 0xE9 (partition table, data, an image merged from address 0 of an ESP32) says nothing of its chip. A merged image
is looked into at 0x1000, where the bootloader of an ESP32 stands.
"""

import struct

from firmware_bridge.bundle.images import ImageFacts, ImageProblem
from telemetry.said import said

_MAGIC = 0xE9
_HEADER_BYTES = 24
_DESCRIPTION = struct.Struct("<LL8x32s32s16s16s32s32s")
_DESCRIPTION_AT = 32
_DESCRIPTION_MAGIC = 0xABCD5432
_BOOTLOADER_AT = 0x1000


def facts(content: bytes, address: int) -> ImageFacts:
    """Return what the image says. Raises ImageProblem where its header is cut off."""
    spans = ((address, address + len(content)),)
    image = content
    if address == 0 and content[:1] == b"\xff" and content[_BOOTLOADER_AT : _BOOTLOADER_AT + 1] == bytes([_MAGIC]):
        image = content[_BOOTLOADER_AT:]
    if image[:1] != bytes([_MAGIC]):
        return ImageFacts(spans)
    if len(image) < _HEADER_BYTES:
        raise ImageProblem(said("phần đầu của ảnh ESP bị cụt", "the header of the ESP image is cut off"))
    chip_id = int.from_bytes(image[12:14], "little")
    if len(image) < _DESCRIPTION_AT + _DESCRIPTION.size:
        return ImageFacts(spans, chip_id)
    magic, _, version, project, _, _, _, elf = _DESCRIPTION.unpack_from(image, _DESCRIPTION_AT)
    if magic != _DESCRIPTION_MAGIC:
        return ImageFacts(spans, chip_id)
    return ImageFacts(spans, chip_id, project=_text(project), version=_text(version), build_id=elf.hex()[:16] if any(elf) else "")


def _text(field: bytes) -> str:
    return field.split(b"\0")[0].decode("utf-8", "replace").strip()

"""ESP32 and ESP8266 application images without a compiler: structurally whole, so that esptool finds checksum and hash valid.

Layout after Espressif's "Firmware Image Format": a header of 8 bytes and an extended one of 16, one segment, zeros and an XOR checksum
that end a block of 16, and the SHA-256 of everything before; an ESP8266's has neither the extended header nor the hash. The segment
begins with `esp_app_desc_t`, which names project and version.
"""

import hashlib
import random
import struct
from dataclasses import dataclass
from functools import reduce
from operator import xor

CHIP_IDS = {"esp32": 0, "esp32c3": 5, "esp32s3": 9}
FLASH_MAPPED_AT = {"esp32": 0x3F40_0020, "esp32c3": 0x3C00_0020, "esp32s3": 0x3C00_0020, "esp8266": 0x4020_1010}
DESCRIPTION_MAGIC = 0xABCD5432
DESCRIPTION_BYTES = 256
DESCRIPTION_AT = (24 + 8, 8 + 8)
"""Where the description stands in an image: behind its headers and the segment's own."""


@dataclass(frozen=True)
class Description:
    """What an image says of itself."""

    project: str
    version: str
    build_id: str = ""


def make_image(version: str = "1.0.0", project: str = "reference", chip: str = "esp32", size: int = 20_000, seed: int = 1) -> bytes:
    """An image of about `size` bytes, half of them incompressible; `seed` makes others of the same version."""
    source = random.Random(f"{project} {version} {seed}")
    body = describe(project, version) + b"".join(source.randbytes(32) + bytes(32) for _ in range(max(0, size - 400) // 64))
    header = struct.pack("<BBBBI", 0xE9, 1, 2, 0x20, 0x4008_0000)
    extended = struct.pack("<B3xHBHH4xB", 0xEE, CHIP_IDS[chip], 0, 0, 399, 1) if chip in CHIP_IDS else b""
    whole = header + extended + struct.pack("<II", FLASH_MAPPED_AT[chip], len(body)) + body
    whole += bytes(15 - len(whole) % 16) + bytes((reduce(xor, body, 0xEF),))
    return whole + hashlib.sha256(whole).digest() if extended else whole


def description_of(image: bytes) -> Description | None:
    """What the image at the start of `image` says of itself; None where there is none."""
    if image[:1] != b"\xe9":
        return None
    return next(filter(None, (described(image[at : at + DESCRIPTION_BYTES]) for at in DESCRIPTION_AT)), None)


def described(text: bytes) -> Description | None:
    """What an `esp_app_desc_t` says; None where there is none."""
    if len(text) < DESCRIPTION_BYTES or struct.unpack_from("<I", text)[0] != DESCRIPTION_MAGIC:
        return None
    return Description(project=_text(text[48:80]), version=_text(text[16:48]), build_id=text[144:152].hex())


def describe(project: str, version: str) -> bytes:
    """The `esp_app_desc_t` of an application."""
    texts = (version.encode(), project.encode(), b"12:00:00", b"Jan  1 2026", b"v5.3")
    elf_hash = hashlib.sha256(f"{project} {version}".encode()).digest()
    return struct.pack("<I12x32s32s16s16s32s32s", DESCRIPTION_MAGIC, *texts, elf_hash).ljust(DESCRIPTION_BYTES, b"\0")


def _text(field: bytes) -> str:
    return field.partition(b"\0")[0].decode("utf-8", "replace")

"""Keys, images and bundles for tests: real ones, made by the product's own code, and parts to build wrong ones from."""

import hashlib
import struct
import zipfile
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from io import BytesIO

from firmware_bridge.bundle.keys import SigningKey, new_key
from firmware_bridge.bundle.make import make_bundle
from firmware_bridge.bundle.manifest import FieldExpected, ImageEntry, ImageKind, Manifest, SensorExpected, manifest_bytes
from firmware_bridge.bundle.signature import signature_file
from firmware_bridge.bundle.trust import Trust

NOW = datetime(2026, 11, 27, 8, 0, tzinfo=UTC)
KEY = new_key()
CODE = bytes(range(256)) * 4


def hex_file(start: int = 0, code: bytes = CODE, width: int = 16) -> bytes:
    """Return Intel HEX that writes `code` from `start`."""
    lines = []
    for at in range(0, len(code), width):
        address, data = start + at, code[at : at + width]
        if at == 0 or address & 0xFFFF < width:
            lines.append(_line(0, 4, (address >> 16).to_bytes(2, "big")))
        lines.append(_line(address & 0xFFFF, 0, data))
    return b"\n".join([*lines, _line(0, 1, b"")]) + b"\n"


def _line(address: int, kind: int, data: bytes) -> bytes:
    raw = bytes([len(data)]) + address.to_bytes(2, "big") + bytes([kind]) + data
    return b":" + (raw + bytes([-sum(raw) & 0xFF])).hex().upper().encode()


def esp_file(chip_id: int = 0, version: bytes = b"1.2.0", project: bytes = b"reference", padding: int = 256) -> bytes:
    """Return the beginning of an ESP image with a description of the application."""
    head = struct.pack("<4BL", 0xE9, 1, 2, 0x20, 0x40080000) + bytes([0xEE, 0, 0, 0]) + struct.pack("<H10x", chip_id)
    description = struct.pack("<LL8x32s32s16s16s32s32s", 0xABCD5432, 0, version, project, b"", b"", b"v5.1", bytes(range(32)))
    return head + struct.pack("<LL", 0x3F400020, 256) + description + bytes(padding)


def uf2_file(family: int = 0xE48BFF56, start: int = 0x10000000, blocks: int = 4) -> bytes:
    """Return a UF2 of `blocks` blocks of 256 bytes."""
    return b"".join(
        struct.pack("<8L", 0x0A324655, 0x9E5D5157, 0x2000, start + 256 * number, 256, number, blocks, family)
        + bytes([number]) * 256
        + bytes(220)
        + struct.pack("<L", 0x0AB16F30)
        for number in range(blocks)
    )


def entry(file: str, content: bytes, kind: ImageKind = "hex", address: int = 0) -> ImageEntry:
    return ImageEntry(file=file, address=address, size=len(content), sha256=hashlib.sha256(content).hexdigest(), kind=kind)


WEATHER = SensorExpected(
    name="weather",
    measurement="weather",
    interval_ms=1000,
    fields=(FieldExpected(name="temperature", unit="°C", lowest=-10, highest=60), FieldExpected(name="humidity", unit="%")),
)


def manifest_of(images: Mapping[str, bytes], entries: Sequence[ImageEntry] | None = None, **changes: object) -> Manifest:
    """Return a manifest for an Uno with these HEX images (or `entries`), with some fields changed."""
    plain: dict[str, object] = {
        "board": "atmega328p-uno",
        "chip": "atmega328p",
        "firmware": "reference",
        "version": "1.2.0",
        "flash_bytes": 32768,
        "images": tuple(entry(name, content) for name, content in images.items()) if entries is None else tuple(entries),
        "sensors": (WEATHER,),
        "created_at": NOW,
    }
    return Manifest.model_validate(plain | changes)


def bundle_bytes(images: Mapping[str, bytes] | None = None, key: SigningKey = KEY, **changes: object) -> bytes:
    """Return a valid bundle."""
    images = {"app.hex": hex_file()} if images is None else images
    return make_bundle(manifest_of(images, **changes), images, key)


def esp_bundle(content: bytes, key: SigningKey = KEY, **changes: object) -> bytes:
    """Return a valid bundle for an ESP32 with one application."""
    images = {"app.bin": content}
    plain: dict[str, object] = {"board": "esp32-devkit", "chip": "esp32", "flash_bytes": 4 << 20}
    return make_bundle(manifest_of(images, [entry("app.bin", content, "bin", 0x10000)], **plain | changes), images, key)


def trusting(*keys: SigningKey, now: datetime = NOW) -> Trust:
    """Return a trust of which `keys` are the roots."""
    return Trust({key.public: f"root-{number}" for number, key in enumerate(keys)}, (), (), now)


def members_of(data: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(BytesIO(data)) as file:
        return {name: file.read(name) for name in file.namelist()}


def zip_of(members: Mapping[str, bytes], change: Callable[[zipfile.ZipInfo], None] = lambda _: None, mode: str = "stored") -> bytes:
    """Return a ZIP of these members as Python's zipfile writes it; `change` may spoil each member's header before it is written."""
    packed = BytesIO()
    with zipfile.ZipFile(packed, "w") as file:
        for name, content in members.items():
            member = zipfile.ZipInfo(name)
            member.create_system, member.external_attr = 3, 0o100644 << 16
            member.compress_type = zipfile.ZIP_DEFLATED if mode == "deflated" else zipfile.ZIP_STORED
            change(member)
            file.writestr(member, content)
    return packed.getvalue()


def signed(body: bytes, key: SigningKey = KEY) -> dict[str, bytes]:
    """Return manifest and signature members for any bytes in place of a manifest."""
    return {"manifest.json": body, "manifest.sig": signature_file(body, key)}


def plain_manifest(images: Mapping[str, bytes], **changes: object) -> bytes:
    return manifest_bytes(manifest_of(images, **changes))

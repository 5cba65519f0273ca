"""What a maintainer writes to make a bundle (a TOML file, or options), and the manifest that comes of it.

Left out, `chip` and `version` are taken from the images where these say them, `flash_bytes` from the chip (or the next power of two that
holds the images), and unit and plausible range of a sensor's fields from the catalogue.
"""

import hashlib
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Literal

from pydantic import Field, ValidationError

from firmware_bridge.bundle.chips import CHIPS
from firmware_bridge.bundle.image_fit import facts_of
from firmware_bridge.bundle.images import ImageFacts, ImageProblem
from firmware_bridge.bundle.manifest import FieldExpected, ImageEntry, Manifest, SensorExpected, whole_seconds
from firmware_bridge.bundle.refusal import BundleRefused, Cause
from firmware_bridge.bundle.version import precedence
from runtime.settings import Settings
from telemetry import catalogue
from telemetry.said import as_is, named, said

_KINDS: Mapping[str, Literal["hex", "bin", "uf2"]] = {".hex": "hex", ".ihex": "hex", ".bin": "bin", ".uf2": "uf2"}
_LEAST_FLASH_BYTES = 1 << 20


class DraftImage(Settings):
    """One image."""

    file: Path = Field(description="file, relative to the description; .hex, .bin or .uf2")
    address: int = Field(default=0, ge=0, le=0xFFFFFFFF, description="flash address of a .bin")


class Draft(Settings):
    """What is to be signed."""

    board: str = Field(default="", description="board as the firmware says it, as in atmega328p-uno")
    chip: str = Field(default="", description="chip, where the images do not say it")
    firmware: str = Field(default="", description="name of the firmware")
    version: str = Field(default="", description="version, as in 1.2.0")
    minimum_previous: str | None = Field(default=None, description="oldest version that may be replaced")
    build_id: str = Field(default="", description="what the build calls itself")
    flash_bytes: int | None = Field(default=None, ge=1, description="flash that is needed")
    image: tuple[DraftImage, ...] = Field(default=(), description="the images, in the order of writing")
    sensor: tuple[SensorExpected, ...] = Field(default=(), description="what the board announces")


def manifest_of(draft: Draft, contents: Mapping[Path, bytes], now: datetime) -> tuple[Manifest, dict[str, bytes]]:
    """Return the manifest and the images by member name. Raises BundleRefused with what is missing or contradicts itself."""
    entries = [_entry(image, contents[image.file]) for image in draft.image]
    facts = [_facts(entry, contents[image.file]) for entry, image in zip(entries, draft.image, strict=True)]
    chip = draft.chip or _said_chip(facts)
    versioned = [one for one in facts if one.version]
    version = draft.version or next((one.version for one in versioned if _is_version(one.version)), "")
    for name, value in (("board", draft.board), ("chip", chip), ("firmware", draft.firmware), ("version", version), ("image", entries)):
        if not value:
            raise BundleRefused(
                said(
                    f"thiếu {name}: ghi trong tệp mô tả hoặc bằng --{name}", f"{name} is missing: give it in the description or by --{name}"
                ),
                Cause.MANIFEST_INVALID,
            )
    try:
        manifest = Manifest(
            board=draft.board,
            chip=chip,
            firmware=draft.firmware,
            version=version,
            minimum_previous=draft.minimum_previous,
            build_id=draft.build_id or next((one.build_id for one in facts if one.build_id), ""),
            flash_bytes=draft.flash_bytes or _flash_bytes(chip, facts),
            images=tuple(entries),
            sensors=tuple(map(_completed, draft.sensor)),
            created_at=whole_seconds(now),
        )
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        raise BundleRefused(as_is(f"{'.'.join(map(str, first['loc']))}: {first['msg']}"), Cause.MANIFEST_INVALID) from error
    if other := next((one.version for one in versioned if _is_version(one.version) and one.version != version), None):
        raise BundleRefused(
            said(f"yêu cầu phiên bản {version}, còn ảnh nói {other}", f"version {version} was asked for, and the image says {other}"),
            Cause.MANIFEST_INVALID,
        )
    return manifest, {entry.file: contents[image.file] for entry, image in zip(entries, draft.image, strict=True)}


def _entry(image: DraftImage, content: bytes) -> ImageEntry:
    kind = _KINDS.get(image.file.suffix.lower())
    if kind is None:
        kinds = ", ".join(_KINDS)
        reason = said(f"{image.file}: tên không kết thúc bằng {kinds}", f"{image.file}: the name ends with none of {kinds}")
        raise BundleRefused(reason, Cause.IMAGE_UNFIT)
    try:
        sha256 = hashlib.sha256(content).hexdigest()
        return ImageEntry(file=image.file.name, address=image.address, size=len(content), sha256=sha256, kind=kind)
    except ValidationError as error:
        raise BundleRefused(as_is(f"{image.file}: {error.errors(include_url=False)[0]['msg']}"), Cause.IMAGE_UNFIT) from error


def _facts(entry: ImageEntry, content: bytes) -> ImageFacts:
    try:
        return facts_of(entry.kind, content, entry.address)
    except ImageProblem as error:
        raise BundleRefused(named(f"{entry.file}: ", error.reason), Cause.IMAGE_UNFIT) from error


def _said_chip(facts: list[ImageFacts]) -> str:
    for name, chip in CHIPS.items():
        if any(one.esp_chip_id == chip.esp_chip_id is not None or one.uf2_families & set(chip.uf2_families) for one in facts):
            return name
    return ""


def _is_version(text: str) -> bool:
    try:
        precedence(text)
    except ValueError:
        return False
    return True


def _flash_bytes(name: str, facts: list[ImageFacts]) -> int:
    chip = CHIPS.get(name)
    if chip is None or not chip.is_external:
        return chip.flash_bytes if chip else 1
    end = max(one.spans[-1][1] for one in facts) - chip.base
    return max(_LEAST_FLASH_BYTES, 1 << (max(end, 1) - 1).bit_length())


def _completed(sensor: SensorExpected) -> SensorExpected:
    return sensor.model_copy(update={"fields": tuple(_known(sensor.measurement, field) for field in sensor.fields)})


def _known(measurement: str, field: FieldExpected) -> FieldExpected:
    """Return the field with unit and range of the catalogue where its own are left out."""
    row = catalogue.find(measurement, field.name)
    if row is None:
        return field
    own = field.model_dump(exclude_unset=True)
    return FieldExpected.model_validate({"unit": row.unit[:16], "lowest": row.low, "highest": row.high} | own)

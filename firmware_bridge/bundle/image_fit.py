"""Can these images be for this chip? Asked when a bundle is made and again when it is opened."""

from collections.abc import Mapping

from firmware_bridge.bundle.chips import CHIPS, Chip
from firmware_bridge.bundle.images import ImageFacts, ImageProblem, esp, intel_hex, joined, uf2
from firmware_bridge.bundle.manifest import ImageEntry, Manifest
from firmware_bridge.bundle.refusal import BundleRefused, Cause
from telemetry.said import Said, named, said, vi_of


def check_images(manifest: Manifest, images: Mapping[str, bytes]) -> dict[str, ImageFacts]:
    """Return what the images say of themselves. Raises BundleRefused where they cannot be for the chip or its flash, or overlap."""
    chip = CHIPS.get(manifest.chip)
    if chip is None:
        known = ", ".join(sorted(CHIPS))
        raise _unfit(said(f"không biết chip {manifest.chip}; đã biết: {known}", f"chip {manifest.chip} is not known here; known: {known}"))
    if manifest.flash_bytes > chip.flash_bytes:
        raise _unfit(
            said(
                f"flash_bytes {manifest.flash_bytes} lớn hơn mọi {manifest.chip}, {chip.flash_bytes}",
                f"flash_bytes {manifest.flash_bytes} is more than any {manifest.chip} has, {chip.flash_bytes}",
            )
        )
    found = {entry.file: _checked(entry, images[entry.file], manifest, chip) for entry in manifest.images}
    try:
        joined([span for one in found.values() for span in one.spans])
    except ImageProblem as error:
        raise _unfit(said(f"các ảnh đè lên nhau: {vi_of(error.reason)}", f"the images overlap: {error.reason}")) from error
    return found


def facts_of(kind: str, content: bytes, address: int) -> ImageFacts:
    """Return what an image says of itself. Raises ImageProblem."""
    if kind == "hex":
        return intel_hex.facts(content)
    return uf2.facts(content) if kind == "uf2" else esp.facts(content, address)


def _checked(entry: ImageEntry, content: bytes, manifest: Manifest, chip: Chip) -> ImageFacts:
    if entry.kind not in chip.kinds:
        vi = f"{entry.file}: {manifest.chip} nhận {' hoặc '.join(chip.kinds)}, không nhận {entry.kind}"
        raise _unfit(said(vi, f"{entry.file}: a {manifest.chip} takes {' or '.join(chip.kinds)}, not {entry.kind}"))
    if entry.kind != "bin" and entry.address:
        raise _unfit(
            said(
                f"{entry.file}: {entry.kind} tự mang địa chỉ; hãy bỏ address 0x{entry.address:x}",
                f"{entry.file}: {entry.kind} carries its own addresses; leave out address 0x{entry.address:x}",
            )
        )
    try:
        found = facts_of(entry.kind, content, entry.address)
    except ImageProblem as error:
        raise _unfit(named(f"{entry.file}: ", error.reason)) from error
    if chip.esp_chip_id is not None and found.esp_chip_id not in (None, chip.esp_chip_id):
        raise _unfit(_built_for(entry, _esp_name(found.esp_chip_id), manifest.chip))
    if strangers := found.uf2_families - set(chip.uf2_families):
        raise _unfit(_built_for(entry, _uf2_name(min(strangers)), manifest.chip))
    base = chip.base
    first, last = found.spans[0][0], found.spans[-1][1]
    if first < base or last > base + manifest.flash_bytes:
        end = base + manifest.flash_bytes
        raise _unfit(
            said(
                f"{entry.file}: ghi từ 0x{first:x} đến 0x{last:x}, còn flash từ 0x{base:x} đến 0x{end:x}",
                f"{entry.file}: it writes 0x{first:x} to 0x{last:x}, and the flash is 0x{base:x} to 0x{end:x}",
            )
        )
    return found


def _esp_name(chip_id: int | None) -> str:
    return next((name for name, chip in CHIPS.items() if chip.esp_chip_id == chip_id), f"ESP chip id {chip_id}")


def _uf2_name(family: int) -> str:
    return next((name for name, chip in CHIPS.items() if family in chip.uf2_families), f"UF2 family 0x{family:08x}")


def _built_for(entry: ImageEntry, other: str, chip: str) -> Said:
    return said(f"{entry.file}: được dựng cho {other}, không phải cho {chip}", f"{entry.file}: it was built for {other}, not for {chip}")


def _unfit(reason: Said) -> BundleRefused:
    return BundleRefused(reason, Cause.IMAGE_UNFIT)

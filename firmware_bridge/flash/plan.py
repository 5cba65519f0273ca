"""What is to be done with a board, or why not: decided before anything is written. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from firmware_bridge.bundle.image_fit import facts_of
from firmware_bridge.bundle.manifest import Manifest
from firmware_bridge.bundle.version import is_older
from firmware_bridge.flash.causes import Cause
from firmware_bridge.flash.flasher import ChipFound
from firmware_bridge.flash.image import Image, payload_bytes
from firmware_bridge.flash.target import TARGETS, Target


class Step(StrEnum):
    """What is done, in this order; each is journalled once it is done."""

    WRITE = "write"
    FIRST_READING = "first-reading"
    IDENTITY = "identity"
    LABEL = "label"
    RECORD = "record"
    QUEUE = "queue"


@dataclass(frozen=True, slots=True)
class Installed:
    """What the board said of itself before flashing."""

    board: str
    firmware: str
    version: str
    build_id: str = ""
    unique_id: str = ""
    device: str = ""
    site: str = ""


@dataclass(frozen=True, slots=True)
class Wish:
    """What was asked for. `reading`: through the link, through a decoder of the gateway, or not at all."""

    device: str = ""
    site: str = ""
    allow_downgrade: bool = False
    reading: str = "link"
    has_label: bool = False
    has_record: bool = True

    def steps(self) -> tuple[Step, ...]:
        """Return what is to be done, in order."""
        chosen = {
            Step.WRITE: True,
            Step.FIRST_READING: self.reading != "none",
            Step.IDENTITY: self.reading == "link" and bool(self.device),
            Step.LABEL: self.has_label,
            Step.RECORD: self.has_record,
            Step.QUEUE: self.has_record,
        }
        return tuple(step for step, is_chosen in chosen.items() if is_chosen)


@dataclass(frozen=True, slots=True)
class Plan:
    """The steps, and how many bytes of flash they write."""

    steps: tuple[Step, ...]
    write_bytes: int


@dataclass(frozen=True, slots=True)
class Refusal:
    """Nothing is written."""

    cause: Cause
    reason: str


def make_plan(
    target: Target, chip: ChipFound | None, manifest: Manifest, images: Sequence[Image], installed: Installed | None, wish: Wish
) -> Plan | Refusal:
    """Return what to do. `chip` None: the program that writes looks at the chip itself first. `installed` None: nobody said hello."""
    refusal = (
        _wrong_bundle(target, manifest, images)
        or (unfit_chip(target, chip) if chip else None)
        or _too_large(target, chip, manifest, images)
        or (_wrong_start(manifest, installed, wish) if installed else None)
    )
    return refusal or Plan(wish.steps(), payload_bytes(images))


def without_board(target: Target, manifest: Manifest, images: Sequence[Image]) -> Refusal | None:
    """Return what is wrong whatever board is there, so that nobody need plug one in to learn it."""
    return _wrong_bundle(target, manifest, images) or _too_large(target, None, manifest, images)


def _wrong_bundle(target: Target, manifest: Manifest, images: Sequence[Image]) -> Refusal | None:
    if manifest.board in TARGETS and manifest.board not in (target.name, *target.takes_boards):
        return Refusal(Cause.WRONG_BOARD, f"the bundle is for {manifest.board}, and the board is to be a {target.name}")
    if manifest.chip not in target.chips:
        return Refusal(Cause.WRONG_CHIP, f"the bundle is for chip {manifest.chip}, and a {target.name} has {' or '.join(target.chips)}")
    for image in images:
        if image.kind not in target.kinds:
            kinds = " or ".join(target.kinds)
            return Refusal(Cause.WRONG_BOARD, f"{image.file} is of kind {image.kind}, and a {target.name} is written from {kinds}")
        families = {f"{family:08x}" for family in facts_of(image.kind, image.data, image.address).uf2_families}
        if families and not families & set(target.chip_ids):
            return Refusal(Cause.WRONG_CHIP, f"{image.file} is for UF2 family {', '.join(sorted(families))}, not for a {target.chips[0]}")
    return None


def unfit_chip(target: Target, chip: ChipFound) -> Refusal | None:
    """Return why a board of the family `target` cannot have this chip, or why the chip takes no image of ours."""
    if chip.chip_id not in target.chip_ids:
        found = f"{chip.chip_id}{f' ({chip.description})' if chip.description else ''}"
        return Refusal(Cause.WRONG_CHIP, f"the chip is {found}, and a {target.name} has {' or '.join(target.chip_ids)}")
    if chip.lock:
        return Refusal(Cause.LOCKED, f"the chip takes no plain image: {chip.lock}")
    return None


def _too_large(target: Target, chip: ChipFound | None, manifest: Manifest, images: Sequence[Image]) -> Refusal | None:
    said_bytes = chip.flash_bytes if chip else 0
    if target.flash_varies and not said_bytes:
        return None  # nobody knows before the chip has said it
    flash_bytes = said_bytes or target.flash_bytes
    if manifest.flash_bytes > flash_bytes:
        return Refusal(Cause.TOO_LARGE, f"the bundle needs {manifest.flash_bytes} bytes of flash, and the board has {flash_bytes}")
    base = target.flash_base
    usable_end = base + flash_bytes - target.reserved_bytes
    for image in images:
        for start, end in image.spans():
            if start < base or end > base + flash_bytes:
                reason = f"{image.file} goes to {start:#x} to {end:#x}, and the flash is {base:#x} to {base + flash_bytes:#x}"
                return Refusal(Cause.TOO_LARGE, reason)
            if end > usable_end:
                reason = f"{image.file} ends at {end:#x}, and the bootloader begins at {usable_end:#x}: {end - usable_end} bytes too many"
                return Refusal(Cause.TOO_LARGE, reason)
    return None


def _wrong_start(manifest: Manifest, installed: Installed, wish: Wish) -> Refusal | None:
    """What speaks against the step from what is installed. Versions of another firmware are not compared."""
    if installed.board and installed.board != manifest.board:
        return Refusal(Cause.WRONG_BOARD, f"the board says that it is a {installed.board}, and the bundle is for {manifest.board}")
    if installed.firmware != manifest.firmware:
        return None
    try:
        is_downgrade = is_older(manifest.version, installed.version)
        is_too_old = manifest.minimum_previous is not None and is_older(installed.version, manifest.minimum_previous)
    except ValueError:
        return None  # a version of nobody's: it cannot be compared
    if is_downgrade and not wish.allow_downgrade:
        return Refusal(Cause.DOWNGRADE, f"the board runs {installed.version}, which is newer than {manifest.version}")
    if is_too_old:
        reason = f"the board runs {installed.version}; {manifest.version} may only follow {manifest.minimum_previous} or later"
        return Refusal(Cause.PREVIOUS_TOO_OLD, reason)
    return None

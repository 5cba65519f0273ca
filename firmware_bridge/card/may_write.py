"""Whether a device may be overwritten. Pure: facts in, reasons out; no reason means yes."""

from dataclasses import dataclass

from firmware_bridge.card.device_facts import DeviceFacts

_SYSTEM_POINTS = frozenset({"/", "/boot", "/boot/efi", "/boot/firmware", "/usr", "/var", "/home"})


@dataclass(frozen=True, slots=True)
class Refusal:
    """One reason against writing; `code` is stable and is what scripts look at."""

    code: str
    text: str


def may_write(facts: DeviceFacts, *, image_bytes: int | None, allow_fixed: bool = False) -> tuple[Refusal, ...]:
    """Return every reason against writing an image of so many bytes (None: unknown) to the device."""
    return (*_stands_on_it(facts), *_is_no_card(facts, allow_fixed=allow_fixed), *_does_not_fit(facts, image_bytes))


def _stands_on_it(facts: DeviceFacts) -> list[Refusal]:
    """Whoever uses the device now would lose its data; no option overrides these."""
    found = []
    system = sorted({mount.point for mount in facts.mounts if mount.point in _SYSTEM_POINTS})
    if system:
        found.append(Refusal("system-disk", f"this computer runs from it: {', '.join(system)}"))
    others = sorted({mount.point for mount in facts.mounts} - _SYSTEM_POINTS)
    if others:
        found.append(Refusal("mounted", f"mounted on {', '.join(others)}; unmount it first: sudo umount {' '.join(others)}"))
    if facts.swaps:
        found.append(Refusal("swap", f"holds swap in use: {', '.join(facts.swaps)}"))
    if facts.holders:
        found.append(Refusal("held", f"LVM, encryption or RAID stands on it: {', '.join(facts.holders)}"))
    return found


def _is_no_card(facts: DeviceFacts, *, allow_fixed: bool) -> list[Refusal]:
    found = []
    if not facts.is_whole_disk:
        whole = f"/dev/{facts.names[0]}" if facts.names else "the disk"
        found.append(Refusal("partition", f"is one partition; an image goes onto the whole card: {whole}"))
    if facts.is_virtual:
        found.append(Refusal("virtual", "is no card but a loop, RAM, LVM or RAID device"))
    elif not facts.is_removable and not allow_fixed:
        found.append(Refusal("fixed", "is not removable; if it really is the disk of a gateway, add --fixed-disk"))
    if facts.is_read_only:
        found.append(Refusal("read-only", "is read-only; look at the lock switch on the side of the card or its adapter"))
    return found


def _does_not_fit(facts: DeviceFacts, image_bytes: int | None) -> list[Refusal]:
    if not facts.size_bytes:
        return [Refusal("no-medium", "has no card in it")]
    if image_bytes is not None and image_bytes > facts.size_bytes:
        return [Refusal("too-small", f"has {facts.size_bytes:,} bytes, the image {image_bytes:,}")]
    return []

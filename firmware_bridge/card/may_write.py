"""Whether a device may be overwritten. Pure: facts in, reasons out; no reason means yes."""

from dataclasses import dataclass

from firmware_bridge.card.device_facts import DeviceFacts

_SYSTEM_POINTS = frozenset({"/", "/boot", "/boot/efi", "/boot/firmware", "/usr", "/var", "/home"})


@dataclass(frozen=True, slots=True)
class Refusal:
    """One reason against writing, said after the name of the target; `code` is stable and is what scripts look at."""

    code: str
    vi: str
    en: str


READ_ONLY = Refusal(
    "read-only",
    "bị khoá ghi; xem nấc khoá bên cạnh thẻ hoặc đầu chuyển",
    "is read-only; look at the lock switch on the side of the card or its adapter",
)
NO_MEDIUM = Refusal("no-medium", "không có thẻ", "has no card in it")


def too_small(room_bytes: int, image_bytes: int) -> Refusal:
    """Say how much is missing."""
    vi = f"quá nhỏ: chỉ có {room_bytes:,} byte, ảnh cần {image_bytes:,}"
    return Refusal("too-small", vi, f"is too small: it has room for {room_bytes:,} bytes, the image takes {image_bytes:,}")


def may_write(facts: DeviceFacts, *, image_bytes: int | None, allow_fixed: bool = False) -> tuple[Refusal, ...]:
    """Return every reason against writing an image of so many bytes (None: unknown) to the device."""
    return (*_stands_on_it(facts), *_is_no_card(facts, allow_fixed=allow_fixed), *_does_not_fit(facts, image_bytes))


def _stands_on_it(facts: DeviceFacts) -> list[Refusal]:
    """Whoever uses the device now would lose its data; no option overrides these."""
    found = []
    system = sorted({mount.point for mount in facts.mounts if mount.point in _SYSTEM_POINTS})
    if system:
        points = ", ".join(system)
        found.append(Refusal("system-disk", f"là đĩa hệ thống của máy này: {points}", f"is what this computer runs from: {points}"))
    others = sorted({mount.point for mount in facts.mounts} - _SYSTEM_POINTS)
    if others:
        umount = f"sudo umount {' '.join(others)}"
        found.append(Refusal("mounted", f"đang được gắn; tháo ra trước: {umount}", f"is mounted; unmount it first: {umount}"))
    if facts.swaps:
        swaps = ", ".join(facts.swaps)
        found.append(Refusal("swap", f"đang chứa vùng swap: {swaps}", f"holds swap in use: {swaps}"))
    if facts.holders:
        held = ", ".join(facts.holders)
        found.append(Refusal("held", f"đang nằm dưới LVM, mã hoá hoặc RAID: {held}", f"carries LVM, encryption or RAID: {held}"))
    return found


def _is_no_card(facts: DeviceFacts, *, allow_fixed: bool) -> list[Refusal]:
    found = []
    if not facts.is_whole_disk:
        whole = f"/dev/{facts.names[0]}" if facts.names else "the disk"
        found.append(
            Refusal(
                "partition",
                f"là một phân vùng; ảnh được ghi lên cả thẻ: {whole}",
                f"is one partition; an image goes onto the whole card: {whole}",
            )
        )
    if facts.is_virtual:
        found.append(
            Refusal("virtual", "không phải thẻ mà là thiết bị loop, RAM, LVM hoặc RAID", "is no card but a loop, RAM, LVM or RAID device")
        )
    elif not facts.is_removable and not allow_fixed:
        vi = "không phải thẻ tháo rời; nếu đúng là ổ của gateway, thêm --fixed-disk"
        found.append(Refusal("fixed", vi, "is not removable; if it really is the disk of a gateway, add --fixed-disk"))
    if facts.is_read_only:
        found.append(READ_ONLY)
    return found


def _does_not_fit(facts: DeviceFacts, image_bytes: int | None) -> list[Refusal]:
    if not facts.size_bytes:
        return [NO_MEDIUM]
    if image_bytes is not None and image_bytes > facts.size_bytes:
        return [too_small(facts.size_bytes, image_bytes)]
    return []

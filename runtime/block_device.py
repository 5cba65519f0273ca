"""How large the card is that a folder lives on: the whole block device, not the partition (sysfs, /sys/dev/block/MAJOR:MINOR)."""

import os
from dataclasses import dataclass
from pathlib import Path

_SYSFS = Path("/sys/dev/block")
_SECTOR_BYTES = 512  # the unit of `size` in sysfs, whatever the device's own sector


@dataclass(frozen=True, slots=True)
class Storage:
    """`device` names the block device (mmcblk0); empty where the file system has none, then `size_bytes` is the file system's own."""

    size_bytes: int
    device: str = ""


def storage_of(folder: Path, sysfs: Path = _SYSFS) -> Storage | None:
    """Return what `folder` is stored on; None when even the file system does not say. Overlays and tmpfs have no device."""
    try:
        number = folder.stat().st_dev
        device = _whole_device(sysfs / f"{os.major(number)}:{os.minor(number)}")
        if device is not None:
            size_bytes = int((device / "size").read_text(encoding="ascii")) * _SECTOR_BYTES
            if size_bytes:
                return Storage(size_bytes, device.name)
    except (OSError, ValueError):
        pass
    try:
        stat = os.statvfs(folder)
    except OSError:
        return None
    return Storage(stat.f_blocks * stat.f_frsize) if stat.f_blocks else None


def _whole_device(entry: Path) -> Path | None:
    if not entry.exists():
        return None
    device = entry.resolve()
    return device.parent if (device / "partition").exists() else device


def kernel_written_bytes(io: Path = Path("/proc/self/io")) -> int | None:
    """Return what this process caused to be written to storage, by the page (proc(5), `write_bytes`); None where not offered."""
    try:
        for line in io.read_text(encoding="ascii").splitlines():
            name, _, value = line.partition(":")
            if name == "write_bytes":
                return int(value)
    except (OSError, ValueError):
        return None
    return None

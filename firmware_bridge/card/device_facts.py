"""What the kernel says about a block device, as plain facts.

Read from /sys (Documentation/ABI/stable/sysfs-block, testing/sysfs-class-block), /proc/self/mountinfo (proc(5)) and /proc/swaps; both
roots are arguments, so that a test can bring its own. Nothing here opens the device itself.
"""

import os
import re
import stat
from dataclasses import dataclass
from pathlib import Path

_SECTOR_BYTES = 512  # /sys/block/*/size counts these, whatever the device's own sector is
_OCTAL = re.compile(r"\\([0-7]{3})")  # mountinfo writes blanks so


@dataclass(frozen=True, slots=True)
class Mount:
    """A file system in use: where, and of which device ("8:1"; `source` where the file system hides it, as btrfs does)."""

    device: str
    source: str
    point: str


@dataclass(frozen=True, slots=True)
class DeviceFacts:
    """One disk with everything that stands on it. `names` are the kernel's: the disk, then its partitions."""

    path: str
    names: tuple[str, ...] = ()
    is_whole_disk: bool = True
    size_bytes: int = 0
    is_read_only: bool = False
    is_removable: bool = False
    bus: str = ""  # "usb", "mmc", "nvme", "virtio", …; "" where it cannot be told
    model: str = ""
    mounts: tuple[Mount, ...] = ()
    swaps: tuple[str, ...] = ()
    holders: tuple[str, ...] = ()  # dm-0, md0: LVM, encryption and RAID that stand on it
    is_virtual: bool = False  # loop, ram, zram, dm, md


@dataclass(frozen=True, slots=True)
class Roots:
    """Where the kernel's files are."""

    sys: Path = Path("/sys")
    proc: Path = Path("/proc")


HOST = Roots()


def facts_of(path: Path, roots: Roots = HOST) -> DeviceFacts:
    """Return the facts of the block device node `path`. Raises OSError where it is none or the kernel does not know it."""
    node = path.resolve().stat()
    if not stat.S_ISBLK(node.st_mode):
        raise OSError(f"{path} is no block device")
    return facts_by_number(str(path), f"{os.major(node.st_rdev)}:{os.minor(node.st_rdev)}", roots)


def facts_by_number(path: str, number: str, roots: Roots) -> DeviceFacts:
    """Return the facts of the device with this number ("8:16"). Raises OSError where the kernel does not know it."""
    place = (roots.sys / "dev/block" / number).resolve(strict=True)
    is_partition = (place / "partition").exists()
    return _facts(path, place.parent if is_partition else place, roots, is_whole_disk=not is_partition)


def all_disks(roots: Roots = HOST) -> tuple[DeviceFacts, ...]:
    """Return every disk that has a medium in it, in the kernel's order of names."""
    try:
        places = sorted((roots.sys / "block").iterdir())
    except OSError:
        return ()
    disks = (_facts(f"/dev/{place.name}", place.resolve(), roots, is_whole_disk=True) for place in places)
    return tuple(disk for disk in disks if disk.size_bytes)


def _facts(path: str, disk: Path, roots: Roots, *, is_whole_disk: bool) -> DeviceFacts:
    parts = sorted(entry for entry in _entries(disk) if (entry / "partition").exists())
    all_of_it = [disk, *parts]
    names = tuple(place.name for place in all_of_it)
    numbers = {_text(place / "dev") for place in all_of_it} - {""}
    holders = tuple(sorted({holder.name for place in all_of_it for holder in _entries(place / "holders")}))
    kind = _text(disk / "device/type")
    bus = _bus(disk)
    return DeviceFacts(
        path=path,
        names=names,
        is_whole_disk=is_whole_disk,
        size_bytes=int(_text(disk / "size") or 0) * _SECTOR_BYTES,
        is_read_only=_text(disk / "ro") == "1",
        # A card in a built-in reader says removable=0; its type tells it from soldered eMMC ("MMC").
        is_removable=_text(disk / "removable") == "1" or (bus == "mmc" and kind == "SD"),
        bus=bus,
        model=" ".join(filter(None, (_text(disk / "device/vendor"), _text(disk / "device/model") or _text(disk / "device/name")))),
        mounts=_mounts(roots.proc, numbers, names),
        swaps=_swaps(roots.proc, names),
        holders=holders,
        is_virtual=not (disk / "device").exists(),
    )


def _bus(disk: Path) -> str:
    """Name the bus by the kernel's path of the device: …/usb1/1-2/…/block/sda."""
    words = disk.as_posix()
    for part, name in (("/usb", "usb"), ("/mmc_host/", "mmc"), ("/nvme/", "nvme"), ("/virtio", "virtio"), ("/ata", "sata")):
        if part in words:
            return name
    return ""


def _mounts(proc: Path, numbers: set[str], names: tuple[str, ...]) -> tuple[Mount, ...]:
    nodes = {f"/dev/{name}" for name in names}
    found = []
    for line in _text(proc / "self/mountinfo").splitlines():
        before, _, after = line.partition(" - ")
        words, tail = before.split(" "), after.split(" ")
        if len(words) < 5 or len(tail) < 2:
            continue
        source = _unescaped(tail[1])
        if words[2] in numbers or source in nodes:
            found.append(Mount(words[2], source, _unescaped(words[4])))
    return tuple(found)


def _swaps(proc: Path, names: tuple[str, ...]) -> tuple[str, ...]:
    nodes = {f"/dev/{name}" for name in names}
    first = (_unescaped(line.split()[0]) for line in _text(proc / "swaps").splitlines()[1:] if line.strip())
    return tuple(source for source in first if source in nodes)


def _unescaped(word: str) -> str:
    return _OCTAL.sub(lambda match: chr(int(match[1], 8)), word)


def _entries(folder: Path) -> list[Path]:
    try:
        return list(folder.iterdir())
    except OSError:
        return []


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        return ""

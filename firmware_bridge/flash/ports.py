"""The serial ports of this machine, what board may be behind each, and who holds it.

Read from /dev/serial, /sys/class/tty and /proc; nothing is opened, because opening a port resets many boards. The board is a guess by
VID:PID: an adapter chip (CH340, CP210x, FT232) is on boards of several families.
"""

import os
import stat
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from firmware_bridge.flash.target import Target

_MEMORY_DEVICES = 1  # Linux, admin-guide/devices: null, zero, random
_PSEUDO_TERMINALS = range(136, 144)  # the same page: UNIX98 PTY slaves
_USB_DEPTH = 4  # tty → interface → device; a hub driver may add one


@dataclass(frozen=True, slots=True)
class Holder:
    """A program that has the port open."""

    pid: int
    name: str
    is_agent: bool


@dataclass(frozen=True, slots=True)
class Port:
    """A serial port. `path` is the name that stays with the board (by-id), or with the socket where the board has no serial number."""

    path: str
    device: str
    usb_id: str
    serial: str
    product: str
    guesses: tuple[str, ...]
    holders: tuple[Holder, ...]


def list_ports(targets: Sequence[Target], root: Path = Path("/")) -> tuple[Port, ...]:
    """Return the USB serial ports, and the built-in ones that exist, by path."""
    found = []
    for tty in sorted((root / "sys/class/tty").glob("*")):
        device = root / "dev" / tty.name
        usb = _usb_of(tty)
        if not device.exists() or (usb is None and not _is_built_in(tty)):
            continue
        usb_id, serial, product = usb or ("", "", "")
        guesses = tuple(target.name for target in targets if usb_id and usb_id in target.usb_ids)
        found.append(Port(_stable_path(device, root, serial), str(device), usb_id, serial, product, guesses, holders_of(device, root)))
    return tuple(sorted(found, key=lambda port: (not port.usb_id, port.path)))


def holders_of(path: Path, root: Path = Path("/")) -> tuple[Holder, ...]:
    """Return who has `path` open. Without root, only programs of the same user are seen."""
    wanted = os.path.realpath(path)
    return tuple(_holder(process) for process in _processes(root) if _has_open(process, wanted))


def is_same_device(one: os.stat_result, other: os.stat_result) -> bool:
    """Tell two device files of one name apart: each container has its own /dev/pts/1, but the same /dev/ttyUSB0."""
    is_pseudo = os.major(one.st_rdev) in _PSEUDO_TERMINALS
    return one.st_rdev == other.st_rdev and (one.st_dev == other.st_dev or not is_pseudo)


def may_be_serial(path: Path) -> bool:
    """Tell a character device from a file, a folder, and /dev/null and its like. It is not opened, which resets many boards."""
    try:
        found = path.stat()
    except OSError:
        return False
    return stat.S_ISCHR(found.st_mode) and os.major(found.st_rdev) != _MEMORY_DEVICES


def board_identity(path: str, root: Path = Path("/")) -> str:
    """Return what stays the same for the board on this port over a re-plug: its USB serial number, else the name that was given."""
    real = Path(os.path.realpath(path))
    usb = _usb_of(root / "sys/class/tty" / real.name)
    return f"{usb[0]}:{usb[1]}" if usb and usb[1] else os.path.abspath(path)  # noqa: PTH100 -- not resolved: the link is what is stable


def _stable_path(device: Path, root: Path, serial: str) -> str:
    for folder in ("by-id", "by-path") if serial else ("by-path", "by-id"):
        for link in sorted((root / "dev/serial" / folder).glob("*")):
            if os.path.realpath(link) == os.path.realpath(device):
                return str(link)
    return str(device)


def _usb_of(tty: Path) -> tuple[str, str, str] | None:
    """Return VID:PID, serial number and product of the USB device that the tty is part of."""
    place = tty / "device"
    if not place.exists():
        return None
    place = place.resolve()
    for _ in range(_USB_DEPTH):
        vid, pid = _text(place / "idVendor"), _text(place / "idProduct")
        if vid and pid:
            return f"{vid}:{pid}".lower(), _text(place / "serial"), _text(place / "product")
        place = place.parent
    return None


def _is_built_in(tty: Path) -> bool:
    """A UART of the machine that is really there: ttyAMA0, serial0; the kernel's dummies ttyS* have type 0."""
    return (tty / "device").exists() and _text(tty / "type") not in ("", "0")


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        return ""


def _processes(root: Path) -> Iterator[Path]:
    with suppress(OSError):
        yield from (entry for entry in (root / "proc").iterdir() if entry.name.isdecimal() and int(entry.name) != os.getpid())


def _has_open(process: Path, wanted: str) -> bool:
    try:
        descriptors = list((process / "fd").iterdir())
    except OSError:
        return False
    for descriptor in descriptors:
        with suppress(OSError):
            if os.readlink(descriptor) == wanted and is_same_device(descriptor.stat(), os.stat(wanted)):  # noqa: PTH115, PTH116
                return True
    return False


def _holder(process: Path) -> Holder:
    words = _text(process / "cmdline").split("\0")
    is_agent = any(Path(word).name in ("quanho", "__main__.py") for word in words[:3]) and "edge" in words and "run" in words
    return Holder(int(process.name), _text(process / "comm") or "?", is_agent)

"""Which operating system is on a card, and which way its first boot is set up. Pure: decided from a few files.

Sources: rpi-imager doc/os_customisation_formats.md (init_format), pi-gen stage2/04-cloud-init, Ubuntu's images for the Raspberry Pi.

    files seen                                             way
    user-data and meta-data, issue.txt of pi-gen/Raspberry  cloudinit-rpi   Raspberry Pi OS Trixie, since 2025-11: with the rpi: block
    user-data and meta-data, anything else                  cloudinit       Ubuntu and its kin
    issue.txt of Raspberry Pi, no user-data                 firstrun        Bookworm, and the first Trixie
    nothing of these, or Bullseye and older                 unknown         they have no NetworkManager
"""

from dataclasses import dataclass
from typing import Literal

from firmware_bridge.card.boot_line import FIRSTBOOT, words_of

Way = Literal["cloudinit-rpi", "cloudinit", "firstrun", "unknown"]


@dataclass(frozen=True, slots=True)
class Seen:
    """What was read from a card. Texts are "" where there is no such file."""

    boot_names: tuple[str, ...]
    cmdline: str = ""
    issue: str = ""
    os_release: str = ""
    fstab: str = ""


@dataclass(frozen=True, slots=True)
class System:
    """`name` as a person says it; `boot_mount` is where the boot partition will be mounted; `takes_custom_toml` by its firstboot."""

    name: str
    way: Way
    boot_mount: str
    takes_custom_toml: bool
    evidence: tuple[str, ...]


def system_of(seen: Seen) -> System:
    """Decide."""
    names = {name.lower() for name in seen.boot_names}
    release = _release(seen.os_release)
    is_raspberry = "raspberry pi" in seen.issue.lower() or "pi-gen" in seen.issue or release.get("ID") == "raspbian"
    has_seed = {"user-data", "meta-data"} <= names
    evidence: list[str] = [name for name in ("user-data", "meta-data", "issue.txt", "cmdline.txt", "config.txt") if name in names]
    evidence += [f"os-release: {release['PRETTY_NAME']}"] if "PRETTY_NAME" in release else []
    if seen.issue:
        evidence.append(f"issue.txt: {seen.issue.splitlines()[0].strip()[:80]}")
    way: Way = "unknown"
    if "cmdline.txt" in names and has_seed:
        way = "cloudinit-rpi" if is_raspberry else "cloudinit"
    elif "cmdline.txt" in names and is_raspberry and _version(release) not in range(1, 12):
        way = "firstrun"
    if way == "unknown":
        evidence += [f"files: {', '.join(seen.boot_names[:8])}"] if seen.boot_names else []
    return System(
        name=_name(release, way, is_raspberry=is_raspberry),
        way=way,
        boot_mount=_boot_mount(seen.fstab, release),
        takes_custom_toml=way == "firstrun" and FIRSTBOOT in words_of(seen.cmdline) and _version(release) in (0, 12),
        evidence=tuple(evidence),
    )


def _name(release: dict[str, str], way: Way, *, is_raspberry: bool) -> str:
    codename = release.get("VERSION_CODENAME", "")
    if is_raspberry:
        return f"Raspberry Pi OS {codename.capitalize()}".strip()
    return release.get("PRETTY_NAME", "an image with cloud-init" if way == "cloudinit" else "an unknown system")


def _boot_mount(fstab: str, release: dict[str, str]) -> str:
    points = [words[1] for line in fstab.splitlines() if len(words := line.split()) > 2 and not words[0].startswith("#")]
    for point in ("/boot/firmware", "/boot"):
        if point in points:
            return point
    return "/boot" if 0 < _version(release) < 12 else "/boot/firmware"  # moved in Bookworm


def _version(release: dict[str, str]) -> int:
    version = release.get("VERSION_ID", "").partition(".")[0]
    return int(version) if version.isdecimal() and release.get("ID") in ("debian", "raspbian") else 0


def _release(text: str) -> dict[str, str]:
    """Read os-release(5)."""
    pairs = (line.partition("=") for line in text.splitlines() if "=" in line and not line.startswith("#"))
    return {key.strip(): value.strip().strip("\"'") for key, _, value in pairs}

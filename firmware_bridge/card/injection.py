"""Putting the settings onto a card: which files, decided purely, and then written, with the command line last.

FAT has no journal: until cmdline.txt names what is to be run, an interrupted card boots as it would have before. Running it again
replaces what we wrote and keeps what others wrote.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from firmware_bridge.card import boot_line, cloud_init, config_txt, custom_toml, firstrun
from firmware_bridge.card.card_files import BootFiles, Card, root_file
from firmware_bridge.card.causes import CardError, Cause
from firmware_bridge.card.first_boot import FirstBoot
from firmware_bridge.card.setup_script import FOLDER, old_files, setup_files, wheel_folder, wheels_fit
from firmware_bridge.card.system import Seen, System, system_of

Format = Literal["cloud-init with rpi:", "cloud-init", "custom.toml", "firstrun.sh"]

_READ = ("cmdline.txt", "config.txt", "user-data", "network-config", "meta-data", "custom.toml", "firstrun.sh")


@dataclass(frozen=True, slots=True)
class Injection:
    """What is to be written. `files` in order, the command line last; `why` says why this format."""

    format: Format
    why: str
    files: dict[str, bytes] = field(repr=False)
    deleted: tuple[str, ...]
    wheels: tuple[Path, ...] = ()


def look(card: Card, files: BootFiles) -> tuple[Seen, System]:
    """Read what tells the system."""
    seen = Seen(
        boot_names=files.names(),
        cmdline=_text(files.read("cmdline.txt")),
        issue=_text(files.read("issue.txt")),
        os_release=root_file(card, "/etc/os-release") or "",
        fstab=root_file(card, "/etc/fstab") or "",
    )
    return seen, system_of(seen)


def plan(first_boot: FirstBoot, system: System, existing: Mapping[str, bytes | None], folder_names: tuple[str, ...] = ()) -> Injection:
    """Decide the files from the settings, the system, and what stands on the boot partition (`folder_names`: below our folder there)."""
    if system.way == "unknown":
        seen = "; ".join(system.evidence) or "no file that we know"
        raise CardError(Cause.SYSTEM, f"nothing is known about setting up {system.name} at its first boot. Seen on the card: {seen}")
    own = setup_files(first_boot, system.boot_mount)
    chosen, why, files, words = _of_format(first_boot, system, existing)
    files = {**own, **files} if chosen != "custom.toml" else files
    has_module = system.way == "cloudinit-rpi"
    files["config.txt"] = config_txt.edited(_text(existing.get("config.txt")), first_boot.hardware, has_rpi_module=has_module).encode()
    if existing.get("config.txt") == files["config.txt"]:
        del files["config.txt"]
    if first_boot.country:
        words = [f"cfg80211.ieee80211_regdom={first_boot.country}", *words]
    line = boot_line.edited(_text(existing.get("cmdline.txt")), words, has_serial_console=first_boot.hardware.serial_console)
    files["cmdline.txt"] = line.encode()
    deleted = [name for name in ("custom.toml", "firstrun.sh") if name not in files and _is_ours(existing.get(name))]
    deleted += old_files(folder_names, own)
    return Injection(chosen, why, files, tuple(deleted), first_boot.wheels)


def inject(card: Card, first_boot: FirstBoot) -> tuple[System, Injection]:
    """Look, decide, write. Raises CardError."""
    if not os.access(card.path, os.W_OK):
        raise CardError(Cause.TARGET_REFUSED, f"{card.path} may not be written by this user; run the command with sudo")
    files = BootFiles(card)
    _, system = look(card, files)
    below = (*files.names(FOLDER), *(f"files/{name}" for name in files.names(f"{FOLDER}/files")))
    decided = plan(first_boot, system, {name: files.read(name) for name in _READ}, below)
    if wheels_fit(decided.wheels) > card.boot.size_bytes:
        raise CardError(
            Cause.SYSTEM, f"the wheels take {wheels_fit(decided.wheels):,} bytes, the boot partition has {card.boot.size_bytes:,}"
        )
    files.make_folder(FOLDER)
    for name in decided.deleted:
        files.delete(name)
    for old in files.names(wheel_folder()):
        files.delete(f"{wheel_folder()}/{old}")
    if decided.wheels:
        files.copy_in(wheel_folder(), decided.wheels)
    *others, last = decided.files.items()
    for name, content in others:
        files.write(name, content)
    files.sync()
    files.write(*last)
    files.sync()
    return system, decided


def _of_format(
    first_boot: FirstBoot, system: System, existing: Mapping[str, bytes | None]
) -> tuple[Format, str, dict[str, bytes], list[str]]:
    """Return the format, why, its files, and its words for the command line."""
    if system.way in ("cloudinit", "cloudinit-rpi"):
        files, instance = cloud_init.seed_files(first_boot, system, existing)
        if system.way == "cloudinit":
            return "cloud-init", f"{system.name} has cloud-init", files, [f"ds=nocloud;i={instance}"]
        if first_boot.has_ssh:
            files["ssh"] = b""
        return "cloud-init with rpi:", f"{system.name} has cloud-init with its own module", files, [f"ds=nocloud;i={instance}"]
    for name in ("firstrun.sh", "custom.toml"):
        if existing.get(name) and not _is_ours(existing.get(name)):
            reason = f"{name} on the card is another tool's (Raspberry Pi Imager?), and two would contradict each other"
            raise CardError(Cause.SYSTEM, f"{reason}; write the image afresh, without that tool's settings")
    missing = custom_toml.missing(first_boot)
    if system.takes_custom_toml and not missing:
        return "custom.toml", "custom.toml can say all of it", {"custom.toml": custom_toml.custom_toml(first_boot)}, []
    reason = f"custom.toml cannot say: {', '.join(missing)}" if missing else "this image does not read custom.toml, or not any more"
    script = {"firstrun.sh": firstrun.firstrun_sh(first_boot, system.boot_mount)}
    return "firstrun.sh", reason, script, boot_line.first_run_words(system.boot_mount)


def _is_ours(content: bytes | None) -> bool:
    return content is not None and firstrun.MARK.encode() in content[:200]


def _text(content: bytes | None) -> str:
    return (content or b"").decode("utf-8", "replace")

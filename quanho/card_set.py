"""`quanho card set`: first-boot settings onto a card or image file that is written."""

import json
import stat
from dataclasses import dataclass
from pathlib import Path

from firmware_bridge.card.card_files import BootFiles, open_card
from firmware_bridge.card.causes import CardError, Cause
from firmware_bridge.card.first_boot import FirstBoot
from firmware_bridge.card.image_size import ImageSize
from firmware_bridge.card.injection import Injection, inject, look, plan
from firmware_bridge.card.system import System
from firmware_bridge.card.target import choose_target
from quanho.card_settings import describe, load_settings
from quanho.card_words import told
from quanho.lang import say


@dataclass(frozen=True, slots=True)
class SetUp:
    """What was put onto the card."""

    system: System
    injection: Injection
    settings: dict[str, object]

    def as_json(self) -> dict[str, object]:
        """Return it without a secret."""
        files = [*self.injection.files]
        answer: dict[str, object] = {"system": self.system.name, "format": self.injection.format, "why": self.injection.why}
        return {**answer, "files": files, "deleted": list(self.injection.deleted), "settings": self.settings}


def set_up(target: Path, settings: Path, *, allow_fixed: bool, as_json: bool) -> int:
    """Put the settings onto the card and return the exit code. Wrong settings raise ConfigError."""
    first_boot = load_settings(settings)

    def work() -> int:
        done = set_up_card(target, first_boot, allow_fixed=allow_fixed)
        if as_json:
            print(json.dumps({"ok": True, "target": str(target), **done.as_json()}, ensure_ascii=False))
        else:
            tell_set_up(done)
        return 0

    return told(work, as_json=as_json)


def set_up_card(target: Path, first_boot: FirstBoot, *, allow_fixed: bool) -> SetUp:
    """Put the settings onto a card, which must be free: a desktop may have mounted it in the meantime. Raises CardError."""
    if target.is_block_device():
        choose_target(target, Path("/nonexistent"), ImageSize("raw", 0, is_exact=True), allow_fixed=allow_fixed)
    card = open_card(target)
    if target.is_file():
        _close_to_others(target)
    system, injection = inject(card, first_boot)
    return SetUp(system, injection, describe(first_boot))


def _close_to_others(image: Path) -> None:
    """Take an image file away from every other user of this computer before keys and hashes go into it. Raises CardError."""
    mode = stat.S_IMODE(image.stat().st_mode)
    if not mode & stat.S_IRWXO:
        return
    try:
        image.chmod(mode & ~stat.S_IRWXO)
    except OSError as error:
        raise CardError(
            Cause.TARGET_REFUSED, f"every user of this computer can reach {image}, and secrets go into it: chmod o= {image}"
        ) from error


def plan_for(image: Path, first_boot: FirstBoot) -> None:
    """Raise CardError where the settings could not be put onto this image."""
    card = open_card(image)
    _, system = look(card, BootFiles(card))
    plan(first_boot, system, {})


def tell_set_up(done: SetUp) -> None:
    """Say it in words."""
    name, chosen = done.system.name, done.injection.format
    print(say(f"Hệ điều hành: {name}; cài đặt được ghi dạng {chosen}.", f"System: {name}; the settings were written as {chosen}."))
    print(f"  {say('tệp', 'files')}: {', '.join(done.injection.files)}")
    host = done.settings["hostname"]
    vi, en = f"Lần khởi động đầu: tên máy {host}", f"First boot: host name {host}"
    networks = done.settings["wifi_networks"]
    if isinstance(networks, list) and networks:
        vi, en = f"{vi}, Wi-Fi {', '.join(networks)}", f"{en}, Wi-Fi {', '.join(networks)}"
    print(say(f"{vi}. Xem đủ: quanho card check", f"{en}. All of it: quanho card check"))

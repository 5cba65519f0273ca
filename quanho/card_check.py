"""`quanho card check`: what is on a card, what it will do at its first boot, and what is wrong with it. Shows no secret."""

import json
import os
import sys
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from firmware_bridge.card import boot_line
from firmware_bridge.card.applied import Applied, applied
from firmware_bridge.card.card_files import BootFiles, Card, open_card
from firmware_bridge.card.file_systems import Checked, check_file_systems
from firmware_bridge.card.findings import Finding, findings
from firmware_bridge.card.injection import look
from firmware_bridge.card.system import System
from quanho.card_settings import config_problems
from quanho.card_words import size, told
from quanho.lang import say

_EXIT_WRONG = 1
_ROOT_FILES = ("cmdline.txt", "user-data", "network-config", "meta-data", "custom.toml", "firstrun.sh")
_MARKS = {"error": ("31", "✗"), "warning": ("33", "!"), "note": ("36", "·")}


@dataclass(frozen=True, slots=True)
class Looked:
    """Everything that was read."""

    card: Card
    system: System
    asked: Applied
    agent: tuple[str, ...]
    checked: tuple[Checked, ...]
    findings: tuple[Finding, ...]

    @property
    def is_good(self) -> bool:
        return all(finding.level != "error" for finding in self.findings)


def check(path: Path, *, is_quick: bool, as_json: bool) -> int:
    """Look, tell, and return 0, or 1 where something is wrong."""

    def work() -> int:
        looked = look_at(path, is_quick=is_quick)
        print(json.dumps(_as_json(looked), ensure_ascii=False)) if as_json else _tell(looked)
        return 0 if looked.is_good else _EXIT_WRONG

    return told(work, as_json=as_json)


def look_at(path: Path, *, is_quick: bool) -> Looked:
    """Read the card. Raises CardError where it cannot be read at all."""
    card = open_card(path)
    boot = BootFiles(card)
    _, system = look(card, boot)
    files = {name: boot.read(name) for name in (*_ROOT_FILES, "quanho/first-boot.log")}
    names = {"": boot.names(), "quanho": boot.names("quanho")}
    asked = applied(files, boot_line.words_of((files["cmdline.txt"] or b"").decode("utf-8", "replace")))
    found = [*findings(system, files, names, asked), *_of_config(boot, names["quanho"])]
    checked = () if is_quick else check_file_systems(card)
    found += [_damage(each) for each in checked if each.verdict == "damaged"]
    return Looked(card, system, asked, tuple(name for name in names["quanho"] if name != "setup.sh"), checked, tuple(found))


def _of_config(boot: BootFiles, names: tuple[str, ...]) -> list[Finding]:
    config = boot.read("quanho/edge.toml") if "edge.toml" in names else None
    if config is None:
        return []
    problems = config_problems(config, list(boot.names("quanho/files")))
    return [Finding("error", "edge-config", f"cấu hình quanho sai: {each}", f"quanho's config is wrong: {each}") for each in problems]


def _damage(each: Checked) -> Finding:
    name = {"boot": ("phân vùng khởi động", "the boot partition"), "root": ("phân vùng hệ thống", "the root partition")}[each.name]
    return Finding("error", "file-system", f"{name[0]} bị hỏng: {each.said}", f"{name[1]} is damaged: {each.said}")


def _tell(looked: Looked) -> None:
    card, asked = looked.card, looked.asked
    parts = ", ".join(f"{part.number}: {part.kind} {size(part.size_bytes)}" for part in card.table.partitions)
    print(f"{card.path}: {looked.system.name}")
    print(f"  {say('phân vùng', 'partitions')} ({card.table.label}): {parts}")
    for each in looked.checked:
        words = {"clean": say("sạch", "clean"), "damaged": say("hỏng", "damaged"), "not-checked": say("chưa kiểm tra", "not checked")}
        print(f"  {each.name}: {words[each.verdict]}{f' ({each.said})' if each.said else ''}")
    print(say("Lần khởi động đầu:", "First boot:"))
    rows = [(name, value) for name, value in _rows(asked, looked.agent) if value]
    for name, value in rows or [(say("cài đặt", "settings"), say("chưa có", "none"))]:
        print(f"  {name}: {value}")
    has_colours = sys.stdout.isatty() and not os.environ.get("NO_COLOR")
    for finding in looked.findings:
        colour, mark = _MARKS[finding.level]
        text = f"{mark} {say(finding.vi, finding.en)}"
        print(f"\x1b[{colour}m{text}\x1b[0m" if has_colours else text)
    if looked.is_good:
        print(say("Thẻ dùng được.", "The card is good to use."))


def _rows(asked: Applied, agent: tuple[str, ...]) -> list[tuple[str, str]]:
    yes, no = say("có", "yes"), say("không", "no")
    networks = [f"{each.ssid}{'' if each.has_key else say(' (mở)', ' (open)')}" for each in asked.networks]
    fixed = "; ".join(f"{name} {', '.join(each)}" for name, each in asked.addresses.items())
    ssh = {None: "", True: yes, False: no}[asked.has_ssh]
    if asked.has_ssh and asked.has_password_login is False:
        ssh += say(", chỉ bằng khóa", ", by key only")
    return [
        (say("tên máy", "host name"), asked.hostname or ""),
        (say("múi giờ", "time zone"), asked.timezone or ""),
        (say("người dùng", "user"), asked.user or ""),
        (say("khóa SSH", "SSH keys"), "; ".join(asked.ssh_keys)),
        (say("mật khẩu", "password"), (yes if asked.has_password else no) if asked.user else ""),
        ("SSH", ssh),
        ("Wi-Fi", ", ".join(networks)),
        (say("quốc gia Wi-Fi", "Wi-Fi country"), asked.country or ""),
        (say("địa chỉ cố định", "fixed addresses"), fixed),
        (say("chân", "pins"), ", ".join(_pins(asked.interfaces))),
        ("quanho", ", ".join(agent)),
    ]


def _pins(interfaces: Mapping[str, object]) -> Iterator[str]:
    """Yield "i2c yes", and "serial hardware yes" for what is inside of a pin's table."""
    for name, value in interfaces.items():
        inside = value if isinstance(value, Mapping) else {"": value}
        for part, is_on in inside.items():
            yield f"{name} {part} {say('có', 'yes') if is_on else say('không', 'no')}".replace("  ", " ")


def _as_json(looked: Looked) -> dict[str, object]:
    return {
        "ok": looked.is_good,
        "card": str(looked.card.path),
        "system": looked.system.name,
        "way": looked.system.way,
        "evidence": list(looked.system.evidence),
        "partitions": [asdict(part) for part in looked.card.table.partitions],
        "file_systems": [asdict(each) for each in looked.checked],
        "first_boot": asdict(looked.asked),
        "agent": list(looked.agent),
        "findings": [{"level": each.level, "code": each.code, "text": say(each.vi, each.en)} for each in looked.findings],
    }

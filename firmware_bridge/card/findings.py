"""What is missing, contradictory or damaged on a card. Pure: decided from what was read; texts for the operator in two languages."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from firmware_bridge.card import boot_line
from firmware_bridge.card.applied import Applied
from firmware_bridge.card.cloud_init import MARK
from firmware_bridge.card.system import System

Level = Literal["error", "warning", "note"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing to know. `code` is stable; an error means that the gateway will not come up as wanted."""

    level: Level
    code: str
    vi: str
    en: str


def findings(system: System, files: Mapping[str, bytes | None], names: Mapping[str, tuple[str, ...]], asked: Applied) -> Iterator[Finding]:
    """Yield the findings. `names`: the names in the boot partition's root ("") and in our folder ("quanho")."""
    yield from _of_boot(system, files)
    yield from _of_format(system, files)
    if asked.unreadable:
        for name, why in asked.unreadable.items():
            yield Finding("error", "unreadable", f"{name}: không đọc được ({why})", f"{name}: {why}")
    yield from _of_login(asked)
    yield from _of_wifi(asked)
    yield from _of_agent(files, names)


def _of_boot(system: System, files: Mapping[str, bytes | None]) -> Iterator[Finding]:
    cmdline = files.get("cmdline.txt")
    if system.way == "unknown":
        seen = "; ".join(system.evidence) or "–"
        vi = f"không biết cách cài đặt lần khởi động đầu của {system.name}; thấy trên thẻ: {seen}"
        yield Finding("error", "unknown-system", vi, f"nothing is known about the first boot of {system.name}; seen on the card: {seen}")
    if cmdline is None:
        yield Finding("error", "cmdline-missing", "thiếu cmdline.txt: máy không khởi động", "cmdline.txt is missing: it does not boot")
        return
    for code, en in boot_line.problems_of(cmdline.decode("utf-8", "replace")):
        vi, level = _CMDLINE[code]
        yield Finding(level, code, vi, en)


_CMDLINE: dict[str, tuple[str, Level]] = {
    "cmdline-empty": ("cmdline.txt rỗng: máy không khởi động", "error"),
    "cmdline-lines": ("cmdline.txt có hơn một dòng; chỉ dòng đầu được đọc, phần còn lại không có tác dụng", "error"),
    "cmdline-root": ("cmdline.txt không có root=…: máy không khởi động", "error"),
    "cmdline-damaged": ("cmdline.txt có ký tự lạ, đã hỏng", "error"),
    "cmdline-twice": ("cmdline.txt có từ bị lặp", "warning"),
}


def _of_format(system: System, files: Mapping[str, bytes | None]) -> Iterator[Finding]:
    """Look for settings that the system on the card will never read, and for those that nothing starts."""
    words = boot_line.words_of((files.get("cmdline.txt") or b"").decode("utf-8", "replace"))
    script, toml, user_data = (files.get(name) for name in ("firstrun.sh", "custom.toml", "user-data"))
    if system.way.startswith("cloudinit"):
        for name in [name for name, content in (("firstrun.sh", script), ("custom.toml", toml)) if content is not None]:
            vi = f"{system.name} không đọc {name}; cài đặt trong đó sẽ không được áp dụng"
            yield Finding("error", "wrong-format", vi, f"{system.name} does not read {name}; what it says will not be applied")
        if user_data is not None and MARK.encode() not in user_data:
            vi = "user-data không phải do quanho card ghi; chạy: quanho card set"
            yield Finding("note", "not-set", vi, "user-data was not written by quanho card; run: quanho card set")
        elif user_data is not None and not user_data.startswith(b"#cloud-config"):
            vi = "dòng đầu của user-data phải là #cloud-config, nếu không cloud-init bỏ qua"
            yield Finding("error", "user-data-head", vi, "user-data must begin with #cloud-config, or cloud-init ignores it")
    elif system.way == "firstrun":
        if user_data is not None:
            vi = f"{system.name} không đọc user-data; cài đặt trong đó sẽ không được áp dụng"
            yield Finding("error", "wrong-format", vi, f"{system.name} does not read user-data; what it says will not be applied")
        runs = any(word.startswith("systemd.run=") for word in words)
        if (script is not None) != runs:
            vi = "firstrun.sh và systemd.run= trong cmdline.txt phải đi cùng nhau; ở đây chỉ có một"
            yield Finding("error", "firstrun-half", vi, "firstrun.sh and systemd.run= in cmdline.txt belong together; only one is there")
        if toml is not None and boot_line.FIRSTBOOT not in words:
            vi = f"custom.toml sẽ không được đọc: cmdline.txt không có {boot_line.FIRSTBOOT}"
            yield Finding("error", "custom-toml-unread", vi, f"custom.toml will not be read: cmdline.txt has no {boot_line.FIRSTBOOT}")
        if script is None and toml is None:
            vi = "chưa có cài đặt cho lần khởi động đầu; chạy: quanho card set"
            yield Finding("note", "not-set", vi, "nothing is set for the first boot; run: quanho card set")


def _of_login(asked: Applied) -> Iterator[Finding]:
    if asked.user and not asked.ssh_keys and not asked.has_password:
        vi = f"không ai đăng nhập được: {asked.user} không có khoá SSH lẫn mật khẩu"
        yield Finding("error", "nobody", vi, f"nobody can log in: {asked.user} has neither an SSH key nor a password")
    elif asked.user and asked.has_ssh and not asked.ssh_keys and not asked.has_password_login:
        vi = "không ai đăng nhập được qua mạng: không có khoá SSH, và mật khẩu không được phép"
        yield Finding("error", "nobody-by-ssh", vi, "nobody can log in over the network: no SSH key, and no passwords")
    if asked.has_password and asked.has_ssh and asked.has_password_login:
        vi = "đăng nhập qua mạng bằng mật khẩu: ai trong mạng cũng có thể thử"
        yield Finding("warning", "password-login", vi, "a password is enough to log in over the network: everybody there may try")
    if any(key.startswith("(damaged") for key in asked.ssh_keys):
        yield Finding("error", "damaged-key", "có khoá SSH bị hỏng", "an SSH key is damaged")


def _of_wifi(asked: Applied) -> Iterator[Finding]:
    if asked.networks and not asked.country:
        vi = "có mạng Wi-Fi nhưng không có quốc gia: Wi-Fi sẽ bị tắt"
        yield Finding("error", "no-country", vi, "there are Wi-Fi networks but no country: Wi-Fi stays off")
    for network in asked.networks:
        if not network.has_key:
            vi = f"mạng Wi-Fi {network.ssid!r} không có mật khẩu: ai cũng nghe được"
            yield Finding("warning", "open-network", vi, f"Wi-Fi {network.ssid!r} is open: everybody can listen")


def _of_agent(files: Mapping[str, bytes | None], names: Mapping[str, tuple[str, ...]]) -> Iterator[Finding]:
    folder = names.get("quanho", ())
    if "wheels" in folder and "edge.toml" not in folder:
        vi = "có quanho nhưng không có edge.toml: tác tử sẽ không chạy"
        yield Finding("warning", "no-config", vi, "quanho is there without an edge.toml: the agent will not run")
    if "edge.toml" in folder and "wheels" not in folder:
        vi = "có edge.toml nhưng không có gói cài quanho: phải tự cài quanho sau"
        yield Finding("warning", "no-wheels", vi, "there is an edge.toml but no wheels: quanho has to be installed by hand")
    log = (files.get("quanho/first-boot.log") or b"").decode("utf-8", "replace")
    failed = [line for line in log.splitlines() if line.startswith("FAILED")]
    if failed:
        shown = "; ".join(failed[:5])
        yield Finding("error", "first-boot-failed", f"lần khởi động đầu có lỗi: {shown}", f"the first boot had failures: {shown}")
    elif log:
        yield Finding("note", "has-booted", "thẻ này đã khởi động lần đầu", "this card has had its first boot")

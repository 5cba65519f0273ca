"""What a card will do at its first boot, read from the files that are on it: not from what we meant to write. Pure.

Hashes, keys and codes are only counted, never kept: what this module returns may be printed.
"""

import re
import shlex
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import yaml

from firmware_bridge.card.first_boot import fingerprint
from firmware_bridge.card.settings import ssh_key_problem

_HERE = re.compile(r"^(?P<command>[^\n]*) <<'(?P<end>\w+)'\n(?P<content>.*?)\n(?P=end)$", re.DOTALL | re.MULTILINE)
_CALL = re.compile(r"^(set_\w+) (.+)$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class AppliedNetwork:
    """A Wi-Fi network as the card has it."""

    ssid: str
    has_key: bool
    is_hidden: bool


@dataclass(slots=True)
class Applied:
    """What the files say. None or empty: they do not say it. `unreadable` are files that cannot be understood."""

    hostname: str | None = None
    timezone: str | None = None
    user: str | None = None
    ssh_keys: list[str] = field(default_factory=list)
    has_password: bool = False
    has_ssh: bool | None = None
    has_password_login: bool | None = None
    country: str | None = None
    networks: list[AppliedNetwork] = field(default_factory=list)
    addresses: dict[str, list[str]] = field(default_factory=dict)
    interfaces: dict[str, object] = field(default_factory=dict)
    unreadable: dict[str, str] = field(default_factory=dict)


def applied(files: Mapping[str, bytes | None], cmdline_words: list[str]) -> Applied:
    """Return what the files of the boot partition ask for."""
    found = Applied()
    if files.get("user-data") is not None:
        _from_user_data(found, _yaml(found, "user-data", files))
        _from_network_config(found, _yaml(found, "network-config", files))
    if files.get("custom.toml") is not None:
        _from_custom_toml(found, files["custom.toml"] or b"")
    if files.get("firstrun.sh") is not None:
        _from_firstrun(found, (files["firstrun.sh"] or b"").decode("utf-8", "replace"))
    if found.country is None:
        found.country = next((word.partition("=")[2] for word in cmdline_words if word.startswith("cfg80211.ieee80211_regdom=")), None)
    return found


def _yaml(found: Applied, name: str, files: Mapping[str, bytes | None]) -> Mapping[str, Any]:
    content = files.get(name)
    if content is None:
        return {}
    try:
        data = yaml.safe_load(content.decode("utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError, ValueError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)  # the text of the error would quote the file, and with it a secret
        found.unreadable[name] = f"no valid YAML{f', line {mark.line + 1}' if mark else ''}"
        return {}
    if data is not None and not isinstance(data, Mapping):
        found.unreadable[name] = "YAML, but no table of keys"
    return data if isinstance(data, Mapping) else {}


def _from_user_data(found: Applied, data: Mapping[str, Any]) -> None:
    found.hostname = _text(data.get("hostname"))
    found.timezone = _text(data.get("timezone"))
    users = [each for each in _list(data.get("users")) if isinstance(each, Mapping)]
    if users:
        user = users[0]
        found.user = _text(user.get("name"))
        found.ssh_keys = _prints(_list(user.get("ssh_authorized_keys")))
        found.has_password = bool(user.get("passwd") or user.get("hashed_passwd") or user.get("plain_text_passwd")) and not user.get(
            "lock_passwd", True
        )
    found.has_password_login = data.get("ssh_pwauth") if isinstance(data.get("ssh_pwauth"), bool) else None
    commands = [" ".join(_text(word) or "" for word in _list(each)) or _text(each) or "" for each in _list(data.get("runcmd"))]
    if any(command.startswith("systemctl enable") and command.endswith("ssh") for command in commands) or data.get("enable_ssh") is True:
        found.has_ssh = True
    elif any(command.startswith("systemctl disable") and command.endswith("ssh") for command in commands):
        found.has_ssh = False
    pins = _mapping(_mapping(data.get("rpi")).get("interfaces"))
    found.interfaces = {str(name): _pin(value) for name, value in pins.items()}


def _from_network_config(found: Applied, data: Mapping[str, Any]) -> None:
    inner = _mapping(data.get("network", data))
    for group in ("ethernets", "wifis"):
        for name, settings in _mapping(inner.get(group)).items():
            addresses = _list(_mapping(settings).get("addresses"))
            if addresses:
                found.addresses[str(name)] = [_text(each) or "?" for each in addresses]
    for settings in _mapping(inner.get("wifis")).values():
        found.country = _text(_mapping(settings).get("regulatory-domain")) or found.country
        for ssid, point in _mapping(_mapping(settings).get("access-points")).items():
            inner_point = _mapping(point)
            has_key = bool(inner_point.get("password") or inner_point.get("auth"))
            found.networks.append(AppliedNetwork(str(ssid), has_key, bool(inner_point.get("hidden"))))


def _from_custom_toml(found: Applied, content: bytes) -> None:
    try:
        data = tomllib.loads(content.decode("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError):
        found.unreadable["custom.toml"] = "no valid TOML"
        return
    user, ssh, wlan = (_mapping(data.get(name)) for name in ("user", "ssh", "wlan"))
    found.hostname = _text(_mapping(data.get("system")).get("hostname"))
    found.timezone = _text(_mapping(data.get("locale")).get("timezone"))
    found.user, found.has_password = _text(user.get("name")), bool(user.get("password"))
    found.has_ssh, found.has_password_login = ssh.get("enabled"), ssh.get("password_authentication")
    found.ssh_keys = _prints(_list(ssh.get("authorized_keys")))
    found.country = _text(wlan.get("country"))
    if wlan.get("ssid"):
        found.networks.append(AppliedNetwork(str(wlan["ssid"]), bool(wlan.get("password")), bool(wlan.get("hidden"))))


def _from_firstrun(found: Applied, script: str) -> None:
    if "Written by quanho card" not in script[:200]:
        found.unreadable["firstrun.sh"] = "another tool's script; what it does is not looked into"
        return
    calls = {name: words[0] for name, rest in _CALL.findall(script) if len(words := shlex.split(rest)) == 1}
    found.hostname, found.timezone = calls.get("set_hostname"), calls.get("set_timezone")
    found.user, found.country = calls.get("set_user"), calls.get("set_country")
    found.has_ssh = "on_system systemctl -q enable ssh" in script
    for match in _HERE.finditer(script):
        command, content = match["command"], match["content"]
        if command.startswith("set_keys"):
            found.ssh_keys = _prints(content.splitlines())
        elif "chpasswd" in command:
            found.has_password = not content.endswith(":!")
        elif "sshd_config" in command:
            found.has_password_login = content.endswith("yes")
        elif ".nmconnection" in command:
            _from_keyfile(found, content)


def _from_keyfile(found: Applied, content: str) -> None:
    pairs = dict(line.partition("=")[::2] for line in content.splitlines() if "=" in line)
    if "ssid" in pairs:
        found.networks.append(AppliedNetwork(ssid_of(pairs["ssid"]), "psk" in pairs, pairs.get("hidden") == "true"))
    if "address1" in pairs:
        found.addresses.setdefault(pairs.get("interface-name", "?"), [pairs["address1"].partition(",")[0]])


def ssid_of(value: str) -> str:
    """Return the name that a keyfile's `ssid=` means."""
    if re.fullmatch(r"(?:\d{1,3};)+", value):
        return bytes(int(byte) & 0xFF for byte in value.split(";")[:-1]).decode("utf-8", "replace")
    return value


def _prints(keys: list[Any]) -> list[str]:
    lines = [_text(key) or "" for key in keys]
    return [fingerprint(line) if ssh_key_problem(line) is None else f"(damaged key: {line[:20]}…)" for line in lines]


def _text(value: object) -> str | None:
    """Return a plain value as text; None for tables and lists, which aliases of YAML can make endless to print."""
    return str(value) if isinstance(value, str | int | float) else None


def _pin(value: object) -> object:
    return {str(name): bool(is_on) for name, is_on in value.items()} if isinstance(value, Mapping) else value is True


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}

"""First boot of Bookworm by `custom.toml`, which its firstboot applies (raspberrypi-sys-mods, init_config: config_version 1). Pure.

It knows one Wi-Fi network, no fixed address and nothing of quanho; `missing` says what of the settings it could not carry.
"""

import json
import re

from firmware_bridge.card.first_boot import FirstBoot

_PLAIN = re.compile(r"[A-Za-z](?:[A-Za-z0-9_. -]*[A-Za-z0-9_.-])?")
MARK = "# Written by quanho card"


def missing(first_boot: FirstBoot) -> tuple[str, ...]:
    """Return what custom.toml cannot say; nothing means that it will do."""
    found = []
    if len(first_boot.networks) > 1:
        found.append("several Wi-Fi networks")
    if not all(_PLAIN.fullmatch(each.ssid) for each in first_boot.networks):
        found.append("a Wi-Fi name with signs in it")  # imager_custom writes it into NetworkManager's file as it is
    if first_boot.eth0 or first_boot.wlan0:
        found.append("a fixed address")
    if first_boot.has_agent_files:
        found.append("quanho's config, claim code or wheels")
    if first_boot.hardware.i2c:
        found.append("the driver for I²C")
    if first_boot.has_security_updates:
        found.append("security updates")
    return tuple(found)


def custom_toml(first_boot: FirstBoot) -> bytes:
    """Return the file."""
    lines = [MARK, "config_version = 1", "", "[system]", _pair("hostname", first_boot.hostname)]
    if first_boot.user:
        lines += ["", "[user]", _pair("name", first_boot.user.name)]
        if first_boot.user.password_hash:
            lines += [_pair("password", first_boot.user.password_hash), _pair("password_encrypted", value=True)]
    lines += ["", "[ssh]", _pair("enabled", first_boot.has_ssh)]
    if first_boot.user:
        lines += [_pair("password_authentication", first_boot.has_password_login)]
    if first_boot.user and first_boot.user.ssh_keys:
        lines += [_pair("authorized_keys", list(first_boot.user.ssh_keys))]
    if first_boot.country:
        lines += ["", "[wlan]", _pair("country", first_boot.country)]
        for network in first_boot.networks[:1]:
            lines += [_pair("ssid", network.ssid), _pair("hidden", network.is_hidden)]
            lines += [_pair("password", network.psk), _pair("password_encrypted", value=True)] if network.psk else []
    lines += ["", "[locale]", _pair("timezone", first_boot.timezone), ""]
    return "\n".join(lines).encode()


def _pair(key: str, value: str | bool | list[str]) -> str:
    """Write one pair; JSON's strings, booleans and lists are TOML's as long as no character is escaped as a surrogate pair."""
    return f"{key} = {json.dumps(value, ensure_ascii=False)}"

"""First boot by cloud-init: `user-data`, `network-config` and `meta-data` on the boot partition (NoCloud). Pure.

user-data is cloud-config (cloudinit.readthedocs.io, module reference); the table `rpi:` is of its module cc_raspberry_pi, which Raspberry
Pi OS has since Trixie. network-config is netplan's, version 2. What others wrote stays: their keys of user-data, their commands of runcmd,
their interfaces and their keys of meta-data; what an earlier run of ours wrote is replaced.

SSH is switched on by the empty file `ssh` and a command: `enable_ssh:` is a key that upstream's schema does not know, and images differ in
what they make of it. The instance id is made from the content, so that a card that has booted before applies new settings.
"""

import hashlib
from collections.abc import Mapping
from typing import Any

import yaml

from firmware_bridge.card.first_boot import FirstBoot, Network
from firmware_bridge.card.settings import StaticAddress
from firmware_bridge.card.setup_script import FOLDER
from firmware_bridge.card.system import System

MARK = "# Written by quanho card; keys and commands of others are kept."
_GROUPS = ("users", "adm", "dialout", "audio", "netdev", "video", "plugdev", "input", "gpio", "spi", "i2c", "sudo")
_OUR_KEYS = frozenset(
    {"hostname", "manage_etc_hosts", "preserve_hostname", "timezone", "users", "ssh_pwauth", "disable_root", "rpi", "enable_ssh"}
)
_OUR_COMMANDS = (f"/{FOLDER}/setup.sh",)
_SSH_COMMANDS = (["systemctl", "enable", "--now", "--no-block", "ssh"], ["systemctl", "disable", "--now", "ssh"])


def seed_files(first_boot: FirstBoot, system: System, existing: Mapping[str, bytes | None]) -> tuple[dict[str, bytes], str]:
    """Return the three files by name, and the instance id that belongs on the command line."""
    user = _dumped("#cloud-config\n", _user_data(first_boot, system, _parsed(existing.get("user-data"))))
    network = _dumped("", _network_config(first_boot, system, existing.get("network-config")))
    instance = "quanho-" + hashlib.sha256(user + network).hexdigest()[:12]
    kept = {key: value for key, value in _parsed(existing.get("meta-data")).items() if key not in ("instance-id", "instance_id")}
    meta = _dumped("", {"dsmode": "local", **kept, "instance-id": instance})
    return {"user-data": user, "network-config": network, "meta-data": meta}, instance


def _user_data(first_boot: FirstBoot, system: System, existing: Mapping[str, Any]) -> dict[str, Any]:
    data: dict[str, Any] = {
        "hostname": first_boot.hostname,
        "manage_etc_hosts": True,
        "preserve_hostname": False,
        "timezone": first_boot.timezone,
    }
    if first_boot.user:
        data["users"] = [_user(first_boot)]
        data["ssh_pwauth"] = first_boot.has_password_login
        data["disable_root"] = True
    if system.way == "cloudinit-rpi":
        data["rpi"] = {"interfaces": _interfaces(first_boot)}
    others = {key: value for key, value in existing.items() if key not in _OUR_KEYS | {"runcmd"}}
    theirs = existing.get("runcmd")
    commands: list[Any] = [each for each in theirs if not _is_ours(each)] if isinstance(theirs, list) else []
    ssh = _SSH_COMMANDS[0 if first_boot.has_ssh else 1]
    return {**data, **others, "runcmd": [*commands, [*ssh], ["sh", f"{system.boot_mount}/{FOLDER}/setup.sh"]]}


def _user(first_boot: FirstBoot) -> dict[str, Any]:
    user = first_boot.user
    assert user is not None  # noqa: S101 - asked before
    made: dict[str, Any] = {"name": user.name, "groups": ",".join(_GROUPS), "shell": "/bin/bash"}
    made["sudo"] = "ALL=(ALL) ALL" if user.password_hash else "ALL=(ALL) NOPASSWD:ALL"
    made["lock_passwd"] = user.password_hash is None
    if user.password_hash:
        made["passwd"] = user.password_hash
    if user.ssh_keys:
        made["ssh_authorized_keys"] = list(user.ssh_keys)
    return made


def _interfaces(first_boot: FirstBoot) -> dict[str, Any]:
    pins = first_boot.hardware
    serial = {"console": pins.serial_console, "hardware": pins.serial}
    return {"i2c": pins.i2c, "spi": pins.spi, "onewire": pins.onewire, "serial": serial}


def _network_config(first_boot: FirstBoot, system: System, existing: bytes | None) -> dict[str, Any]:
    is_ours = existing is not None and MARK.encode() in existing
    parsed = _parsed(existing)
    inner = parsed.get("network", parsed)
    base: dict[str, Any] = dict(inner) if isinstance(inner, Mapping) else {}
    ethernets = _mapping(base.pop("ethernets", None))
    wifis = _mapping(base.pop("wifis", None))
    if is_ours:
        wifis.pop("wlan0", None)
    if is_ours or first_boot.eth0 or "eth0" not in ethernets:
        ethernets["eth0"] = _addressing(first_boot.eth0)
    if first_boot.networks:
        points = {each.ssid: _access_point(each, system) for each in sorted(first_boot.networks, key=lambda each: -each.priority)}
        wifis["wlan0"] = {**_addressing(first_boot.wlan0), "regulatory-domain": first_boot.country, "access-points": points}
    made: dict[str, Any] = {**base, "version": 2, "ethernets": ethernets}
    return {"network": {**made, "wifis": wifis} if wifis else made}


def _addressing(fixed: StaticAddress | None) -> dict[str, Any]:
    """`optional`: booting does not wait for a cable that is not there."""
    if fixed is None:
        return {"dhcp4": True, "optional": True}
    is_v6 = ":" in fixed.address
    made: dict[str, Any] = {"dhcp4": is_v6, "addresses": [fixed.address], "optional": True}
    if fixed.gateway:
        made["routes"] = [{"to": "default", "via": fixed.gateway}]
    if fixed.dns:
        made["nameservers"] = {"addresses": list(fixed.dns)}
    return made


def _access_point(network: Network, system: System) -> dict[str, Any]:
    point: dict[str, Any] = {"password": network.psk} if network.psk else {}
    if network.is_hidden:
        point["hidden"] = True
    if network.priority and system.way == "cloudinit-rpi":  # Raspberry Pi OS has NetworkManager; networkd knows no such thing
        point["networkmanager"] = {"passthrough": {"connection.autoconnect-priority": str(network.priority)}}
    return point


def _is_ours(command: object) -> bool:
    words = command if isinstance(command, list) else [command]
    text = " ".join(word for word in words if isinstance(word, str))
    return any(mark in text for mark in _OUR_COMMANDS) or command in _SSH_COMMANDS


def _mapping(value: object) -> dict[str, Any]:
    return dict(value) if isinstance(value, Mapping) else {}


def _parsed(content: bytes | None) -> dict[str, Any]:
    """Return a mapping; an empty one for what is no YAML or no mapping, which is then replaced as a whole."""
    try:
        return _mapping(yaml.safe_load(content.decode("utf-8"))) if content else {}
    except (yaml.YAMLError, UnicodeDecodeError, ValueError, RecursionError):
        return {}


def _dumped(head: str, data: Mapping[str, Any]) -> bytes:
    text = yaml.safe_dump(dict(data), allow_unicode=True, sort_keys=False, default_flow_style=False, width=10_000)
    return f"{head}{MARK}\n{text}".encode()

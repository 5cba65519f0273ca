"""Connections as NetworkManager's keyfiles (nm-settings-keyfile(5)), for images without netplan. Pure.

A network's name goes in as a list of bytes, decimal and each with a semicolon behind it, unless it is plainly a word: so no sign in it can
mean anything to the file. The files hold keys and are written 0600, or NetworkManager ignores them.
"""

import ipaddress
import re
import uuid

from firmware_bridge.card.first_boot import FirstBoot, Network
from firmware_bridge.card.settings import StaticAddress

_PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9_.-]*")
_NAMES = uuid.UUID("7f1f4e3e-2f0a-4c5e-9d0e-6a1f5b8d2c11")  # any constant: the same network has the same uuid on every run


def keyfiles(first_boot: FirstBoot) -> dict[str, str]:
    """Return the files for /etc/NetworkManager/system-connections by name."""
    files = {f"quanho-wifi-{number}.nmconnection": _wifi(each, first_boot.wlan0) for number, each in enumerate(first_boot.networks, 1)}
    if first_boot.eth0:
        files["quanho-eth0.nmconnection"] = _ethernet(first_boot.eth0)
    return files


def _wifi(network: Network, fixed: StaticAddress | None) -> str:
    identity = uuid.uuid5(_NAMES, network.ssid)
    lines = ["[connection]", f"id=quanho-{identity.hex[:8]}", f"uuid={identity}", "type=wifi", "interface-name=wlan0"]
    lines += [f"autoconnect-priority={network.priority}"]
    lines += ["", "[wifi]", "mode=infrastructure", f"ssid={_ssid(network.ssid)}", f"hidden={str(network.is_hidden).lower()}"]
    if network.psk:
        lines += ["", "[wifi-security]", "key-mgmt=wpa-psk", f"psk={network.psk}"]
    return "\n".join([*lines, *_addressing(fixed), ""])


def _ethernet(fixed: StaticAddress) -> str:
    identity = uuid.uuid5(_NAMES, "eth0")
    lines = ["[connection]", "id=quanho-eth0", f"uuid={identity}", "type=ethernet", "interface-name=eth0", "autoconnect-priority=10"]
    return "\n".join([*lines, *_addressing(fixed), ""])


def _addressing(fixed: StaticAddress | None) -> list[str]:
    if fixed is None:
        return ["", "[ipv4]", "method=auto", "", "[ipv6]", "method=auto"]
    version = ipaddress.ip_interface(fixed.address).version
    own, other = ("ipv4", "ipv6") if version == 4 else ("ipv6", "ipv4")
    lines = ["", f"[{own}]", "method=manual", f"address1={fixed.address}" + (f",{fixed.gateway}" if fixed.gateway else "")]
    for family, name in ((4, "ipv4"), (6, "ipv6")):
        servers = [server for server in fixed.dns if ipaddress.ip_address(server).version == family]
        if servers and name == own:
            lines.append("dns=" + "".join(f"{server};" for server in servers))
    return [*lines, "", f"[{other}]", "method=auto"]


def _ssid(name: str) -> str:
    return name if _PLAIN.fullmatch(name) else "".join(f"{byte};" for byte in name.encode())

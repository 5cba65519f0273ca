"""`quanho card settings`, and reading a card.toml for the other card commands: the agent's config that it names is checked as well."""

import json
import tempfile
from collections.abc import Iterator
from pathlib import Path

from edge.config_file import load_agent_config
from firmware_bridge.card.first_boot import FirstBoot, fingerprint, load_first_boot
from quanho.card_example import EXAMPLE
from quanho.lang import say
from telemetry.errors import ConfigError, Problem

_ON_GATEWAY = "/etc/quanho/"
_LABELS = {
    "hostname": ("tên máy", "host name"),
    "timezone": ("múi giờ", "time zone"),
    "user": ("người dùng", "user"),
    "has_password": ("mật khẩu", "password"),
    "ssh_keys": ("khóa SSH", "SSH keys"),
    "wifi_country": ("quốc gia Wi-Fi", "Wi-Fi country"),
    "wifi_networks": ("mạng Wi-Fi", "Wi-Fi networks"),
    "eth0": ("địa chỉ cố định eth0", "fixed address of eth0"),
    "wlan0": ("địa chỉ cố định wlan0", "fixed address of wlan0"),
    "hardware": ("phần cứng", "hardware"),
    "security_updates": ("tự cập nhật bảo mật", "security updates"),
    "agent_config": ("cấu hình quanho", "quanho's config"),
    "agent_files": ("tệp kèm theo", "files beside it"),
    "claim_code": ("mã đăng ký", "claim code"),
    "wheels": ("gói cài quanho", "wheels of quanho"),
}


def load_settings(path: Path) -> FirstBoot:
    """Return what card.toml says. Raises ConfigError with everything that is wrong in it and in the agent's config that it names."""
    first_boot = load_first_boot(path)
    problems = list(config_problems(first_boot.edge_config, [name for name, _ in first_boot.agent_files])) if first_boot.edge_config else []
    if problems:
        raise ConfigError(problems)
    return first_boot


def config_problems(config: bytes, files: list[str]) -> Iterator[Problem]:
    """Yield what `quanho edge check` would say on the gateway. Files in /etc/quanho are there if they are among `files`."""
    with tempfile.TemporaryDirectory(prefix="quanho-card-") as folder:
        place = Path(folder) / "edge.toml"
        place.write_bytes(config)
        try:
            load_agent_config(place)
        except ConfigError as error:
            for problem in error.problems:
                message = problem.message.replace(str(place), "edge.toml")
                if not any(f"{_ON_GATEWAY}{name}:" in message for name in files):
                    yield Problem("edge.toml", problem.key, message)


def print_settings(file: Path | None, *, example: bool, as_json: bool) -> int:
    """Print the example, or what a file says. A wrong file raises ConfigError, which the command line prints in full (exit 2)."""
    if example or file is None:
        print(EXAMPLE, end="")
        return 0
    told = describe(load_settings(file))
    if as_json:
        print(json.dumps({"ok": True, "file": str(file), **told}, ensure_ascii=False))
        return 0
    print(say(f"{file}: cài đặt hợp lệ.", f"{file}: the settings are valid."))
    for name, value in told.items():
        print(f"  {say(*_LABELS[name])}: {_shown(value)}")
    return 0


def _shown(value: object) -> str:
    if isinstance(value, bool):
        return say("có", "yes") if value else say("không", "no")
    return (", ".join(map(str, value)) if isinstance(value, list) else str(value or "")) or "–"


def describe(first_boot: FirstBoot) -> dict[str, object]:
    """Say what the settings are, without a secret."""
    user = first_boot.user
    return {
        "hostname": first_boot.hostname,
        "timezone": first_boot.timezone,
        "user": user.name if user else None,
        "has_password": bool(user and user.password_hash),
        "ssh_keys": [fingerprint(key) for key in user.ssh_keys] if user else [],
        "wifi_country": first_boot.country,
        "wifi_networks": [network.ssid for network in first_boot.networks],
        "eth0": first_boot.eth0.address if first_boot.eth0 else None,
        "wlan0": first_boot.wlan0.address if first_boot.wlan0 else None,
        "hardware": [name for name, is_on in first_boot.hardware.model_dump().items() if is_on],
        "security_updates": first_boot.has_security_updates,
        "agent_config": first_boot.edge_config is not None,
        "agent_files": [name for name, _ in first_boot.agent_files],
        "claim_code": first_boot.claim_code is not None,
        "wheels": len(first_boot.wheels),
    }

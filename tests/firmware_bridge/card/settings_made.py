"""Settings for tests: one good card.toml, and any that the model takes (hypothesis)."""

import ipaddress
import string
from pathlib import Path

from hypothesis import strategies as st

from firmware_bridge.card.first_boot import FirstBoot, Network, User
from firmware_bridge.card.hashes import wifi_psk
from firmware_bridge.card.settings import HardwareTable, StaticAddress

KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIFypAVlkyYVwdFAUrDnAcZqIM6Lkusv+9J3rRUn7qZzA"
HASH = "$6$quanho.test$Qk3wVbPnBpEY6XXeDFOGsSBVzpxUgH5T9FPmzoPnTmmCNyq6pGHx3JRKEiu1ZL3N3cW1BVwF6Ld0FP2Cwz9bA1"
PASSWORD = "mat khau cua tram bom"
WIFI_PASSWORD = "Th1 khong ai doan ra"
CLAIM_CODE = "BNH-7K2Q-M4XP"

CONFIG = """\
[gateway]
site = "bac-ninh-01"
id = "gw-0001"
state_dir = "/var/lib/quanho"

[uplink]
kind = "influx"
url = "http://127.0.0.1:8086"
database = "quanho"

[[source]]
id = "gauge"
kind = "serial"
port = "/dev/serial0"
baudrate = 9600

[source.decoder]
kind = "regex"
measurement = "water_level"
patterns = ['^H=(?P<level>[0-9.]+) m$']
"""


def card_toml(folder: Path, more: str = "") -> Path:
    """Write a complete card.toml with its files and return its path."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in {"user.password": PASSWORD, "wifi.password": WIFI_PASSWORD, "claim.code": CLAIM_CODE}.items():
        (folder / name).write_text(text + "\n")
        (folder / name).chmod(0o600)
    (folder / "edge.toml").write_text(CONFIG)
    (folder / "ca.pem").write_text("-----BEGIN CERTIFICATE-----\n")
    path = folder / "card.toml"
    path.write_text(
        f"""
[system]
hostname = "gw-0001"
[user]
name = "ky-thuat"
ssh_keys = ["{KEY} tech@office"]
password_file = "user.password"
[wifi]
country = "VN"
[[wifi.network]]
ssid = "Trạm $(reboot) 'số' #3: \\"x\\""
password_file = "wifi.password"
priority = 5
[[wifi.network]]
ssid = "yes"
psk = "{wifi_psk(WIFI_PASSWORD, "yes")}"
hidden = true
[network.eth0]
address = "192.168.1.20/24"
gateway = "192.168.1.1"
dns = ["192.168.1.1", "1.1.1.1"]
[quanho]
config = "edge.toml"
claim_code_file = "claim.code"
files = ["ca.pem"]
{more}"""
    )
    path.chmod(0o600)
    return path


# Everything that a name may have: quotes, blanks, what shells, YAML and TOML take for more than text, and other scripts.
_NASTY = st.sampled_from(list("'\"`$(){}[]\\;:#&*!|>%@,?~=-_. aZ9ữß漢😀")) | st.sampled_from(
    ["$(reboot)", "${HOME}", ": ", " #", "- ", "EOF"]
)
_names = st.lists(_NASTY, min_size=1, max_size=10).map("".join).filter(lambda name: 1 <= len(name.encode()) <= 32)
_psks = st.text("0123456789abcdef", min_size=64, max_size=64)
_networks = st.builds(Network, ssid=_names, psk=st.none() | _psks, is_hidden=st.booleans(), priority=st.integers(0, 999))


@st.composite
def _fixed(draw: st.DrawFn) -> StaticAddress:
    network = ipaddress.ip_network((draw(st.integers(0x0A000000, 0x0AFFFFFF)) & ~0xFF, 24))
    host = draw(st.integers(2, 254))
    gateway = draw(st.none() | st.just(str(network[1])))
    return StaticAddress(
        address=f"{network[host]}/24", gateway=gateway, dns=tuple(draw(st.lists(st.sampled_from(["1.1.1.1", "8.8.4.4"]), max_size=2)))
    )


_pins = st.builds(
    HardwareTable,
    serial=st.just(value=True),
    serial_console=st.booleans(),
    i2c=st.booleans(),
    spi=st.booleans(),
    onewire=st.booleans(),
    watchdog=st.booleans(),
)
_comments = st.lists(_NASTY, max_size=8).map("".join)
_users = st.builds(
    User,
    name=st.text(string.ascii_lowercase, min_size=1, max_size=12),
    ssh_keys=st.lists(_comments.map(lambda comment: f"{KEY} {comment}".strip()), min_size=1, max_size=3, unique=True).map(tuple),
    password_hash=st.sampled_from([None, HASH]),
)

first_boots = st.builds(
    FirstBoot,
    hostname=st.from_regex(r"[a-z0-9]([a-z0-9-]{0,20}[a-z0-9])?", fullmatch=True),
    timezone=st.sampled_from(["Asia/Ho_Chi_Minh", "UTC", "America/Port-au-Prince"]),
    user=st.none() | _users,
    has_ssh=st.booleans(),
    has_password_login=st.booleans(),
    country=st.sampled_from(["VN", "DE", "NO"]),  # NO is false to YAML 1.1
    networks=st.lists(_networks, max_size=4, unique_by=lambda network: network.ssid).map(tuple),
    eth0=st.none() | _fixed(),
    wlan0=st.none(),
    hardware=_pins,
    has_security_updates=st.booleans(),
    edge_config=st.sampled_from([None, CONFIG.encode()]),
    claim_code=st.sampled_from([None, CLAIM_CODE]),
    agent_files=st.sampled_from([(), (("ca.pem", b"x"),)]),
    wheels=st.just(()),
)

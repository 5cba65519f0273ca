"""card.toml: everything that is wrong at once, and nothing of a secret in what is said."""

import hashlib
import shutil
import subprocess
from pathlib import Path

import pytest

from firmware_bridge.card.first_boot import load_first_boot
from firmware_bridge.card.hashes import sha512_crypt, wifi_psk
from quanho.card_example import EXAMPLE
from telemetry.errors import ConfigError
from tests.firmware_bridge.card.settings_made import HASH, KEY, PASSWORD, WIFI_PASSWORD, card_toml

_WRONG = """
[system]
hostname = "Gateway_1"
timezone = "Asia/Hanoi2"
[user]
name = "root"
ssh_keys = ["ssh-ed25519 AAAAC3NzaC1lZDI1NTE5"]
password_hash = "hunter2secret"
[wifi]
country = "Vietnam"
[[wifi.network]]
ssid = "a name that is longer than it may be"
password = "short7"
[[wifi.network]]
ssid = "two\\nlines"
[network.eth0]
address = "192.168.1.0/24"
[network.wlan0]
address = "192.168.1.5"
[hardware]
uart = true
[quanho]
claim_code = "has blanks in it"
"""


def _problems(folder: Path, text: str, mode: int = 0o600) -> str:
    path = folder / "card.toml"
    path.write_text(text)
    path.chmod(mode)
    with pytest.raises(ConfigError) as caught:
        load_first_boot(path)
    return "\n".join(map(str, caught.value.problems))


def test_everything_wrong_is_told_at_once_and_no_secret_with_it(tmp_path: Path) -> None:
    said = _problems(tmp_path, _WRONG)
    for key in (
        "system.hostname",
        "system.timezone",
        "user.name",
        "user.ssh_keys",
        "user.password_hash",
        "wifi.country",
        "wifi.network[1].ssid",
        "wifi.network[1].password",
        "wifi.network[2].ssid",
        "network.eth0.address",
        "network.wlan0.address",
        "hardware.uart",
        "quanho.claim_code",
    ):
        assert f": {key}" in said, key
    assert not [secret for secret in ("hunter2secret", "short7", "has blanks in it") if secret in said]


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ('[user]\nname = "tech"', "nobody could log in"),
        (f'[user]\nname = "tech"\npassword_hash = "{HASH}"', "nobody could log in over the network"),
        (f'[user]\nname = "tech"\nssh_keys = ["{KEY}"]\n[ssh]\npassword_login = true', "password_login needs"),
        ('[network.wlan0]\naddress = "10.0.0.2/24"', "needs a [[wifi.network]]"),
        ('[network.eth0]\naddress = "10.0.0.2/24"\ngateway = "10.0.1.1"', "must be another address in 10.0.0.0/24"),
        ("[hardware]\nserial = false\nserial_console = true", "serial_console needs serial"),
        ('[[wifi.network]]\nssid = "a"\n[[wifi.network]]\nssid = "a"', "each name once"),
        ('[quanho]\nwheels = "."', "has no quanho-….whl"),
        ('[quanho]\nconfig = "gone.toml"', "gone.toml: No such file"),
        ('[user]\nname = "tech"\nssh_keys = ["-----BEGIN OPENSSH PRIVATE KEY-----"]', "is a private key"),
        ('[quanho]\nfiles = ["a b"]', "a name of letters"),
    ],
)
def test_contradictions_are_told_with_the_way_out(tmp_path: Path, table: str, said: str) -> None:
    assert said in _problems(tmp_path, f'[system]\nhostname = "gw-1"\n{table}\n')


def test_wheels_for_another_machine_are_refused(tmp_path: Path) -> None:
    for name in ("quanho-0.1.0-py3-none-any.whl", "orjson-3.13.0-cp313-cp313-manylinux_2_17_x86_64.manylinux2014_x86_64.whl"):
        (tmp_path / name).touch()
    said = _problems(tmp_path, '[system]\nhostname = "gw-1"\n[quanho]\nwheels = "."\n')
    assert "not for a Raspberry Pi: orjson" in said
    assert "quanho-0" not in said


def test_secrets_in_a_file_that_everybody_can_read_are_refused(tmp_path: Path) -> None:
    text = '[system]\nhostname = "gw-1"\n[[wifi.network]]\nssid = "a"\npassword = "12345678"\n'
    said = _problems(tmp_path, text, mode=0o644)
    assert "chmod o=" in said
    assert "12345678" not in said
    (tmp_path / "pw").write_text("12345678\n")
    (tmp_path / "pw").chmod(0o644)
    text = '[system]\nhostname = "gw-1"\n[[wifi.network]]\nssid = "a"\npassword_file = "pw"\n'
    assert "chmod o=" in _problems(tmp_path, text)


def test_passwords_end_where_they_are_read(tmp_path: Path) -> None:
    first_boot = load_first_boot(card_toml(tmp_path))
    assert first_boot.user is not None
    assert first_boot.user.password_hash is not None
    assert first_boot.user.password_hash.startswith("$6$")
    assert first_boot.networks[0].psk == wifi_psk(WIFI_PASSWORD, first_boot.networks[0].ssid)
    assert PASSWORD not in repr(first_boot)
    assert WIFI_PASSWORD not in repr(first_boot)


def test_the_key_of_a_network_is_that_of_the_standard() -> None:
    """IEEE 802.11-2020, annex J.4.2, test vectors 1 and 3."""
    assert wifi_psk("password", "IEEE") == "f42c6fc52df0ebef9ebb4b90b38a5f902e83fe1b135a70e23aed762e9710a12e"
    assert wifi_psk("a" * 32, "Z" * 32) == "becb93866bb8c3832cb777c2f559807c8c59afcb6eae734885001300a981cc62"


def test_the_hash_of_a_password_is_openssls() -> None:
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("not installed: openssl")
    made = subprocess.run(
        [openssl, "passwd", "-6", "-salt", "quanho", "-stdin"], input=PASSWORD, text=True, check=True, capture_output=True
    )
    assert sha512_crypt(PASSWORD, "quanho") == made.stdout.strip()
    assert sha512_crypt(PASSWORD) != sha512_crypt(PASSWORD)


def test_the_example_is_valid_and_names_every_table(tmp_path: Path) -> None:
    for name, text in {"wifi.password": "12345678", "claim.code": "ABCD-1", "user.password": "12345678", "influx.password": "x"}.items():
        (tmp_path / name).write_text(text)
        (tmp_path / name).chmod(0o600)
    (tmp_path / "edge.toml").write_text("")
    (tmp_path / "card.toml").write_text(EXAMPLE)
    first_boot = load_first_boot(tmp_path / "card.toml")
    assert first_boot.networks[0].psk == hashlib.pbkdf2_hmac("sha1", b"12345678", b"Tram bom 3", 4096, 32).hex()
    uncommented = EXAMPLE.replace("# ssh_keys_file", "#ssh_keys_file").replace("# wheels", "#wheels").replace("# Settings", "#")
    lines = [line[2:] if line.startswith("# ") and ("=" in line or "[" in line) else line for line in uncommented.splitlines()]
    (tmp_path / "card.toml").write_text("\n".join(line for line in lines if not line.startswith("What")))
    assert load_first_boot(tmp_path / "card.toml").eth0 is not None

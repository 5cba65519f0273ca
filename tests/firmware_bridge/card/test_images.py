"""Settings on real images (sfdisk, mkfs.vfat, mke2fs), judged by those who will read them: fsck, netplan, bash, YAML and TOML."""

import shutil
import stat
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from firmware_bridge.card.applied import applied
from firmware_bridge.card.boot_line import words_of
from firmware_bridge.card.card_files import BootFiles, open_card
from firmware_bridge.card.causes import CardError, Cause
from firmware_bridge.card.file_systems import check_file_systems
from firmware_bridge.card.first_boot import load_first_boot, secrets_of
from firmware_bridge.card.injection import Injection, inject, look
from tests.firmware_bridge.card.settings_made import CLAIM_CODE, CONFIG, PASSWORD, WIFI_PASSWORD, card_toml
from tests.stand_ins import card_image

pytestmark = pytest.mark.server

Images = Callable[[str], Path]
_TOOLS = ("sfdisk", "mkfs.vfat", "mke2fs", "mcopy", "debugfs", "fsck.vfat", "e2fsck")
_SBIN = "/usr/local/sbin:/usr/sbin:/sbin:/usr/bin:/bin"


@pytest.fixture(scope="session")
def blank(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """One image of each kind, as downloaded."""
    missing = [tool for tool in _TOOLS if not shutil.which(tool, path=_SBIN)]
    if missing:
        pytest.skip(f"not installed: {', '.join(missing)}")
    folder = tmp_path_factory.mktemp("images")
    return {kind: card_image.build(folder / f"{kind}.img", kind, folder / kind) for kind in card_image.BOOT}


@pytest.fixture
def image(blank: dict[str, Path], tmp_path: Path) -> Images:
    """A copy that a test may write to."""

    def copy(kind: str) -> Path:
        made = tmp_path / f"{kind}.img"
        subprocess.run(["cp", "--sparse=always", blank[kind], made], check=True)
        return made

    return copy


def _inject(path: Path, folder: Path, more: str = "") -> Injection:
    return inject(open_card(path), load_first_boot(card_toml(folder, more)))[1]


def _assert_whole(path: Path) -> None:
    assert [(each.name, each.verdict, each.said) for each in check_file_systems(open_card(path))] == [
        ("boot", "clean", ""),
        ("root", "clean", ""),
    ]


@pytest.mark.parametrize(
    ("kind", "name", "way", "boot_mount"),
    [
        ("trixie", "Raspberry Pi OS Trixie", "cloudinit-rpi", "/boot/firmware"),
        ("bookworm", "Raspberry Pi OS Bookworm", "firstrun", "/boot/firmware"),
        ("ubuntu", "Ubuntu 24.04.3 LTS", "cloudinit", "/boot/firmware"),
        ("unknown", "an unknown system", "unknown", "/boot/firmware"),
    ],
)
def test_the_system_is_told_from_the_image(blank: dict[str, Path], kind: str, name: str, way: str, boot_mount: str) -> None:
    card = open_card(blank[kind])
    _, system = look(card, BootFiles(card))
    assert (system.name, system.way, system.boot_mount) == (name, way, boot_mount)


@pytest.mark.parametrize(("kind", "chosen"), [("trixie", "cloud-init with rpi:"), ("ubuntu", "cloud-init"), ("bookworm", "firstrun.sh")])
def test_settings_go_onto_the_image_and_its_file_systems_stay_whole(image: Images, kind: str, chosen: str, tmp_path: Path) -> None:
    path = image(kind)
    before = path.read_bytes()[card_image.BOOT_START_BYTES + card_image.BOOT_BYTES :]
    planned = _inject(path, tmp_path / "settings")
    assert planned.format == chosen
    for name, content in planned.files.items():
        assert card_image.take(path, name) == content
    assert path.read_bytes()[card_image.BOOT_START_BYTES + card_image.BOOT_BYTES :] == before
    _assert_whole(path)
    found = applied({name: card_image.take(path, name) for name in planned.files}, words_of(card_image.take(path, "cmdline.txt").decode()))
    assert (found.hostname, found.user, found.country) == ("gw-0001", "ky-thuat", "VN")
    assert sorted(each.ssid for each in found.networks) == ["Trạm $(reboot) 'số' #3: \"x\"", "yes"]


@pytest.mark.parametrize("kind", ["trixie", "ubuntu", "bookworm"])
def test_no_password_is_anywhere_on_the_card(image: Images, kind: str, tmp_path: Path) -> None:
    path = image(kind)
    _inject(path, tmp_path / "settings")
    whole = path.read_bytes()
    assert PASSWORD.encode() not in whole
    assert WIFI_PASSWORD.encode() not in whole
    assert CLAIM_CODE.encode() in whole  # this one has to be; it leaves at the first boot


def test_setting_up_twice_changes_nothing_the_second_time(image: Images, tmp_path: Path) -> None:
    path = image("trixie")
    card, first_boot = open_card(path), load_first_boot(card_toml(tmp_path / "settings"))
    names = ("cmdline.txt", "config.txt", "user-data", "network-config", "meta-data", "quanho/setup.sh")
    inject(card, first_boot)
    once = {name: card_image.take(path, name) for name in names}
    inject(card, first_boot)
    assert {name: card_image.take(path, name) for name in names} == once
    _assert_whole(path)


def test_what_is_no_longer_wanted_leaves_the_card(image: Images, tmp_path: Path) -> None:
    path = image("bookworm")
    _inject(path, tmp_path / "settings")
    bare = tmp_path / "bare.toml"
    bare.write_text('[system]\nhostname = "gw-2"\n[hardware]\ni2c = false\n[updates]\nsecurity = false\n')
    card = open_card(path)
    assert inject(card, load_first_boot(bare))[1].format == "custom.toml"
    names = BootFiles(card).names()
    assert "firstrun.sh" not in names
    assert "custom.toml" in names
    assert not {"edge.toml", "claim.json"} & set(BootFiles(card).names("quanho"))
    assert b"systemd.run" not in card_image.take(path, "cmdline.txt")


def test_netplan_takes_the_network_settings_and_makes_what_was_asked(image: Images, tmp_path: Path) -> None:
    netplan = shutil.which("netplan", path=_SBIN)
    if netplan is None:
        pytest.skip("not installed: netplan")
    path = image("trixie")
    _inject(path, tmp_path / "settings")
    root = tmp_path / "root"
    place = root / "etc/netplan/50-cloud-init.yaml"
    place.parent.mkdir(parents=True)
    data = yaml.safe_load(card_image.take(path, "network-config"))
    data["network"]["renderer"] = "NetworkManager"  # as Raspberry Pi OS says in a file of its own
    place.write_text(yaml.safe_dump(data, allow_unicode=True))
    place.chmod(0o600)
    done = subprocess.run([netplan, "generate", "--root-dir", str(root)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    made = "\n".join(each.read_text() for each in (root / "run/NetworkManager/system-connections").iterdir())
    first_boot = load_first_boot(card_toml(tmp_path / "settings"))
    assert "192.168.1.20/24" in made
    assert "ssid=yes" in made
    assert all(network.psk in made for network in first_boot.networks if network.psk)
    assert "autoconnect-priority=5" in made


def test_wheels_go_onto_the_boot_partition_and_too_many_are_refused(image: Images, tmp_path: Path) -> None:
    path = image("trixie")
    wheels = tmp_path / "settings/wheels"
    wheels.mkdir(parents=True)
    (wheels / "quanho-0.1.0-py3-none-any.whl").write_bytes(b"wheel" * 1000)
    (wheels / "orjson-3.10.0-cp313-cp313-manylinux_2_17_aarch64.manylinux2014_aarch64.whl").write_bytes(b"w")
    _inject(path, tmp_path / "settings", 'wheels = "wheels"')
    names = BootFiles(open_card(path)).names("quanho/wheels")
    assert names == tuple(sorted(wheel.name for wheel in wheels.iterdir()))
    assert card_image.take(path, "quanho/quanho-edge.service") == Path("deploy/quanho-edge.service").read_bytes()
    _assert_whole(path)
    with (wheels / "quanho-0.1.0-py3-none-any.whl").open("wb") as file:
        file.truncate(card_image.BOOT_BYTES - (1 << 20))
    with pytest.raises(CardError, match="boot partition is full"):
        _inject(path, tmp_path / "settings", 'wheels = "wheels"')
    assert card_image.take(path, "cmdline.txt").count(b"\n") == 1


def test_an_unknown_system_is_said_clearly_and_left_alone(image: Images, tmp_path: Path) -> None:
    path = image("unknown")
    before = path.read_bytes()
    with pytest.raises(CardError, match=r"Seen on the card: files: readme\.txt") as caught:
        _inject(path, tmp_path / "settings")
    assert caught.value.cause is Cause.SYSTEM
    assert path.read_bytes() == before


@pytest.mark.parametrize(("size", "message"), [(0, "no partition table"), (1 << 20, "no partition table"), (8 << 20, "ends inside")])
def test_what_is_no_card_is_said(image: Images, size: int, message: str, tmp_path: Path) -> None:
    path = image("trixie")
    if message == "no partition table":
        path = tmp_path / "empty"
        path.touch()
    subprocess.run(["truncate", "-s", str(size), path], check=True)
    with pytest.raises(CardError, match=message):
        open_card(path)


def test_a_gpt_card_is_understood(image: Images, tmp_path: Path) -> None:
    path = image("ubuntu")
    start, size = card_image.BOOT_START_BYTES // 512, card_image.BOOT_BYTES // 512
    kinds = ("C12A7328-F81F-11D2-BA4B-00A0C93EC93B", "0FC63DAF-8483-4772-8E79-3D69D8477DE4")
    subprocess.run(["truncate", "-s", "+1M", path], check=True)
    table = f"label: gpt\nstart={start}, size={size}, type={kinds[0]}\nstart={start + size}, size=65536, type={kinds[1]}\n"
    subprocess.run(["sfdisk", "-q", path], input=table, text=True, check=True, env={"PATH": _SBIN}, capture_output=True)
    card = open_card(path)
    assert (card.table.label, card.boot.start_bytes, card.boot.size_bytes) == ("gpt", card_image.BOOT_START_BYTES, card_image.BOOT_BYTES)
    assert _inject(path, tmp_path / "settings").format == "cloud-init"


@pytest.mark.parametrize("tools", ["with the image's tools", "by hand"])
def test_firstrun_makes_the_gateway_in_a_scratch_root(image: Images, tools: str, tmp_path: Path) -> None:
    path = image("bookworm")
    _inject(path, tmp_path / "settings")
    root = _scratch_root(tmp_path / "root", path, has_tools=tools != "by hand")
    script = root / "boot/firmware/firstrun.sh"
    assert subprocess.run(["bash", "-n", script], check=False).returncode == 0
    environment = {"QUANHO_ROOT": str(root), "PATH": _SBIN}
    done = subprocess.run(["sh", script], env=environment, capture_output=True, text=True, check=False)
    log = (root / "boot/firmware/quanho/first-boot.log").read_text()
    assert (done.returncode, done.stderr) == (0, "")
    assert "FAILED" not in log
    assert "firstrun.sh ends" in log
    first_boot = load_first_boot(card_toml(tmp_path / "settings"))
    _assert_gateway(root, home="/home/ky-thuat" if tools != "by hand" else "/home/pi")
    if tools == "by hand":
        assert (root / "etc/hostname").read_text() == "gw-0001\n"
        assert (root / "etc/hosts").read_text() == "127.0.0.1\tlocalhost\n127.0.1.1\tgw-0001\n"
        assert (root / "etc/timezone").read_text() == "Asia/Ho_Chi_Minh\n"
    else:
        assert (root / "called").read_text().splitlines() == [
            "set_hostname|gw-0001|",
            "set_timezone|Asia/Ho_Chi_Minh|",
            "userconf|ky-thuat||",
            "set_wlan_country|VN|",
        ]
    assert not [secret for secret in (*secrets_of(first_boot), PASSWORD, WIFI_PASSWORD) if secret in log]
    again = subprocess.run(["sh", root / "boot/firmware/quanho/setup.sh"], env=environment, capture_output=True, check=False)
    assert again.returncode == 0
    _assert_gateway(root, home="/home/ky-thuat" if tools != "by hand" else "/home/pi")


def _assert_gateway(root: Path, home: str) -> None:
    boot = root / "boot/firmware"
    assert not (boot / "firstrun.sh").exists()
    assert "systemd" not in (boot / "cmdline.txt").read_text()
    assert "cfg80211.ieee80211_regdom=VN" in (boot / "cmdline.txt").read_text()
    keys = root / home.lstrip("/") / ".ssh/authorized_keys"
    assert keys.read_text().endswith("tech@office\n")
    connections = sorted((root / "etc/NetworkManager/system-connections").iterdir())
    assert [each.name for each in connections] == ["quanho-eth0.nmconnection", "quanho-wifi-1.nmconnection", "quanho-wifi-2.nmconnection"]
    claim = root / "etc/quanho/claim.json"
    assert CLAIM_CODE in claim.read_text()
    modes = {each: stat.S_IMODE(each.stat().st_mode) for each in (*connections, claim, keys, root / "etc/quanho/ca.pem")}
    assert set(modes.values()) == {0o600, 0o640}
    assert modes[root / "etc/quanho/ca.pem"] == 0o640
    assert not (boot / "quanho/claim.json").exists()
    assert not (boot / "quanho/files").exists()
    assert (root / "etc/quanho/edge.toml").read_text() == CONFIG
    assert (root / "etc/systemd/system.conf.d/90-quanho-watchdog.conf").exists()
    assert "Unattended-Upgrade" in (root / "etc/apt/apt.conf.d/52quanho-security-updates").read_text()
    assert (root / "etc/ssh/sshd_config.d/50-quanho.conf").read_text() == "PasswordAuthentication no\n"


def _scratch_root(root: Path, image: Path, *, has_tools: bool) -> Path:
    """A root file system with what the script looks at, and the card's own boot partition."""
    for folder in ("etc/ssh", "etc/NetworkManager", "boot/firmware/quanho/files", "home"):
        (root / folder).mkdir(parents=True)
    (root / "etc/passwd").write_text("root:x:0:0::/root:/bin/bash\npi:x:1000:1000::/home/pi:/bin/bash\n")
    (root / "etc/hostname").write_text("raspberrypi\n")
    (root / "etc/hosts").write_text("127.0.0.1\tlocalhost\n127.0.1.1\traspberrypi\n")
    files = ("firstrun.sh", "cmdline.txt", "quanho/setup.sh", "quanho/edge.toml", "quanho/claim.json", "quanho/files/ca.pem")
    for name in files:
        (root / "boot/firmware" / name).write_bytes(card_image.take(image, name))
    if has_tools:
        _tool(root, "usr/lib/raspberrypi-sys-mods/imager_custom", 'printf "%s|" "$@" >>"$QUANHO_ROOT/called"; echo >>"$QUANHO_ROOT/called"')
        rename = 'sed -i "s/^pi:/$1:/; s#/home/pi#/home/$1#" "$QUANHO_ROOT/etc/passwd"'
        _tool(root, "usr/lib/userconf-pi/userconf", f'printf "userconf|%s|%s|\\n" "$1" "$2" >>"$QUANHO_ROOT/called"; {rename}')
    return root


def _tool(root: Path, name: str, body: str) -> None:
    path = root / name
    path.parent.mkdir(parents=True)
    path.write_text(f"#!/bin/sh\n{body}\n")
    path.chmod(0o755)

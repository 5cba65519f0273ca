"""Any settings survive the way into each format and back out, whatever signs are in them; and running it again changes nothing."""

import dataclasses
import json
import re
import shlex
import tomllib
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from firmware_bridge.card import boot_line, config_txt
from firmware_bridge.card.applied import Applied, AppliedNetwork, applied, ssid_of
from firmware_bridge.card.causes import CardError
from firmware_bridge.card.cloud_init import seed_files
from firmware_bridge.card.custom_toml import custom_toml, missing
from firmware_bridge.card.first_boot import FirstBoot, fingerprint, load_first_boot, secrets_of
from firmware_bridge.card.firstrun import firstrun_sh
from firmware_bridge.card.injection import plan
from firmware_bridge.card.network_manager import keyfiles
from firmware_bridge.card.settings import HardwareTable
from firmware_bridge.card.system import System
from tests.firmware_bridge.card.settings_made import card_toml, first_boots
from tests.stand_ins.card_image import BOOT

TRIXIE = System("Raspberry Pi OS Trixie", "cloudinit-rpi", "/boot/firmware", takes_custom_toml=False, evidence=())
UBUNTU = System("Ubuntu", "cloudinit", "/boot/firmware", takes_custom_toml=False, evidence=())
BOOKWORM = System("Raspberry Pi OS Bookworm", "firstrun", "/boot/firmware", takes_custom_toml=True, evidence=())


def _existing(kind: str) -> dict[str, bytes | None]:
    return {name: content.encode() for name, content in BOOT[kind].items()}


def _wanted(first_boot: FirstBoot) -> Applied:
    """What a reader of the card should find."""
    user = first_boot.user
    return Applied(
        hostname=first_boot.hostname,
        timezone=first_boot.timezone,
        user=user.name if user else None,
        ssh_keys=[fingerprint(key) for key in user.ssh_keys] if user else [],
        has_password=bool(user and user.password_hash),
        has_ssh=first_boot.has_ssh,
        has_password_login=first_boot.has_password_login if user else None,
        country=first_boot.country,
        networks=_sorted([AppliedNetwork(each.ssid, each.psk is not None, each.is_hidden) for each in first_boot.networks]),
        addresses={"eth0": [first_boot.eth0.address]} if first_boot.eth0 else {},
    )


def _sorted(networks: list[AppliedNetwork]) -> list[AppliedNetwork]:
    return sorted(networks, key=lambda each: each.ssid)


def _read(first_boot: FirstBoot, system: System, kind: str) -> Applied:
    planned = plan(first_boot, system, _existing(kind))
    found = applied({**_existing(kind), **planned.files}, boot_line.words_of(planned.files["cmdline.txt"].decode()))
    found.interfaces = {}
    found.networks = _sorted(found.networks)
    return found


@settings(max_examples=60)
@given(first_boots, st.sampled_from([(TRIXIE, "trixie"), (UBUNTU, "ubuntu"), (BOOKWORM, "bookworm")]))
def test_any_settings_come_back_out_of_every_format(first_boot: FirstBoot, image: tuple[System, str]) -> None:
    system, kind = image
    assert _read(first_boot, system, kind) == _wanted(first_boot)


@settings(max_examples=40)
@given(first_boots)
def test_keys_hashes_and_the_pins_are_in_cloud_init_as_they_were_given(first_boot: FirstBoot) -> None:
    files, instance = seed_files(first_boot, TRIXIE, _existing("trixie"))
    user_data = yaml.safe_load(files["user-data"])
    network = yaml.safe_load(files["network-config"])["network"]
    points = network.get("wifis", {}).get("wlan0", {}).get("access-points", {})
    assert files["user-data"].startswith(b"#cloud-config\n")
    assert {name: point.get("password") for name, point in points.items()} == {each.ssid: each.psk for each in first_boot.networks}
    if first_boot.user:
        assert user_data["users"][0].get("passwd") == first_boot.user.password_hash
        assert user_data["users"][0]["ssh_authorized_keys"] == list(first_boot.user.ssh_keys)
        assert user_data["users"][0]["lock_passwd"] == (first_boot.user.password_hash is None)
    pins = first_boot.hardware
    serial = {"console": pins.serial_console, "hardware": pins.serial}
    assert user_data["rpi"] == {"interfaces": {"i2c": pins.i2c, "spi": pins.spi, "onewire": pins.onewire, "serial": serial}}
    assert yaml.safe_load(files["meta-data"]) == {"dsmode": "local", "instance-id": instance}


@settings(max_examples=60)
@given(first_boots)
def test_custom_toml_says_what_it_can_and_declines_the_rest(first_boot: FirstBoot) -> None:
    parsed = tomllib.loads(custom_toml(first_boot).decode())
    assert parsed["config_version"] == 1
    assert parsed["system"]["hostname"] == first_boot.hostname
    if first_boot.user:
        assert parsed["ssh"]["authorized_keys"] == list(first_boot.user.ssh_keys)
    if first_boot.networks:
        assert parsed["wlan"]["ssid"] == first_boot.networks[0].ssid
    if len(first_boot.networks) > 1 or first_boot.eth0 or first_boot.has_agent_files or first_boot.has_security_updates:
        assert missing(first_boot)
        assert plan(first_boot, BOOKWORM, _existing("bookworm")).format == "firstrun.sh"


def test_bookworm_gets_custom_toml_where_that_is_enough(tmp_path: Path) -> None:
    path = tmp_path / "card.toml"
    path.write_text('[system]\nhostname = "gw-1"\n[hardware]\ni2c = false\n[updates]\nsecurity = false\n')
    first_boot = load_first_boot(path)
    assert plan(first_boot, BOOKWORM, _existing("bookworm")).format == "custom.toml"
    has_booted = dataclasses.replace(BOOKWORM, takes_custom_toml=False)
    planned = plan(first_boot, has_booted, {**_existing("bookworm"), "custom.toml": custom_toml(first_boot)})
    assert planned.format == "firstrun.sh"
    assert "custom.toml" in planned.deleted


@settings(max_examples=40)
@given(first_boots, first_boots, st.sampled_from([(TRIXIE, "trixie"), (UBUNTU, "ubuntu"), (BOOKWORM, "bookworm")]))
def test_running_it_again_leaves_no_trace_of_the_settings_before(old: FirstBoot, new: FirstBoot, image: tuple[System, str]) -> None:
    system, kind = image
    once = plan(new, system, _existing(kind)).files
    between = {**_existing(kind), **plan(old, system, _existing(kind)).files}
    assert {**between, **plan(new, system, between).files} == {**between, "config.txt": between["config.txt"], **once} | (
        {"config.txt": _existing(kind)["config.txt"]} if "config.txt" not in once else {}
    )


@settings(max_examples=40)
@given(first_boots)
def test_no_secret_is_in_the_words_of_a_plan(first_boot: FirstBoot) -> None:
    shown = repr(first_boot) + repr(plan(first_boot, TRIXIE, _existing("trixie"))) + repr(applied({}, []))
    assert not [secret for secret in secrets_of(first_boot) if secret in shown]


def test_what_others_wrote_stays(tmp_path: Path) -> None:
    first_boot = load_first_boot(card_toml(tmp_path))
    theirs = {
        "user-data": b"#cloud-config\npackages: [htop]\nhostname: other\nruncmd:\n- [touch, /theirs]\n- echo two\n",
        "network-config": b"network:\n  version: 2\n  ethernets:\n    usb0: {dhcp4: true}\n    eth0: {dhcp4: true}\n",
        "meta-data": b"instance_id: rpios-image\nlocal-hostname: kept\n",
    }
    files, _ = seed_files(first_boot, TRIXIE, theirs)
    for _ in range(2):  # the second time with our own files as what was there
        user_data, network, meta = (yaml.safe_load(files[name]) for name in ("user-data", "network-config", "meta-data"))
        assert user_data["packages"] == ["htop"]
        assert user_data["hostname"] == "gw-0001"
        assert user_data["runcmd"][:2] == [["touch", "/theirs"], "echo two"]
        assert len(user_data["runcmd"]) == 4
        assert network["network"]["ethernets"]["usb0"] == {"dhcp4": True}
        assert network["network"]["ethernets"]["eth0"]["addresses"] == ["192.168.1.20/24"]
        assert meta["local-hostname"] == "kept"
        assert "instance_id" not in meta
        files, _ = seed_files(first_boot, TRIXIE, files)


def test_another_tools_firstrun_is_not_overwritten(tmp_path: Path) -> None:
    first_boot = load_first_boot(card_toml(tmp_path))
    with pytest.raises(CardError, match="another tool's"):
        plan(first_boot, BOOKWORM, {**_existing("bookworm"), "firstrun.sh": b"#!/bin/sh\nset +e\n"})


_WORDS = st.sampled_from(
    ["console=tty1", "console=serial0,115200", "root=PARTUUID=1-02", "rootwait", "quiet", "console=ttyAMA0,9600", "resize"]
)


@given(st.lists(_WORDS, max_size=8), st.booleans(), st.lists(st.sampled_from(["\n", " ", "\r\n", "\t"]), max_size=3).map("".join))
def test_the_command_line_stays_one_line_with_the_words_of_others_in_order(words: list[str], has_console: bool, end: str) -> None:
    added = ["cfg80211.ieee80211_regdom=VN", *boot_line.first_run_words("/boot/firmware")]
    once = boot_line.edited(" ".join(words) + end, added, has_serial_console=has_console)
    assert boot_line.edited(once, added, has_serial_console=has_console) == once
    assert once.count("\n") == 1
    left = boot_line.words_of(once)
    others = [word for word in words if has_console or not word.startswith(("console=serial0", "console=ttyAMA0"))]
    assert [word for word in left if word not in added and word != "console=serial0,115200"] == [
        word for word in others if word != "console=serial0,115200"
    ]
    assert all(left.count(word) == 1 for word in added)
    assert any(word.startswith("console=serial0") for word in left) == has_console or "console=ttyAMA0,9600" in left


@given(st.text(st.sampled_from("ab=\n[]# "), max_size=60), st.booleans(), st.booleans())
def test_config_txt_keeps_what_others_wrote(text: str, has_module: bool, i2c: bool) -> None:
    once = config_txt.edited(text, HardwareTable(i2c=i2c), has_rpi_module=has_module)
    assert config_txt.edited(once, HardwareTable(i2c=i2c), has_rpi_module=has_module) == once
    assert config_txt.without_block(once).rstrip("\n") == text.rstrip("\n")
    assert config_txt.edited(once, HardwareTable(i2c=False, serial=False, watchdog=False), has_rpi_module=False).rstrip() == text.rstrip()


@settings(max_examples=40)
@given(first_boots)
def test_every_call_in_firstrun_has_one_argument_whatever_is_in_it(first_boot: FirstBoot) -> None:
    script = firstrun_sh(first_boot, "/boot/firmware").decode()
    calls = [line for line in script.splitlines() if line.startswith(("set_hostname ", "set_user ", "set_country ", "set_timezone "))]
    assert len(calls) >= 3
    assert all(len(shlex.split(line)) == 2 for line in calls)


@settings(max_examples=60)
@given(first_boots)
def test_a_networks_name_in_a_keyfile_is_a_plain_word_or_its_bytes(first_boot: FirstBoot) -> None:
    names = [line for text in keyfiles(first_boot).values() for line in text.splitlines() if line.startswith("ssid=")]
    assert len(names) == len(first_boot.networks)
    assert all(re.fullmatch(r"ssid=([A-Za-z][A-Za-z0-9_.-]*|(\d{1,3};)+)", line) for line in names)
    assert [ssid_of(line.removeprefix("ssid=")) for line in names] == [network.ssid for network in first_boot.networks]


def test_the_claim_code_is_json_for_the_agent(tmp_path: Path) -> None:
    first_boot = load_first_boot(card_toml(tmp_path))
    claim = json.loads(plan(first_boot, TRIXIE, _existing("trixie")).files["quanho/claim.json"])
    assert claim == {"claim_code": first_boot.claim_code, "hostname": "gw-0001"}

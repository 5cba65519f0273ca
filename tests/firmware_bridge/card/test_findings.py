"""What `quanho card check` finds on cards that are not right: each fault put there on purpose."""

from collections.abc import Mapping

import pytest

from firmware_bridge.card import boot_line
from firmware_bridge.card.applied import applied
from firmware_bridge.card.findings import findings
from firmware_bridge.card.firstrun import MARK
from firmware_bridge.card.system import Seen, System, system_of
from tests.firmware_bridge.card.settings_made import HASH, KEY

_CMDLINE = b"console=tty1 root=PARTUUID=1-02 rootwait\n"
_TRIXIE = System("Raspberry Pi OS Trixie", "cloudinit-rpi", "/boot/firmware", takes_custom_toml=False, evidence=())
_BOOKWORM = System("Raspberry Pi OS Bookworm", "firstrun", "/boot/firmware", takes_custom_toml=True, evidence=())
_HEAD = "#cloud-config\n# Written by quanho card; keys and commands of others are kept.\n"
_USER = f"{_HEAD}users:\n- name: tech\n  ssh_authorized_keys: ['{KEY}']\n"
_BY_PASSWORD = f"#cloud-config\nenable_ssh: true\nusers: [{{name: tech, passwd: '{HASH}', lock_passwd: false}}]\n"
_WLAN = "network: {wifis: {wlan0: {regulatory-domain: VN, access-points: {a: {}}}}}"


def _codes(system: System, files: Mapping[str, bytes | str], folder: tuple[str, ...] = ()) -> set[str]:
    given: dict[str, bytes | None] = {"cmdline.txt": _CMDLINE}
    given |= {name: content.encode() if isinstance(content, str) else content for name, content in files.items()}
    asked = applied(given, boot_line.words_of((given["cmdline.txt"] or b"").decode("utf-8", "replace")))
    return {each.code for each in findings(system, given, {"": tuple(given), "quanho": folder}, asked)}


def test_a_good_card_has_no_findings() -> None:
    assert _codes(_TRIXIE, {"user-data": _USER, "meta-data": "instance-id: a\n"}) == set()


@pytest.mark.parametrize(
    ("files", "code"),
    [
        ({"user-data": _USER + "\tbad: [\n"}, "unreadable"),
        ({"user-data": b"\xff\xfe\x00"}, "unreadable"),
        ({"user-data": "- a list\n"}, "unreadable"),
        ({"user-data": "#cloud-config\nhostname: theirs\n"}, "not-set"),
        ({"user-data": _USER.removeprefix("#cloud-config\n")}, "user-data-head"),
        ({"user-data": _USER.replace(KEY, "")}, "damaged-key"),
        ({"user-data": "#cloud-config\nusers:\n- name: tech\n"}, "nobody"),
        ({"user-data": _BY_PASSWORD.replace("false", "true")}, "nobody"),
        ({"user-data": _BY_PASSWORD}, "nobody-by-ssh"),
        ({"user-data": _BY_PASSWORD + "ssh_pwauth: true\n"}, "password-login"),
        ({"user-data": _USER, "network-config": "network: {wifis: {wlan0: {access-points: {a: {password: x}}}}}"}, "no-country"),
        ({"user-data": _USER, "network-config": _WLAN}, "open-network"),
        ({"user-data": _USER, "firstrun.sh": MARK}, "wrong-format"),
        ({"cmdline.txt": b""}, "cmdline-empty"),
        ({"cmdline.txt": b"console=tty1 rootwait\n"}, "cmdline-root"),
        ({"cmdline.txt": _CMDLINE + b"init=/bin/sh\n"}, "cmdline-lines"),
        ({"cmdline.txt": _CMDLINE[:20] + b"\x00\xff" + _CMDLINE[20:]}, "cmdline-damaged"),
        ({"cmdline.txt": b"root=a root=b\n"}, "cmdline-twice"),
        ({"quanho/first-boot.log": "setup.sh begins\nFAILED: no user quanho\n"}, "first-boot-failed"),
        ({"quanho/first-boot.log": "setup.sh begins\nsetup.sh ends, failed: 0\n"}, "has-booted"),
    ],
)
def test_each_fault_is_found(files: Mapping[str, bytes | str], code: str) -> None:
    assert code in _codes(_TRIXIE, files)


@pytest.mark.parametrize(
    ("files", "code"),
    [
        ({"user-data": _USER}, "wrong-format"),
        ({"firstrun.sh": f"#!/bin/sh\n{MARK}\n"}, "firstrun-half"),
        ({"cmdline.txt": b"root=a systemd.run=/boot/firmware/firstrun.sh\n"}, "firstrun-half"),
        ({"custom.toml": "config_version = 1\n"}, "custom-toml-unread"),
        ({"custom.toml": "config_version = \n"}, "unreadable"),
        ({"firstrun.sh": "#!/bin/sh\nset +e\n"}, "unreadable"),
        ({}, "not-set"),
    ],
)
def test_bookworm_has_faults_of_its_own(files: Mapping[str, bytes | str], code: str) -> None:
    assert code in _codes(_BOOKWORM, files)


def test_the_agents_files_belong_together() -> None:
    assert "no-config" in _codes(_TRIXIE, {"user-data": _USER}, ("wheels",))
    assert "no-wheels" in _codes(_TRIXIE, {"user-data": _USER}, ("edge.toml",))


def test_an_error_in_yaml_does_not_quote_the_file() -> None:
    secret = "f" * 64
    found = applied({"user-data": f"#cloud-config\npasswd: '{secret}\n".encode()}, [])
    assert "line" in found.unreadable["user-data"]
    assert secret not in repr(found)


def test_a_card_cannot_fill_the_memory_with_aliases() -> None:
    lines = ["a0: &a0 [x, x]", *(f"a{at}: &a{at} [*a{at - 1}, *a{at - 1}]" for at in range(1, 40))]
    bomb = "\n".join(["#cloud-config", *lines, "hostname: *a39", "runcmd: [*a39, [*a39]]", "rpi: {interfaces: {i2c: *a39}}", "users: *a39"])
    found = applied({"user-data": bomb.encode(), "network-config": bomb.encode()}, [])
    assert len(repr(found)) < 1000


def test_bullseye_is_too_old_and_the_first_trixie_has_firstrun() -> None:
    names = ("cmdline.txt", "issue.txt")
    issue = "Raspberry Pi reference 2025-10-01\n"
    bullseye = Seen(names, issue=issue, os_release='ID=raspbian\nVERSION_ID="11"\nVERSION_CODENAME=bullseye\n')
    trixie = Seen(names, issue=issue, os_release='ID=debian\nVERSION_ID="13"\nVERSION_CODENAME=trixie\n')
    assert (system_of(bullseye).way, system_of(bullseye).boot_mount) == ("unknown", "/boot")
    assert system_of(trixie).way == "firstrun"
    assert not system_of(trixie).takes_custom_toml
    assert system_of(Seen(names, issue=issue)).way == "firstrun"  # no debugfs: issue.txt has to do

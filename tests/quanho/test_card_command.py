"""`quanho card` as a technician meets it: words, JSON, exit codes; on image files, and on devices that do not exist."""

import hashlib
import json
import lzma
import os
import pty
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from firmware_bridge.card.copying import BLOCK_BYTES
from quanho.cli import main
from tests.firmware_bridge.card.settings_made import CLAIM_CODE, PASSWORD, WIFI_PASSWORD, card_toml
from tests.stand_ins import card_image
from tests.waiting import eventually

pytestmark = pytest.mark.server


@pytest.fixture(scope="session")
def trixie(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if not shutil.which("mcopy"):
        pytest.skip("not installed: mtools")
    folder = tmp_path_factory.mktemp("trixie")
    image = card_image.build(folder / "os.img", "trixie", folder / "tree")
    packed = folder / "os.img.xz"
    packed.write_bytes(lzma.compress(image.read_bytes(), preset=0))
    packed.with_name("os.img.xz.sha256").write_text(f"{hashlib.sha256(packed.read_bytes()).hexdigest()}  os.img.xz\n")
    return packed


@pytest.fixture
def english(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QUANHO_LANG", "en")


def _json(capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    answer: dict[str, Any] = json.loads(capsys.readouterr().out)
    return answer


def _agreed(words: list[str]) -> list[str]:
    return ["--yes"] if words[0] == "write" else []


def test_from_a_packed_image_to_a_card_that_is_set_up_and_checked(trixie: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    settings, card = str(card_toml(tmp_path / "settings")), str(tmp_path / "card.img")
    assert main(["card", "write", str(trixie), card, "--settings", settings, "--json"]) == 0
    wrote = _json(capsys)
    assert (wrote["packing"], wrote["matched"], wrote["read_back"]) == ("xz", "packed file", True)
    assert wrote["expected_from"] == f"{trixie}.sha256"
    assert wrote["set_up"]["format"] == "cloud-init with rpi:"
    assert main(["card", "check", card, "--json"]) == 0
    checked = _json(capsys)
    assert checked["ok"]
    assert checked["system"] == "Raspberry Pi OS Trixie"
    assert checked["first_boot"]["hostname"] == "gw-0001"
    assert [(each["name"], each["verdict"]) for each in checked["file_systems"]] == [("boot", "clean"), ("root", "clean")]
    assert main(["card", "check", card]) == 0
    said = capsys.readouterr().out
    assert "Thẻ dùng được" in said
    assert "Trạm $(reboot)" in said


def test_no_command_shows_a_secret(trixie: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    settings, card = str(card_toml(tmp_path / "settings")), str(tmp_path / "card.img")
    for words in (
        ["settings", settings],
        ["write", str(trixie), card, "--settings", settings],
        ["set", card, "--settings", settings],
        ["check", card],
    ):
        assert main(["card", *words]) == 0
        assert main(["card", *words, "--json", *(["--yes"] if words[0] == "write" else [])]) == 0
    captured = capfd.readouterr()
    shown = captured.out + captured.err
    stored = card_image.take(Path(card), "user-data").decode() + card_image.take(Path(card), "network-config").decode()
    secrets = [line.split(": ")[1] for line in stored.splitlines() if "passwd: $" in line or " password: " in line]
    assert len(secrets) == 3
    assert not [secret for secret in (*secrets, PASSWORD, WIFI_PASSWORD, CLAIM_CODE) if secret in shown]


@pytest.mark.usefixtures("english")
def test_an_existing_target_is_only_overwritten_when_agreed(trixie: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    card = tmp_path / "card.img"
    card.write_bytes(b"precious")
    assert main(["card", "write", str(trixie), str(card)]) == 2
    assert "will be erased. Add --yes" in capsys.readouterr().err
    assert card.read_bytes() == b"precious"


@pytest.mark.parametrize(("answer", "code"), [("no", 2), ("co", 0)])
def test_on_a_terminal_it_asks(trixie: Path, tmp_path: Path, answer: str, code: int) -> None:
    card = tmp_path / "card.img"
    card.write_bytes(b"precious")
    ours, theirs = pty.openpty()
    os.write(ours, f"{answer}\n".encode())
    done = subprocess.run(
        [sys.executable, "-m", "quanho", "card", "write", trixie, card], stdin=theirs, capture_output=True, check=False, timeout=60
    )
    os.close(ours)
    os.close(theirs)
    assert done.returncode == code, done.stderr
    assert (card.read_bytes() == b"precious") == (answer == "no")


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["write", "{image}", "/dev/sdzz"], 3, "no device of this computer"),
        (["write", "{image}", "{image}"], 3, "is the image itself"),
        (["write", "{folder}/gone.img", "{folder}/card"], 4, "gone.img cannot be read"),
        (["write", "{image}", "{folder}/card", "--sha256", "xyz"], 2, "neither 64 hex digits"),
        (["write", "{image}", "{folder}/card", "--sha256", "0" * 64], 4, "should be 0000"),
        (["write", "{image}", "{folder}/card", "--settings", "{folder}/none.toml"], 2, "none.toml"),
        (["write", "/dev/zero", "{folder}/card"], 4, "is no file"),
        (["check", "{folder}/what?.img"], 6, "rename it"),
        (["check", "{image}"], 6, "no partition table"),
        (["set", "{image}.sha256", "--settings", "{settings}"], 6, "no partition table"),
    ],
)
@pytest.mark.usefixtures("english")
def test_each_failure_has_its_own_exit_code_and_words(
    trixie: Path, tmp_path: Path, words: list[str], code: int, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    names = {"image": trixie, "folder": tmp_path, "settings": card_toml(tmp_path / "settings")}
    assert main(["card", *(word.format(**names) for word in words)]) == code
    captured = capsys.readouterr()
    assert said in captured.err
    assert "Traceback" not in captured.err
    if code != 2:
        assert main(["card", *(word.format(**names) for word in words), "--json", *_agreed(words)]) == code
        answer = _json(capsys)
        assert said in answer["error"]
        assert not answer["ok"]


def test_a_config_that_the_agent_would_refuse_is_refused_before_writing(
    trixie: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = card_toml(tmp_path / "settings")
    (settings.parent / "edge.toml").write_text("[gateway]\nsite = 'x'\n")
    assert main(["card", "write", str(trixie), str(tmp_path / "card"), "--settings", str(settings)]) == 2
    assert "edge.toml: gateway.id" in capsys.readouterr().err
    assert not (tmp_path / "card").exists()


def test_check_finds_a_damaged_file_system_and_a_wrong_config(trixie: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    settings, card = str(card_toml(tmp_path / "settings")), tmp_path / "card.img"
    assert main(["card", "write", str(trixie), str(card), "--settings", settings]) == 0
    card_image.put(card, "quanho/edge.toml", b"[gateway]\nsite = 'x'\n")
    with card.open("r+b") as file:
        file.seek(card_image.BOOT_START_BYTES + 36)  # sectors of a FAT (BPB_FATSz32)
        second_fat = 32 + int.from_bytes(file.read(4), "little")
        file.seek(card_image.BOOT_START_BYTES + second_fat * 512)
        file.write(bytes(4096))
        file.seek(card_image.BOOT_START_BYTES + card_image.BOOT_BYTES + 4096)  # ext4's group descriptors
        file.write(b"\xff" * 64)
    capsys.readouterr()
    assert main(["card", "check", str(card), "--json"]) == 1
    codes = [each["code"] for each in _json(capsys)["findings"] if each["level"] == "error"]
    assert "edge-config" in codes
    assert codes.count("file-system") == 2


@pytest.mark.usefixtures("english")
def test_a_boot_partition_that_cannot_be_read_is_a_damaged_card(trixie: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    card = tmp_path / "card.img"
    assert main(["card", "write", str(trixie), str(card)]) == 0
    with card.open("r+b") as file:
        file.seek(card_image.BOOT_START_BYTES)
        file.write(bytes(64 * 512))
    capsys.readouterr()
    assert main(["card", "check", str(card), "--json"]) == 5
    assert "boot partition" in _json(capsys)["error"]


def test_being_stopped_ends_it_cleanly_and_leaves_a_card_that_does_not_boot(tmp_path: Path) -> None:
    slow = tmp_path / "large.img"
    with slow.open("wb") as file:
        file.write(b"\x11" * BLOCK_BYTES * 3)
        file.truncate(4 << 30)
    card = tmp_path / "card.img"
    command = [sys.executable, "-m", "quanho", "--lang", "en", "card", "write", slow, card]
    writing = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    eventually(lambda: card.exists() and card.stat().st_size > BLOCK_BYTES, 30)
    writing.send_signal(signal.SIGTERM)  # handled as Ctrl-C is, which a background job of a shell would ignore
    _, said = writing.communicate(timeout=30)
    assert writing.returncode == 130
    assert "incomplete and does not boot" in said
    assert "Traceback" not in said
    with card.open("rb") as file:
        assert not any(file.read(BLOCK_BYTES))


def test_the_list_names_no_disk_of_this_machine_as_a_target_that_is_in_use(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["card", "list", "--all", "--json"]) == 0
    disks = json.loads(capsys.readouterr().out)
    assert all(disk["refusals"] for disk in disks if disk["mounts"])
    assert main(["card", "list"]) == 0


def test_settings_are_explained_by_an_example(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["card", "settings", "--example"]) == 0
    assert "[[wifi.network]]" in capsys.readouterr().out


def test_image_file_is_closed_to_others_before_secrets_go_into_it(trixie: Path, tmp_path: Path) -> None:
    card = tmp_path / "card.img"
    card.write_bytes(lzma.decompress(trixie.read_bytes()))
    card.chmod(0o644)
    assert main(["card", "set", str(card), "--settings", str(card_toml(tmp_path / "settings"))]) == 0
    assert card.stat().st_mode & 0o777 == 0o640


@pytest.mark.usefixtures("english")
def test_setting_up_again_takes_away_the_secrets_of_the_first_time(
    trixie: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    settings, card = card_toml(tmp_path / "settings"), tmp_path / "card.img"
    card.write_bytes(lzma.decompress(trixie.read_bytes()))
    without = settings.read_text()
    (settings.parent / "influx.password").write_text("s3cret")
    settings.write_text(without.replace('["ca.pem"]', '["ca.pem", "influx.password"]'))
    assert main(["card", "set", str(card), "--settings", str(settings), "--json"]) == 0
    assert "quanho/files/influx.password" in _json(capsys)["files"]
    settings.write_text(without)
    assert main(["card", "set", str(card), "--settings", str(settings), "--json"]) == 0
    assert "quanho/files/influx.password" in _json(capsys)["deleted"]
    assert main(["card", "check", str(card)]) == 0
    said = capsys.readouterr().out
    assert "i2c yes" in said
    assert "True" not in said


@pytest.mark.usefixtures("english")
def test_missing_program_is_told_before_the_card_is_overwritten(
    trixie: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("firmware_bridge.card.card_files._PATH", str(tmp_path))
    words = ["card", "write", str(trixie), str(tmp_path / "card"), "--settings", str(card_toml(tmp_path / "settings"))]
    assert main(words) == 6
    assert "apt-get install mtools" in capsys.readouterr().err
    assert not (tmp_path / "card").exists()


@pytest.mark.usefixtures("english")
def test_file_too_large_to_be_carried_is_refused_and_not_cut(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    settings = card_toml(tmp_path / "settings")
    (settings.parent / "ca.pem").write_bytes(bytes((1 << 20) + 1))
    assert main(["card", "settings", str(settings)]) == 2
    assert "ca.pem has more than 1 MiB" in capsys.readouterr().err


def test_closed_standard_streams_end_in_the_usual_exit_code(tmp_path: Path) -> None:
    words = [sys.executable, "-m", "quanho", "card", "write", str(tmp_path / "gone.img"), str(tmp_path / "card")]
    assert subprocess.run(["sh", "-c", 'exec "$@" >&- 2>&-', "sh", *words], check=False, timeout=60).returncode == 4

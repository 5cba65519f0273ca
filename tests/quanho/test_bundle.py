"""`quanho bundle` as a maintainer and a technician use it."""

import json
import os
import pty
import stat
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from firmware_bridge.bundle.refusal import Cause
from quanho import cli
from quanho.bundle_words import MEANINGS
from tests.stand_ins.bundles import esp_file, hex_file, members_of, zip_of

DESCRIPTION = """
board = "atmega328p-uno"
chip = "atmega328p"
firmware = "reference"
version = "1.2.0"
[[image]]
file = "a.hex"
[[sensor]]
name = "weather"
measurement = "weather"
interval_ms = 1000
fields = [{ name = "temperature", lowest = -10 }, { name = "humidity" }, { name = "odd", unit = "x" }]
"""


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("QUANHO_LANG", "en")
    monkeypatch.setenv("QUANHO_TRUST", str(tmp_path / "trust"))
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.hex").write_bytes(hex_file())
    (tmp_path / "b.toml").write_text(DESCRIPTION)
    return tmp_path


def bundle(*words: str) -> int:
    try:
        return cli.main(["bundle", *words])
    except SystemExit as left:  # argparse
        return int(left.code or 0)


def made(name: str = "b.qhb", key: str = "office.key", *words: str) -> Path:
    if not Path(key).exists():
        assert bundle("key", "new", key) == 0
    assert bundle("make", "b.toml", "--key", key, "--out", name, *words) == 0
    return Path(name)


def answered(capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    answer: dict[str, Any] = json.loads(capsys.readouterr().out.splitlines()[-1])
    return answer


def test_bundle_is_believed_once_its_key_is_trusted(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    name = str(made())
    assert bundle("verify", name) == 6
    assert bundle("key", "trust", "office.pub") == 0
    assert bundle("verify", name) == 0
    assert "BELIEVED" in capsys.readouterr().out
    assert bundle("key", "untrust", "office") == 0
    assert bundle("verify", name) == 6
    assert place.joinpath("trust/keys").is_dir()


@pytest.mark.usefixtures("place")
def test_manifest_takes_unit_and_range_from_the_catalogue_where_they_are_left_out() -> None:
    manifest = json.loads(members_of(made().read_bytes())["manifest.json"])
    temperature, humidity, odd = manifest["sensors"][0]["fields"]
    assert (temperature["lowest"], temperature["highest"], temperature["unit"]) == (-10, 70, "Cel")
    assert (humidity["lowest"], humidity["highest"]) == (0, 100)
    assert odd == {"name": "odd", "unit": "x", "lowest": None, "highest": None}


@pytest.mark.usefixtures("place")
def test_show_tells_what_is_in_a_bundle_that_is_not_believed(capsys: pytest.CaptureFixture[str]) -> None:
    assert bundle("show", str(made())) == 6
    shown = capsys.readouterr().out
    assert "reference 1.2.0" in shown
    assert "NOT BELIEVED" in shown


def test_causes_have_exit_codes_of_their_kind_and_json(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    good = made().read_bytes()
    assert bundle("key", "trust", "office.pub") == 0
    for name, data, code, cause in (
        ("cut", good[:-9], 3, "truncated"),
        ("slip", zip_of({**members_of(good), "../x": b""}), 4, "unsafe-name"),
        ("swapped", zip_of({**members_of(good), "a.hex": hex_file(0x100)}), 5, "image-changed"),
    ):
        (place / name).write_bytes(data)
        assert bundle("verify", name, "--json") == code
        answer = answered(capsys)
        assert (answer["ok"], answer["cause"]) == (False, cause)
    assert bundle("verify", "b.qhb", "--installed", "2.0.0") == 8
    assert bundle("verify", "b.qhb", "--installed", "2.0.0", "--allow-downgrade") == 0
    assert bundle("verify", "b.qhb", "--installed", "new") == 2
    assert bundle("verify", "none") == 2
    assert set(MEANINGS) == set(Cause)


@pytest.mark.usefixtures("place")
def test_rotation_and_revocation_go_from_machine_to_machine(capsys: pytest.CaptureFixture[str]) -> None:
    made()
    newer = made("new.qhb", "new.key")
    assert bundle("key", "trust", "office.pub") == 0
    assert bundle("key", "rotate", "office.key", "new.pub", "--out", "r.json") == 0
    assert bundle("key", "trust", "r.json", "--trust", "elsewhere") == 6
    assert bundle("key", "trust", "r.json") == 0
    assert bundle("verify", str(newer)) == 0
    assert bundle("key", "revoke", "office.pub", "--by", "new.key", "--reason", "lost", "--out", "l.json", "--trust", "elsewhere") == 6
    assert bundle("key", "trust", "new.pub", "--trust", "elsewhere") == 0
    assert bundle("key", "revoke", "office.pub", "--by", "new.key", "--reason", "lost", "--out", "l.json", "--trust", "elsewhere") == 0
    assert bundle("key", "trust", "l.json") == 0
    assert bundle("verify", "b.qhb") == 6
    capsys.readouterr()
    assert bundle("key", "list", "--json") == 0
    assert [row["kind"] for row in answered(capsys)["keys"]] == ["root", "rotation", "revoked"]


@pytest.mark.usefixtures("place")
def test_image_of_another_chip_is_refused_while_making(capsys: pytest.CaptureFixture[str]) -> None:
    Path("c3.bin").write_bytes(esp_file(5))
    words = ("make", "--board", "x", "--firmware", "w", "--image", "0x10000:c3.bin", "--key", "office.key", "--out", "c3.qhb")
    assert bundle("key", "new", "office.key") == 0
    assert bundle(*words, "--chip", "esp32") == 7
    assert not Path("c3.qhb").exists()
    assert bundle(*words, "--version", "9.9.9") == 7  # the image says 1.2.0
    capsys.readouterr()
    assert bundle(*words, "--json") == 0
    answer = answered(capsys)
    assert (answer["chip"], answer["version"], answer["flash_bytes"]) == ("esp32c3", "1.2.0", 1 << 20)


@pytest.mark.usefixtures("place")
def test_nothing_is_written_over_and_what_is_missing_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    made()
    assert bundle("make", "b.toml", "--key", "office.key", "--out", "b.qhb") == 2
    assert bundle("make", "b.toml", "--key", "office.key", "--out", "b.qhb", "--force") == 0
    assert bundle("key", "new", "office.key") == 2
    assert bundle("make", "--key", "office.key", "--out", "c.qhb") == 7
    assert bundle("make", "b.toml", "--key", "none.key", "--out", "c.qhb") == 2
    assert bundle("make", "none.toml", "--key", "office.key", "--out", "c.qhb") == 2
    Path("wrong.toml").write_text('bored = "x"')
    assert bundle("make", "wrong.toml", "--key", "office.key", "--out", "c.qhb") == 2
    said = capsys.readouterr().err
    for word in ("b.qhb: is there already", "office.key is there already", "board is missing", "none.key", "none.toml", "bored"):
        assert word in said


def test_passphrase_comes_from_a_private_file_or_a_terminal_only(place: Path) -> None:
    secret = place / "secret"
    secret.write_text("mở ra\n")
    secret.chmod(0o600)
    assert bundle("key", "new", "office.key", "--passphrase-file", "secret") == 0
    assert b"ENCRYPTED" in (place / "office.key").read_bytes()
    assert stat.S_IMODE((place / "office.key").stat().st_mode) == 0o600
    words = ("make", "b.toml", "--key", "office.key", "--out", "b.qhb")
    assert bundle(*words, "--passphrase-file", "secret") == 0
    secret.chmod(0o644)
    assert bundle(*words, "--force", "--passphrase-file", "secret") == 2
    assert bundle(*words, "--force") == 2  # nobody is at a keyboard


def test_passphrase_is_asked_for_at_a_terminal_and_not_shown(place: Path) -> None:
    ours, theirs = pty.openpty()
    words = [sys.executable, "-m", "quanho", "--lang", "en", "bundle", "key", "new", "t.key", "--ask-passphrase"]
    with subprocess.Popen(words, stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True) as running:
        os.close(theirs)
        seen = b""
        for word in (b"new passphrase: ", b"once more: "):
            while not seen.endswith(word):
                seen += os.read(ours, 1000)
            os.write(ours, b"abracadabra\n")
        with suppress(OSError):  # EIO when the other end has gone
            while more := os.read(ours, 1000):
                seen += more
    os.close(ours)
    assert running.returncode == 0
    assert b"abracadabra" not in seen
    assert b"ENCRYPTED" in (place / "t.key").read_bytes()


@pytest.mark.usefixtures("place")
def test_help_teaches_without_heavy_imports() -> None:
    lines = (
        "import sys",
        "from quanho import cli",
        "try: cli.main(['bundle', 'make', '--help'])",
        "except SystemExit: pass",
        "sys.exit('cryptography' in sys.modules)",
    )
    done = subprocess.run([sys.executable, "-c", "\n".join(lines)], capture_output=True, text=True, check=True)
    assert "minimum_previous" in done.stdout


@pytest.mark.usefixtures("place")
def test_list_of_revoked_keys_replaces_nothing_but_such_a_list(capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("office", "lost", "other"):
        assert bundle("key", "new", f"{name}.key") == 0
    assert bundle("key", "trust", "office.pub") == 0
    before = Path("office.key").read_bytes()
    revoke = ("key", "revoke", "lost.pub", "--by", "office.key", "--reason")
    assert bundle(*revoke, "lost", "--out", "office.key") == 2
    assert Path("office.key").read_bytes() == before
    assert bundle(*revoke, "lost", "--out", "nowhere/list.json") == 2
    assert bundle(*revoke, "two\nlines", "--out", "list.json") == 2
    assert bundle(*revoke, "x" * 201, "--out", "list.json") == 2
    said = capsys.readouterr().err
    assert "no list of revoked keys" in said
    assert "nowhere" in said
    assert "Traceback" not in said
    assert bundle(*revoke, "lost", "--out", "list.json") == 0  # none of the refused ones revoked it
    assert bundle("key", "revoke", "other.pub", "--by", "office.key", "--reason", "mất máy", "--out", "list.json") == 0


@pytest.mark.usefixtures("place")
def test_key_whose_file_has_a_vietnamese_name_is_trusted_under_another(capsys: pytest.CaptureFixture[str]) -> None:
    assert bundle("key", "new", "khoá văn phòng.key") == 0
    assert "trust 'khoá văn phòng.pub' --name NAME" in capsys.readouterr().out
    assert bundle("key", "trust", "khoá văn phòng.pub") == 2
    assert "--name" in capsys.readouterr().err
    assert bundle("key", "trust", "khoá văn phòng.pub", "--name", "van-phong") == 0
    assert bundle("key", "rotate", "khoá văn phòng.key", "khoá văn phòng.pub", "--out", "r.json") == 2
    assert not Path("r.json").exists()


@pytest.mark.usefixtures("place")
def test_place_that_cannot_be_written_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    made()
    assert bundle("make", "b.toml", "--key", "office.key", "--out", "nowhere/c.qhb") == 2
    assert "nowhere/c.qhb: cannot be written" in capsys.readouterr().err

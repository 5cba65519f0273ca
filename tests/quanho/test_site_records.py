"""`quanho site records`: what waits for the registry, and what became of it."""

import json
from pathlib import Path

import pytest

from firmware_bridge.records.queue import Outbox
from quanho import cli
from tests.firmware_bridge.card.settings_made import CONFIG
from tests.stand_ins.installations import signed_record
from tests.stand_ins.registry_server import RegistryServer, says

ID = "ab" * 16


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("QUANHO_LANG", "en")
    monkeypatch.setenv("QUANHO_TECHNICIAN", str(tmp_path))
    monkeypatch.delenv("QUANHO_REGISTRY", raising=False)
    (tmp_path / "token").write_text("t0ken\n")
    (tmp_path / "token").chmod(0o600)
    Outbox(tmp_path / "outbox").put(signed_record(id=ID))
    return tmp_path


def records(*words: str) -> int:
    return cli.main(["site", "records", *words])


def send(place: Path, url: str, *words: str) -> int:
    return records("send", "--registry", url, "--token-file", str(place / "token"), *words)


def test_records_are_listed_shown_sent_and_then_no_longer_wait(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert records("list") == 0
    assert "ababab" in capsys.readouterr().out
    assert records("show", "abab") == 0
    assert "technician: Nguyễn Thị Hạnh" in capsys.readouterr().out
    with RegistryServer() as server:
        assert send(place, server.url) == 0
    capsys.readouterr()
    assert records("list", "--json") == 0
    assert json.loads(capsys.readouterr().out)["waiting"] == []
    assert records("show", "abab", "--json") == 0  # sent ones are still here to look at


def test_records_that_wait_elsewhere_are_listed_and_sent_from_there(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    elsewhere = str((place / "outbox").rename(place / "elsewhere"))
    assert records("list") == 0
    assert "ababab" not in capsys.readouterr().out
    assert records("list", "--outbox", elsewhere) == 0
    assert "ababab" in capsys.readouterr().out
    with RegistryServer() as server:
        assert send(place, server.url, "--outbox", elsewhere) == 0


def test_registry_that_is_away_or_refuses_is_told_and_the_exit_code_says_so(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with RegistryServer([says(503), says(422, b"no such site")]) as server:
        assert send(place, server.url, "--json") == 1
        answer = json.loads(capsys.readouterr().out)
        assert (answer["ok"], answer["waiting"], "503" in answer["trouble"]) == (False, 1, True)
        assert send(place, server.url) == 1
    assert "no such site" in capsys.readouterr().err
    assert records("list") == 0
    assert "no such site" in capsys.readouterr().out


def test_wrong_usage_is_told_before_anything_is_sent(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert records("send") == 2
    assert records("send", "--registry", "https://core.example.vn") == 2
    assert send(place, "http://core.example.vn") == 2
    (place / "token").chmod(0o644)
    assert send(place, "https://core.example.vn") == 2
    assert records("show", "ff") == 2
    said = capsys.readouterr().err
    for word in ("--registry URL", "--token-file", "use https", "chmod", "begins like this"):
        assert word in said
    assert "t0ken" not in said


def test_verify_tells_right_from_changed(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = place / "record.json"
    path.write_bytes(signed_record(id=ID))
    assert records("verify", str(path)) == 0
    path.write_bytes(path.read_bytes().replace(b"dinh-bang", b"dinh-bong"))
    assert records("verify", str(path), "--json") == 5
    assert "changed" in capsys.readouterr().out


@pytest.mark.parametrize(("option", "text"), [("--note", "x" * 501), ("--note", "two\nlines"), ("--technician", "a\x1b[31m")])
def test_words_that_would_spoil_the_page_are_refused_before_the_plug_is_pulled(
    tmp_path: Path, option: str, text: str, capsys: pytest.CaptureFixture[str]
) -> None:
    config = tmp_path / "edge.toml"
    config.write_text(CONFIG.replace("/var/lib/quanho", str(tmp_path)))
    assert cli.main(["site", "check", "--config", str(config), "--out", str(tmp_path), option, text]) == 2
    assert option in capsys.readouterr().err

"""`quanho dashboards build` from the command line."""

import json
from pathlib import Path

import pytest
import yaml

from quanho.cli import main


def build(*words: str) -> int:
    return main(["--lang", "en", "dashboards", "build", *words])


def test_a_build_is_up_to_date_until_something_changes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = str(tmp_path / "grafana")
    assert build("--out", out, "--check") == 1
    assert not (tmp_path / "grafana").exists()
    assert build("--out", out) == 0
    assert build("--out", out, "--check") == 0
    assert "nothing to change" in capsys.readouterr().out
    assert build("--out", out, "--check", "--influx", "http://elsewhere:8086") == 1
    assert "~ provisioning/datasources/quanho.yaml" in capsys.readouterr().out


def test_json_lists_what_was_done(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "grafana"
    assert build("--out", str(out), "--json", "--languages", "en") == 0
    said = json.loads(capsys.readouterr().out)
    assert said["ok"]
    assert sorted(said["added"]) == sorted(
        path.relative_to(out).as_posix() for path in out.rglob("*") if path.is_file() and path.name != "quanho-files.json"
    )
    assert build("--out", str(out), "--json", "--languages", "vi", "--check") == 1
    said = json.loads(capsys.readouterr().out)
    assert not said["ok"]
    assert len(said["removed"]) == len([path for path in said["removed"] if path.startswith("dashboards/en/")]) > 0


def test_an_edited_file_is_named_with_the_way_out(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert build("--out", str(tmp_path), "--languages", "en") == 0
    board = next(tmp_path.glob("dashboards/en/*.json"))
    board.write_text("{}")
    capsys.readouterr()
    assert build("--out", str(tmp_path), "--languages", "en") == 2
    assert board.name in (told := capsys.readouterr().err)
    assert "--force" in told
    assert build("--out", str(tmp_path), "--languages", "en", "--force") == 0
    assert json.loads(board.read_text())["uid"] == board.stem


def test_a_folder_in_a_container_has_another_path_there(tmp_path: Path) -> None:
    assert build("--out", str(tmp_path), "--seen-at", "/quanho", "--languages", "vi") == 0
    (provider,) = yaml.safe_load((tmp_path / "provisioning/dashboards/quanho.yaml").read_text())["providers"]
    assert provider["options"]["path"] == "/quanho/dashboards/vi"


@pytest.mark.parametrize(
    ("words", "wanted"),
    [
        (["--username", "grafana"], "--password-file"),
        (["--password-file", "/run/secrets/x"], "--username"),
        (["--username", "grafana", "--password-file", "relative"], "absolute"),
        (["--token-env", "${x}"], "braces"),
        (["--influx", "influx:8086"], "http://host:8086"),
        (["--influx", "http://me:secret@influx:8086"], "without a user"),
        (["--seen-at", "relative"], "absolute"),
    ],
)
def test_wrong_arguments_are_told_in_words_and_nothing_is_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], words: list[str], wanted: str
) -> None:
    out = tmp_path / "grafana"
    assert build("--out", str(out), *words) == 2
    told = capsys.readouterr().err
    assert wanted in told
    assert "secret@" not in told
    assert not out.exists()


def test_messages_are_vietnamese_by_default(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--lang", "vi", "dashboards", "build", "--out", str(tmp_path), "--languages", "vi"]) == 0
    assert "tệp" in capsys.readouterr().out

"""Which config a start uses, whatever a crash, a person or a bad disk left behind."""

import os
from pathlib import Path

import pytest

from edge.apply.effective import load_effective
from edge.apply.folder import APPLIED, ConfigFolder, install, sha_of
from telemetry.errors import ConfigError


def text(folder: Path, level: str = "info", more: str = "") -> bytes:
    return f"""
[gateway]
site = "bn"
id = "gw-1"
state_dir = "{folder}/state"
[log]
level = "{level}"
[uplink]
kind = "file"
folder = "{folder}"
[[source]]
id = "gauge"
kind = "serial"
port = "/dev/gauge"
decoder = {{ kind = "json" }}
{more}""".encode()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "edge.toml"
    path.write_bytes(text(tmp_path))
    return path


@pytest.fixture
def folder(tmp_path: Path) -> ConfigFolder:
    made = ConfigFolder(tmp_path / "state")
    made.make()
    return made


def test_without_anything_applied_the_file_is_in_force(file: Path) -> None:
    effective = load_effective(file)
    assert (effective.config.log.level, effective.stands_for_file) == ("info", False)


def test_what_was_applied_stands_for_the_file_until_that_is_edited(file: Path, folder: ConfigFolder, tmp_path: Path) -> None:
    folder.write_applied(text(tmp_path, "debug"), sha_of(file.read_bytes()))
    effective = load_effective(file)
    assert (effective.config.log.level, effective.stands_for_file) == ("debug", True)
    file.write_bytes(text(tmp_path, "warning"))
    assert load_effective(file).config.log.level == "warning"


@pytest.mark.parametrize("damage", ["cut", "flipped", "headless", "empty"])
def test_a_damaged_one_is_passed_over_and_the_agent_starts_with_the_file(
    file: Path, folder: ConfigFolder, tmp_path: Path, damage: str
) -> None:
    folder.write_applied(text(tmp_path, "debug"), sha_of(file.read_bytes()))
    path = folder.path / APPLIED
    data = path.read_bytes()
    spoilt = {"cut": data[:-10], "flipped": data.replace(b"debug", b"error"), "headless": data.split(b"\n", 1)[1], "empty": b""}
    path.write_bytes(spoilt[damage])
    assert load_effective(file).config.log.level == "info"


def test_an_invalid_one_is_passed_over(file: Path, folder: ConfigFolder, tmp_path: Path) -> None:
    folder.write_applied(text(tmp_path, "debug", 'colour = "blue"'), sha_of(file.read_bytes()))
    assert load_effective(file).config.log.level == "info"
    assert "colour" in load_effective(file).passed_over


def test_an_invalid_file_does_not_keep_what_stands_for_it_from_starting(file: Path, folder: ConfigFolder, tmp_path: Path) -> None:
    file.write_bytes(text(tmp_path, more='colour = "gone"'))
    with pytest.raises(ConfigError):
        load_effective(file)
    folder.write_applied(text(tmp_path, "debug"), sha_of(file.read_bytes()))
    assert load_effective(file).config.log.level == "debug"


def test_a_config_that_is_still_on_trial_is_not_used_by_a_start(file: Path, folder: ConfigFolder, tmp_path: Path) -> None:
    folder.write("trial.toml", text(tmp_path, "debug"))
    assert load_effective(file).config.log.level == "info"


def test_the_file_is_replaced_with_its_mode_and_through_a_link(file: Path, tmp_path: Path) -> None:
    file.chmod(0o640)
    link = tmp_path / "link.toml"
    link.symlink_to(file)
    install(link, b"new")
    assert (link.is_symlink(), file.read_bytes(), file.stat().st_mode & 0o777) == (True, b"new", 0o640)
    assert [path.name for path in tmp_path.iterdir() if path.name.endswith(".new")] == []


def test_a_file_that_cannot_be_replaced_is_as_it_was(file: Path, tmp_path: Path) -> None:
    (tmp_path / f".edge.toml.{os.getpid()}.new").mkdir()
    before = file.read_bytes()
    with pytest.raises(OSError):
        install(file, b"new")
    assert file.read_bytes() == before


def test_others_may_not_read_configs(folder: ConfigFolder) -> None:
    path = folder.write("trial.toml", b"text")
    assert (folder.path.stat().st_mode & 0o777, path.stat().st_mode & 0o777) == (0o700, 0o600)

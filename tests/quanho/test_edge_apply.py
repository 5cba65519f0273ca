"""`quanho edge apply|maintenance`, and what `status` and `check` say of both, with a serial sensor and no servers."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from edge.apply.commands import commands_of
from edge.apply.effective import load_effective
from edge.apply.process import AgentProcess
from quanho import cli
from quanho.durations import duration_s, spoken
from tests.stand_ins.serial_line import SerialLine
from tests.waiting import eventually

ROOT = Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def _english(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QUANHO_LANG", "en")


def text(folder: Path, usb: str = "usb", spool: str = "", more: str = "") -> str:
    return f"""
[gateway]
site = "bn"
id = "gw-1"
state_dir = "{folder}/state"
{more}
[clock]
trust = "host"
[spool]
batch_age_ms = 10
{spool}
[uplink]
kind = "file"
folder = "{folder}/{usb}"
[[source]]
id = "gauge"
kind = "serial"
port = "{folder}/tty"
read_timeout_s = 0.1
decoder = {{ kind = "json", measurement = "water_level" }}
"""


@pytest.fixture
def file(tmp_path: Path) -> Iterator[Path]:
    (tmp_path / "usb").mkdir()
    path = tmp_path / "edge.toml"
    path.write_text(text(tmp_path))
    with SerialLine(tmp_path / "tty"):
        yield path


@pytest.fixture
def new(tmp_path: Path) -> Path:
    return tmp_path / "new.toml"


@contextmanager
def running(file: Path) -> Iterator[AgentProcess]:
    process = AgentProcess(load_effective(file), commands_of)
    process.start()
    try:
        eventually(lambda: process.agent.sources[0].state().connected and process.agent.uplink.state().is_up)
        yield process
    finally:
        process.drain(10)
        process.stop(10)


def edge(verb: str, *words: str | Path, config: Path) -> int:
    return cli.main(["edge", verb, *map(str, words), "--config", str(config)])


def test_a_good_config_is_kept_and_the_file_holds_it(file: Path, new: Path, capsys: pytest.CaptureFixture[str]) -> None:
    new.write_text(text(new.parent, spool="quota_bytes = '8MiB'"))
    with running(file):
        assert edge("apply", new, "--within", "60s", config=file) == 0
        said = capsys.readouterr().out
        assert "spool.quota_bytes: 1073741824 → 8388608  →  the agent restarts itself" in said
        assert "every source reconnects" in said
        assert "kept: uplink and readings are back" in said
        assert f"{file} holds it now" in said
        assert edge("apply", new, config=file) == 0
        assert "nothing to do" in capsys.readouterr().out
    assert file.read_text() == new.read_text()


def test_a_config_that_does_not_deliver_returns_and_the_status_says_why(file: Path, new: Path, capsys: pytest.CaptureFixture[str]) -> None:
    new.write_text(text(new.parent, usb="not-there"))
    before = file.read_text()
    with running(file):
        assert edge("apply", new, "--within", "1s", config=file) == 1
        said = capsys.readouterr().out
        assert "waiting for: uplink" in said
        assert "returned to the config before: not back in time: uplink" in said
        edge("status", config=file)
        assert "returned to the config before: not back in time: uplink" in capsys.readouterr().out
        assert edge("apply", "--json", config=file) == 0
        assert json.loads(capsys.readouterr().out)["config"]["last"]["phase"] == "returned"
    assert file.read_text() == before


def test_a_trial_left_alone_shows_in_the_status_in_both_languages_and_can_be_confirmed(
    file: Path, new: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    new.write_text(text(new.parent, usb="not-there"))
    with running(file):
        assert edge("apply", new, "--no-wait", config=file) == 0
        eventually(lambda: edge("status", config=file) == 1)
        assert "a new one is on trial" in capsys.readouterr().out
        monkeypatch.setenv("QUANHO_LANG", "vi")
        edge("status", config=file)
        assert "đang thử cấu hình mới, còn " in capsys.readouterr().out
        assert edge("apply", "--confirm", config=file) == 0
        eventually(lambda: file.read_text() == new.read_text())


def test_a_dry_run_names_untouched_sources_too_and_needs_no_agent(file: Path, new: Path, capsys: pytest.CaptureFixture[str]) -> None:
    new.write_text(text(new.parent, usb="other"))
    assert edge("apply", new, "--dry-run", config=file) == 0
    said = capsys.readouterr().out
    assert "no agent runs" in said
    assert "uplink.folder" in said
    assert "untouched: gauge" in said
    assert edge("apply", new, config=file) == 1
    assert "no agent answers" in capsys.readouterr().err


def test_wrong_and_refused_configs_are_2_with_every_problem(file: Path, new: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with running(file):
        new.write_text(text(new.parent, spool="colour = 1", more="flavour = 2"))
        assert edge("apply", new, config=file) == 2
        said = capsys.readouterr().err
        assert "spool.colour" in said
        assert "gateway.flavour" in said
        new.write_text(text(new.parent).replace('id = "gw-1"', 'id = "gw-2"'))
        assert edge("apply", new, config=file) == 2
        assert "refused: readings on the disk carry the old name" in capsys.readouterr().out


def test_whoever_may_write_the_file_puts_the_kept_config_there_for_the_agent(
    file: Path, new: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    new.write_text(text(new.parent, usb="other"))
    (new.parent / "other").mkdir()
    with running(file) as process:
        (file.parent / f".edge.toml.{os.getpid()}.new").mkdir()  # keeps this process, which is the agent, from writing the file
        command = [sys.executable, "-m", "quanho", "edge", "apply", str(new), "--config", str(file)]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
        assert (done.returncode, done.stderr) == (0, "")
        assert f"{file} holds it now" in done.stdout
        assert file.read_text() == new.read_text()
        assert not process.effective.stands_for_file
    assert edge("check", config=file) == 0
    assert "in place of" not in capsys.readouterr().out


def test_check_and_status_say_when_a_config_stands_in_place_of_the_file(file: Path, new: Path, capsys: pytest.CaptureFixture[str]) -> None:
    new.write_text(text(new.parent, more="metrics_every_s = 11"))
    (file.parent / f".edge.toml.{os.getpid()}.new").mkdir()
    with running(file):
        assert edge("apply", new, config=file) == 0
        assert f"until {file} is edited" in capsys.readouterr().out
        edge("status", config=file)
        assert f"applied.toml is used in place of {file}" in capsys.readouterr().out
    assert edge("check", config=file) == 0
    assert f"applied.toml in place of {file}" in capsys.readouterr().out


def test_ctrl_c_leaves_the_trial_to_the_agent_and_says_so(file: Path, new: Path) -> None:
    new.write_text(text(new.parent, usb="not-there"))
    with running(file) as process:
        command = [sys.executable, "-m", "quanho", "--lang", "en", "edge", "apply", str(new), "--config", str(file)]
        with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as waiting:
            assert waiting.stdout
            lines = iter(waiting.stdout.readline, "")
            assert any("waiting for: uplink" in line for line in lines)
            waiting.send_signal(signal.SIGINT)
            _, said = waiting.communicate(timeout=20)
        assert waiting.returncode == 130
        assert "the trial goes on" in said
        assert process.trial
        assert not process.trial.phase.is_final


def test_maintenance_is_begun_listed_and_ended(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with running(file):
        assert edge("maintenance", "gauge", "--for", "30m", config=file) == 0
        assert "gauge: in maintenance, 30:00 left; readings carry bit 64" in capsys.readouterr().out
        edge("status", config=file)
        assert "[maintenance, " in capsys.readouterr().out
        assert edge("maintenance", "gauge", "--off", config=file) == 0
        assert edge("maintenance", config=file) == 0
        assert capsys.readouterr().out == "gauge: normal\ngauge: normal\n"


def test_maintenance_of_an_unknown_source_lists_the_sources(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with running(file):
        assert edge("maintenance", "gage", "--for", "30m", config=file) == 2
        assert "sources: gauge" in capsys.readouterr().err


@pytest.mark.parametrize("wrong", ["30", "25h", "-1m", "soon", "0s"])
def test_a_time_without_unit_or_end_is_wrong_usage(file: Path, wrong: str) -> None:
    with pytest.raises(SystemExit) as raised:
        edge("maintenance", "gauge", f"--for={wrong}", config=file)
    assert raised.value.code == 2


def test_times_are_read_and_said() -> None:
    assert [duration_s(each) for each in ("90s", "30m", "2h", "24h", "1.5m")] == [90, 1800, 7200, 86_400, 90]
    assert [spoken(each) for each in (5, 65, 3600, 7265)] == ["0:05", "1:05", "1:00:00", "2:01:05"]


def test_check_says_what_a_power_cut_costs_and_how_many_syncs_that_takes(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert edge("check", config=file) == 0
    assert "spool.loss_window_s trades safety for the life of the card" in capsys.readouterr().out
    file.write_text(text(file.parent, spool="loss_window_s = 60"))
    assert edge("check", config=file) == 0
    said = capsys.readouterr().out
    assert "gauge: a power cut costs up to the last 60 seconds of readings (spool.loss_window_s)" in said
    assert "at most 1440 syncs a day" in said
    assert edge("check", "--json", config=file) == 0
    costs = {cost["source"]: cost for cost in json.loads(capsys.readouterr().out)["storage"]}
    assert (costs["gauge"]["loses_s"], costs["gauge"]["syncs_day"], costs["gateway"]["syncs_day"]) == (60.0, 1440, 1440)


def test_status_says_what_is_written(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with running(file):
        edge("status", config=file)
        assert "card:    " in capsys.readouterr().out

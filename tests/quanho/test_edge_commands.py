"""`quanho edge run|check|status|tail`, the last two against a running agent with a serial sensor and no servers."""

import gzip
import json
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from edge.agent import Agent
from edge.config_file import load_agent_config
from quanho import cli
from tests.stand_ins.serial_line import SerialLine
from tests.waiting import eventually

MQTT = """
[[source]]
id = "street"
kind = "mqtt"
host = "127.0.0.1"
qos = 0
version = "3.1.1"
watch_broker_drops = false
topics = ["site/{site}/air/{device}"]
[source.decoder]
kind = "json"
"""


@pytest.fixture(autouse=True)
def _english(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QUANHO_LANG", "en")


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """A gauge on a serial line, readings into files."""
    (tmp_path / "usb").mkdir()
    path = tmp_path / "edge.toml"
    path.write_text(
        f"""
[gateway]
site = "bn"
id = "gw-1"
state_dir = "{tmp_path}/state"
[clock]
trust = "host"
[spool]
batch_age_ms = 10
[uplink]
kind = "file"
folder = "{tmp_path}/usb"
[[source]]
id = "gauge"
kind = "serial"
port = "{tmp_path}/tty"
read_timeout_s = 0.1
[source.decoder]
kind = "json"
measurement = "water_level"
""",
        encoding="utf-8",
    )
    return path


@pytest.fixture
def line(tmp_path: Path) -> Iterator[SerialLine]:
    with SerialLine(tmp_path / "tty") as plugged:
        yield plugged


@contextmanager
def agent_of(config: Path) -> Iterator[Agent]:
    agent = Agent(load_agent_config(config))
    agent.start()
    try:
        eventually(lambda: agent.sources[0].state().connected and agent.uplink.state().is_up)
        yield agent
    finally:
        agent.drain(5)
        agent.stop(5)


@contextmanager
def talking(line: SerialLine) -> Iterator[None]:
    """The gauge says its level again and again."""
    quiet = threading.Event()

    def talk() -> None:
        while not quiet.wait(0.02):
            line.send(b'{"level": 1.25}\n')

    thread = threading.Thread(target=talk)
    thread.start()
    try:
        yield
    finally:
        quiet.set()
        thread.join(10)


def edge(verb: str, config: Path, *arguments: str) -> int:
    return cli.main(["edge", verb, "--config", str(config), *arguments])


def test_check_says_that_a_config_is_good_and_what_may_be_lost_all_the_same(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config.write_text(config.read_text() + MQTT)
    assert edge("check", config) == 0
    said = capsys.readouterr().out
    assert "the config is valid, sources: 2" in said
    for words in (
        "gauge: a serial line has no acknowledgement",
        "street: QoS 0",
        "queue limit",
        "write and read quanho/marker/#",
        "MQTT 3.1.1",
        "watch_broker_drops = false",
    ):
        assert words in said


def test_check_finds_the_same_as_json(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert edge("check", config, "--json") == 0
    answer = json.loads(capsys.readouterr().out)
    assert (answer["ok"], answer["sources"]) == (True, ["gauge"])
    assert [finding["code"] for finding in answer["findings"]] == ["clock-host", "no-acknowledgement"]


def test_check_speaks_vietnamese_unless_told_otherwise(
    config: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("QUANHO_LANG")
    assert edge("check", config) == 0
    assert "cấu hình hợp lệ" in capsys.readouterr().out


@pytest.mark.parametrize("verb", ["run", "check", "status", "tail"])
def test_a_wrong_config_is_refused_by_every_verb_with_all_its_problems(config: Path, capsys: pytest.CaptureFixture[str], verb: str) -> None:
    text = config.read_text().replace('site = "bn"', 'site = "bn"\ncolour = 1').replace('kind = "json"', 'kind = "jsn"')
    config.write_text(text.replace("batch_age_ms = 10", 'batch_age_ms = "soon"') + MQTT.replace("{site}/air", "#"))
    assert edge(verb, config) == 2
    said = capsys.readouterr().err
    for words in ("gateway.colour", "spool.batch_age_ms", "did you mean 'json'", "'#' must be the whole last level"):
        assert words in said
    assert "Traceback" not in said


def test_status_without_an_agent_says_so(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert edge("status", config) == 1
    assert "no agent answers" in capsys.readouterr().err


def test_status_of_a_healthy_agent_is_0_and_counts(config: Path, line: SerialLine, capsys: pytest.CaptureFixture[str]) -> None:
    with agent_of(config) as agent, talking(line):
        eventually(lambda: agent.totals().delivered > 0)
        assert edge("status", config) == 0
        assert "gw-1 @ bn" in capsys.readouterr().out
        assert edge("status", config, "--json") == 0
        answer = json.loads(capsys.readouterr().out)
        assert answer["sources"][0]["points"] > 0
        assert answer["uplink"]["server"].startswith("file ")


def test_status_of_an_agent_whose_sensor_is_gone_is_1(config: Path, line: SerialLine, capsys: pytest.CaptureFixture[str]) -> None:
    with agent_of(config) as agent:
        line.unplug()
        eventually(lambda: not agent.sources[0].state().connected)
        assert edge("status", config) == 1
        assert "○ gauge" in capsys.readouterr().out


def test_tail_shows_readings_as_they_become_durable(config: Path, line: SerialLine, capsys: pytest.CaptureFixture[str]) -> None:
    with agent_of(config), talking(line):
        assert edge("tail", config, "--json", "--count", "3") == 0
        readings = [json.loads(text) for text in capsys.readouterr().out.splitlines()]
        assert [reading["fields"]["level"] for reading in readings] == [1.25] * 3
        assert readings[0]["tags"] == {"device": "gauge", "gateway": "gw-1", "site": "bn"}
        assert edge("tail", config, "--count", "1") == 0
        assert "water_level" in capsys.readouterr().out


def test_tail_of_a_silent_agent_ends_in_time(config: Path, line: SerialLine) -> None:
    with agent_of(config):
        assert line.path.exists()
        assert edge("tail", config, "--seconds", "0.1") == 0


def test_run_delivers_into_files_and_ends_on_sigterm_with_0(config: Path, line: SerialLine, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "quanho", "edge", "run", "--config", str(config)]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, cwd=Path(__file__).parents[2]) as process, talking(line):
        folder = tmp_path / "usb"
        eventually(lambda: any(path.stat().st_size for path in folder.glob("*.lp.gz")), 20)
        process.send_signal(signal.SIGTERM)
        assert process.stderr is not None
        said = process.stderr.read()
        assert process.wait(20) == 0
    assert "Traceback" not in said
    [file] = folder.glob("*.lp.gz")
    assert b"water_level,device=gauge,gateway=gw-1,site=bn level=1.25" in gzip.decompress(file.read_bytes())


def test_check_says_of_a_board_what_its_memory_means_and_refuses_a_decoder_for_it(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    board = '\n[[source]]\nid = "mast"\nkind = "link"\nport = "/dev/serial/by-id/usb-1"\n'
    config.write_text(config.read_text() + board)
    assert edge("check", config) == 0
    said = capsys.readouterr().out
    assert "mast: the board keeps readings in its memory" in said
    assert "the board sends again what was not written" in said
    assert "mast: a serial line" not in said
    config.write_text(config.read_text() + 'decoder = { kind = "json" }\n')
    assert edge("check", config) == 2
    assert "the board describes what it sends; leave the decoder out" in capsys.readouterr().err

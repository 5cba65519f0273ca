"""The whole demo as a user runs it, with real servers; and that its account fails when the agent does."""

import json
import os
import re
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from edge.spool.set_aside import read_set_aside
from quanho.demo.publisher import Publisher
from quanho.demo.servers import MissingServer, Mosquitto, find_server
from tests.simavr.build import avr_host
from tests.waiting import eventually

pytestmark = pytest.mark.server

RUN_S = 60.0
SOURCES = ["air", "noise", "power", "weather", "water", "probe", "pump", "dust", "river"]

# Acknowledges every reading and loses one in ten on the way to the disk.
LOSES_EVERY_TENTH_LINE = """
import edge.batching.compose as compose
honest = compose.parts
def careless(closed):
    for chunk in closed.chunks:
        chunk.lines = [line for at, line in enumerate(chunk.lines) if at % 10]
    return honest(closed)
compose.parts = careless
"""

# A machine on which neither server can be had.
NO_SERVERS = """
import quanho.demo.servers as servers
def find_server(binary, package):
    raise servers.MissingServer(binary, package)
servers.find_server = find_server
"""


@pytest.fixture
def folder() -> Iterator[Path]:
    """A short path: a Unix socket in it may have 107 bytes."""
    with tempfile.TemporaryDirectory(prefix="qd-") as name:
        yield Path(name)


@pytest.fixture
def _servers() -> None:
    for binary, package in (("mosquitto", "mosquitto"), ("influxd", "influxdb")):
        try:
            find_server(binary, package)
        except MissingServer as missing:
            pytest.skip(str(missing))


def start(folder: Path, *words: str, sitecustomize: str = "", path: str | None = None, avr_host: str = "") -> subprocess.Popen[str]:
    (folder / "site").mkdir()
    (folder / "site" / "sitecustomize.py").write_text(sitecustomize, encoding="utf-8")
    root = str(Path(__file__).parents[2])
    environment = {**os.environ, "TMPDIR": str(folder), "QUANHO_LANG": "en", "PYTHONPATH": os.pathsep.join([str(folder / "site"), root])}
    environment["QUANHO_AVR_HOST"] = avr_host
    if path is not None:
        environment["PATH"] = path
    command = [sys.executable, "-m", "quanho", "demo", "--no-tui", *words]
    return subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def account_of(
    folder: Path, *words: str, sitecustomize: str = "", path: str | None = None, avr_host: str = ""
) -> tuple[int, dict[str, Any], str]:
    """Run the demo to its end; return exit code, account and what it said meanwhile."""
    with start(folder, "--json", *words, sitecustomize=sitecustomize, path=path, avr_host=avr_host) as demo:
        out, said = demo.communicate(timeout=RUN_S)
    assert out, said
    return demo.returncode, json.loads(out), said


def evidence(folder: Path, said: str) -> str:
    """Return what the demo said, and what was set aside of a run that did not balance: its folder is kept for that."""
    kept = [entry / "agent" / "spool" / "set-aside" for entry in folder.iterdir() if entry.name != "site"]
    return "\n".join([said, *(str(dict(one))[:500] for place in kept if place.is_dir() for one in read_set_aside(place))])


def processes_of(folder: Path) -> list[str]:
    """Return the command lines of processes that work in `folder`."""
    found = []
    for entry in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            words = entry.read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue
        if str(folder) in words:
            found.append(words)
    return found


@pytest.mark.usefixtures("_servers")
def test_a_cut_in_the_middle_of_a_run_loses_nothing_also_of_a_real_avr(folder: Path) -> None:
    code, account, said = account_of(folder, "--seconds", "12", "--cut", avr_host=str(avr_host()))
    assert account["problems"] == [], evidence(folder, said)
    assert (code, account["balanced"]) == (0, True), said
    assert [row["source"] for row in account["sources"]] == [*SOURCES, "board"]
    assert all(row["difference"] == 0 and row["stored"] > 10 for row in account["sources"])
    assert account["total"]["produced"] == account["total"]["stored"] + account["total"]["set_aside"] > 9000, "six hours of the past"
    assert account["total"]["set_aside"] == account["total"]["bad_on_purpose"] > 0
    assert "store cut" in said
    assert "the store is back" in said
    assert processes_of(folder) == []
    assert [entry.name for entry in folder.iterdir()] == ["site"], "the temporary folder is gone"


@pytest.mark.usefixtures("_servers")
def test_an_agent_that_loses_every_tenth_reading_fails_the_account(folder: Path) -> None:
    code, account, said = account_of(folder, "--seconds", "4", sitecustomize=LOSES_EVERY_TENTH_LINE)
    assert (code, account["balanced"]) == (1, False), said
    lost = account["total"]["produced"] - account["total"]["stored"] - account["total"]["set_aside"]
    assert lost == account["total"]["difference"] > 10
    assert any("readings left their device and are not in the store" in problem for problem in account["problems"])
    (kept,) = (entry for entry in folder.iterdir() if entry.name != "site")
    assert (kept / "edge.toml").is_file(), "the evidence is kept"
    assert str(kept) in said
    assert processes_of(folder) == []


@pytest.mark.usefixtures("_servers")
def test_without_influxd_the_account_balances_against_the_files(folder: Path) -> None:
    code, account, said = account_of(folder, "--seconds", "4", path=str(folder))
    assert (code, account["balanced"]) == (0, True), said
    assert [row["source"] for row in account["sources"]] == SOURCES
    assert account["total"]["stored"] > 100
    assert "No InfluxDB on this machine" in said
    assert "No AVR board (QUANHO_AVR_HOST is not set; `make demo` builds it): the demo goes without." in said


def test_without_any_server_the_serial_sensors_still_show_the_way(folder: Path) -> None:
    code, account, said = account_of(folder, "--seconds", "4", "--cut", sitecustomize=NO_SERVERS)
    assert (code, account["balanced"]) == (0, True), said
    assert [row["source"] for row in account["sources"]] == ["dust", "river"]
    assert account["total"]["stored"] > 5
    assert "No MQTT broker on this machine" in said
    assert "--cut is passed over" in said


@pytest.mark.usefixtures("_servers")
def test_the_first_interrupt_ends_with_the_account_and_the_printed_config_is_right(folder: Path) -> None:
    with start(folder, "--folder", str(folder / "street")) as demo:
        assert demo.stdout is not None
        config = next(line for line in demo.stdout if "config:" in line).split()[-1]
        check = subprocess.run([sys.executable, "-m", "quanho", "edge", "check", "--config", config], capture_output=True, check=False)
        told = next(line for line in demo.stdout if "dashboards check" in line)
        next(line for line in demo.stdout if "produced" in line)
        demo.send_signal(signal.SIGINT)
        out, said = demo.communicate(timeout=RUN_S)
    assert re.fullmatch(r"  quanho dashboards check --influx http://127\.0\.0\.1:\d+ --database quanho_demo\n", told)
    assert (check.returncode, check.stderr) == (0, b"")
    assert demo.returncode == 0, said
    assert "It balances" in out
    assert Path(config).is_file(), "a folder that was named is left there"
    assert processes_of(folder) == []


@pytest.mark.usefixtures("_servers")
def test_a_second_interrupt_leaves_at_once(folder: Path) -> None:
    with start(folder) as demo:
        assert demo.stdout is not None
        next(line for line in demo.stdout if "produced" in line)
        demo.send_signal(signal.SIGINT)
        demo.send_signal(signal.SIGTERM)  # a second SIGINT could merge with the first
        out, _ = demo.communicate(timeout=RUN_S)
    assert demo.returncode == 130
    assert "balance" not in out
    eventually(lambda: not processes_of(folder))
    assert [entry.name for entry in folder.iterdir()] == ["site"]


def test_a_folder_with_something_in_it_is_refused(folder: Path) -> None:
    with start(folder, "--folder", str(folder)) as demo:
        _, said = demo.communicate(timeout=RUN_S)
    assert demo.returncode == 2
    assert "name another folder" in said


def test_a_message_without_a_subscriber_counts_only_once_somebody_has_it(mosquitto: Mosquitto) -> None:
    taken: list[int] = []
    publisher: Publisher[int] = Publisher(mosquitto.port, "test", taken.append)
    for number in range(50):
        publisher.publish("street/a", b"%d" % number, number)
    publisher.pump(0.5)
    assert (taken, publisher.pending) == ([], 50)
    command = ["mosquitto_sub", "-p", str(mosquitto.port), "-t", "street/#", "-q", "1", "-C", "50"]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as subscriber:
        eventually(lambda: publisher.pump(0.1) or not publisher.pending)
        out, _ = subscriber.communicate(timeout=10)
    assert sorted(taken) == list(range(50))
    assert sorted(out.split()) == sorted(b"%d" % number for number in range(50))
    publisher.close()


def test_what_a_killed_broker_had_not_confirmed_is_sent_again(mosquitto: Mosquitto) -> None:
    taken: list[int] = []
    publisher: Publisher[int] = Publisher(mosquitto.port, "test", taken.append)
    subscribe = ["mosquitto_sub", "-p", str(mosquitto.port), "-t", "street/#", "-q", "1", "-c", "-i", "listener", "-E"]
    subprocess.run(subscribe, check=True)  # leaves at once; its session stays
    publisher.publish("street/a", b"0", 0)
    eventually(lambda: publisher.pump(0.1) or taken == [0])
    mosquitto.freeze()
    publisher.publish("street/a", b"1", 1)
    publisher.pump(0.2)
    mosquitto.kill()
    publisher.pump(0.5)
    assert (taken, publisher.pending) == ([0], 1)
    mosquitto.start()
    subprocess.run(subscribe, check=True)
    eventually(lambda: publisher.pump(0.1) or taken == [0, 1])
    publisher.close()

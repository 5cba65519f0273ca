"""The files of deploy/ are taken by the programs they are for."""

import configparser
import subprocess
import sys
from pathlib import Path

import pytest

from quanho.demo.servers import OUR_BROKER_SETTINGS, MissingServer, Mosquitto, find_server

DEPLOY = Path(__file__).parents[2] / "deploy"
DEBIAN_BROKER = ("pid_file", "persistence true", "persistence_location", "log_dest")


def program(binary: str, package: str) -> str:
    try:
        return find_server(binary, package)
    except MissingServer as missing:
        pytest.skip(str(missing))


@pytest.mark.server
def test_mosquitto_takes_our_settings_beside_debians(tmp_path: Path) -> None:
    """Debian's own file comes first and includes ours; a setting given twice would be refused."""
    program("mosquitto", "mosquitto")
    ours = [
        line for line in (DEPLOY / "mosquitto.conf").read_text().splitlines() if line and not line.startswith(("#", "listener", "allow"))
    ]
    assert not [line for line in ours if line.startswith(DEBIAN_BROKER) and line != "persistence true"]
    with Mosquitto(tmp_path, settings=ours) as broker:
        assert broker.is_running


def test_broker_of_the_demo_has_the_settings_we_ship() -> None:
    assert set(OUR_BROKER_SETTINGS) <= set((DEPLOY / "mosquitto.conf").read_text().splitlines())


@pytest.mark.server
def test_influxd_takes_our_settings() -> None:
    influxd = program("influxd", "influxdb")
    answer = subprocess.run([influxd, "config", "-config", str(DEPLOY / "influxdb.conf")], capture_output=True, text=True, check=True)
    for wanted in ('index-version = "tsi1"', "auth-enabled = true", "max-series-per-database = 1000000", 'bind-address = "127.0.0.1:8086"'):
        assert wanted in answer.stdout


def test_unit_restarts_the_agent_except_when_its_config_is_wrong() -> None:
    unit = configparser.ConfigParser(strict=False, interpolation=None)
    unit.optionxform = str  # type: ignore[assignment,method-assign]
    unit.read(DEPLOY / "quanho-edge.service")
    service = unit["Service"]
    assert (service["Type"], service["Restart"], service["RestartPreventExitStatus"]) == ("notify", "always", "2")
    assert service["User"] != "root"
    assert service["SupplementaryGroups"] == "dialout"
    assert float(service["WatchdogSec"]) > 0


def test_unit_is_one_that_systemd_understands(tmp_path: Path) -> None:
    unit = (DEPLOY / "quanho-edge.service").read_text().replace("/opt/quanho/bin/quanho", sys.executable)
    (tmp_path / "quanho-edge.service").write_text(unit)
    try:
        answer = subprocess.run(
            ["systemd-analyze", "verify", str(tmp_path / "quanho-edge.service")], capture_output=True, text=True, check=False
        )
    except FileNotFoundError:
        pytest.skip("no systemd-analyze on this machine")
    assert "quanho-edge.service:" not in answer.stderr, answer.stderr

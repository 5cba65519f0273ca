import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from quanho.demo.ports import free_port, listens
from quanho.demo.servers import Influxd, InfluxQLError, MissingServer, Mosquitto, ServerError, find_server, influxql
from tests.waiting import eventually

pytestmark = pytest.mark.server

_START_AND_DIE = """
import os, signal, sys
from pathlib import Path
from quanho.demo.servers import Influxd
server = Influxd(Path(sys.argv[1]))
server.start()
print(server.pid, flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_data_survives_a_kill_and_comes_back_on_the_same_port(influxd: Influxd) -> None:
    influxql(influxd.url, "", "CREATE DATABASE street")
    port, pid = influxd.port, influxd.pid
    influxd.kill()
    assert not influxd.is_running
    influxd.start()
    assert (influxd.port, influxd.pid != pid) == (port, True)
    assert influxql(influxd.url, "", "SHOW DATABASES") == [{"name": "street"}]


def test_two_stores_run_side_by_side(influxd: Influxd, tmp_path: Path) -> None:
    with Influxd(tmp_path / "second") as second:
        influxql(second.url, "", "CREATE DATABASE street")
        assert influxql(influxd.url, "", "SHOW DATABASES") == []


def test_a_server_whose_port_was_taken_meanwhile_says_so(mosquitto: Mosquitto, tmp_path: Path) -> None:
    second = Mosquitto(tmp_path / "second")
    second.port = mosquitto.port
    with pytest.raises(ServerError, match="Address already in use"):
        second.start()
    assert not second.is_running


def test_only_the_process_that_listens_is_taken_for_the_listener(mosquitto: Mosquitto) -> None:
    assert listens(mosquitto.pid, mosquitto.port)
    assert not listens(os.getpid(), mosquitto.port)
    assert not listens(mosquitto.pid, free_port())


def test_a_server_ends_with_the_process_that_started_it(tmp_path: Path) -> None:
    starter = subprocess.run([sys.executable, "-c", _START_AND_DIE, str(tmp_path)], stdout=subprocess.PIPE, check=False)
    assert starter.returncode == -signal.SIGKILL
    eventually(lambda: _has_ended(int(starter.stdout)))


def test_a_missing_server_names_the_package_to_install() -> None:
    with pytest.raises(MissingServer, match=r"apt-get install .* influxdb3"):
        find_server("influxd-that-is-not-there", "influxdb3")


def test_a_wrong_query_is_an_error_even_with_http_200(influxd: Influxd) -> None:
    with pytest.raises(InfluxQLError, match="database not found"):
        influxql(influxd.url, "absent", "SELECT * FROM air")


def _has_ended(pid: int) -> bool:
    try:
        status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    except OSError:
        return True
    return "State:\tZ" in status

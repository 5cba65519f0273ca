"""A real AVR, end to end: machine code in simavr reads an ADC and a DHT22, and what it read is in InfluxDB, at its time, once."""

import itertools
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from firmware_bridge.board.build import build
from quanho.demo.servers import Influxd, Mosquitto
from tests.stand_ins.avr_board import AvrBoard
from tests.system.agent_process import AgentProcess, Street, edge_command, servers
from tests.waiting import eventually

pytestmark = pytest.mark.server

QUANTUM_V = 5.0 / 1024
INTERVAL_S = 0.25


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Mosquitto, Influxd]]:
    with servers(tmp_path_factory.mktemp("avr")) as running:
        yield running


@pytest.fixture(scope="module")
def firmware(tmp_path_factory: pytest.TempPathFactory) -> Path:
    defines = {"FW_VERSION": '"1.2.0"', "FW_INTERVAL_MS": str(round(INTERVAL_S * 1000))}
    return build("reference", "atmega328p", tmp_path_factory.mktemp("firmware") / "reference.hex", defines)


def test_what_a_real_avr_measures_is_in_the_store_within_a_step_of_its_adc_although_the_agent_is_killed(
    site: tuple[Mosquitto, Influxd], firmware: Path, tmp_path: Path
) -> None:
    with AvrBoard(tmp_path / "board", application=firmware) as board:
        board.adc(0, 1234)
        board.dht("PD3", 27.4, 81.5)
        quick = {"read_timeout_s": 0.1, "reopen_first_s": 0.05, "reopen_ceiling_s": 0.1}
        street = Street(tmp_path, site[0].port, site[1].url, source={"kind": "link", "port": str(board.port), **quick})
        street.make_database()
        began_ns = time.time_ns()
        with AgentProcess(street.config) as agent:
            eventually(lambda: len(_volts(street)) >= 4, 20.0, "voltages")
            agent.kill()
            board.adc(0, 3700)
            agent.start()
            eventually(lambda: any(volt > 3 for volt in _volts(street)), 20.0, "the second voltage")
            eventually(lambda: street.query("SELECT temperature, humidity FROM weather"), 20.0, "a reading of the DHT22")
            board.pulse("PD2", 5)
            eventually(lambda: street.query("SELECT rain_total FROM weather WHERE rain_total > 0.99"), 20.0, "five tips of the rain gauge")
            identify = edge_command("board", street.config, "street", "identify", "1s")
            assert identify.returncode == 0, identify.stderr
        volts = _volts(street)
        assert all(min(abs(volt - 1.234), abs(volt - 3.7)) <= QUANTUM_V for volt in volts), volts
        assert all(one <= other for one, other in itertools.pairwise(volts)), "in order"
        times = [int(row["time"]) for row in street.query("SELECT voltage FROM power")]
        assert all(began_ns - 20e9 < at <= time.time_ns() for at in times)
        steps = [(after - before) / 1e9 for before, after in itertools.pairwise(times)]
        assert all(step > 0.01 for step in steps), "one was stored twice"
        is_on_time = not street.ledger() and board.state()["cycles"] > 0.9 * 16e6 * (time.time_ns() - began_ns) / 1e9
        assert not is_on_time or all(abs(step - INTERVAL_S) < 0.2 for step in steps), steps  # none is missing, also over the kill
        [weather, *_] = street.query("SELECT temperature, humidity FROM weather")
        assert (weather["temperature"], weather["humidity"]) == (27.4, 81.5)


def _volts(street: Street) -> list[float]:
    return [float(row["voltage"]) for row in street.query("SELECT voltage FROM power")]

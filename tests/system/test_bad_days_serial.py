"""Somebody pulls the plug of a serial sensor and puts it back."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from quanho.demo.servers import Influxd, Mosquitto
from tests.stand_ins.serial_line import SerialLine
from tests.system.agent_process import AgentProcess, Street, servers
from tests.waiting import eventually

pytestmark = pytest.mark.server


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Mosquitto, Influxd]]:
    with servers(tmp_path_factory.mktemp("serial")) as running:
        yield running


def test_what_a_sensor_says_before_and_after_it_was_unplugged_is_stored_once(site: tuple[Mosquitto, Influxd], tmp_path: Path) -> None:
    port = tmp_path / "gauge"
    quick = {"read_timeout_s": 0.1, "reopen_first_s": 0.05, "reopen_ceiling_s": 0.1}
    street = Street(tmp_path, site[0].port, site[1].url, source={"kind": "serial", "port": str(port), **quick})
    street.make_database()
    line = SerialLine(port)
    line.plug_in()
    try:
        with AgentProcess(street.config) as agent:
            for unplugged_count in range(3):
                eventually(agent.is_connected)
                first = unplugged_count * 100
                line.send(b"\n")  # ends what the agent may take for the rest of a line
                for number in range(first, first + 100):
                    line.send(b'{"n": %d}\n' % number)
                line.send(b"not json %d\n" % unplugged_count)
                street.wait_stored(first + 100)
                line.unplug()
                eventually(lambda: not agent.is_connected())
                line.plug_in()
    finally:
        line.unplug()
    street.check_stored(range(300), device="street")
    assert street.set_aside_payloads() == {f"not json {number}": 1 for number in range(3)}
    assert street.ledger() == {"decoder rejected": 3}

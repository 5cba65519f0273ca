"""A new config on a real agent process, between a real broker and a real store."""

import threading
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Self

import pytest

from quanho.demo.ports import free_port
from quanho.demo.servers import Influxd, Mosquitto
from tests.system.agent_process import AgentProcess, Street, edge_command, servers
from tests.waiting import eventually

pytestmark = pytest.mark.server

SECOND = """
[[source]]
id = "second"
kind = "mqtt"
host = "127.0.0.1"
port = {port}
topics = ["{name}-second/{{device}}"]
reconnect_first_s = 0.1
reconnect_ceiling_s = 0.5
{more}
[source.decoder]
kind = "json"
measurement = "reading"
"""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Mosquitto, Influxd]]:
    with servers(tmp_path_factory.mktemp("apply")) as running:
        yield running


@pytest.fixture
def street(site: tuple[Mosquitto, Influxd], tmp_path: Path) -> Street:
    made = Street(tmp_path, site[0].port, site[1].url)
    made.make_database()
    return made


class Load:
    """Publishes numbers on one device, block by block, until it is told to stop."""

    def __init__(self, street: Street) -> None:
        self.count = 0
        self._street = street
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.end()

    def end(self) -> None:
        """Publish no more; `count` is what the broker has acknowledged."""
        self._stopping.set()
        self._thread.join(30)

    def _run(self) -> None:
        while not self._stopping.wait(0.02):
            self._street.publish(range(self.count, self.count + 10))
            self.count += 10


def new_config(street: Street, *changes: tuple[str, str], more: str = "") -> Path:
    text = street.config.read_text()
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    path = street.config.with_name("new.toml")
    path.write_text(text + more)
    return path


def session(agent: AgentProcess, source: str) -> tuple[int, bool]:
    """Messages since the source was started, and whether it is connected."""
    [found] = [each for each in agent.status()["sources"] if each["id"] == source]
    return found["messages"], found["connected"]


def test_an_uplink_that_leads_nowhere_returns_by_itself_and_readings_arrive_complete(street: Street) -> None:
    before = street.config.read_text()
    with AgentProcess(street.config) as agent, Load(street) as load:
        street.wait_stored(50)
        new = new_config(street, (street.store_url, f"http://127.0.0.1:{free_port()}"))
        done = edge_command("apply", street.config, str(new), "--within", "3s", within_s=60)
        assert done.returncode == 1, done.stderr
        assert "returned to the config before: not back in time: uplink" in done.stdout
        last = agent.status()["config"]["last"]
        assert (last["phase"], last["reason"]) == ("returned", "not back in time: uplink")
        after = load.count
        eventually(lambda: load.count > after + 50)
        street.wait_stored(after + 50)
        load.end()
        street.wait_stored(load.count)
        assert agent.is_connected()
    street.check_stored(range(load.count))
    assert street.config.read_text() == before


def test_a_change_of_one_source_leaves_the_others_connection_alone_and_loses_nothing(
    street: Street, site: tuple[Mosquitto, Influxd]
) -> None:
    second = SECOND.format(port=site[0].port, name=street.name, more="")
    street.config.write_text(street.config.read_text() + second)
    with AgentProcess(street.config) as agent:
        with Load(street) as load:
            street.wait_stored(50)
            took = session(agent, "street")[0]
            new = new_config(street, (second, SECOND.format(port=site[0].port, name=street.name, more="max_series = 17")))
            done = edge_command("apply", street.config, str(new), within_s=60)
            assert (done.returncode, done.stderr) == (0, "")
            assert "untouched: street" in done.stdout
            assert took < session(agent, "street")[0] <= load.count  # one count over the whole time: it never restarted
        street.wait_stored(load.count)
    connects = [line for line in site[0].log_file.read_text(errors="replace").splitlines() if "New client connected" in line]
    mine = Counter(name for line in connects for name in ("street", "second") if f"as {street.name}-" in line and f"-{name} (" in line)
    assert mine == {"street": 1, "second": 2}
    street.check_stored(range(load.count))
    assert street.config.read_text() == new.read_text()


def test_a_change_of_a_busy_source_neither_loses_nor_doubles(street: Street) -> None:
    with AgentProcess(street.config), Load(street) as load:
        for number in range(3):
            street.wait_stored(load.count)
            new = new_config(street, ('id = "street"', f'id = "street"\nmax_series = {100 + number}'))
            new.write_text(new.read_text().replace(f"max_series = {99 + number}\n", ""))
            done = edge_command("apply", street.config, str(new), within_s=60)
            assert (done.returncode, done.stderr) == (0, "")
            assert "source[street].max_series" in done.stdout
        load.end()
        street.wait_stored(load.count)
    street.check_stored(range(load.count))


def test_killed_in_the_middle_of_a_trial_the_agent_starts_with_the_old_config(street: Street) -> None:
    agent = AgentProcess(street.config)
    agent.start()
    street.publish(range(100))
    new = new_config(street, (street.store_url, f"http://127.0.0.1:{free_port()}"))
    done = edge_command("apply", street.config, str(new), "--no-wait")
    assert done.returncode == 0, done.stderr
    eventually(lambda: agent.status().get("uplink", {}).get("trouble"))
    street.publish(range(100, 200))
    agent.kill()
    with agent:
        street.publish(range(200, 300))
        street.wait_stored(300)
        last = agent.status()["config"]["last"]
        assert last["phase"] == "returned"
        assert "ended during the trial" in last["reason"]
    street.check_stored(range(300))

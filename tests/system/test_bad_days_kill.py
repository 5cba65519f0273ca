"""The agent dies, again and again, or is asked to leave in the middle of its work."""

import threading
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest

from quanho.demo.servers import Influxd, Mosquitto
from telemetry import quality
from tests.stand_ins.puback_swallower import PubackSwallower
from tests.system.agent_process import AgentProcess, Street, monotonic_s, servers
from tests.waiting import eventually

pytestmark = pytest.mark.server


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Mosquitto, Influxd]]:
    with servers(tmp_path_factory.mktemp("kill")) as running:
        yield running


@pytest.fixture
def street(site: tuple[Mosquitto, Influxd], tmp_path: Path) -> Street:
    broker, influxd = site
    made = Street(tmp_path, broker.port, influxd.url)
    made.make_database()
    return made


class Load:
    """Publishes blocks of 50 numbers, each with one message that is not JSON, until it is told to stop."""

    def __init__(self, street: Street) -> None:
        self._street = street
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self.count = 0

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> int:
        """Return how many good messages the broker has acknowledged."""
        self._stopping.set()
        self._thread.join(30)
        return self.count

    @property
    def poison(self) -> set[str]:
        return {f"poison {first}" for first in range(0, self.count, 50)}

    def _run(self) -> None:
        while not self._stopping.wait(0.05):
            block = range(self.count, self.count + 50)
            poison = f"poison {self.count}".encode()
            self._street.publish_raw("d1", [*(b'{"n": %d}' % number for number in block), poison])
            self.count += 50


def test_killed_every_second_under_load_nothing_is_lost_or_doubled(site: tuple[Mosquitto, Influxd], tmp_path: Path) -> None:
    street = Street(tmp_path, site[0].port, site[1].url, source={"refusals_per_minute": 10_000})
    street.make_database()
    agent, load = AgentProcess(street.config), Load(street)
    agent.start()
    load.start()
    try:
        for _ in range(8):
            began_s, before = monotonic_s(), street.stored_count()
            eventually(lambda: monotonic_s() - began_s >= 1.0 and street.stored_count() > before, 20.0)  # noqa: B023
            agent.kill()
            agent.start()
    finally:
        produced = load.stop()
        street.wait_stored(produced)
        code = agent.terminate()
    assert code == 0
    street.check_stored(range(produced))
    assert set(street.set_aside_payloads()) == load.poison
    assert street.ledger()["decoder rejected"] >= len(load.poison)


def test_killed_between_sync_and_acknowledgement_no_point_is_doubled(site: tuple[Mosquitto, Influxd], tmp_path: Path) -> None:
    with PubackSwallower(site[0].port) as between:
        street = Street(tmp_path, between.port, site[1].url)
        street.make_database()
        street.broker_port = site[0].port
        agent = AgentProcess(street.config)
        agent.start()
        eventually(lambda: between.passed_count == 1, what="the acknowledgement of its own marker")
        between.swallow()
        street.publish(range(500))
        eventually(lambda: between.swallowed_count >= 500, what="500 swallowed acknowledgements")
        agent.kill()
        between.pass_on()
        with agent:
            eventually(lambda: agent.status()["sources"][0]["detail"] == "session resumed, 0 unacknowledged")
            street.publish(range(500, 600))
            street.wait_stored(600)
        street.check_stored(range(600))
        assert between.passed_count == 602, "with the markers of two connections"


def test_sigterm_under_load_loses_nothing_and_a_restart_resumes(street: Street) -> None:
    agent, load = AgentProcess(street.config), Load(street)
    agent.start()
    load.start()
    street.wait_stored(200)
    codes = []
    for _ in range(2):
        codes.append(agent.terminate())
        count = load.count
        eventually(lambda: load.count > count + 100)  # noqa: B023
        agent.start()
    produced = load.stop()
    street.wait_stored(produced)
    codes.append(agent.terminate())
    assert codes == [0, 0, 0]
    street.check_stored(range(produced))
    assert street.ledger() == {"decoder rejected": len(load.poison)}


def test_what_queued_after_a_kill_comes_behind_what_was_there_before_at_the_pace_of_its_series(
    street: Street,
) -> None:
    agent = AgentProcess(street.config)
    agent.start()
    for number in range(6):
        street.publish([number])
        street.wait_stored(number + 1)
    agent.kill()
    killed_s = monotonic_s()
    street.publish(range(6, 10))
    eventually(lambda: monotonic_s() - killed_s > 3, what="an absence that counts as one")
    agent.start()
    street.wait_stored(10)
    assert agent.terminate() == 0
    rows = {int(row["n"]): row for row in street.query("SELECT n, quality FROM reading")}
    times = [rows[number]["time"] for number in range(10)]
    assert times == sorted(set(times))
    assert {rows[number]["quality"] for number in range(6, 10)} == {quality.TIME_RECONSTRUCTED}
    gaps = sorted(later - earlier for earlier, later in pairwise(times[:6]))
    assert times[7] - times[6] >= gaps[0] // 2, "not all in the first moment of the absence"

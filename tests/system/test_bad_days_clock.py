"""The clock is wrong, comes late, never comes, or is set back: the store holds the right times, or says that it does not know them."""

import json
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

from edge.agent import Agent
from edge.config_file import load_agent_config
from quanho.demo.servers import Influxd, Mosquitto
from telemetry import quality
from tests.stand_ins.moved_host import MovedHost
from tests.system.agent_process import QUICK, Street, connected, edge_command, running, servers
from tests.waiting import eventually

pytestmark = pytest.mark.server

WEEK_NS = 7 * 86_400_000_000_000
IN_2020_NS = 1_577_836_800_000_000_000
NEAR_NS = 1_500_000_000  # publishing, receiving and being cut to milliseconds


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Mosquitto, Influxd]]:
    with servers(tmp_path_factory.mktemp("clock")) as running:
        yield running


class Gateway:
    """A street whose gateway has a clock of its own, and what was published when."""

    def __init__(self, site: tuple[Mosquitto, Influxd], folder: Path, host: MovedHost) -> None:
        broker, influxd = site
        self.street = Street(folder, broker.port, influxd.url, clock={"trust": "kernel"}, gateway={"metrics_every_s": 1})
        self.street.make_database()
        self.host = host
        self.published_at: dict[int, int] = {}

    def agent(self) -> Agent:
        return Agent(load_agent_config(self.street.config), clock=self.host, patience=QUICK)

    def publish(self, agent: Agent, numbers: Iterable[int]) -> None:
        """Publish one by one, and return when the spool has them."""
        before = agent.intakes[0].counts.points
        chosen = list(numbers)
        for number in chosen:
            self.published_at[number] = self.host.true_ns()
            self.street.publish([number])
        eventually(lambda: agent.intakes[0].counts.points == before + len(chosen), what="received")

    def stored(self) -> dict[int, tuple[int, int]]:
        """Time and quality by number."""
        return {int(row["n"]): (row["time"], int(row["quality"])) for row in self.street.query("SELECT n, quality FROM reading")}

    def check_times(self, numbers: Iterable[int], bits: int = quality.GOOD) -> None:
        stored = self.stored()
        wrong = {
            n: stored.get(n) for n in numbers if n not in stored or not 0 <= stored[n][0] - self.published_at[n] + 2_000_000 <= NEAR_NS
        }
        assert wrong == {}
        assert {stored[n][1] for n in numbers} == {bits}

    def check_account(self) -> None:
        """The stopped gateway's account balances, and what it calls stored is what the store counts."""
        done = edge_command("account", self.street.config, "--json")
        answer = json.loads(done.stdout)
        row = next(row for row in answer["sources"] if row["source"] == "street")
        assert (done.returncode, answer["balanced"], row["waiting"], row["dropped"]) == (0, True, 0, {}), (done.stdout, done.stderr)
        assert row["produced"] == row["stored"] == self.street.stored_count() == len(self.published_at)

    def check_nothing_is_old(self) -> None:
        rows = self.street.query("SELECT * FROM reading; SELECT * FROM gateway; SELECT * FROM ledger")
        assert {row["name"] for row in rows} >= {"reading", "gateway"}
        assert min(row["time"] for row in rows) >= IN_2020_NS


def test_a_boot_in_1970_that_is_synchronised_later_has_the_right_times(site: tuple[Mosquitto, Influxd], tmp_path: Path) -> None:
    host = MovedHost(wall_ahead_ns=-MovedHost().true_ns())
    gateway = Gateway(site, tmp_path, host)
    with running(gateway.agent()) as agent:
        connected(agent)
        gateway.publish(agent, range(20))
        host.advance(3600)
        gateway.publish(agent, range(20, 40))
        eventually(lambda: not agent.time.state().is_trusted and agent.uplink.state().is_up)
    with running(gateway.agent()) as agent:
        connected(agent)
        gateway.publish(agent, range(40, 60))
        assert gateway.street.stored_count() == 0
        host.synchronise()
        gateway.publish(agent, range(60, 61))
        eventually(lambda: agent.time.state().is_trusted)
        gateway.publish(agent, range(61, 80))
        gateway.street.wait_stored(80)
    gateway.check_account()
    gateway.street.check_stored(range(80))
    gateway.check_times(range(80))
    gateway.check_nothing_is_old()


def test_a_boot_that_is_never_synchronised_is_placed_between_what_is_known_and_marked(
    site: tuple[Mosquitto, Influxd], tmp_path: Path
) -> None:
    host = MovedHost()
    host.synchronise()
    gateway = Gateway(site, tmp_path, host)
    with running(gateway.agent()) as agent:
        connected(agent)
        gateway.publish(agent, range(10))
    off_ns = host.true_ns()
    host.reboot(600, wall_ahead_ns=-WEEK_NS)
    with running(gateway.agent()) as agent:
        connected(agent)
        gateway.publish(agent, range(10, 20))
        host.advance(1800)
        gateway.publish(agent, range(20, 30))
        assert gateway.street.stored_count() == 10
    host.reboot(600, wall_ahead_ns=-host.true_ns())
    on_ns = host.true_ns()
    with running(gateway.agent()) as agent:
        connected(agent)
        host.synchronise()
        eventually(lambda: agent.time.state().is_trusted)
        gateway.publish(agent, range(30, 40))
        gateway.street.wait_stored(40)
    gateway.check_account()
    gateway.street.check_stored(range(40))
    gateway.check_times([*range(10), *range(30, 40)])
    stored = gateway.stored()
    times = [stored[n][0] for n in range(10, 30)]
    assert off_ns - NEAR_NS <= times[0] <= times[-1] <= on_ns
    assert times == sorted(times)
    assert 1790 <= (times[10] - times[9]) / 1e9 <= 1810
    assert {stored[n][1] for n in range(10, 30)} == {quality.CLOCK_ESTIMATED}
    gateway.check_nothing_is_old()
    assert "clock corrected" in {row["reason"] for row in gateway.street.query("SELECT * FROM ledger")}


def test_a_clock_set_back_by_a_week_while_running_moves_no_reading(site: tuple[Mosquitto, Influxd], tmp_path: Path) -> None:
    host = MovedHost()
    host.synchronise()
    gateway = Gateway(site, tmp_path, host)
    with running(gateway.agent()) as agent:
        connected(agent)
        gateway.publish(agent, range(20))
        host.set_wall(-WEEK_NS)
        gateway.publish(agent, range(20, 40))
        eventually(lambda: (agent.time.state().host_ahead_s or 0) < -1)
        gateway.publish(agent, range(40, 60))
        gateway.street.wait_stored(60)
        eventually(lambda: agent.ledger.totals.get(("clock", "clock corrected")) is not None)
    with running(gateway.agent()) as agent:  # the boot goes on, and so does its time
        connected(agent)
        gateway.publish(agent, range(60, 80))
        gateway.street.wait_stored(80)
    gateway.check_account()
    gateway.street.check_stored(range(80))
    gateway.check_times(range(80))
    rows = gateway.street.query("SELECT * FROM ledger WHERE reason = 'clock corrected'")
    assert len(rows) == 1, rows
    assert abs(rows[0]["time"] - gateway.published_at[20]) < 5_000_000_000


def test_a_day_without_a_store_comes_back_with_every_hour_in_its_place(site: tuple[Mosquitto, Influxd], tmp_path: Path) -> None:
    host = MovedHost()
    host.synchronise()
    gateway = Gateway(site, tmp_path, host)
    influxd = site[1]
    influxd.stop()
    try:
        with running(gateway.agent()) as agent:
            connected(agent)
            for hour in range(24):
                gateway.publish(agent, range(10 * hour, 10 * hour + 10))
                if hour == 8:
                    host.set_wall(0)  # the kernel calls a good clock unsynchronised 8 h 53 min after the last NTP update
                host.advance(3600)
            influxd.start()
            gateway.publish(agent, range(240, 250))
            gateway.street.wait_stored(250)
    finally:
        if not influxd.is_running:
            influxd.start()
    gateway.check_account()
    gateway.street.check_stored(range(250))
    gateway.check_times(range(250))


def test_what_queued_at_the_broker_while_we_were_away_is_placed_in_our_absence(site: tuple[Mosquitto, Influxd], tmp_path: Path) -> None:
    host = MovedHost()
    host.synchronise()
    gateway = Gateway(site, tmp_path, host)
    with running(gateway.agent()) as agent:
        connected(agent)
        gateway.publish(agent, range(10))
    left_ns = host.true_ns()
    gateway.street.publish(range(10, 40))
    gateway.published_at |= dict.fromkeys(range(10, 40), host.true_ns())
    host.advance(3600)
    back_ns = host.true_ns()
    with running(gateway.agent()) as agent:
        connected(agent)
        gateway.street.wait_stored(40)
        eventually(lambda: agent.sources[0].state().received == 30)
        gateway.publish(agent, range(40, 50))
        gateway.street.wait_stored(50)
    gateway.check_account()
    gateway.street.check_stored(range(50))
    gateway.check_times([*range(10), *range(40, 50)])
    stored = gateway.stored()
    times = [stored[n][0] for n in range(10, 40)]
    assert times == sorted(set(times))
    assert left_ns - 2 * NEAR_NS <= times[0] <= times[-1] <= back_ns + NEAR_NS
    assert {stored[n][1] for n in range(10, 40)} == {quality.TIME_RECONSTRUCTED}
    [entry] = gateway.street.query("SELECT * FROM ledger WHERE reason = 'broker queue'")
    assert entry["count"] == 30
    assert left_ns - 2 * NEAR_NS <= entry["from_ns"] <= entry["to_ns"] <= back_ns + 4 * NEAR_NS

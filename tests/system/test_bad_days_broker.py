"""The broker holds us to a small window, restarts, or forgets that it ever knew us."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from quanho.demo.servers import Influxd, Mosquitto
from tests.faults.real_disk import GatedSync, SlowSync
from tests.stand_ins.strict_broker import StrictBroker
from tests.system.agent_process import AgentProcess, Street, connected, monotonic_s, running, servers
from tests.waiting import eventually

pytestmark = pytest.mark.server


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Mosquitto, Influxd]]:
    with servers(tmp_path_factory.mktemp("broker")) as running:
        yield running


def make_street(site: tuple[Mosquitto, Influxd], folder: Path, broker_port: int | None = None, **source: object) -> Street:
    street = Street(folder, broker_port or site[0].port, site[1].url, source=source)
    street.make_database()
    return street


def publish(broker: StrictBroker, street: Street, numbers: range) -> None:
    for number in numbers:
        broker.publish(f"{street.name}/d1", b'{"n": %d}' % number)


@pytest.mark.parametrize(("sync_s", "round_count"), [(0.1, 200), (2.0, 60)])
def test_a_strict_window_is_used_in_full_however_slow_the_disk(
    site: tuple[Mosquitto, Influxd], tmp_path: Path, sync_s: float, round_count: int
) -> None:
    disk = SlowSync(sync_s)
    shares: list[float] = []
    with StrictBroker(window=20) as broker:
        street = make_street(site, tmp_path, broker.port, version="3.1.1")
        with running(street.agent(disk)) as agent:
            connected(agent)
            while not shares or (shares[-1] < 0.9 and len(shares) < 5):  # other work on this machine may spoil a round
                disk.durations_s.clear()
                began_s, acknowledged = monotonic_s(), len(broker.acknowledged)
                publish(broker, street, range(acknowledged, acknowledged + round_count))
                eventually(lambda: broker.unacknowledged_count == 0, 60.0, "everything acknowledged")
                latency_s = sum(disk.durations_s) / len(disk.durations_s)
                shares.append(round_count / (monotonic_s() - began_s) / (20 / latency_s))
            disk.delay_s = 0.0
            street.wait_stored(len(broker.acknowledged))
        assert broker.violations == []
        assert broker.max_in_flight == 20
        street.check_stored(range(len(broker.acknowledged)))
    assert shares[-1] >= 0.9, shares


@pytest.mark.parametrize("version", ["3.1.1", "5"])
def test_a_window_that_nobody_told_us_is_learnt(site: tuple[Mosquitto, Influxd], tmp_path: Path, version: str) -> None:
    with StrictBroker(window=7) as broker:
        street = Street(tmp_path, broker.port, site[1].url, source={"version": version}, spool={"batch_age_ms": 700})
        street.make_database()
        with running(street.agent(SlowSync(0.02))) as agent:
            connected(agent)
            publish(broker, street, range(70 * 7))  # closed by age alone they would take 50 s
            eventually(lambda: broker.unacknowledged_count == 0, 20.0, "everything acknowledged")
            street.wait_stored(70 * 7)
        assert broker.violations == []
        street.check_stored(range(70 * 7))


def test_an_acknowledgement_of_a_forgotten_session_confirms_nobody_elses_message(site: tuple[Mosquitto, Influxd], tmp_path: Path) -> None:
    disk = GatedSync()
    with StrictBroker(window=20) as broker:
        street = make_street(site, tmp_path, broker.port, version="3.1.1")
        with running(street.agent(disk)) as agent:
            connected(agent)
            disk.shut()
            publish(broker, street, range(40))
            eventually(lambda: disk.waiting_count)
            broker.restart_without_session()
            eventually(lambda: len(broker.deliveries) == 40, what="the first twenty again, as new messages")
            disk.let_one_through()
            eventually(lambda: disk.passed_count == 1 and disk.waiting_count)
            assert broker.acknowledged == []
            disk.open_up()
            eventually(lambda: broker.unacknowledged_count == 0)
            street.wait_stored(40)
        assert broker.violations == []
        assert not any(delivery.dup for delivery in broker.deliveries)
    stored = street.stored()
    assert stored.keys() == {("d1", number) for number in range(40)}
    assert {number for (_, number), count in stored.items() if count > 1} <= set(range(20))  # those the broker sent as new


def test_a_real_broker_that_forgot_its_sessions_costs_nothing_that_we_had(site: tuple[Mosquitto, Influxd], tmp_path: Path) -> None:
    disk, broker = GatedSync(), site[0]
    street = make_street(site, tmp_path)
    with running(street.agent(disk)) as agent:
        connected(agent)
        disk.shut()
        street.publish(range(100))
        eventually(lambda: disk.waiting_count and agent.totals().received == 100)
        broker.kill()
        broker.forget_sessions()
        broker.start()
        eventually(lambda: agent.sources[0].state().detail.startswith("session new, 0"))
        street.publish(range(100, 200))
        eventually(lambda: agent.totals().received == 200)
        disk.open_up()
        street.publish(range(200, 300))
        street.wait_stored(300)
        eventually(lambda: agent.sources[0].state().detail == "session new, 0 unacknowledged")
    street.check_stored(range(300))


@pytest.mark.parametrize("version", ["3.1.1", "5"])
def test_a_broker_restarted_under_load_delivers_each_message_once(site: tuple[Mosquitto, Influxd], tmp_path: Path, version: str) -> None:
    broker = site[0]
    street = make_street(site, tmp_path, version=version)
    with AgentProcess(street.config) as agent:
        for block in range(3):
            street.publish(range(block * 2000, block * 2000 + 2000))
            broker.restart()
            eventually(agent.is_connected, 20.0)
        street.publish(range(6000, 6100))
        street.wait_stored(6100)
    assert Counter(street.stored().values()) == {1: 6100}
    street.check_stored(range(6100))

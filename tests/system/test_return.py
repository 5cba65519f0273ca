"""The link is back after a day: the newest reading is in the store before the backlog, and both keep coming."""

import time
import zlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from edge.spool.settings import SpoolSettings
from edge.spool.spool import Spool
from quanho.demo.servers import Influxd, Mosquitto
from telemetry.batch import Batch, Priority
from tests.stand_ins.faulty_store import FaultyStore, answer
from tests.system.agent_process import Street, running, servers
from tests.waiting import eventually

pytestmark = pytest.mark.server

DAY_S, EVERY_S, LINES = 86_400, 20, 20
SECOND_NS = 1_000_000_000


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Mosquitto, Influxd]]:
    with servers(tmp_path_factory.mktemp("return")) as running_servers:
        yield running_servers


def record(at_ns: int) -> Batch:
    text = "".join(
        f"reading,device=old{number} old={at_ns // SECOND_NS % 89 + number / 7:.3f} {at_ns}\n" for number in range(LINES)
    ).encode()
    packer = zlib.compressobj(6, zlib.DEFLATED, 31)
    return Batch("street", Priority.NORMAL, LINES, at_ns, at_ns, packer.compress(text) + packer.flush(), len(text))


def a_day_in_the_spool(street: Street) -> list[int]:
    """Put a day of readings into the spool of an agent that does not run; return their times, oldest first."""
    now_ns = time.time_ns()
    times = [now_ns - (DAY_S - second) * SECOND_NS for second in range(0, DAY_S, EVERY_S)]
    street.state_dir.mkdir(parents=True, exist_ok=True)
    spool = Spool(street.state_dir / "spool", SpoolSettings(), lambda _: None)
    for at in range(0, len(times), 100):
        spool.append([record(at_ns) for at_ns in times[at : at + 100]])
    spool.close()
    return times


def test_the_newest_readings_of_a_day_come_first_and_the_rest_in_order(site: tuple[Mosquitto, Influxd], tmp_path: Path) -> None:
    with FaultyStore() as store:
        street = Street(tmp_path, site[0].port, store.url)
        times = a_day_in_the_spool(street)
        store.stop()
        with running(street.agent()) as agent:
            eventually(lambda: agent.uplink.state().trouble)
            store.start()
            eventually(lambda: len(store.stored) >= len(times) * LINES, 60.0, "all of the day")
        order = [int(line.rpartition(b" ")[2]) for line in store.stored_lines if b"old=" in line][::LINES]
        newest = order.index(times[-1]) + 1
        assert newest <= 16
        assert order[:newest] == times[-newest:]
        assert order[newest:] == times[:-newest]
        assert len(store.stored_lines) == len(set(store.stored_lines)), "each line once"


def test_live_readings_arrive_while_a_day_of_backlog_waits(site: tuple[Mosquitto, Influxd], tmp_path: Path) -> None:
    broker, influxd = site
    street = Street(tmp_path, broker.port, influxd.url, uplink={"backlog_bytes_per_s": 20_000})
    times = a_day_in_the_spool(street)
    with running(street.agent()) as agent:  # there is no database yet
        eventually(lambda: agent.sources[0].state().connected and agent.uplink.state().trouble)
        street.make_database()
        newest = f"SELECT old FROM reading WHERE time = {times[-1]}"  # noqa: S608 (a number)
        eventually(lambda: street.query(newest), what="the newest reading of the day")
        assert agent.spool.backlog_records() > len(times) // 2
        street.publish(range(50))
        street.wait_stored(50)
        left = agent.spool.backlog_records()
        assert left > len(times) // 2
        eventually(lambda: agent.spool.backlog_records() < left, what="the backlog drains beside")
        state = agent.uplink.state()
        assert (state.backlog_bytes_per_s or 0) <= 20_000


def test_a_busy_store_is_left_alone_for_as_long_as_it_asks(site: tuple[Mosquitto, Influxd], tmp_path: Path) -> None:
    with FaultyStore() as store:
        street = Street(tmp_path, site[0].port, store.url)
        a_day_in_the_spool(street)
        store.script(answer(429, retry_after="900"))
        with running(street.agent()) as agent:
            eventually(lambda: "overloaded" in agent.uplink.state().trouble)
            street.publish(range(20))
            eventually(lambda: agent.totals().stored >= 20)
        assert store.write_count == 1

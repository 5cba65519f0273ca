"""`quanho edge account` beside real servers: bad days, and every reading accounted for; what it calls stored is what InfluxDB counts."""

import json
from collections.abc import Iterator
from http.client import HTTPConnection
from pathlib import Path
from random import Random
from typing import Any

import pytest

from quanho.demo.servers import Influxd, Mosquitto
from tests.system.agent_process import AgentProcess, Street, edge_command, servers
from tests.waiting import eventually

pytestmark = pytest.mark.server


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Mosquitto, Influxd]]:
    with servers(tmp_path_factory.mktemp("account")) as running:
        yield running


def make_street(site: tuple[Mosquitto, Influxd], folder: Path, **tables: dict[str, object]) -> Street:
    street = Street(folder, site[0].port, site[1].url, **tables)
    street.make_database()
    return street


def account(street: Street, *options: str) -> dict[str, Any]:
    """The account as JSON; fails unless it balances and the exit code says so."""
    done = edge_command("account", street.config, "--json", *options)
    answer: dict[str, Any] = json.loads(done.stdout)
    assert (done.returncode, answer["balanced"]) == (0, True), (done.stdout, done.stderr)
    return answer


def of(answer: dict[str, Any], source: str = "street") -> dict[str, Any]:
    return next(row for row in answer["sources"] if row["source"] == source)


def counts(street: Street) -> tuple[int, int]:
    row = of(account(street))
    return row["produced"], row["waiting"]


def numbers(first: int, last: int) -> list[bytes]:
    """Messages of many digits that do not compress well, so that a small quota is soon spent."""
    rng = Random(first)
    return [json.dumps({"n": number} | {f"f{each}": rng.random() for each in range(150)}).encode() for number in range(first, last)]


def test_a_day_of_every_kind_of_trouble_balances_and_stored_is_what_the_store_counts(
    site: tuple[Mosquitto, Influxd], tmp_path: Path
) -> None:
    street = make_street(site, tmp_path, source={"refusals_per_minute": 10_000}, spool={"quota_bytes": 4 << 20, "memory_bytes": 1 << 20})
    influxd = site[1]
    agent = AgentProcess(street.config)
    agent.start()
    street.publish_raw("d1", [b'{"n": %d, "kind": 1.5}' % number for number in range(100)])
    street.wait_stored(100)
    street.publish_raw("d1", [b"poison %d" % number for number in range(7)])
    eventually(lambda: of(account(street))["set_aside"] == 7, 30.0)
    agent.kill()
    agent.start()
    assert of(account(street))["set_aside"] == 7

    influxd.kill()  # an outage in which the quota is overrun
    for first in range(1000, 6000, 250):
        street.publish_raw("d1", numbers(first, first + 250))
    eventually(lambda: of(account(street))["dropped"].get("quota"), 60.0, "readings are given up for room")
    agent.kill()
    offline = account(street)
    assert of(offline)["waiting"] > 0
    agent.start()
    during = account(street)
    assert of(during)["dropped"]["quota"] >= of(offline)["dropped"]["quota"] > 0

    influxd.start()
    eventually(lambda: counts(street) == (5107, 0), 120.0, "all produced, and drained")
    street.publish_raw("d1", [b"poison again", b'{"n": 9999}'])
    eventually(lambda: street.stored()["d1", 9999] == 1, 30.0)
    agent.kill()
    agent.start()
    eventually(lambda: of(account(street))["set_aside"] == 8, 30.0)
    live = account(street)
    assert agent.terminate() == 0
    stopped = account(street)

    row = of(stopped)
    assert row["produced"] == 100 + 7 + 5000 + 2
    assert row["stored"] == street.stored_count() == of(live)["stored"]
    assert row["waiting"] == 0
    assert row["dropped"] == {"quota": row["produced"] - row["stored"] - 8}
    assert street.ledger()["quota"] >= row["dropped"]["quota"]
    assert any(gap["reason"] == "gateway off" and gap["to_ns"] for gap in stopped["gaps"])


def test_lines_that_the_store_refuses_are_set_aside_and_not_stored_also_after_a_kill(
    site: tuple[Mosquitto, Influxd], tmp_path: Path
) -> None:
    street = make_street(site, tmp_path, source={"refusals_per_minute": 10_000})
    seed_integer(street)
    with AgentProcess(street.config) as agent:
        street.publish_raw("d1", [b'{"n": 1}', b'{"n": 2, "t": 2.5}', b'{"n": 3}'])
        eventually(street.set_aside, 30.0, "the store wants an integer")
        eventually(lambda: of(account(street))["set_aside"] == 1, 30.0)
        agent.kill()
        agent.start()
        eventually(lambda: of(account(street))["waiting"] == 0, 30.0)
        row = of(account(street))
    assert (row["produced"], row["stored"], row["set_aside"], row["dropped"]) == (3, 2, 1, {})
    assert street.stored_count() == 2


def seed_integer(street: Street) -> None:
    """Write field t of measurement reading as an integer, now, past the agent."""
    connection = HTTPConnection(street.store_url.removeprefix("http://"), timeout=10)
    connection.request("POST", f"/write?db={street.name}", body=b"reading,device=seed t=1i")
    assert connection.getresponse().status == 204
    connection.close()


def test_a_range_counts_what_was_measured_in_it(site: tuple[Mosquitto, Influxd], tmp_path: Path) -> None:
    street = make_street(site, tmp_path)
    with AgentProcess(street.config):
        street.publish(range(50))
        street.wait_stored(50)
        everything, past = account(street, "--from", "-1h", "--to", "now"), account(street, "--to", "-1h")
    assert of(everything)["produced"] == of(everything)["stored"] == 50
    assert [row for row in past["sources"] if row["source"] == "street"] == []


def test_a_source_that_falls_silent_is_noticed_and_told_when_it_speaks_again(site: tuple[Mosquitto, Influxd], tmp_path: Path) -> None:
    street = make_street(site, tmp_path, source={"expect_every_s": 0.5})
    with AgentProcess(street.config) as agent:
        street.publish(range(5))
        eventually(lambda: agent.status()["sources"][0]["silent_since_ns"], 20.0, "silence is noticed")
        shown = edge_command("status", street.config)
        assert "silent since" in shown.stdout
        [gap] = [gap for gap in account(street)["gaps"] if gap["reason"] == "source silent"]
        assert gap["to_ns"] is None
        street.publish(range(5, 10))
        eventually(lambda: agent.status()["sources"][0]["silent_since_ns"] is None, 20.0)
        eventually(lambda: next(gap["to_ns"] for gap in account(street)["gaps"] if gap["reason"] == "source silent"), 20.0)
    states = {row["state"] for row in street.query("SELECT state, gap_id FROM ledger WHERE reason = 'source silent'")}
    assert states == {"open", "closed"}


def test_the_account_for_people_says_whether_it_balances(site: tuple[Mosquitto, Influxd], tmp_path: Path) -> None:
    street = make_street(site, tmp_path)
    with AgentProcess(street.config):
        street.publish(range(10))
        street.wait_stored(10)
    shown = edge_command("account", street.config)
    assert shown.returncode == 0
    assert "It balances" in shown.stdout
    assert "street" in shown.stdout

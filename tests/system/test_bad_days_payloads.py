"""Devices say what no device should say."""

import json
from collections.abc import Iterator
from http.client import HTTPConnection
from pathlib import Path

import pytest

from quanho.demo.servers import Influxd, Mosquitto
from tests.stand_ins.qos1_publisher import publish
from tests.stand_ins.strict_broker import StrictBroker
from tests.system.agent_process import AgentProcess, Street, connected, running, servers
from tests.waiting import eventually

pytestmark = pytest.mark.server

MESSAGES_TO_REFUSE = {
    "is not JSON": b"temperature=20",
    "is empty": b"",
    "is not UTF-8": b'{"n": "\xff\xfe"}',
    "is nested ten thousand deep": b'{"n":' + b"[" * 10_000 + b"]" * 10_000 + b"}",
    "is an object nested ten thousand deep": b'{"n":' * 10_000 + b"1" + b"}" * 10_000,
    "is NaN": b'{"n": NaN}',
    "is infinite": b'{"n": -Infinity}',
    "is beyond a float": b'{"n": 1e999}',
    "is an integer of 5,000 digits": b'{"n": ' + b"9" * 5000 + b"}",
    "has no number": b'{"name": "n"}',
    "is cut off": b'{"n": 1',
}


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Mosquitto, Influxd]]:
    with servers(tmp_path_factory.mktemp("payloads")) as running:
        yield running


def make_street(site: tuple[Mosquitto, Influxd], folder: Path, **source: object) -> Street:
    street = Street(folder, site[0].port, site[1].url, source=source)
    street.make_database()
    return street


def test_twenty_poison_messages_at_once_do_not_jam_a_window_of_twenty(site: tuple[Mosquitto, Influxd], tmp_path: Path) -> None:
    with StrictBroker(window=20) as broker:
        street = Street(tmp_path, broker.port, site[1].url, source={"version": "3.1.1"})
        street.make_database()
        poison = {f"poison {number}" for number in range(20)}
        with running(street.agent()) as agent:
            for payload in sorted(poison):
                broker.publish(f"{street.name}/d1", payload.encode())
            connected(agent)
            for number in range(20):
                broker.publish(f"{street.name}/d1", b'{"n": %d}' % number)
            eventually(lambda: broker.unacknowledged_count == 0)
            street.wait_stored(20)
        assert broker.violations == []
    street.check_stored(range(20))
    assert street.set_aside_payloads() == dict.fromkeys(poison, 1)
    assert all("JSON" in str(entry["reason"]) for entry in street.set_aside())
    assert street.ledger() == {"decoder rejected": 20}


def test_each_strange_message_is_set_aside_and_its_neighbours_are_stored(site: tuple[Mosquitto, Influxd], tmp_path: Path) -> None:
    street = make_street(site, tmp_path)
    too_large = b'{"n": 1, "text": "' + b"x" * 10_000_000 + b'"}'
    partly_good = b'{"n": 1000, "other": NaN}'
    messages: list[bytes] = []
    for number, strange in enumerate([*MESSAGES_TO_REFUSE.values(), too_large, partly_good]):
        messages += [json.dumps({"n": number}).encode(), strange]
    with AgentProcess(street.config):
        street.publish_raw("d1", messages)
        street.publish_raw("d1", [b'{"n": 1001}'])
        street.wait_stored(len(messages) // 2 + 2)
    street.check_stored([*range(len(messages) // 2), 1000, 1001])
    entries = street.set_aside()
    assert len(entries) == len(MESSAGES_TO_REFUSE) + 2
    assert all(entry["reason"] and entry["topic"] == f"{street.name}/d1" for entry in entries)
    assert [entry for entry in entries if "max_packet_bytes" in str(entry["reason"])]
    kept = {str(entry.get("payload", "")).encode() for entry in entries}
    whole = {payload for payload in MESSAGES_TO_REFUSE.values() if b"\xff" not in payload and len(payload) < 64 * 1024}
    assert whole | {partly_good} <= kept
    assert street.ledger() == {"decoder rejected": len(entries)}


def test_random_topics_grow_neither_the_store_nor_the_agent(site: tuple[Mosquitto, Influxd], tmp_path: Path) -> None:
    street = make_street(site, tmp_path, max_series=100)
    with AgentProcess(street.config) as agent:
        sizes = []
        for rounds, block in enumerate((range(20_000), range(20_000, 40_000))):
            for first in range(block.start, block.stop, 5000):
                flood(street, range(first, first + 5000))
            eventually(lambda: agent.status()["sources"][0]["messages"] >= block.stop, 60.0, f"round {rounds}")  # noqa: B023
            sizes.append(agent.status()["rss_bytes"])
        eventually(lambda: agent.status()["losses"][0]["count"] == 39_900)
        assert agent.status()["sources"][0]["series"] == 100
        street.publish([40_000], device="device0")
        eventually(lambda: agent.status()["sources"][0]["messages"] > 40_000)
    assert sizes[1] - sizes[0] < 10e6, sizes
    assert len(street.stored()) == 101
    assert all("series limit" in str(entry["reason"]) for entry in street.set_aside())
    assert 200 <= len(street.set_aside()) <= 400, "kept in full: 200 a minute, whatever the topics"
    assert street.ledger() == {"decoder rejected": 39_900}


def flood(street: Street, numbers: range) -> None:
    """Publish each number on a topic of its own."""
    publish(street.broker_port, ((f"{street.name}/device{number}", b'{"n": %d}' % number) for number in numbers))


def test_a_field_of_another_type_in_the_store_holds_back_nothing_else(site: tuple[Mosquitto, Influxd], tmp_path: Path) -> None:
    street = make_street(site, tmp_path, refusals_per_minute=10_000)
    with AgentProcess(street.config):
        street.query("CREATE RETENTION POLICY forever ON " + street.name + " DURATION INF REPLICATION 1 DEFAULT")
        seed_integer(street)
        street.publish_raw("d1", [b'{"n": %d.5, "t": %d}' % (number, number) for number in range(30)])
        street.publish_raw("d2", [b'{"t": %d}' % number for number in range(30)])
        eventually(lambda: sum("line" in entry for entry in street.set_aside()) >= 30, what="30 refused lines")
        street.publish_raw("d1", [b'{"n": %d.5, "t": %d}' % (number, number) for number in range(30, 60)])
        street.publish_raw("d2", [b'{"t": %d}' % number for number in range(30, 60)])
        eventually(lambda: len(values(street, "d2")) == 60 and len(values(street, "d1")) + refused_line_count(street) >= 60)
    assert values(street, "d2") == list(range(60))
    refused_lines = refused_line_count(street)
    assert values(street, "d1") == list(range(refused_lines, 60))
    assert refused_lines < 60, "after 20 refusals the field is refused before it is sent"
    reasons = {str(entry["reason"]) for entry in street.set_aside() if "line" in entry}
    assert all("field type conflict" in reason for reason in reasons)
    assert street.ledger() == {"refused by the store": refused_lines, "decoder rejected": 60 - refused_lines}


def seed_integer(street: Street) -> None:
    """Write field n of measurement reading as an integer, now, past the agent."""
    connection = HTTPConnection(street.store_url.removeprefix("http://"), timeout=10)
    connection.request("POST", f"/write?db={street.name}", body=b"reading,device=seed n=1i")
    assert connection.getresponse().status == 204
    connection.close()


def values(street: Street, device: str) -> list[int]:
    return sorted(int(row["t"]) for row in street.query("SELECT t, device FROM reading") if row["device"] == device)


def refused_line_count(street: Street) -> int:
    return sum("line" in entry for entry in street.set_aside())

"""The store is down, slow, wrong, or does not like a line."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from quanho.demo.servers import Influxd, Mosquitto
from tests.stand_ins.faulty_store import (
    CUT_BEFORE_ANSWER,
    CUT_MID_ANSWER,
    CUT_MID_BODY,
    DATABASE_MISSING,
    LOGIN_PAGE,
    NOT_UTF8,
    Fault,
    FaultyStore,
    answer,
    slow,
)
from tests.system.agent_process import AgentProcess, Street, running, servers
from tests.waiting import eventually

pytestmark = pytest.mark.server

PASSING_FAULTS = {
    "401": answer(401, '{"error":"authorization failed"}'),
    "403": answer(403, '{"code":"forbidden"}'),
    "404": DATABASE_MISSING,
    "429": answer(429, retry_after="1"),
    "500": answer(500, '{"error":"timeout"}'),
    "503": answer(503, retry_after="1"),
    "cut mid-body": CUT_MID_BODY,
    "cut before the answer": CUT_BEFORE_ANSWER,
    "cut mid-answer": CUT_MID_ANSWER,
    "500 in no known language": NOT_UTF8,
    "a login page": LOGIN_PAGE,
    "slow": slow(0.3),
}


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Mosquitto, Influxd]]:
    with servers(tmp_path_factory.mktemp("store")) as running:
        yield running


@pytest.fixture
def store() -> Iterator[FaultyStore]:
    with FaultyStore() as running:
        yield running


def numbers_in(store: FaultyStore) -> Counter[int]:
    stored = dict(store.stored)
    return Counter(int(fields["n"]) for fields in stored.values() if "n" in fields)


def ledger_in(store: FaultyStore) -> Counter[str]:
    """Losses by reason, from the ledger lines that the store got."""
    stored = dict(store.stored)
    losses: Counter[str] = Counter()
    for (measurement, tags, _), fields in stored.items():
        if measurement == "ledger":
            losses[dict(tags)["reason"]] += fields["count"]
    return losses


@pytest.mark.parametrize("fault", PASSING_FAULTS.values(), ids=PASSING_FAULTS)
def test_what_passes_costs_no_reading(site: tuple[Mosquitto, Influxd], tmp_path: Path, store: FaultyStore, fault: Fault) -> None:
    street = Street(tmp_path, site[0].port, store.url)
    store.always(fault)
    with running(street.agent()) as agent:
        eventually(lambda: agent.sources[0].state().connected)
        street.publish(range(200))
        eventually(lambda: store.write_count >= (1 if fault.stores else 2), within_s=30.0, what="tried again")
        street.publish(range(200, 300))
        if not fault.stores:
            assert numbers_in(store) == {}
        store.always(None)
        eventually(lambda: len(numbers_in(store)) == 300, 30.0)
    assert numbers_in(store) == dict.fromkeys(range(300), 1)
    assert street.set_aside() == []
    assert ledger_in(store) == {}


def test_a_request_refused_by_mistake_is_stored_in_parts(site: tuple[Mosquitto, Influxd], tmp_path: Path, store: FaultyStore) -> None:
    street = Street(tmp_path, site[0].port, store.url)
    store.script(answer(400, '{"error":"unable to parse"}'), answer(422, '{"message":"no"}'), answer(413))
    with running(street.agent()) as agent:
        eventually(lambda: agent.sources[0].state().connected)
        street.publish(range(200))
        eventually(lambda: len(numbers_in(store)) == 200, 30.0)
    assert numbers_in(store) == dict.fromkeys(range(200), 1)
    assert street.set_aside() == []


def test_a_store_that_takes_small_requests_only_gets_small_ones(
    site: tuple[Mosquitto, Influxd], tmp_path: Path, store: FaultyStore
) -> None:
    street = Street(tmp_path, site[0].port, store.url)
    store.most_lines = 50
    with running(street.agent()) as agent:
        eventually(lambda: agent.sources[0].state().connected)
        street.publish(range(1000))
        eventually(lambda: len(numbers_in(store)) == 1000, 30.0)
    assert numbers_in(store) == dict.fromkeys(range(1000), 1)
    assert street.set_aside() == []


@pytest.mark.parametrize("refuses", ["nothing-stored", "good-stored"])
def test_one_bad_line_in_five_thousand_is_set_aside_alone(
    site: tuple[Mosquitto, Influxd], tmp_path: Path, store: FaultyStore, refuses: str
) -> None:
    street = Street(tmp_path, site[0].port, store.url, spool={"batch_raw_bytes": 1 << 20})
    store.bad_line = lambda line: b" n=3333," in line
    store.refuses = refuses  # type: ignore[assignment]
    store.stop()
    with running(street.agent()) as agent:
        eventually(lambda: agent.sources[0].state().connected)
        street.publish(range(5000))
        eventually(lambda: agent.totals().stored == 5000)
        store.start()
        eventually(lambda: len(numbers_in(store)) == 4999, 30.0)
        eventually(lambda: street.set_aside())
        eventually(lambda: ledger_in(store))
    assert numbers_in(store) == dict.fromkeys(set(range(5000)) - {3333}, 1)
    [entry] = street.set_aside()
    assert "n=3333" in str(entry["line"])
    assert entry["reason"] == "the store does not like it"
    assert store.largest_lines > 500, "the bad line had a large part of the record around it"
    assert store.write_count <= 60  # twice log2(5000) and what the gateway says of itself meanwhile, not 9,999
    assert ledger_in(store) == {"refused by the store": 1}


def test_a_store_killed_and_frozen_under_load_has_everything_once_in_the_end(site: tuple[Mosquitto, Influxd], tmp_path: Path) -> None:
    broker, influxd = site
    street = Street(tmp_path, broker.port, influxd.url, uplink={"read_timeout_s": 0.5})
    street.make_database()
    with AgentProcess(street.config) as agent:
        street.publish(range(1000))
        influxd.kill()
        street.publish(range(1000, 3000))
        eventually(lambda: agent.status()["uplink"]["trouble"])
        influxd.start()
        street.wait_stored(3000)
        influxd.freeze()
        street.publish(range(3000, 4000))
        eventually(lambda: "timeout" in agent.status()["uplink"]["trouble"])
        influxd.thaw()
        street.wait_stored(4000)
    street.check_stored(range(4000))
    assert street.set_aside() == []
    assert street.ledger() == {}

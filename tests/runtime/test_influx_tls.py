"""Writing over TLS while our clock may be wrong, and what the date of an answer is worth."""

import gzip
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from runtime.http_date import Evidence
from runtime.influx import InfluxClient
from runtime.influx_answers import Action
from runtime.influx_settings import InfluxSettings
from tests.stand_ins.certificates import Authority, Certificate
from tests.stand_ins.faulty_store import CUT_BEFORE_ANSWER, FaultyStore, answer

BODY = gzip.compress(b"m,d=a v=1 1\n")
DATE = "Tue, 01 Jun 2021 10:00:00 GMT"
DATE_NS = int(datetime(2021, 6, 1, 10, tzinfo=UTC).timestamp()) * 10**9
FROM_NS, UNTIL_NS = (int(datetime(year, 1, 1, tzinfo=UTC).timestamp()) * 10**9 for year in (2020, 2022))
IN_2030_NS = int(datetime(2030, 1, 1, tzinfo=UTC).timestamp()) * 10**9

Build = Callable[..., InfluxClient]


class Trust:
    """A trusted time that the test sets."""

    now_ns: int | None = None

    def __call__(self) -> int | None:
        return self.now_ns


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture(scope="module")
def of_2020(authority: Authority) -> Certificate:
    return authority.issue("server", 2020, 2022)


@pytest.fixture
def store(of_2020: Certificate) -> Iterator[FaultyStore]:
    with FaultyStore(tls=of_2020.context()) as store:
        store.headers = {"Date": DATE}
        yield store


@pytest.fixture
def trust() -> Trust:
    return Trust()


@pytest.fixture
def evidence() -> list[Evidence]:
    return []


@pytest.fixture
def build(authority: Authority, trust: Trust, evidence: list[Evidence]) -> Iterator[Build]:
    clients: list[InfluxClient] = []

    def make(url: str, **settings: object) -> InfluxClient:
        fields = {"url": url, "database": "street", "ca_file": authority.file} | settings
        client = InfluxClient(InfluxSettings.model_validate(fields), trust, evidence.append)
        clients.append(client)
        return client

    yield make
    for client in clients:
        client.close()


def test_without_trusted_time_a_server_with_an_expired_certificate_is_written_to(build: Build, store: FaultyStore) -> None:
    assert build(store.url).write(BODY).action is Action.ACCEPT
    assert len(store.stored) == 1


def test_the_date_of_each_answer_is_evidence_within_boot_times_and_the_certificate_s_dates(
    build: Build, store: FaultyStore, evidence: list[Evidence]
) -> None:
    began = time.clock_gettime_ns(time.CLOCK_BOOTTIME)
    client = build(store.url)
    client.write(BODY)
    client.write(BODY)
    ended = time.clock_gettime_ns(time.CLOCK_BOOTTIME)
    assert [(each.date_ns, each.not_before_ns, each.not_after_ns) for each in evidence] == [(DATE_NS, FROM_NS, UNTIL_NS)] * 3
    moments = [moment for each in evidence for moment in (each.sent_boot_ns, each.answered_boot_ns)]
    assert [began, *moments, ended] == sorted([began, *moments, ended]), "ping, write, write"


def test_a_refusal_has_a_date_too(build: Build, store: FaultyStore, evidence: list[Evidence]) -> None:
    store.script(answer(401))
    assert build(store.url).write(BODY).action is Action.HOLD
    assert len(evidence) == 2


@pytest.mark.parametrize("headers", [{"Date": "yesterday"}, {"Date": DATE, "Age": "0"}])
def test_a_date_that_cannot_be_read_or_may_be_older_than_the_answer_is_no_evidence(
    build: Build, store: FaultyStore, evidence: list[Evidence], headers: dict[str, str]
) -> None:
    store.headers = headers
    assert build(store.url).write(BODY).action is Action.ACCEPT
    assert evidence == []


def test_an_answer_that_never_came_is_no_evidence(build: Build, store: FaultyStore, evidence: list[Evidence]) -> None:
    store.script(CUT_BEFORE_ANSWER)
    assert build(store.url).write(BODY).reason == "cut"
    assert len(evidence) == 1, "that of the ping"


def test_plain_http_is_no_evidence(build: Build, evidence: list[Evidence]) -> None:
    with FaultyStore() as plain:
        plain.headers = {"Date": DATE}
        assert build(plain.url).write(BODY).action is Action.ACCEPT
    assert evidence == []


@pytest.mark.filterwarnings("ignore::urllib3.exceptions.InsecureRequestWarning")
def test_a_server_that_is_not_verified_is_no_evidence(build: Build, store: FaultyStore, evidence: list[Evidence]) -> None:
    assert build(store.url, verify=False, ca_file=None).write(BODY).action is Action.ACCEPT
    assert evidence == []


def test_a_refused_server_is_no_evidence(build: Build, store: FaultyStore, evidence: list[Evidence], tmp_path: Path) -> None:
    given = build(store.url, ca_file=Authority(tmp_path, "stranger").file).write(BODY)
    assert (given.action, given.reason) == (Action.RETRY, "tls")
    assert evidence == []
    assert store.stored == {}


def test_a_wrong_host_name_is_refused_without_trusted_time(build: Build, authority: Authority, evidence: list[Evidence]) -> None:
    other = authority.issue("other", 2020, 2022, names="DNS:else.example")
    with FaultyStore(tls=other.context()) as store:
        assert build(store.url).write(BODY).reason == "tls"
        assert store.stored == {}
    assert evidence == []


def test_with_trusted_time_an_expired_certificate_is_refused_with_its_dates(
    build: Build, store: FaultyStore, trust: Trust, evidence: list[Evidence]
) -> None:
    trust.now_ns = IN_2030_NS
    given = build(store.url).write(BODY)
    assert (given.action, given.reason) == (Action.RETRY, "tls")
    assert "valid from 2020-01-01 00:00:00 UTC until 2022-01-01 00:00:00 UTC" in given.words
    assert "renewed certificate" in given.words
    assert (store.stored, evidence) == ({}, [])


def test_trust_that_comes_while_a_connection_is_open_closes_it_before_the_next_request(
    build: Build, store: FaultyStore, trust: Trust, evidence: list[Evidence]
) -> None:
    client = build(store.url)
    assert client.write(BODY).action is Action.ACCEPT
    trust.now_ns, before = IN_2030_NS, (store.write_count, len(evidence))
    given = client.write(BODY)
    assert given.reason == "tls"
    assert "until 2022-01-01" in given.words
    assert (store.write_count, len(evidence)) == before
    trust.now_ns = DATE_NS
    assert client.write(BODY).action is Action.ACCEPT, "the next handshake is judged anew"


def test_an_answer_during_which_trust_came_is_not_believed(
    build: Build, store: FaultyStore, trust: Trust, evidence: list[Evidence]
) -> None:
    client = build(store.url)
    assert client.write(BODY).action is Action.ACCEPT
    before = len(evidence)

    def trust_comes(_line: bytes) -> bool:
        trust.now_ns = IN_2030_NS
        return False

    store.bad_line = trust_comes
    store.headers = {"Date": DATE, "Connection": "close"}
    given = client.write(BODY)
    assert (given.action, given.reason) == (Action.RETRY, "tls")
    assert len(evidence) == before


def test_our_certificate_is_shown(build: Build, authority: Authority, of_2020: Certificate) -> None:
    us = authority.issue("edge", 2000, 2049)
    with FaultyStore(tls=of_2020.context(client_authority=authority.file)) as store:
        assert build(store.url).write(BODY).action is Action.RETRY
        assert build(store.url, cert_file=us.file, key_file=us.key_file).write(BODY).action is Action.ACCEPT


def test_a_missing_authority_file_is_an_answer(build: Build, store: FaultyStore, tmp_path: Path) -> None:
    given = build(store.url, ca_file=tmp_path / "gone.pem").write(BODY)
    assert (given.action, given.reason) == (Action.RETRY, "tls")
    assert "ca_file" in given.words


def test_without_a_trusted_time_to_ask_the_system_s_clock_judges_as_ever(store: FaultyStore, authority: Authority) -> None:
    client = InfluxClient(InfluxSettings(url=store.url, database="street", ca_file=authority.file))
    given = client.write(BODY)
    assert (given.action, given.reason) == (Action.RETRY, "tls")
    assert "certificate has expired" in given.words
    client.close()


def test_dates_without_a_trusted_time_to_judge_certificates_by_are_refused() -> None:
    with pytest.raises(ValueError, match="needs trusted_ns"):
        InfluxClient(InfluxSettings(url="https://localhost", database="street"), on_date=lambda _: None)

import base64
import gzip
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from runtime.influx import InfluxClient, Server, ServerKind
from runtime.influx_answers import Action
from runtime.influx_settings import InfluxSettings
from telemetry.errors import TransientError
from tests.stand_ins.faulty_store import (
    CUT_BEFORE_ANSWER,
    CUT_MID_ANSWER,
    CUT_MID_BODY,
    LOGIN_PAGE,
    NOT_UTF8,
    Fault,
    FaultyStore,
    answer,
    redirect,
    slow,
)

V1_PATH = "/write?db=street&precision=ns"
V2_PATH = "/api/v2/write?bucket=street&precision=ns"
BODY = gzip.compress(b"m,d=a v=1 1\nm,d=b v=2 1\n")


@pytest.fixture
def store() -> Iterator[FaultyStore]:
    with FaultyStore() as store:
        yield store


@pytest.fixture
def client(store: FaultyStore) -> Iterator[InfluxClient]:
    client = InfluxClient(InfluxSettings(url=store.url, database="street", read_timeout_s=0.3, connect_timeout_s=1))
    yield client
    client.close()


@pytest.mark.parametrize(
    ("fault", "action", "reason"),
    [
        (answer(400, b'{"error":"no"}'), Action.SPLIT, "refused"),
        (answer(401), Action.HOLD, "unauthorized"),
        (answer(413), Action.SPLIT, "too-large"),
        (answer(500), Action.RETRY, "server-error"),
        (answer(200, b"x" * 5_000_000), Action.RETRY, "not-influxdb"),
        (NOT_UTF8, Action.RETRY, "server-error"),
        (LOGIN_PAGE, Action.RETRY, "not-influxdb"),
        (redirect("http://127.0.0.1:9/write"), Action.RETRY, "redirected"),
        (CUT_MID_BODY, Action.RETRY, "cut"),
        (CUT_MID_ANSWER, Action.RETRY, "cut"),
        (CUT_BEFORE_ANSWER, Action.RETRY, "cut"),
        (slow(30), Action.RETRY, "timeout"),
    ],
)
def test_every_misbehaviour_becomes_an_answer_and_the_next_write_works(
    store: FaultyStore, client: InfluxClient, fault: Fault, action: Action, reason: str
) -> None:
    store.script(fault)
    given = client.write(BODY)
    assert (given.action, given.reason) == (action, reason)
    assert client.write(BODY).action is Action.ACCEPT
    assert len(store.stored) == 2


def test_retry_after_reaches_the_caller(store: FaultyStore, client: InfluxClient) -> None:
    store.script(answer(429, retry_after="7"))
    assert client.write(BODY).retry_after_s == 7.0


def test_the_sixth_server_error_in_a_row_is_held(store: FaultyStore, client: InfluxClient) -> None:
    store.always(answer(500))
    assert [client.write(BODY).action for _ in range(6)] == [Action.RETRY] * 5 + [Action.HOLD]
    store.always(None)
    assert client.write(BODY).action is Action.ACCEPT
    store.always(answer(500))
    assert client.write(BODY).action is Action.RETRY


def test_a_dead_server_is_an_answer_and_comes_back(store: FaultyStore, client: InfluxClient) -> None:
    assert client.write(BODY).action is Action.ACCEPT
    store.stop()
    assert client.write(BODY).reason in ("connection", "cut")
    assert client.write(BODY).reason == "connection"
    with pytest.raises(TransientError, match="connection"):
        client.detect()
    store.start()
    assert client.write(BODY).action is Action.ACCEPT


def test_a_port_that_accepts_and_says_nothing_times_out() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        client = InfluxClient(InfluxSettings(url=f"http://127.0.0.1:{silent.getsockname()[1]}", database="x", read_timeout_s=0.1))
        assert client.write(BODY).reason == "timeout"
        client.close()


def test_an_address_nobody_has_is_an_answer() -> None:
    client = InfluxClient(InfluxSettings(url="http://quanho.invalid:1", database="x"))
    assert client.write(BODY).action is Action.RETRY
    client.close()


@pytest.mark.parametrize(
    ("ping", "server", "path"),
    [
        (
            {"X-Influxdb-Version": "1.6.7~rc0", "X-Influxdb-Build": "OSS"},
            Server(ServerKind.V1, "1.6.7~rc0", "OSS"),
            "/write?db=street&precision=ns",
        ),
        ({"X-Influxdb-Version": "1.8.10"}, Server(ServerKind.V1_8, "1.8.10"), V2_PATH),
        ({"X-Influxdb-Version": "v2.9.1"}, Server(ServerKind.V2, "2.9.1"), V2_PATH),
        (
            {"X-Influxdb-Version": "3.11.2", "X-Influxdb-Build": "Core"},
            Server(ServerKind.V3, "3.11.2", "Core"),
            "/api/v2/write?bucket=street&precision=ns",
        ),
        ({"X-Quanho-Ingest": "0.1.0"}, Server(ServerKind.INGEST, "0.1.0"), V2_PATH),
        ({}, Server(ServerKind.UNKNOWN), V1_PATH),
    ],
)
def test_the_write_call_follows_what_ping_says(ping: dict[str, str], server: Server, path: str) -> None:
    with FaultyStore(ping) as store:
        client = InfluxClient(InfluxSettings(url=store.url, database="street"))
        assert client.server is None
        assert client.write(BODY).action is Action.ACCEPT
        assert client.server == server
        assert store.paths == [path]
        client.close()


def test_a_user_with_a_password_writes_to_a_2_by_its_1_x_call(tmp_path: Path) -> None:
    """Its /api/v2/write knows tokens only."""
    password_file = tmp_path / "password"
    password_file.touch(0o600)
    password_file.write_text("parole\n")
    with FaultyStore({"X-Influxdb-Version": "v2.9.1"}) as store:
        client = InfluxClient(InfluxSettings(url=store.url, database="street", username="edge", password_file=password_file))
        assert client.write(BODY).action is Action.ACCEPT
        assert store.paths == [V1_PATH]
        assert store.authorizations == {"Basic " + base64.b64encode(b"edge:parole").decode()}
        client.close()


def test_a_changed_token_is_read_again_after_a_401(tmp_path: Path) -> None:
    token_file = tmp_path / "token"
    token_file.touch(0o600)
    token_file.write_text("old\n")
    with FaultyStore({"X-Influxdb-Version": "v2.9.1"}) as store:
        client = InfluxClient(InfluxSettings(url=store.url, org="o", bucket="street", token_file=token_file))
        store.script(answer(401))
        assert client.write(BODY).action is Action.HOLD
        token_file.write_text("new\n")
        assert client.write(BODY).action is Action.ACCEPT
        assert store.authorizations == {"Token old", "Token new"}
        assert store.paths[0] == "/api/v2/write?org=o&bucket=street&precision=ns"
        client.close()


@pytest.mark.parametrize("secret", ["", "two\nlines", "không"])
def test_a_secret_that_cannot_be_sent_is_held_and_never_quoted(store: FaultyStore, tmp_path: Path, secret: str) -> None:
    token_file = tmp_path / "token"
    token_file.touch(0o600)
    token_file.write_text(secret, encoding="utf-8")
    client = InfluxClient(InfluxSettings(url=store.url, bucket="street", token_file=token_file))
    given = client.write(BODY)
    assert (given.action, given.reason) == (Action.HOLD, "secret")
    assert str(token_file) in given.words
    assert not secret or secret not in given.words


def test_a_missing_secret_file_is_held_until_it_is_there(store: FaultyStore, tmp_path: Path) -> None:
    token_file = tmp_path / "token"
    client = InfluxClient(InfluxSettings(url=store.url, bucket="street", token_file=token_file))
    assert client.write(BODY).reason == "secret"
    token_file.write_text("here")
    token_file.chmod(0o644)
    assert "chmod o=" in client.write(BODY).words
    token_file.chmod(0o600)
    assert client.write(BODY).action is Action.ACCEPT
    client.close()

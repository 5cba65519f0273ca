import gzip
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from edge.uplink.split import Splitter
from quanho.demo.servers import Influxd, influxql
from runtime.influx import InfluxClient, ServerKind
from runtime.influx_answers import Action, Answer
from runtime.influx_causes import BeyondRetention, TypeConflict, Unparseable
from runtime.influx_settings import InfluxSettings
from telemetry.errors import RejectedError, TransientError

pytestmark = pytest.mark.server


@pytest.fixture
def client(influxd: Influxd) -> Iterator[InfluxClient]:
    client = InfluxClient(InfluxSettings(url=influxd.url, database="street"))
    client.create_database()
    yield client
    client.close()


def write(client: InfluxClient, *lines: str) -> Answer:
    return client.write(gzip.compress("\n".join(lines).encode()))


def stored(influxd: Influxd, query: str) -> list[dict[str, object]]:
    return influxql(influxd.url, "street", query)


def deliver(client: InfluxClient, lines: list[bytes]) -> Splitter:
    splitter = Splitter(lines, client.write(gzip.compress(b"\n".join(lines))))
    while (part := splitter.next()) is not None:
        splitter.answered(client.write(gzip.compress(b"\n".join(part))))
    return splitter


def test_bytes_arrive_as_points(influxd: Influxd, client: InfluxClient) -> None:
    assert write(client, "air,d=a pm25=12.5,n=3i 1700000000000000001").action is Action.ACCEPT
    assert stored(influxd, "SELECT * FROM air") == [{"name": "air", "time": 1700000000000000001, "d": "a", "n": 3, "pm25": 12.5}]
    assert client.server is not None
    assert (client.server.kind, client.server.version[:4]) == (ServerKind.V1, "1.6.")


def test_several_gzip_members_are_one_body(influxd: Influxd, client: InfluxClient) -> None:
    assert client.write(gzip.compress(b"m v=1 1\n") + gzip.compress(b"m v=2 2\n")).action is Action.ACCEPT
    assert stored(influxd, "SELECT count(v) FROM m")[0]["count"] == 2


def test_a_missing_database_is_held_until_somebody_makes_it(influxd: Influxd) -> None:
    client = InfluxClient(InfluxSettings(url=influxd.url, database='quaint "name"'))
    given = write(client, "m v=1 1")
    assert (given.action, given.reason) == (Action.HOLD, "not-found")
    client.create_database()
    client.create_database()
    assert write(client, "m v=1 1").action is Action.ACCEPT
    client.close()


def test_a_missing_retention_policy_is_held_at_once(influxd: Influxd) -> None:
    influxql(influxd.url, "", "CREATE DATABASE street")
    other = InfluxClient(InfluxSettings(url=influxd.url, database="street", retention_policy="absent"))
    given = write(other, "m v=1 1")
    assert (given.action, given.status) == (Action.HOLD, 500)
    other.close()


def test_the_causes_of_a_real_server_are_understood(influxd: Influxd, client: InfluxClient) -> None:
    assert write(client, "m v=1.5 1").action is Action.ACCEPT
    assert write(client, "m v=1i 2", "m v=2i 3", "m v=1 4").cause == TypeConflict("m", "v", "integer", 2)
    assert write(client, "bad", "m v=it's 2").cause == Unparseable((("bad", "missing fields"), ("m v=it's 2", "invalid boolean")))
    stored(influxd, "CREATE RETENTION POLICY hour ON street DURATION 1h REPLICATION 1 DEFAULT")
    assert write(client, "m v=1 1", "m v=1 2", f"m v=1 {time.time_ns()}").cause == BeyondRetention(2)


def test_five_thousand_lines_with_every_kind_of_bad_one_leave_only_those_behind(influxd: Influxd, client: InfluxClient) -> None:
    write(client, "m v=0.5 1")
    stored(influxd, "CREATE RETENTION POLICY day ON street DURATION 1d REPLICATION 1 DEFAULT")
    write(client, f"m v=0.5 {time.time_ns()}")
    start = time.time_ns()
    lines = [f"m,d=d{index % 40} v={index}.0 {start + index}".encode() for index in range(5000)]
    lines[17] = b"m v=1 5"
    lines[99] = b"m,d= v=1 5"
    lines[4000] = b"m,d=x v=7i %d" % start
    lines[4999] = b'm v="open 3'
    splitter = deliver(client, lines)
    assert {line for line, _ in splitter.refused} == {lines[17], lines[99], lines[4000], lines[4999]}
    assert splitter.request_count <= 4
    assert stored(influxd, "SELECT count(v) FROM m WHERE d =~ /./")[0]["count"] == 4996


def test_a_wholly_bad_batch_costs_one_request(client: InfluxClient) -> None:
    write(client, "m v=0.5 1")
    splitter = deliver(client, [f"m,d=d{index} v={index}i 2".encode() for index in range(5000)])
    assert (len(splitter.refused), splitter.request_count) == (5000, 0)
    assert "already exists as type float" in splitter.refused[0].reason


def test_too_large_a_body_is_split(tmp_path: Path) -> None:
    with Influxd(tmp_path / "small", http_settings=["max-body-size = 2000"]) as server:
        client = InfluxClient(InfluxSettings(url=server.url, database="street"))
        client.create_database()
        lines = [f"m,d=d{index} v={index * 7919 % 1000} {index * 999_999_937}".encode() for index in range(500)]
        assert client.write(gzip.compress(b"\n".join(lines))).reason in ("too-large", "cut")
        splitter = deliver(client, lines)
        assert (splitter.accepted_count, splitter.refused) == (500, [])
        client.close()


def test_wrong_credentials_are_held_and_right_ones_write(influxd_with_auth: Influxd, tmp_path: Path) -> None:
    url, password_file = influxd_with_auth.url, tmp_path / "password"
    password_file.touch(0o600)
    password_file.write_text("wrong\n")
    influxql(url, "", "CREATE USER admin WITH PASSWORD 'right' WITH ALL PRIVILEGES")
    client = InfluxClient(InfluxSettings(url=url, database="street", username="admin", password_file=password_file))
    given = write(client, "m v=1 1")
    assert (given.action, given.reason) == (Action.HOLD, "unauthorized")
    with pytest.raises(RejectedError, match="authorization failed"):
        client.create_database()
    password_file.write_text("right\n")
    client.close()
    client.create_database()
    assert write(client, "m v=1 1").action is Action.ACCEPT
    client.close()


def test_a_killed_server_is_met_again_on_the_same_connection_object(influxd: Influxd, client: InfluxClient) -> None:
    assert write(client, "m v=1 1").action is Action.ACCEPT
    influxd.kill()
    assert write(client, "m v=2 2").action is Action.RETRY
    with pytest.raises(TransientError):
        client.create_database()
    influxd.start()
    assert write(client, "m v=2 2").action is Action.ACCEPT
    assert stored(influxd, "SELECT count(v) FROM m")[0]["count"] == 2


def test_a_server_that_hangs_times_out_and_is_met_again(influxd: Influxd) -> None:
    influxql(influxd.url, "", "CREATE DATABASE street")
    hasty = InfluxClient(InfluxSettings(url=influxd.url, database="street", read_timeout_s=0.2))
    assert write(hasty, "m v=1 1").action is Action.ACCEPT
    influxd.freeze()
    assert write(hasty, "m v=2 2").reason == "timeout"
    influxd.thaw()
    assert write(hasty, "m v=2 2").action is Action.ACCEPT
    hasty.close()

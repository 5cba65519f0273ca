"""Asking a store: a real InfluxDB 1.x with passwords, and answers that are none."""

import gzip
import json
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlencode
from urllib.request import urlopen

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quanho.demo.servers import Influxd, MissingServer
from runtime.influx import InfluxClient
from runtime.influx_series import QueryError, Series, read_answer
from runtime.influx_settings import InfluxSettings
from telemetry.errors import ConfigError, TransientError

_PASSWORD = "correct horse"
_ROWS = 60_000  # an answer of more than the 4 MiB that a write's answer may have


@pytest.fixture(scope="module")
def influxd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Influxd]:
    """A store that asks for a password: user `root` may do all, `reader` may read `street`."""
    server = Influxd(tmp_path_factory.mktemp("influxd"), auth=True)
    try:
        server.start()
    except MissingServer as missing:
        pytest.skip(str(missing))
    try:
        _admin(server, f"CREATE USER root WITH PASSWORD '{_PASSWORD}' WITH ALL PRIVILEGES", is_first=True)
        for statement in ("CREATE DATABASE street", f"CREATE USER reader WITH PASSWORD '{_PASSWORD}'", "GRANT READ ON street TO reader"):
            _admin(server, statement)
        yield server
    finally:
        server.stop()


def _admin(server: Influxd, statement: str, *, is_first: bool = False) -> None:
    login = "" if is_first else f"?{urlencode({'u': 'root', 'p': _PASSWORD})}"
    with urlopen(f"{server.url}/query{login}", urlencode({"q": statement}).encode()) as answer:  # noqa: S310 (loopback)
        assert b'"error"' not in answer.read()


@pytest.fixture
def password_file(tmp_path: Path) -> Path:
    file = tmp_path / "password"
    file.write_text(_PASSWORD)
    file.chmod(0o600)
    return file


@pytest.fixture
def reader(influxd: Influxd, password_file: Path) -> Iterator[InfluxClient]:
    writer = InfluxClient(InfluxSettings(url=influxd.url, database="street", username="root", password_file=password_file))
    writer.write(gzip.compress(b"air,site=a pm2_5=1.5,count=3i,on=true 1000000\nair,site=b pm2_5=2 2000000\n"))
    writer.close()
    client = InfluxClient(InfluxSettings(url=influxd.url, database="street", username="reader", password_file=password_file))
    yield client
    client.close()


@pytest.mark.server
def test_rows_come_with_tags_and_times_in_ms(reader: InfluxClient) -> None:
    assert reader.query('SELECT "pm2_5", "on" FROM "air" GROUP BY "site"') == [
        Series("air", {"site": "a"}, ("time", "pm2_5", "on"), ((1, 1.5, True),)),
        Series("air", {"site": "b"}, ("time", "pm2_5", "on"), ((2, 2, None),)),
    ]
    assert reader.query('SHOW TAG VALUES WITH KEY = "site"') == [Series("air", {}, ("key", "value"), (("site", "a"), ("site", "b")))]


@pytest.mark.server
@pytest.mark.parametrize(
    ("statement", "status", "words"),
    [
        ('SELECT mean("on") FROM "air"', 200, "unsupported mean iterator type"),
        ('SELECT mean("pm2_5" FROM "air"', 400, "error parsing query"),
        ("DROP MEASUREMENT air", 403, "not authorized to execute"),
    ],
)
def test_what_the_server_refuses_is_an_error_in_its_own_words(reader: InfluxClient, statement: str, status: int, words: str) -> None:
    with pytest.raises(QueryError, match=words) as refused:
        reader.query(statement)
    assert (refused.value.status, refused.value.statement) == (status, statement)
    assert statement in str(refused.value)


@pytest.mark.server
def test_a_name_that_nobody_writes_is_no_error_and_no_series(reader: InfluxClient) -> None:
    assert reader.query('SELECT "pm25" FROM "air"') == []
    assert reader.query('SELECT "pm2_5" FROM "aire"') == []


@pytest.mark.server
def test_an_answer_of_many_megabytes_is_read_whole(influxd: Influxd, password_file: Path) -> None:
    client = InfluxClient(InfluxSettings(url=influxd.url, database="street", username="root", password_file=password_file))
    text = "x" * 60
    for at in range(0, _ROWS, 5000):
        client.write(gzip.compress("".join(f'many note="{text}" {n}000000\n' for n in range(at, at + 5000)).encode(), 1))
    (series,) = client.query('SELECT "note" FROM "many"')
    client.close()
    assert len(series.values) == _ROWS
    assert series.values[-1] == (_ROWS - 1, text)


@pytest.mark.server
def test_a_wrong_password_is_refused_and_never_quoted(influxd: Influxd, tmp_path: Path) -> None:
    wrong = tmp_path / "wrong"
    wrong.write_text("hunter2")
    wrong.chmod(0o600)
    client = InfluxClient(InfluxSettings(url=influxd.url, database="street", username="reader", password_file=wrong))
    with pytest.raises(QueryError, match="authorization failed") as refused:
        client.query("SHOW MEASUREMENTS")
    client.close()
    assert refused.value.status == 401
    assert "hunter2" not in str(refused.value)


def test_a_store_that_is_not_there_is_for_later_and_a_secret_that_is_not_there_for_the_config(tmp_path: Path) -> None:
    with pytest.raises(TransientError, match="connection"):
        InfluxClient(InfluxSettings(url="http://127.0.0.1:1", database="street", connect_timeout_s=1)).query("SHOW MEASUREMENTS")
    settings = InfluxSettings(url="http://127.0.0.1:1", database="street", username="u", password_file=tmp_path / "none")
    with pytest.raises(ConfigError, match="none"):
        InfluxClient(settings).query("SHOW MEASUREMENTS")


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"<html>login", "<html>login"),
        (b"", "no answer"),
        (b"[1]", "no object"),
        (b'{"results":[{"series":"x"}]}', "not one of InfluxDB's"),
        (b'{"results":[{"series":[{"name":"m"}]}]}', "not one of InfluxDB's"),
        (b'{"results":[{"error":"too many"}]}', "too many"),
        (b'{"code":"invalid","message":"no such bucket"}', "no such bucket"),
    ],
)
def test_what_is_no_answer_is_told_as_it_is(body: bytes, words: str) -> None:
    with pytest.raises(QueryError, match=words):
        read_answer("SHOW MEASUREMENTS", 200, body)


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["results", "series", "columns", "values", "name", "tags", "error"]), inner, max_size=4)
    ),
    max_leaves=12,
)


@given(_JSON)
def test_any_json_is_series_or_a_refusal(value: object) -> None:
    try:
        found = read_answer("SHOW MEASUREMENTS", 200, json.dumps(value).encode())
    except QueryError as error:
        assert error.status == 200  # noqa: PT017 (either is right)
    else:
        assert all(isinstance(series, Series) for series in found)

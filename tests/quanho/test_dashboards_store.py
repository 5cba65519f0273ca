"""A store that refuses, or is not one, is told once and with the way out, whichever command asks it."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from quanho.cli import main
from quanho.demo.servers import Influxd, MissingServer


@contextmanager
def _store(status: int, body: bytes, good: int = 0) -> Iterator[str]:
    """Run what answers /ping as InfluxDB does, the first `good` questions with nothing found, and every other one so."""
    asked = [0]

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            pass

        def do_GET(self) -> None:
            self._answer(204, b"")

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            asked[0] += 1
            self._answer(*((200, b'{"results":[{}]}') if asked[0] <= good else (status, body)))

        def _answer(self, status: int, body: bytes) -> None:
            self.send_response(status)
            self.send_header("X-Influxdb-Version", "1.6.7")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


@pytest.fixture(params=["check", "preview"])
def command(request: pytest.FixtureRequest, tmp_path: Path) -> list[str]:
    return [
        "--lang",
        "en",
        "dashboards",
        request.param,
        "--only",
        "overview",
        "--languages",
        "en",
        *(["--out", str(tmp_path)] if request.param == "preview" else []),
    ]


@pytest.mark.parametrize(
    ("status", "body", "exit_code", "words"),
    [
        (200, b'{"results":[{"statement_id":0,"error":"database not found: nope"}]}', 2, ("database not found", "--database")),
        (401, b'{"error":"unable to parse authentication credentials"}', 2, ("credentials", "--username with --password-file")),
        (403, b'{"error":"error authorizing query: reader not authorized"}', 2, ("not authorized", "somebody who may read")),
        (502, b"<h1>bad gateway</h1>", 3, ("HTTP 502", "bad gateway")),
        (200, b"<html>please log in</html>", 2, ("please log in", "--database")),
    ],
)
def test_a_store_that_refuses_is_told_once_with_the_way_out(
    command: list[str], capsys: pytest.CaptureFixture[str], status: int, body: bytes, exit_code: int, words: tuple[str, ...]
) -> None:
    with _store(status, body) as url:
        assert main([*command, "--influx", url, "--database", "nope"]) == exit_code
    told = capsys.readouterr()
    assert len(told.err.splitlines()) == 1
    assert "SELECT" not in told.err
    assert all(word in told.err for word in words), told.err


@pytest.mark.server
def test_a_database_that_a_real_store_has_not_is_told_with_the_way_out(
    command: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    server = Influxd(tmp_path / "influxd")
    try:
        server.start()
    except MissingServer as missing:
        pytest.skip(str(missing))
    try:
        assert main([*command, "--influx", server.url, "--database", "nope"]) == 2
    finally:
        server.stop()
    told = capsys.readouterr().err
    assert "database not found: nope" in told
    assert "--database" in told


def test_a_store_that_breaks_down_in_the_middle_is_no_fault_of_the_queries(command: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with _store(503, b"shard is gone", good=6) as url:
        assert main([*command, "--influx", url]) == 3
    assert "HTTP 503: shard is gone" in capsys.readouterr().err


def test_a_password_that_cannot_be_read_is_wrong_usage(command: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*command, "--influx", "http://127.0.0.1:9", "--username", "grafana", "--password-file", str(tmp_path / "none")]) == 2
    assert "none" in capsys.readouterr().err


@pytest.mark.parametrize("age", ["-2h", "now-2h"])
def test_both_commands_take_an_age_in_both_ways_of_writing(command: list[str], age: str) -> None:
    with _store(200, b'{"results":[{}]}') as url:
        assert main([*command, "--influx", url, "--from", age]) in (0, 1)

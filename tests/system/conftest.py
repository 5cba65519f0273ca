"""Real servers for tests: each test gets fresh ones in a folder of its own."""

from collections.abc import Iterator
from pathlib import Path
from typing import TypeVar

import pytest

from quanho.demo.servers import Influxd, MissingServer, Mosquitto, Server

ServerT = TypeVar("ServerT", bound=Server)


@pytest.fixture
def influxd(tmp_path: Path) -> Iterator[Influxd]:
    """A running InfluxDB 1.x without authentication and without databases."""
    yield from _running(Influxd(tmp_path / "influxd"))


@pytest.fixture
def influxd_with_auth(tmp_path: Path) -> Iterator[Influxd]:
    """A running InfluxDB 1.x that asks for a password; it has no user yet."""
    yield from _running(Influxd(tmp_path / "influxd", auth=True))


@pytest.fixture
def mosquitto(tmp_path: Path) -> Iterator[Mosquitto]:
    """A running broker with the settings we ship."""
    yield from _running(Mosquitto(tmp_path / "mosquitto"))


@pytest.fixture
def debian_mosquitto(tmp_path: Path) -> Iterator[Mosquitto]:
    """A running broker with Debian's settings."""
    yield from _running(Mosquitto(tmp_path / "mosquitto", debian_defaults=True))


def _running(server: ServerT) -> Iterator[ServerT]:
    try:
        server.start()
    except MissingServer as missing:
        pytest.skip(str(missing))  # .ci/run counts such a skip as a failure
    yield server
    server.stop()

"""Servers that tests of dashboards share."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from quanho.demo.servers import Influxd, MissingServer
from tests.dashboards.influx_store import InfluxStore
from tests.dashboards.seeded import Seeded, seeded


@pytest.fixture(scope="session")
def influx(tmp_path_factory: pytest.TempPathFactory) -> Iterator[InfluxStore]:
    """An empty database of a real InfluxDB 1.6; every test writes measurements of its own."""
    server = Influxd(tmp_path_factory.mktemp("dashboards") / "influxd")
    try:
        server.start()
    except MissingServer as missing:
        pytest.skip(str(missing))
    yield InfluxStore(server.url, "dashboards")
    server.stop()


@pytest.fixture(scope="session")
def seeded_store() -> Iterator[Seeded]:
    """A store that was seeded with a day of the simulated street through the real agent."""
    with tempfile.TemporaryDirectory(prefix="qs-") as name:  # short: a Unix socket in it may have 107 bytes
        try:
            with seeded(Path(name)) as store:
                yield store
        except MissingServer as missing:
            pytest.skip(str(missing))

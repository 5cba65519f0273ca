"""Servers that tests of dashboards share."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from quanho.demo.servers import Influxd, MissingServer
from tests.dashboards.influx_store import InfluxStore, running
from tests.dashboards.seeded import Seeded, seeded


@pytest.fixture(scope="session")
def influxd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Influxd]:
    """The one InfluxDB 1.6 of all tests here; who needs an empty one takes a database of a name of its own."""
    with running(tmp_path_factory.mktemp("dashboards") / "influxd") as server:
        yield server


@pytest.fixture(scope="session")
def influx(influxd: Influxd) -> Iterator[InfluxStore]:
    """A database in which every test writes measurements of its own."""
    store = InfluxStore(influxd.url, "dashboards")
    yield store
    store.close()


@pytest.fixture(scope="session")
def seeded_store() -> Iterator[Seeded]:
    """A store that was seeded with a day of the simulated street through the real agent."""
    with tempfile.TemporaryDirectory(prefix="qs-") as name:  # short: a Unix socket in it may have 107 bytes
        try:
            with seeded(Path(name)) as store:
                yield store
        except MissingServer as missing:
            pytest.skip(str(missing))

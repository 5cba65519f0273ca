"""One database for all tests of these panels; each test writes devices of its own and asks for these."""

from collections.abc import Iterator

import pytest

from quanho.demo.servers import Influxd
from runtime.influx import InfluxClient
from tests.dashboards.influx_store import InfluxStore


@pytest.fixture(scope="session")
def store(influxd: Influxd) -> Iterator[InfluxClient]:
    store = InfluxStore(influxd.url, "stations")
    yield store.client
    store.close()

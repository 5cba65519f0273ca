"""Databases of the shared InfluxDB for tests of boards."""

from collections.abc import Iterator

import pytest

from quanho.demo.servers import Influxd
from tests.dashboards.boards.asked_store import AskedStore


@pytest.fixture
def store(influxd: Influxd) -> Iterator[AskedStore]:
    """An empty database that panels are asked of; a test of another kind of store has a fixture of its own."""
    store = AskedStore(influxd.url)
    yield store
    store.close()

"""One InfluxDB 1.6 for all tests of these panels; each test writes devices of its own and asks for these."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from quanho.demo.servers import Influxd, MissingServer
from runtime.influx import InfluxClient
from runtime.influx_settings import InfluxSettings


@pytest.fixture(scope="session")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[InfluxClient]:
    folder: Path = tmp_path_factory.mktemp("stations")
    server = Influxd(folder)
    try:
        server.start()
    except MissingServer as missing:
        pytest.skip(str(missing))  # .ci/run counts such a skip as a failure
    client = InfluxClient(InfluxSettings(url=f"http://127.0.0.1:{server.port}", database="stations"))
    client.create_database()
    yield client
    client.close()
    server.stop()

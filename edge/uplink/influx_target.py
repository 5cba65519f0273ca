"""InfluxDB (or the cloud ingest) as a target. Importing this loads the client."""

from collections.abc import Callable

from runtime.http_date import Evidence
from runtime.influx import InfluxClient, Server
from runtime.influx_answers import Answer
from runtime.influx_settings import InfluxSettings
from runtime.tls import TrustedTime


class InfluxTarget:
    """One connection, kept alive. `trusted_ns` and `on_date`: see InfluxClient."""

    def __init__(
        self, settings: InfluxSettings, trusted_ns: TrustedTime | None = None, on_date: Callable[[Evidence], None] | None = None
    ) -> None:
        self._client = InfluxClient(settings, trusted_ns, on_date)
        self._url = settings.url

    def connect(self) -> str:
        """Find out which server answers. Raises TransientError."""
        server: Server = self._client.detect()
        return f"{server.kind.value} {server.version} {self._url}".replace("  ", " ")

    def send(self, body: bytes) -> Answer:
        return self._client.write(body)

    def close(self) -> None:
        self._client.close()

"""InfluxDB (or the cloud ingest) as a target. Importing this loads the client."""

from runtime.influx import InfluxClient, Server
from runtime.influx_answers import Answer
from runtime.influx_settings import InfluxSettings


class InfluxTarget:
    """One connection, kept alive."""

    def __init__(self, settings: InfluxSettings) -> None:
        self._client = InfluxClient(settings)
        self._url = settings.url

    def connect(self) -> str:
        """Find out which server answers. Raises TransientError."""
        server: Server = self._client.detect()
        return f"{server.kind.value} {server.version} {self._url}".replace("  ", " ")

    def send(self, body: bytes) -> Answer:
        return self._client.write(body)

    def close(self) -> None:
        self._client.close()

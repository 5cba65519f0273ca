"""InfluxDB (or the cloud ingest) as a target. Importing this loads the client."""

from collections.abc import Callable

from edge.uplink.probe import look_timeout_s
from runtime.http_date import Evidence
from runtime.influx import InfluxClient, Server
from runtime.influx_answers import Answer
from runtime.influx_settings import InfluxSettings
from runtime.knock import knock
from runtime.tls import TrustedTime
from telemetry.errors import TransientError


class InfluxTarget:
    """One connection, kept alive. While nobody answers, looking costs a TCP handshake at most.

    `trusted_ns` and `on_date`: see InfluxClient.
    """

    def __init__(
        self, settings: InfluxSettings, trusted_ns: TrustedTime | None = None, on_date: Callable[[Evidence], None] | None = None
    ) -> None:
        self.round_trip_s = 0.0
        self._client = InfluxClient(settings, trusted_ns, on_date)
        self._settings = settings
        self._failed_looks = 0

    def connect(self) -> str:
        """Find out which server answers. Raises TransientError."""
        timeout_s = look_timeout_s(self._failed_looks, self._settings.connect_timeout_s)
        self._failed_looks += 1
        try:
            self.round_trip_s = knock(self._settings.url, timeout_s)
        except OSError as error:
            raise TransientError(f"connection: {self._settings.url}: {error}") from error
        server: Server = self._client.detect(timeout_s)
        self._failed_looks = 0
        return f"{server.kind.value} {server.version} {self._settings.url}".replace("  ", " ")

    def send(self, body: bytes) -> Answer:
        return self._client.write(body)

    def close(self) -> None:
        self._client.close()

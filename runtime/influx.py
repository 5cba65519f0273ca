"""Writing to InfluxDB 1.6+, 2.x, 3 and the cloud ingest through influxdb-client, used as a keep-alive HTTP client of bytes.

The queue above owns retry, splitting and acknowledgement: the library's own retry hides the status (and gives up for good
after three minutes), its batching loses data. Every failure becomes an Answer. One thread at a time.

Importing this module costs 0.3 to 0.6 s and 17 MB: `influxdb_client` loads its whole catalogue of models. Import it late.
"""

import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum
from pathlib import Path
from urllib.parse import urlencode

from influxdb_client.client.influxdb_client import InfluxDBClient
from influxdb_client.rest import ApiException
from urllib3.exceptions import ConnectTimeoutError, HTTPError, NewConnectionError, ReadTimeoutError
from urllib3.response import HTTPResponse

from runtime.config import read_secret
from runtime.influx_answers import Action, Answer, judge, unreachable
from runtime.influx_settings import InfluxSettings
from telemetry.errors import ConfigError, Problem, RejectedError, TransientError

_MAX_ANSWER_BYTES = 4 << 20  # InfluxDB 1.x quotes every bad line
_TEXT = "text/plain; charset=utf-8"


class ServerKind(Enum):
    """Which write call a server takes, and what it is."""

    V1 = "influxdb-1"  # before 1.8: /write only
    V1_8 = "influxdb-1.8"
    V2 = "influxdb-2"
    V3 = "influxdb-3"
    INGEST = "quanho-ingest"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Server:
    """What answered /ping: `version` and `build` as it says them, empty when it does not."""

    kind: ServerKind
    version: str = ""
    build: str = ""


@dataclass(frozen=True, slots=True)
class _Reply:
    status: int
    headers: Mapping[str, str]
    body: bytes


class InfluxClient:
    """A connection to one server, made at the first call. Secrets are read then, and again after a 401 or 403."""

    def __init__(self, settings: InfluxSettings) -> None:
        self._settings = settings
        self._library: InfluxDBClient | None = None
        self._server: Server | None = None
        self._path = ""
        self._server_errors = 0

    @property
    def server(self) -> Server | None:
        """The server found by the last detection, None before one."""
        return self._server

    def detect(self, timeout_s: float | None = None) -> Server:
        """Ask the server what it is. Raises TransientError when nothing that looks like one answers.

        `timeout_s` bounds the connection and the silence before an answer, where the settings allow for more.
        """
        found = self._detect(timeout_s)
        if isinstance(found, Answer):
            raise TransientError(f"{found.reason}: {found.words}", found.retry_after_s)
        return found

    def write(self, gzip_body: bytes) -> Answer:
        """Send gzip-compressed line protocol (times in ns) as it is and return what to do next. Raises nothing."""
        if self._server is None:
            found = self._detect()
            if isinstance(found, Answer):
                return found
        answer = self._judged(self._call("POST", self._path, gzip_body, {"Content-Type": _TEXT, "Content-Encoding": "gzip"}))
        if answer.status in (401, 403, 404, 405):
            self._forget()  # a new secret, or another server behind the same address
        return answer

    def create_database(self) -> None:
        """Create the database (InfluxDB 1.x; fine when it exists). Raises TransientError or RejectedError with the server's words."""
        name = self._settings.database_name[0].replace("\\", "\\\\").replace('"', '\\"')
        query = urlencode({"q": f'CREATE DATABASE "{name}"'})
        reply = self._call("POST", f"/query?{query}", b"", {"Content-Type": _TEXT})
        if isinstance(reply, Answer):
            raise TransientError(f"{reply.reason}: {reply.words}", reply.retry_after_s)
        if reply.status != 200 or b'"error"' in reply.body:
            raise RejectedError(f"{self._settings.url} refused to create database {name}: {reply.body[:300].decode(errors='replace')}")

    def close(self) -> None:
        """Close the connection; the next call makes a new one."""
        self._forget()

    def _detect(self, timeout_s: float | None = None) -> Server | Answer:
        reply = self._call("GET", "/ping", b"", {"Content-Type": _TEXT}, timeout_s)
        if isinstance(reply, Answer):
            return reply
        server = _identify(reply)
        if server is None:
            return self._judged(reply)
        self._server = server
        self._path = _write_path(server.kind, self._settings)
        return server

    def _judged(self, reply: _Reply | Answer) -> Answer:
        if isinstance(reply, Answer):
            return reply
        answer = judge(reply.status, reply.headers, reply.body, datetime.now(UTC), self._server_errors)
        self._server_errors = self._server_errors + 1 if reply.status >= 500 else 0
        return answer

    def _call(self, method: str, path: str, body: bytes, headers: dict[str, str], timeout_s: float | None = None) -> _Reply | Answer:
        try:
            library = self._library = self._library or _connect(self._settings)
        except ConfigError as error:
            return Answer(Action.HOLD, "secret", words=str(error))
        try:
            # Its default, no retries, also follows no redirect; without preloading it does not decode the body (it may not be UTF-8).
            response, status, reply_headers = library.api_client.call_api(  # type: ignore[no-untyped-call]
                path, method, header_params=headers, body=body, _preload_content=False, _request_timeout=_timeout(self._settings, timeout_s)
            )
            return _Reply(status, reply_headers, _read(response))
        except ApiException as error:
            if not error.status:
                return unreachable("tls", f"{error.reason}")
            return _Reply(error.status, error.headers, error.body[:_MAX_ANSWER_BYTES])
        except (HTTPError, OSError, ValueError) as error:
            return unreachable(_failure(error), f"{type(error).__name__}: {error}")

    def _forget(self) -> None:
        library, self._library, self._server = self._library, None, None
        if library is not None:
            with suppress(HTTPError, OSError):
                library.close()  # type: ignore[no-untyped-call]


def _connect(settings: InfluxSettings) -> InfluxDBClient:
    token = None
    if settings.token_file:
        token = _secret(settings.token_file)
    elif settings.password_file:
        token = f"{settings.username}:{_secret(settings.password_file)}"  # the library's spelling of HTTP Basic
    return InfluxDBClient(
        settings.url,
        token=token,  # type: ignore[arg-type]
        auth_basic=settings.password_file is not None,
        org=settings.org or "-",
        timeout=_timeout(settings),
        verify_ssl=settings.verify,
        ssl_ca_cert=_text(settings.ca_file),
        cert_file=_text(settings.cert_file),
        cert_key_file=_text(settings.key_file),
        connection_pool_maxsize=1,
    )


def _timeout(settings: InfluxSettings, most_s: float | None = None) -> tuple[float, float]:
    """Return what the library takes: milliseconds for the connection and for silence."""
    connect_s, read_s = (min(each, most_s or each) for each in (settings.connect_timeout_s, settings.read_timeout_s))
    return connect_s * 1000, read_s * 1000


def _secret(file: Path) -> str:
    """Return the text of a secret file. Raises ConfigError, also for text no header can carry: the error must not quote the secret."""
    secret = read_secret(file)
    if not (secret.isascii() and secret.isprintable()):
        raise ConfigError([Problem(str(file), "", "must hold one line of ASCII: no HTTP header carries other text")])
    return secret


def _text(path: Path | None) -> str | None:
    return str(path) if path else None


def _identify(reply: _Reply) -> Server | None:
    """Read /ping: None when it says that nobody may write now, or that a login page is in between."""
    headers = reply.headers
    if reply.status in (200, 204) and "X-Quanho-Ingest" in headers:
        return Server(ServerKind.INGEST, headers["X-Quanho-Ingest"])
    if reply.status in (200, 204) and "X-Influxdb-Version" in headers:
        version = headers["X-Influxdb-Version"].removeprefix("v")
        return Server(_kind(version), version, headers.get("X-Influxdb-Build", ""))
    return Server(ServerKind.UNKNOWN) if reply.status in (204, 404, 405) else None


def _kind(version: str) -> ServerKind:
    numbers = re.match(r"(\d+)\.(\d+)", version)
    if numbers is None:
        return ServerKind.UNKNOWN
    major, minor = int(numbers[1]), int(numbers[2])
    if major == 1:
        return ServerKind.V1_8 if minor >= 8 else ServerKind.V1
    return {2: ServerKind.V2, 3: ServerKind.V3}.get(major, ServerKind.UNKNOWN)


def _write_path(kind: ServerKind, settings: InfluxSettings) -> str:
    if kind is ServerKind.V1 or (kind is ServerKind.UNKNOWN and settings.database):
        database, policy = settings.database_name
        query = {"db": database, "rp": policy, "precision": "ns"}
        return "/write?" + urlencode({key: value for key, value in query.items() if value})
    query = {"org": settings.org, "bucket": settings.bucket_name, "precision": "ns"}
    return "/api/v2/write?" + urlencode({key: value for key, value in query.items() if value})


def _read(response: HTTPResponse) -> bytes:
    body = response.read(_MAX_ANSWER_BYTES)
    if len(body) < _MAX_ANSWER_BYTES:
        response.release_conn()
    else:
        response.close()
    return body


def _failure(error: Exception) -> str:
    if isinstance(error, NewConnectionError):  # before ConnectTimeoutError, of which it is a kind
        return "connection"
    return "timeout" if isinstance(error, (ReadTimeoutError, ConnectTimeoutError, TimeoutError)) else "cut"

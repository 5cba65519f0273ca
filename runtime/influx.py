"""Writing to InfluxDB 1.6+, 2.x, 3 and the cloud ingest through influxdb-client, used as a keep-alive HTTP client of bytes.

The queue above owns retry, splitting and acknowledgement: the library's own retry hides the status (and gives up for good
after three minutes), its batching loses data. Every failure becomes an Answer. One thread at a time.

With `trusted_ns` the dates of the server's certificates are judged by that time (runtime/tls.py), not by the system's clock, and
the date of each answer of such a server is handed to `on_date`. Without it, OpenSSL judges by the system's clock.

Importing this module costs 0.3 to 0.6 s and 17 MB: `influxdb_client` loads its whole catalogue of models. Import it late.
"""

import re
import warnings
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum
from pathlib import Path
from urllib.parse import urlencode

from influxdb_client.client.influxdb_client import InfluxDBClient
from influxdb_client.rest import ApiException
from urllib3.exceptions import ConnectTimeoutError, HTTPError, NewConnectionError, ReadTimeoutError, SystemTimeWarning
from urllib3.response import HTTPResponse

from runtime.clock import SystemClock
from runtime.config import read_secret
from runtime.http_date import Evidence, parse_http_date
from runtime.influx_answers import Action, Answer, judge, unreachable
from runtime.influx_series import QueryError, Series, read_answer
from runtime.influx_settings import InfluxSettings
from runtime.tls import DeferredDatesContext, TrustedTime, client_context
from telemetry.errors import ConfigError, Problem, RejectedError, TransientError

_MAX_ANSWER_BYTES = 4 << 20  # InfluxDB 1.x quotes every bad line
_MAX_QUERY_BYTES = 64 << 20
_QUOTED_BYTES = 300
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
    """A connection to one server, made at the first call. Secrets are read then, and again after a 401 or 403.

    `on_date` is called on the calling thread, after an answer and before it is returned; it must not raise. It needs `trusted_ns`,
    and is never called for plain http, with `verify` off, or for a certificate that was refused.
    """

    def __init__(
        self, settings: InfluxSettings, trusted_ns: TrustedTime | None = None, on_date: Callable[[Evidence], None] | None = None
    ) -> None:
        if on_date is not None and trusted_ns is None:
            raise ValueError("on_date needs trusted_ns: evidence without the dates of its certificate is none")
        self._settings = settings
        self._trusted_ns = trusted_ns
        self._on_date = on_date
        self._clock = SystemClock()  # the kernel's boot time, also where tests move the wall
        self._tls: DeferredDatesContext | None = None
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

    def query(self, statement: str) -> list[Series]:
        """Run one InfluxQL statement that only reads, times in ms since 1970 UTC.

        Raises QueryError with the server's words, TransientError when there is no answer or one of status 500 and above, ConfigError for a
        secret that cannot be read.
        """
        form = [("db", self._settings.database or self._settings.bucket_name), ("q", statement), ("epoch", "ms")]
        headers = {"Accept": "application/json", "Content-Type": "application/x-www-form-urlencoded"}
        reply = self._call("POST", "/query", b"", headers, most_bytes=_MAX_QUERY_BYTES, form=form)
        if isinstance(reply, Answer):
            if reply.reason == "secret":
                raise ConfigError([Problem(self._settings.url, "", reply.words)])
            raise TransientError(f"{reply.reason}: {reply.words}", reply.retry_after_s)
        if len(reply.body) >= _MAX_QUERY_BYTES:
            raise QueryError(statement, f"the answer is larger than {_MAX_QUERY_BYTES >> 20} MiB: ask for less", reply.status)
        if reply.status >= 500:  # a proxy before it, or a server in distress: no word about the statement
            raise TransientError(f"HTTP {reply.status}: {reply.body[:_QUOTED_BYTES].decode(errors='replace').strip()}")
        return read_answer(statement, reply.status, reply.body)

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

    def _call(
        self,
        method: str,
        path: str,
        body: bytes,
        headers: dict[str, str],
        timeout_s: float | None = None,
        most_bytes: int = _MAX_ANSWER_BYTES,
        form: Sequence[tuple[str, str]] = (),
    ) -> _Reply | Answer:
        try:
            library = self._library = self._library or self._connect()
        except ConfigError as error:
            return Answer(Action.HOLD, "secret", words=str(error))
        except OSError as error:
            return unreachable("tls", f"ca_file, cert_file or key_file: {error}")
        refused = self._settle()
        if refused:
            return refused
        sent_boot_ns = self._clock.boot_ns()
        reply = _exchange(library, method, path, form or body, headers, _timeout(self._settings, timeout_s), most_bytes)
        answered_boot_ns = self._clock.boot_ns()
        if isinstance(reply, Answer):
            return reply
        refused = self._settle()  # trust may have come meanwhile; what that server was given is sent again to a better one
        if refused:
            return refused
        self._note_date(reply.headers, sent_boot_ns, answered_boot_ns)
        return reply

    def _connect(self) -> InfluxDBClient:
        settings = self._settings
        if self._trusted_ns is not None and settings.verify and settings.url.startswith("https:"):
            self._tls = client_context(self._trusted_ns, settings.ca_file, settings.cert_file, settings.key_file)
        return _connect(settings, self._tls)

    def _settle(self) -> Answer | None:
        """Have the open connection judged, should time be trusted by now."""
        problem = self._tls.settle() if self._tls else None
        if problem is None:
            return None
        self._forget()
        return unreachable("tls", problem)

    def _note_date(self, headers: Mapping[str, str], sent_boot_ns: int, answered_boot_ns: int) -> None:
        """Hand on the date of an answer over verified TLS, unless it may be that of an older one (a cache adds Age, RFC 9111)."""
        validity = self._tls.latest if self._tls else None  # the pool holds one connection: the newest is the one in use
        date_ns = parse_http_date(headers.get("Date", ""))
        if self._on_date is None or self._tls is None or validity is None or date_ns is None or "Age" in headers:
            return
        sent_boot_ns = max(sent_boot_ns, self._tls.latest_boot_ns)  # a request leaves after the handshake
        self._on_date(Evidence(date_ns, sent_boot_ns, answered_boot_ns, validity.not_before_ns, validity.not_after_ns))

    def _forget(self) -> None:
        library, self._library, self._server, self._tls = self._library, None, None, None
        if library is not None:
            with suppress(HTTPError, OSError):
                library.close()  # type: ignore[no-untyped-call]


def _connect(settings: InfluxSettings, tls: DeferredDatesContext | None) -> InfluxDBClient:
    token = None
    if settings.token_file:
        token = _secret(settings.token_file)
    elif settings.password_file:
        token = f"{settings.username}:{_secret(settings.password_file)}"  # the library's spelling of HTTP Basic
    if tls is not None:  # urllib3 foretells a failure that we have prevented
        warnings.simplefilter("ignore", SystemTimeWarning)
    return InfluxDBClient(
        settings.url,
        token=token,  # type: ignore[arg-type]
        auth_basic=settings.password_file is not None,
        org=settings.org or "-",
        timeout=_timeout(settings),
        verify_ssl=settings.verify,
        ssl_context=tls,  # urllib3 sets verify_mode on it as verify_ssl says, and ALPN; the files below it would load again
        ssl_ca_cert=None if tls else _text(settings.ca_file),
        cert_file=None if tls else _text(settings.cert_file),
        cert_key_file=None if tls else _text(settings.key_file),
        connection_pool_maxsize=1,
    )


def _timeout(settings: InfluxSettings, most_s: float | None = None) -> tuple[float, float]:
    """Return what the library takes: milliseconds for the connection and for silence."""
    connect_s, read_s = (min(each, most_s or each) for each in (settings.connect_timeout_s, settings.read_timeout_s))
    return connect_s * 1000, read_s * 1000


def _exchange(
    library: InfluxDBClient,
    method: str,
    path: str,
    body: bytes | Sequence[tuple[str, str]],
    headers: dict[str, str],
    timeout_ms: tuple[float, float],
    most_bytes: int,
) -> _Reply | Answer:
    content = {"body": body} if isinstance(body, bytes) else {"post_params": list(body)}  # of a form
    try:
        # Its default, no retries, also follows no redirect; without preloading it does not decode the body (it may not be UTF-8).
        response, status, reply_headers = library.api_client.call_api(  # type: ignore[no-untyped-call]
            path, method, header_params=headers, **content, _preload_content=False, _request_timeout=timeout_ms
        )
        return _Reply(status, reply_headers, _read(response, most_bytes))
    except ApiException as error:
        if not error.status:
            return unreachable("tls", f"{error.reason}")
        return _Reply(error.status, error.headers, error.body[:most_bytes])
    except (HTTPError, OSError, ValueError) as error:
        return unreachable(_failure(error), f"{type(error).__name__}: {error}")


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
    """Return the call; a 2.x knows users with passwords (`influx v1 auth`) at its 1.x calls only (http/legacy of its source)."""
    is_v1_user = kind is ServerKind.V2 and settings.username is not None
    if kind is ServerKind.V1 or is_v1_user or (kind is ServerKind.UNKNOWN and settings.database):
        database, policy = settings.database_name
        query = {"db": database, "rp": policy, "precision": "ns"}
        return "/write?" + urlencode({key: value for key, value in query.items() if value})
    query = {"org": settings.org, "bucket": settings.bucket_name, "precision": "ns"}
    return "/api/v2/write?" + urlencode({key: value for key, value in query.items() if value})


def _read(response: HTTPResponse, most_bytes: int) -> bytes:
    body = response.read(most_bytes)
    if len(body) < most_bytes:
        response.release_conn()
    else:
        response.close()
    return body


def _failure(error: Exception) -> str:
    if isinstance(error, NewConnectionError):  # before ConnectTimeoutError, of which it is a kind
        return "connection"
    return "timeout" if isinstance(error, (ReadTimeoutError, ConnectTimeoutError, TimeoutError)) else "cut"

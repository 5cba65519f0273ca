"""An InfluxDB stand-in that misbehaves on order, and remembers every line it stored.

    with FaultyStore() as store:                        # /ping says 1.6.7; store.url
        store.script(answer(503, retry_after="1"), slow(2.0), CUT_MID_BODY)   # for the next three writes, then 204 again
        store.always(answer(401, '{"error":"unauthorized"}'))                 # for every write until store.always(None)
        store.bad_line = lambda line: b"bad" in line    # 400, by `refuses`: "nothing-stored" (2.x) or "good-stored" (1.x)
        store.stored                                     # {(measurement, tags, time): fields}: resends do not count twice
        store.stop(); store.start()                      # same port, memory kept
        store.headers = {"Date": "Tue, 15 Nov 1994 08:12:31 GMT"}             # in every answer; Date is the system's without it

`FaultyStore(tls=context)` speaks https.

`stored`, `write_count`, `largest_lines` and `stored_lines` may be read at any time from any thread.
"""

import gzip
import json
import ssl
import threading
import zlib
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socket import SHUT_RDWR, SO_LINGER, SOL_SOCKET, socket
from struct import pack
from typing import Any, Literal, Self

from telemetry.lineprotocol.grammar import read_entry

Identity = tuple[str, tuple[tuple[str, str], ...], int | None]


@dataclass(frozen=True)
class Fault:
    """How one write goes wrong. `cut` resets the connection at that moment; `stores` keeps the lines all the same."""

    status: int = 204
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    delay_s: float = 0.0
    cut: Literal["", "mid-body", "before-answer", "mid-answer"] = ""
    stores: bool = False


def answer(status: int, body: str | bytes = b"", retry_after: str = "") -> Fault:
    """Answer `status` and store nothing."""
    headers = {"Retry-After": retry_after} if retry_after else {}
    return Fault(status, body.encode() if isinstance(body, str) else body, headers)


def slow(delay_s: float) -> Fault:
    """Store the lines, but answer only after `delay_s` seconds."""
    return Fault(delay_s=delay_s, stores=True)


def redirect(url: str) -> Fault:
    return Fault(307, headers={"Location": url})


CUT_MID_BODY = Fault(cut="mid-body")
CUT_BEFORE_ANSWER = Fault(cut="before-answer", stores=True)
CUT_MID_ANSWER = Fault(500, b"x" * 1000, cut="mid-answer")
NOT_UTF8 = Fault(500, b"\xff\xfe\x80 kaputt")
LOGIN_PAGE = Fault(200, b"<html>Please log in to the network</html>", {"Content-Type": "text/html"})
DATABASE_MISSING = answer(404, '{"error":"database not found: \\"street\\""}')


class FaultyStore:
    """See the module. `largest_lines` is the most lines seen in one request; more than `most_lines` are answered 413."""

    def __init__(self, ping_headers: Mapping[str, str] | None = None, tls: ssl.SSLContext | None = None) -> None:
        self.tls = tls
        self.headers: Mapping[str, str] = {}
        self.ping_headers = {"X-Influxdb-Version": "1.6.7", "X-Influxdb-Build": "OSS"} if ping_headers is None else ping_headers
        self.bad_line: Callable[[bytes], bool] = lambda _: False
        self.refuses: Literal["nothing-stored", "good-stored"] = "nothing-stored"
        self.refusal: Callable[[bytes], str] = lambda _: "the store does not like it"
        self.most_lines = 1_000_000
        self.stored: dict[Identity, dict[str, Any]] = {}
        self.stored_lines: list[bytes] = []
        self.paths: list[str] = []
        self.authorizations: set[str] = set()
        self.write_count = 0
        self.largest_lines = 0
        self.port = 0
        self.released = threading.Event()
        self._script: deque[Fault] = deque()
        self._always: Fault | None = None
        self._lock = threading.Lock()
        self._server: _Server | None = None

    @property
    def url(self) -> str:
        return f"{'https' if self.tls else 'http'}://127.0.0.1:{self.port}"

    def script(self, *faults: Fault) -> None:
        """Answer the next writes with these, one each."""
        self._script.extend(faults)

    def always(self, fault: Fault | None) -> None:
        """Answer every write with `fault` (after the script), or properly again."""
        self._always = fault

    def start(self) -> None:
        self.released.clear()
        self._server = _Server(self, self.port)
        self.port = self._server.server_address[1]
        self._server.begin()

    def stop(self) -> None:
        """Close the port and every connection at once; what was stored stays."""
        self.released.set()
        server, self._server = self._server, None
        if server:
            server.end()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def next_fault(self) -> Fault | None:
        with self._lock:
            self.write_count += 1
            return self._script.popleft() if self._script else self._always

    def take(self, body: bytes) -> tuple[int, bytes]:
        """Store a request's lines and return status and body of a proper answer."""
        lines = [line for line in body.split(b"\n") if line]
        with self._lock:
            self.largest_lines = max(self.largest_lines, len(lines))
            if len(lines) > self.most_lines:
                return 413, b'{"error":"Request Entity Too Large"}'
            bad = [line for line in lines if self.bad_line(line)]
            if not bad or self.refuses == "good-stored":
                self._keep([line for line in lines if not self.bad_line(line)])
        return (400, json.dumps({"error": self.refusal(bad[0])}).encode()) if bad else (204, b"")

    def _keep(self, lines: list[bytes]) -> None:
        self.stored_lines += lines
        for line in lines:
            entry = read_entry(line, 0)
            self.stored.setdefault((entry.measurement, tuple(sorted(entry.tags)), entry.ticks), {}).update(entry.fields)


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, store: FaultyStore, port: int) -> None:
        self.store = store
        self._open: set[socket] = set()
        super().__init__(("127.0.0.1", port), _Handler)
        self._thread = threading.Thread(target=self.serve_forever, args=(0.02,), name="faulty-store")

    def begin(self) -> None:
        self._thread.start()

    def end(self) -> None:
        self.shutdown()
        self._thread.join()
        for connection in list(self._open):
            _shut(connection)
        self.server_close()

    def get_request(self) -> tuple[Any, Any]:
        request, address = super().get_request()
        tls = self.store.tls
        return (tls.wrap_socket(request, server_side=True, do_handshake_on_connect=False) if tls else request), address

    def process_request(self, request: Any, client_address: Any) -> None:
        self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        self._open.discard(request)
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Clients that leave are what this server is about."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Server

    def do_GET(self) -> None:
        self._answer(204, b"", self.server.store.ping_headers)

    def do_POST(self) -> None:
        store = self.server.store
        length = int(self.headers.get("Content-Length", 0))
        if self.path.startswith("/query"):
            self.rfile.read(length)
            self._answer(200, b'{"results":[{"statement_id":0}]}', {})
            return
        store.paths.append(self.path)
        store.authorizations.add(self.headers.get("Authorization", ""))
        fault = store.next_fault()
        if fault is not None and fault.cut == "mid-body":
            self.rfile.read(length // 2)
            self._cut()
            return
        body = self.rfile.read(length)
        if fault is not None:
            self._misbehave(fault, body)
            return
        try:
            status, words = store.take(_text(body, self.headers.get("Content-Encoding", "")))
        except (OSError, EOFError, zlib.error):
            status, words = 400, b'{"error":"EOF"}'
        self._answer(status, words, {})

    def _misbehave(self, fault: Fault, body: bytes) -> None:
        if fault.stores:
            self.server.store.take(_text(body, self.headers.get("Content-Encoding", "")))
        if self.server.store.released.wait(fault.delay_s) or fault.cut == "before-answer":
            self._cut()
        elif fault.cut == "mid-answer":
            self.send_response(fault.status)
            self.send_header("Content-Length", str(len(fault.body)))
            self.end_headers()
            self.wfile.write(fault.body[: len(fault.body) // 2])
            self._cut()
        else:
            self._answer(fault.status, fault.body, fault.headers)

    def _answer(self, status: int, body: bytes, headers: Mapping[str, str]) -> None:
        ours = self.server.store.headers
        self.send_response_only(status)
        for name, value in ({"Date": self.date_time_string()} | dict(ours) | dict(headers)).items():
            self.send_header(name, value)
        if status != 204:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body if status != 204 else b"")

    def _cut(self) -> None:
        self.wfile.flush()
        self.connection.setsockopt(SOL_SOCKET, SO_LINGER, pack("ii", 1, 0))  # close sends RST
        self.close_connection = True

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 -- the base's name
        """Say nothing."""


def _text(body: bytes, encoding: str) -> bytes:
    return gzip.decompress(body) if encoding == "gzip" else body


def _shut(connection: socket) -> None:
    try:
        connection.shutdown(SHUT_RDWR)
    except OSError:
        return

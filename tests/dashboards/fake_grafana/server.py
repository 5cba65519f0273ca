"""The fake Grafana on a loopback port. Every request, and every answer that is no fault, is held against the contract."""

import base64
import json
import re
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from tests.dashboards.fake_grafana.behaviour import Behaviour, error
from tests.dashboards.fake_grafana.contract import Contract
from tests.dashboards.fake_grafana.faults import ANSWERS, Fault
from tests.dashboards.fake_grafana.store import Store

TOKEN = "glsa_0123456789abcdefABCDEF_token"
USER, PASSWORD = "admin", "mật khẩu"


@dataclass(frozen=True)
class Asked:
    method: str
    target: str
    headers: dict[str, str]
    body: bytes

    @property
    def is_writing(self) -> bool:
        return self.method != "GET"


@dataclass
class FakeGrafana:
    """A running one. `wrong` is what the contract found wrong; `asked` all requests since `forget`."""

    behaviour: Behaviour
    contract: Contract | None
    url: str = ""
    faults: tuple[Fault, ...] = ()
    asked: list[Asked] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    go_on: threading.Event = field(default_factory=threading.Event)
    host_header: str = ""

    @property
    def store(self) -> Store:
        return self.behaviour.store

    @store.setter
    def store(self, store: Store) -> None:
        self.behaviour.store = store

    @property
    def written(self) -> list[Asked]:
        return [each for each in self.asked if each.is_writing]

    def forget(self, *faults: Fault) -> None:
        """Count requests from 1 again, with these faults to come."""
        self.asked, self.faults = [], faults


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    fake: FakeGrafana
    lock: threading.Lock

    def do_GET(self) -> None:
        with self.lock:
            status, content, fault = self._answered()
        if fault and fault.kind == "slow":
            self.fake.go_on.wait(5)
        if fault and fault.kind in ("cut", "late cut"):
            self.close_connection = True
            return
        self._send(status, content, fault)

    do_POST = do_PUT = do_DELETE = do_PATCH = do_GET  # noqa: N815 (names of http.server)

    def _answered(self) -> tuple[int, bytes, Fault | None]:
        fake = self.fake
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        headers = dict(self.headers.items())
        fake.asked.append(Asked(self.command, self.path, headers, body))
        if fake.contract:
            fake.wrong += fake.contract.wrong_with_request(self.command, self.path, headers, body)
        fault = next((each for each in fake.faults if each.strikes(len(fake.asked))), None)
        status, answer = 0, None
        if fault is None or fault.does_the_work:
            status, answer = self._worked(headers, body)
        content = b"" if answer is None else json.dumps(answer, ensure_ascii=False).encode()
        if fault is None and fake.contract:
            fake.wrong += fake.contract.wrong_with_answer(self.command, urlsplit(self.path).path, status, content)
        if fault and fault.kind in ANSWERS:
            status, content = ANSWERS[fault.kind]
        if fault and fault.kind == "echo":
            status, content = 400, json.dumps({"message": f"bad request: {body.decode()[-200:]}"}).encode()
        return status, content, fault

    def _worked(self, headers: dict[str, str], body: bytes) -> tuple[int, Any]:
        parts = urlsplit(self.path)
        prefix = re.sub(r"^/grafana(?=/api/)", "", parts.path)
        path = "/".join(unquote(part).replace("/", "%2F") for part in prefix.split("/"))
        if path != "/api/health" and not _is_known(headers.get("Authorization", "")):
            return error(401, "Invalid API key")
        return self.fake.behaviour.answer(self.command, path, dict(parse_qsl(parts.query)), headers, json.loads(body) if body else None)

    def _send(self, status: int, content: bytes, fault: Fault | None) -> None:
        lines = [f"HTTP/1.1 {status} x", "Content-Type: application/json; charset=UTF-8"]
        if status != 204:
            lines.append(f"Content-Length: {len(content) + (10 if fault and fault.kind == 'half' else 0)}")
        if fault and fault.kind == "429":
            lines.append("Retry-After: 7")
        if fault and fault.kind == "redirect":
            lines.append(f"Location: http://elsewhere.example{self.path}?token=1")
        try:
            self.wfile.write("\r\n".join(lines).encode() + b"\r\n\r\n" + content)
        except OSError:
            self.close_connection = True
        if fault and fault.kind == "half":
            self.close_connection = True

    def log_message(self, *_: object) -> None:
        pass


def _is_known(authorization: str) -> bool:
    basic = base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
    return authorization in (f"Bearer {TOKEN}", f"Basic {basic}")


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def handle_error(self, *_: object) -> None:
        pass


@contextmanager
def running(
    store: Store, contract: Contract | None, version: str = "13.0.0", context: ssl.SSLContext | None = None
) -> Iterator[FakeGrafana]:
    """Run one on a free port; with a context, over TLS."""
    fake = FakeGrafana(Behaviour(store, version), contract)
    server = _Server(("127.0.0.1", 0), type("Handler", (_Handler,), {"fake": fake, "lock": threading.Lock()}))
    if context is not None:
        server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    fake.url = f"http{'s' if context else ''}://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield fake
    finally:
        fake.go_on.set()
        server.shutdown()
        thread.join()
        server.server_close()

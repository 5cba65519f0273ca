"""A registry on a free loopback port that does as told: real HTTP, with the faults of the field."""

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Self

Answerer = Callable[["_Handler"], None]


@dataclass
class Request:
    path: str
    headers: Mapping[str, str]
    body: bytes


@dataclass
class RegistryServer:
    """Keeps what it is sent by Idempotency-Key: 201, and 409 when it comes again; `answers` go first, one a request."""

    answers: list[Answerer] = field(default_factory=list)
    requests: list[Request] = field(default_factory=list)
    kept: dict[str, bytes] = field(default_factory=dict)
    gone: threading.Event = field(default_factory=threading.Event)

    def __enter__(self) -> Self:
        registry = self

        class Handler(_Handler):
            server_side = registry

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02})
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.gone.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"


class _Handler(BaseHTTPRequestHandler):
    server_side: RegistryServer

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        side = self.server_side
        side.requests.append(Request(self.path, dict(self.headers), body))
        if side.answers:
            side.answers.pop(0)(self)
            return
        key = self.headers["Idempotency-Key"]
        says(409 if key in side.kept else 201)(self)
        side.kept.setdefault(key, body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name of the base class
        pass


def says(status: int, text: bytes = b"", **headers: str) -> Answerer:
    """Answer with a status."""

    def answer(handler: _Handler) -> None:
        handler.send_response(status)
        for name, value in headers.items():
            handler.send_header(name, value)
        handler.send_header("Content-Length", str(len(text)))
        handler.end_headers()
        handler.wfile.write(text)

    return answer


def hangs_up(handler: _Handler) -> None:
    """Close without an answer."""
    handler.close_connection = True


def is_garbage(handler: _Handler) -> None:
    """Answer with what is no HTTP."""
    handler.wfile.write(b"\xff\x00 hello\r\n\r\n")
    handler.close_connection = True


def drips(handler: _Handler) -> None:
    """Answer without end, a byte every 20 ms."""
    handler.wfile.write(b"HTTP/1.1 201 Created\r\nX: ")
    while not handler.server_side.gone.wait(0.02):
        try:
            handler.wfile.write(b"x")
        except OSError:
            return


def keeps_but_hangs_up(handler: _Handler) -> None:
    """Keep the record and lose the answer."""
    side = handler.server_side
    side.kept[handler.headers["Idempotency-Key"]] = side.requests[-1].body
    handler.close_connection = True

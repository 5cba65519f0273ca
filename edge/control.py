"""The control socket: a Unix socket in the state folder through which the command line asks a running agent.

One request a connection, one JSON line: `{"command": "status"}`. The answer is one JSON line, or, for `tail`, one line a batch of
readings until the client hangs up. Only the agent's user and group may connect.
"""

import contextlib
import json
import socket
import threading
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from runtime.logs import Log

_LOG = Log("edge.control")
_REQUEST_BYTES = 1 << 20  # a whole config
_REQUEST_TIMEOUT_S = 5.0
_ANSWER_TIMEOUT_S = 30.0
_MOST_CLIENTS = 8
_PAUSE_S = 0.5  # before the next try when the process is out of file descriptors, say

Request = Mapping[str, object]
Command = Callable[[Request], Iterator[Mapping[str, object]]]


class ControlServer:
    """Answers on `path`; `commands` maps a name to what yields its answers."""

    def __init__(self, path: Path, commands: Mapping[str, Command]) -> None:
        self._path = path
        self._commands = commands
        self._server: socket.socket | None = None
        self._accepting = threading.Thread(target=self._accept, name="control")
        self._clients: dict[threading.Thread, socket.socket] = {}
        self._lock = threading.Lock()
        self._stopping = threading.Event()

    def start(self) -> None:
        """Listen. Raises OSError when the socket cannot be made."""
        self._path.unlink(missing_ok=True)
        self._server = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._server.bind(str(self._path))
        self._path.chmod(0o660)
        self._server.listen(_MOST_CLIENTS)
        self._server.settimeout(0.5)
        self._accepting.start()

    def stop(self, timeout_s: float) -> None:
        self._stopping.set()
        if self._server is None:
            return
        with contextlib.suppress(OSError):
            self._server.shutdown(socket.SHUT_RDWR)  # wakes whoever accepts
        self._accepting.join(timeout_s)
        self._server.close()
        with self._lock:
            clients = dict(self._clients)
        for thread, connection in clients.items():
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
            thread.join(timeout_s)
        self._path.unlink(missing_ok=True)

    def _accept(self) -> None:
        assert self._server is not None  # noqa: S101 (started before the thread)
        while not self._stopping.is_set():
            try:
                connection, _ = self._server.accept()
            except TimeoutError:
                continue
            except OSError as error:
                if self._stopping.is_set():
                    return
                _LOG.warning("control.refused", reason=error)
                self._stopping.wait(_PAUSE_S)
                continue
            with self._lock:
                if len(self._clients) >= _MOST_CLIENTS:
                    connection.close()
                    continue
                thread = threading.Thread(target=self._serve, args=(connection,), name="control-client")
                self._clients[thread] = connection
            thread.start()

    def _serve(self, connection: socket.socket) -> None:
        try:
            with contextlib.suppress(OSError), connection:
                connection.settimeout(_REQUEST_TIMEOUT_S)
                request = _read_request(connection)
                connection.settimeout(_ANSWER_TIMEOUT_S)
                for answer in self._answers(request):
                    if self._stopping.is_set():
                        break
                    connection.sendall(json.dumps(answer, ensure_ascii=False, default=str).encode() + b"\n")
        finally:
            with self._lock:
                self._clients.pop(threading.current_thread(), None)

    def _answers(self, request: Request | None) -> Iterator[Mapping[str, object]]:
        command = self._commands.get(str((request or {}).get("command")))
        if request is None or command is None:
            yield {"ok": False, "error": f"unknown command; known: {', '.join(sorted(self._commands))}"}
            return
        try:
            yield from command(request)
        except (ValueError, TypeError, KeyError, OSError) as error:
            _LOG.warning("control.failed", command=request.get("command"), reason=error)
            yield {"ok": False, "error": str(error)}


def _read_request(connection: socket.socket) -> Request | None:
    data = b""
    while not data.endswith(b"\n") and len(data) < _REQUEST_BYTES:
        part = connection.recv(65_536)
        if not part:
            break
        data += part
    try:
        request = json.loads(data)
    except (ValueError, RecursionError):
        return None
    return request if isinstance(request, dict) else None

"""The call that brings a record to the registry (docs/specs/records.md, section 4).

    POST <url>/api/v1/records    Authorization: Bearer <token>    body: the signed record as it is on disk

Redirects are not followed, so the token goes to nobody else; https, or http to this machine only.
"""

import http.client
import ipaddress
import re
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from urllib.parse import SplitResult, urlsplit

from telemetry.errors import QuanhoError

PATH = "/api/v1/records"
TIMEOUT_S = 20.0
_SAID_BYTES = 500
_TOKEN = re.compile(r"[\x21-\x7e]{1,4000}")


class Outcome(Enum):
    """What became of one record."""

    TAKEN = "taken"
    ALREADY_THERE = "already there"
    REFUSED = "refused"  # never deliverable
    LATER = "later"  # keep it, and do not try the others now either


@dataclass(frozen=True, slots=True)
class Answer:
    """The outcome, and the registry's (or the network's) own words."""

    outcome: Outcome
    text: str


class RegistryUnusable(QuanhoError):
    """The address or token cannot be used as it is; the message says what to write instead."""


_BY_STATUS = {200: Outcome.TAKEN, 201: Outcome.TAKEN, 204: Outcome.TAKEN, 409: Outcome.ALREADY_THERE}
_NEVER = frozenset({400, 413, 415, 422})
_WHY = {
    401: "the registry does not know this token",
    403: "this token may not send records",
    404: "there is no registry at this address",
    405: "there is no registry at this address",
}


@dataclass(frozen=True, slots=True)
class Registry:
    """Where records go. `token` is secret; it is not in what this shows of itself."""

    where: SplitResult
    token: str
    ca_file: Path | None = None
    timeout_s: float = TIMEOUT_S

    def __repr__(self) -> str:
        return f"Registry({self.where.geturl()})"

    def send(self, record_id: str, data: bytes) -> Answer:
        """Bring one record there, within `timeout_s` in all, and return what became of it. Never raises for what the other side does."""
        headers = {
            "Authorization": f"Bearer {self.token}",
            "Content-Type": "application/json",
            "Idempotency-Key": record_id,
            "User-Agent": "quanho",
        }
        try:
            connection = self._connection()
            connection.connect()
            with _ended_after(self.timeout_s, connection):
                connection.request("POST", self.where.path.rstrip("/") + PATH, body=data, headers=headers)
                with connection.getresponse() as response:
                    if response.length is None and not response.chunked:  # http.client takes a cut-off head for a whole one
                        return Answer(Outcome.LATER, f"{response.status}, but the answer is cut off (no Content-Length)")
                    return _judged(response.status, response.read(_SAID_BYTES))
        except (OSError, http.client.HTTPException, ValueError) as error:
            return Answer(Outcome.LATER, f"{self.where.hostname}: {str(error) or type(error).__name__}")

    def _connection(self) -> http.client.HTTPConnection:
        host, port = self.where.hostname or "", self.where.port
        if self.where.scheme == "http":
            return http.client.HTTPConnection(host, port, timeout=self.timeout_s)
        context = ssl.create_default_context(cafile=str(self.ca_file) if self.ca_file else None)
        return http.client.HTTPSConnection(host, port, timeout=self.timeout_s, context=context)


def registry(url: str, token: str, ca_file: Path | None = None, timeout_s: float = TIMEOUT_S) -> Registry:
    """Return the registry at `url`. Raises RegistryUnusable."""
    try:
        where = urlsplit(url)
        has_port = where.port is None or where.port > 0
    except ValueError:
        where, has_port = urlsplit(""), False
    if where.scheme not in ("https", "http") or not where.hostname or not has_port or where.query or where.fragment or where.username:
        raise RegistryUnusable(f"{url!r} is no address of a registry, as in https://core.example.vn")
    if where.scheme == "http" and not _is_this_machine(where.hostname):
        raise RegistryUnusable(f"{url}: over http everybody on the way reads the token; use https")
    if not _TOKEN.fullmatch(token):
        raise RegistryUnusable("the token file holds no token: one word of plain characters is expected")
    return Registry(where, token, ca_file, timeout_s)


def _judged(status: int, body: bytes) -> Answer:
    said = " ".join(body.decode("utf-8", "replace").split())[:200]
    text = f"{status} {_WHY.get(status, http.client.responses.get(status, ''))}".strip() + (f": {said}" if said else "")
    if status in _BY_STATUS:
        return Answer(_BY_STATUS[status], text)
    return Answer(Outcome.REFUSED if status in _NEVER else Outcome.LATER, text)


def _is_this_machine(host: str) -> bool:
    with suppress(ValueError):
        return ipaddress.ip_address(host).is_loopback
    return host == "localhost"


@contextmanager
def _ended_after(seconds: float, connection: http.client.HTTPConnection) -> Iterator[None]:
    """Shut the open connection when `seconds` are over: a socket's own time-out starts anew with each byte that drips in."""
    opened: socket.socket = connection.sock

    def shut() -> None:
        with suppress(OSError):
            opened.shutdown(socket.SHUT_RDWR)

    timer = threading.Timer(seconds, shut)
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
        timer.join()
        connection.close()

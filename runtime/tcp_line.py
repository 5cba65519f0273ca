"""A TCP connection that is there when it is needed: opened again when it was lost, with pauses that grow."""

import select
import socket
from random import Random

from runtime.backoff import Backoff, next_delay
from runtime.clock import Clock
from runtime.logs import Log
from telemetry.errors import TransientError

_BACKOFF = Backoff(0.5, 30.0)
_CONNECT_S = 3.0
_CHUNK_BYTES = 4096
log = Log("runtime.tcp")


class TcpLine:
    """One connection; one thread uses it."""

    def __init__(self, host: str, port: int, clock: Clock, rng: Random | None = None) -> None:
        self.last_error = ""
        self._address = (host, port)
        self._clock = clock
        self._rng = rng or Random()  # noqa: S311 -- jitter
        self._socket: socket.socket | None = None
        self._failures = 0
        self._try_at_s = 0.0

    @property
    def is_open(self) -> bool:
        return self._socket is not None

    def open(self) -> bool:
        """Connect if that is due; tell whether the connection is there."""
        if self._socket is not None:
            return True
        if self._clock.monotonic_s() < self._try_at_s:
            return False
        try:
            made = socket.create_connection(self._address, _CONNECT_S)
            made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            made.settimeout(_CONNECT_S)
        except (OSError, ValueError) as error:  # a ValueError is a name that cannot be one: "meter..local"
            self._failed(error)
            return False
        self._socket, self.last_error = made, ""
        log.info("tcp.connected", host=self._address[0], port=self._address[1])
        return True

    def send(self, data: bytes) -> None:
        """Send all; TransientError if the connection is not there."""
        if self._socket is None:
            raise TransientError(f"no connection to {self._address[0]}:{self._address[1]}: {self.last_error or 'not tried yet'}")
        try:
            self._socket.sendall(data)
        except OSError as error:
            self._failed(error)
            raise TransientError(f"{self._address[0]}:{self._address[1]}: {self.last_error}") from error

    def receive(self, wait_s: float) -> bytes:
        """Return what comes within `wait_s`, nothing if nothing does or the connection ends."""
        if self._socket is None or not select.select([self._socket], [], [], max(0.0, wait_s))[0]:
            return b""
        try:
            data = self._socket.recv(_CHUNK_BYTES)
        except OSError as error:
            self._failed(error)
            return b""
        if not data:
            self._failed(ConnectionError("closed by the other side"))
        else:
            self._failures = 0
        return data

    def close(self) -> None:
        made, self._socket = self._socket, None
        if made is not None:
            made.close()

    def _failed(self, error: OSError | ValueError) -> None:
        self.close()
        self._failures += 1
        delay_s = next_delay(_BACKOFF, self._failures, self._rng)
        self._try_at_s = self._clock.monotonic_s() + delay_s
        reason = getattr(error, "strerror", None) or str(error)
        if reason != self.last_error:
            log.warning("tcp.unavailable", host=self._address[0], port=self._address[1], reason=reason, again_in_s=round(delay_s, 1))
        self.last_error = reason

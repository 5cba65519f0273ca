"""A minimal MQTT 5 publisher at QoS 1 that knows exactly what the broker has taken for somebody.

The broker answers each PUBLISH by a PUBACK with a reason (MQTT 5, section 3.4.2.1): 0x00 it has the message for at least one
subscriber; 0x10 nobody is subscribed, so the message is gone and is sent once more; 0x80 and above it refuses the message.
Messages without an answer are sent again, marked DUP, when the connection was lost. One thread uses it.
"""

import select
import socket
import time
from collections import deque
from collections.abc import Callable, Iterator
from typing import Generic, NamedTuple, TypeVar

Ticket = TypeVar("Ticket")

_IN_FLIGHT = 20  # what the least generous broker allows (mosquitto's default)
_RETRY_S = 0.25
_SESSION_EXPIRY_S = 300
_CONNECT, _CONNACK, _PUBLISH, _PUBACK, _DISCONNECT = 0x10, 0x20, 0x32, 0x40, 0xE0
_DUP = 0x08
_NO_SUBSCRIBER, _REFUSED = 0x10, 0x80


class PublishRefused(Exception):
    """The broker does not take us, or a message of ours; the text says which and its reason code."""


class _Waiting(NamedTuple, Generic[Ticket]):
    topic: str
    payload: bytes
    ticket: Ticket


class Publisher(Generic[Ticket]):
    """`publish` queues, `pump` works; `on_taken(ticket)` is called once for each message that the broker has for a subscriber."""

    def __init__(self, port: int, client_id: str, on_taken: Callable[[Ticket], None]) -> None:
        self._port = port
        self._client_id = client_id
        self._on_taken = on_taken
        self._queue: deque[_Waiting[Ticket]] = deque()
        self._sent: dict[int, _Waiting[Ticket]] = {}
        self._returned: list[_Waiting[Ticket]] = []  # nobody was subscribed
        self._next_id = 0
        self._socket: socket.socket | None = None
        self._inbox = b""
        self._hold_until_s = 0.0

    @property
    def pending(self) -> int:
        """Messages that the broker has not confirmed yet."""
        return len(self._queue) + len(self._sent) + len(self._returned)

    def publish(self, topic: str, payload: bytes, ticket: Ticket) -> None:
        """Send a message with the next `pump`."""
        self._queue.append(_Waiting(topic, payload, ticket))

    def pump(self, wait_s: float) -> None:
        """Send what may be sent and take in answers, for about `wait_s`. Raises PublishRefused; a lost connection is made again."""
        deadline_s = time.monotonic() + wait_s
        while True:
            try:
                self._work(max(0.0, deadline_s - time.monotonic()))
            except OSError:
                self._drop()
                self._hold_until_s = time.monotonic() + _RETRY_S
            if time.monotonic() >= deadline_s:
                return

    def close(self) -> None:
        """Leave the broker."""
        if self._socket is not None:
            try:
                self._socket.sendall(_packet(_DISCONNECT, b""))
            except OSError:
                pass
            finally:
                self._drop()

    def _work(self, wait_s: float) -> None:
        held_s = self._hold_until_s - time.monotonic()
        if held_s <= 0.0:
            if self._socket is None:
                self._socket = self._connect()
            self._queue.extendleft(reversed(self._returned))
            self._returned.clear()
            while self._queue and len(self._sent) < _IN_FLIGHT:
                self._send(self._queue.popleft())
        sockets = [self._socket] if self._socket else []
        readable, _, _ = select.select(sockets, [], [], min(wait_s, held_s) if held_s > 0.0 else wait_s)
        for connection in readable:
            self._read(connection)

    def _connect(self) -> socket.socket:
        connection = socket.create_connection(("127.0.0.1", self._port), timeout=5.0)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        properties = b"\x05\x11" + _SESSION_EXPIRY_S.to_bytes(4, "big")
        connection.sendall(_packet(_CONNECT, _text("MQTT") + b"\x05\x00\x00\x00" + properties + _text(self._client_id)))
        self._inbox = b""
        while True:
            data = connection.recv(4096)
            if not data:
                raise ConnectionResetError
            self._inbox += data
            for head, body in self._packets():
                if head & 0xF0 != _CONNACK or body[1] != 0:
                    raise PublishRefused(f"the broker refuses the simulated devices: reason {body[1]:#04x}")
                for packet_id, waiting in self._sent.items():
                    connection.sendall(_publish(packet_id, waiting.topic, waiting.payload, _DUP))
                return connection

    def _send(self, waiting: _Waiting[Ticket]) -> None:
        while True:
            self._next_id = self._next_id % 0xFFFF + 1
            if self._next_id not in self._sent:
                break
        self._sent[self._next_id] = waiting
        if self._socket is not None:
            self._socket.sendall(_publish(self._next_id, waiting.topic, waiting.payload, 0))

    def _read(self, connection: socket.socket) -> None:
        data = connection.recv(65536)
        if not data:
            raise ConnectionResetError
        self._inbox += data
        for head, body in self._packets():
            if head & 0xF0 == _PUBACK:
                self._answered(int.from_bytes(body[:2], "big"), body[2] if len(body) > 2 else 0)

    def _answered(self, packet_id: int, reason: int) -> None:
        waiting = self._sent.pop(packet_id, None)
        if waiting is None:
            return
        if reason >= _REFUSED:
            raise PublishRefused(f"the broker refuses {waiting.topic}: reason {reason:#04x}")
        if reason == _NO_SUBSCRIBER:
            self._returned.append(waiting)
            self._hold_until_s = time.monotonic() + _RETRY_S
        else:
            self._on_taken(waiting.ticket)

    def _packets(self) -> Iterator[tuple[int, bytes]]:
        """Yield (first byte, body) of the packets that have arrived whole."""
        while len(self._inbox) >= 2:
            length = shift = 0
            at = 1
            while at < len(self._inbox):
                byte = self._inbox[at]
                length |= (byte & 0x7F) << shift
                at, shift = at + 1, shift + 7
                if not byte & 0x80:
                    break
            else:
                return
            if len(self._inbox) < at + length:
                return
            head, body = self._inbox[0], self._inbox[at : at + length]
            self._inbox = self._inbox[at + length :]
            yield head, body

    def _drop(self) -> None:
        if self._socket is not None:
            self._socket.close()
            self._socket = None


def _publish(packet_id: int, topic: str, payload: bytes, flags: int) -> bytes:
    return _packet(_PUBLISH | flags, _text(topic) + packet_id.to_bytes(2, "big") + b"\x00" + payload)


def _text(text: str) -> bytes:
    data = text.encode()
    return len(data).to_bytes(2, "big") + data


def _packet(head: int, body: bytes) -> bytes:
    length, left = bytearray(), len(body)
    while True:
        left, byte = left >> 7, left & 0x7F
        length.append(byte | (0x80 if left else 0))
        if not left:
            return bytes([head]) + bytes(length) + body

"""A broker that holds its client to the letter, and can misbehave like a broker on a bad day. MQTT 3.1.1 and 5, one session.

It queues QoS 1 messages for its one client and never has more than `window` of them unacknowledged (mosquitto from 2.0.13 on
does so with 20 for a 3.1.1 client). It redelivers with DUP when a session resumes. What the client publishes comes back to it
behind what is queued, as it does from mosquitto, if it has subscribed to that very topic; such markers have packet ids from 60,001
and are in no count. What the client does wrong is in `violations`; the tests say `assert not broker.violations`.

    with StrictBroker(window=20) as broker:
        broker.publish("site/a", b"1")          # queued until somebody subscribes
        ...
        broker.cut()                            # the connection drops; the session stays
        broker.restart_without_session()        # session_present = 0, ids start at 1, unacknowledged messages come as new
"""

import socket
import struct
import threading
from collections import OrderedDict, deque
from collections.abc import Callable
from contextlib import suppress
from types import TracebackType
from typing import BinaryIO, NamedTuple, Self

_MARKER_IDS = 60_000
_RESET_ON_CLOSE = struct.pack("ii", 1, 0)  # SO_LINGER: close sends RST, as a power cut or a firewall would


class Delivery(NamedTuple):
    """A PUBLISH that was sent."""

    packet_id: int
    dup: bool
    payload: bytes


class StrictBroker:
    """Listens on a free port of 127.0.0.1 from `__enter__` to `__exit__`. Every method may be called from any thread."""

    def __init__(self, window: int = 20) -> None:
        self.window = window
        self.connack_code = 0  # set it to refuse connections
        self.suback_code: int | None = None  # set it to refuse subscriptions, for example 0x87
        self.marker_code = 0  # PUBACK reason of what the client publishes, which then does not come back; 0x87, for example
        self.cuts_on_marker = False  # drop the connection of a client that publishes
        self.loses_markers = False  # acknowledge what the client publishes, and forget it
        self.takes = ""  # topics below this may be published to, besides markers
        self.published: list[tuple[str, bytes]] = []  # to such topics
        self.cuts_on_publish = False  # drop the connection of a client that publishes to them
        self.publish_code = 0  # PUBACK reason of that; 0x87, for example
        self.markers: list[bytes] = []  # payloads that the client published
        self.markers_acknowledged: list[bytes] = []
        self.violations: list[str] = []
        self.acknowledged: list[bytes] = []  # payloads, in order of PUBACK
        self.deliveries: list[Delivery] = []
        self.refused_filters: set[str] = set()
        self.subscribed: list[str] = []  # filters, in order of SUBSCRIBE, over all connections
        self.unsubscribed: list[str] = []
        self.connect_count = 0
        self.goodbye_count = 0  # DISCONNECT packets
        self.ping_count = 0
        self.max_in_flight = 0
        self._lock = threading.RLock()
        self._queue: deque[tuple[str, bytes]] = deque()
        self._in_flight: OrderedDict[int, tuple[str, bytes]] = OrderedDict()
        self._last_id = 0
        self._last_marker_id = _MARKER_IDS
        self._has_session = False
        self._filters: set[str] = set()
        self._socket: socket.socket | None = None
        self._ready = False  # CONNACK was sent on this connection
        self._mqtt5 = True
        self._bytes_left: int | None = None
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._threads: list[threading.Thread] = []

    def __enter__(self) -> Self:
        self._spawn(self._accept)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self.cut()
        for thread in self._threads:
            thread.join(5)

    def publish(self, topic: str, payload: bytes) -> None:
        """Queue a QoS 1 message; it leaves as soon as the window has room and somebody has subscribed."""
        with self._lock:
            self._queue.append((topic, payload))
            self._fill_window()

    def publish_now(self, topic: str, payload: bytes, packet_id: int, *, dup: bool) -> None:
        """Send a QoS 1 message at once under an id of the test's choice, past the queue (a broker that reuses ids)."""
        with self._lock:
            self._in_flight[packet_id] = (topic, payload)
            self._send_publish(packet_id, dup=dup)

    def send_raw(self, data: bytes) -> None:
        """Send any bytes to the client."""
        with self._lock:
            self._send(data)

    def cut(self) -> None:
        """Drop the connection without a word; the session stays."""
        with self._lock:
            self._ready = False
            if self._socket:
                with suppress(OSError):
                    self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
                    self._socket.shutdown(socket.SHUT_RDWR)
                self._socket.close()
                self._socket = None

    def cut_after(self, count: int) -> None:
        """Drop the connection once `count` more bytes have left, in the middle of a packet if it comes so."""
        with self._lock:
            self._bytes_left = count

    def restart_without_session(self) -> None:
        """Drop the connection, forget session and subscriptions; unacknowledged messages go back to the queue as new ones."""
        with self._lock:
            self.cut()
            self._queue.extendleft(reversed(self._in_flight.values()))
            self._in_flight.clear()
            self._last_id = 0
            self._has_session = False
            self._filters.clear()

    @property
    def is_connected(self) -> bool:
        with self._lock:
            return self._ready

    @property
    def unacknowledged_count(self) -> int:
        """Messages that are queued or in flight."""
        with self._lock:
            return sum(not _is_marker(topic) for topic, _ in (*self._queue, *self._in_flight.values()))

    def _spawn(self, target: Callable[..., None], *args: object) -> None:
        thread = threading.Thread(target=target, args=args, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            with self._lock:
                self.cut()  # the newer connection takes over
                self._socket = connection
            self._spawn(self._serve, connection)

    def _serve(self, connection: socket.socket) -> None:
        with suppress(OSError, EOFError), connection, connection.makefile("rb") as stream:
            while True:
                head = _exactly(stream.read(1), 1)[0]
                size = _read_length(stream)
                body = _exactly(stream.read(size), size)
                with self._lock:
                    if self._socket is not connection:
                        return
                    self._answer(head, body)

    def _answer(self, head: int, body: bytes) -> None:
        kind = head >> 4
        if kind == 1:
            self._on_connect(body)
        elif not self._ready:
            self.violations.append(f"packet of type {kind} before CONNACK")
        elif kind == 3:
            self._on_publish(head, body)
        elif kind == 4:
            self._on_puback(int.from_bytes(body[:2], "big"))
        elif kind == 8:
            self._on_subscribe(body)
        elif kind == 10:
            self._on_unsubscribe(body)
        elif kind == 12:
            self.ping_count += 1
            self._send(b"\xd0\x00")
        elif kind == 14:
            self.goodbye_count += 1
            self.cut()
        else:
            self.violations.append(f"unexpected packet of type {kind}")

    def _on_connect(self, body: bytes) -> None:
        version, flags = body[6], body[7]
        self._mqtt5 = version == 5
        self.connect_count += 1
        if body[:6] != b"\x00\x04MQTT" or version not in (4, 5):
            self.violations.append(f"CONNECT of an unknown protocol: {body[:7]!r}")
        if self.connack_code:
            self._send(self._packet(0x20, bytes((0, self.connack_code)) + (b"\0" if self._mqtt5 else b"")))
            self.cut()
            return
        if flags & 0x02:
            self.violations.append("CONNECT asks for a clean session")
        self._send(self._packet(0x20, bytes((self._has_session, 0)) + (b"\0" if self._mqtt5 else b"")))
        self._has_session = True
        self._ready = self._socket is not None
        for packet_id in list(self._in_flight):
            self._send_publish(packet_id, dup=True)
        self._fill_window()

    def _on_puback(self, packet_id: int) -> None:
        if packet_id not in self._in_flight:
            self.violations.append(f"PUBACK {packet_id}, which is not in flight")
            return
        oldest = next(iter(self._in_flight))
        if packet_id != oldest:
            self.violations.append(f"PUBACK {packet_id} before {oldest}")
        topic, payload = self._in_flight.pop(packet_id)
        (self.markers_acknowledged if _is_marker(topic) else self.acknowledged).append(payload)
        self._fill_window()

    def _on_publish(self, head: int, body: bytes) -> None:
        topic, at = _text(body, 0)
        if head != 0x32:
            self.violations.append(f"PUBLISH with head {head:#x}: only QoS 1 without DUP and RETAIN is expected")
            return
        payload = body[at + 2 + (1 + body[at + 2] if self._mqtt5 else 0) :]
        if self.takes and topic.startswith(self.takes):
            self.published.append((topic, payload))
            if self.cuts_on_publish:
                self.cut()
            else:
                self._send(self._packet(0x40, body[at : at + 2] + (bytes((self.publish_code, 0)) if self._mqtt5 else b"")))
            return
        if not _is_marker(topic):
            self.violations.append(f"PUBLISH to {topic}")
        self.markers.append(payload)
        if self.cuts_on_marker:
            self.cut()
            return
        refused = bytes((self.marker_code, 0)) if self.marker_code and self._mqtt5 else b""
        self._send(self._packet(0x40, body[at : at + 2] + refused))
        if topic in self._filters and not (self.marker_code or self.loses_markers):
            self._queue.append((topic, payload))
            self._fill_window()

    def _on_subscribe(self, body: bytes) -> None:
        at, codes = 2 + (1 + body[2] if self._mqtt5 else 0), b""
        while at < len(body):
            name, at = _text(body, at)
            self.subscribed.append(name)
            refused = self.suback_code is not None or name in self.refused_filters
            codes += bytes(((self.suback_code or 0x80) if refused else body[at] & 3,))
            at += 1
            if not refused:
                self._filters.add(name)
        self._send(self._packet(0x90, body[:2] + (b"\0" if self._mqtt5 else b"") + codes))
        self._fill_window()

    def _on_unsubscribe(self, body: bytes) -> None:
        at, codes = 2 + (1 + body[2] if self._mqtt5 else 0), b""
        while at < len(body):
            name, at = _text(body, at)
            self.unsubscribed.append(name)
            self._filters.discard(name)
            codes += b"\0"
        self._send(self._packet(0xB0, body[:2] + (b"\0" + codes if self._mqtt5 else b"")))

    def _fill_window(self) -> None:
        while self._ready and self._filters and self._queue and len(self._in_flight) < self.window:
            message = self._queue.popleft()
            packet_id = self._next_id(message[0])
            self._in_flight[packet_id] = message
            self._send_publish(packet_id, dup=False)
        self.max_in_flight = max(self.max_in_flight, len(self._in_flight))

    def _next_id(self, topic: str) -> int:
        if _is_marker(topic):
            self._last_marker_id += 1
            return self._last_marker_id
        self._last_id = self._last_id % _MARKER_IDS + 1
        return self._last_id

    def _send_publish(self, packet_id: int, *, dup: bool) -> None:
        topic, payload = self._in_flight[packet_id]
        name = topic.encode()
        head = struct.pack(f">H{len(name)}sH", len(name), name, packet_id) + (b"\0" if self._mqtt5 else b"")
        if not _is_marker(topic):
            self.deliveries.append(Delivery(packet_id, dup, payload))
        self._send(self._packet(0x3A if dup else 0x32, head + payload))

    def _packet(self, head: int, body: bytes) -> bytes:
        size, length = len(body), b""
        while size > 127:
            length += bytes((size & 0x7F | 0x80,))
            size >>= 7
        return bytes((head,)) + length + bytes((size,)) + body

    def _send(self, data: bytes) -> None:
        if self._socket is None:
            return
        if self._bytes_left is not None and len(data) >= self._bytes_left:
            data, self._bytes_left, last = data[: self._bytes_left], None, True
        else:
            last = False
            if self._bytes_left is not None:
                self._bytes_left -= len(data)
        with suppress(OSError):
            self._socket.sendall(data)
        if last:
            self._finish()

    def _finish(self) -> None:
        """Close so that the client still gets the bytes sent before."""
        self._ready = False
        if self._socket:
            with suppress(OSError):
                self._socket.shutdown(socket.SHUT_WR)
            self._socket = None


def _is_marker(topic: str) -> bool:
    return topic.startswith("quanho/marker/")


def _read_length(stream: BinaryIO) -> int:
    size = shift = 0
    while True:
        byte = _exactly(stream.read(1), 1)[0]
        size |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            return size


def _exactly(data: bytes, size: int) -> bytes:
    if len(data) < size:
        raise EOFError
    return data


def _text(body: bytes, at: int) -> tuple[str, int]:
    end = at + 2 + int.from_bytes(body[at : at + 2], "big")
    return body[at + 2 : end].decode(), end

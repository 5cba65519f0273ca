"""The one place that knows paho: a client that reads whole socket buffers, and how to build and open one.

paho reads a packet byte by byte and calls back once a message. Here each readable event is one `recv` of up to 64 KiB, cut
by `PacketReader`; PUBLISH goes to us in runs, everything else to paho's own handlers. That needs private parts of paho
2.1/2.2, all of them inside `_BufferedClient`; `missing_paho_parts` tells when a new release has lost one.

Nothing is ever written from another thread: with `on_socket_register_write` set, paho only queues, and the owner of the
connection calls `loop_write`.
"""

import socket
import ssl
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.subscribeoptions import SubscribeOptions

from runtime.config import read_secret
from runtime.logs import Log
from runtime.mqtt_frames import ControlPacket, MalformedStream, Oversized, PacketReader, Publish
from runtime.mqtt_settings import MqttSettings, TlsSettings
from runtime.mqtt_subscriptions import BROKER_DROPS
from runtime.tls import DeferredDatesContext, TrustedTime, client_context

log = Log("runtime.mqtt")

_RECEIVE_BYTES = 1 << 16
_PUBACK, _PINGRESP = 0x40, 0xD0
_DISCONNECT_MALFORMED = b"\xe0\x01\x81"  # MQTT 5, section 3.14
_PRIVATE_PARTS = (
    "_create_socket", "_packet_read", "_packet_handle", "_packet_queue", "_sock_recv", "_sock_send", "_sock_close", "_send_pingreq",
    "_in_packet", "_last_bytes_received", "_ping_t", "_sock", "_out_packet",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Welcome:
    """A CONNACK: `refusal` is None when we are in; `expiry_s` is what the broker made of our session expiry, if it changed it;
    `takes_qos1` is False when we may publish with QoS 0 only."""

    session_present: bool
    refusal: str | None
    expiry_s: int | None
    takes_qos1: bool = True


class Events(Protocol):
    """What a connection reports, on the thread that calls `serve`."""

    def on_welcome(self, welcome: Welcome) -> None: ...

    def on_messages(self, packets: Sequence[Publish]) -> None: ...

    def on_oversized(self, packet: Oversized) -> None: ...

    def on_granted(self, request: int, codes: Sequence[int]) -> None: ...

    def on_unsubscribed(self, request: int) -> None: ...

    def on_published(self, request: int, code: int) -> None: ...

    def on_pong(self) -> None: ...


class Connection:
    """One connection to the broker, from `open` to `closed`. A new one is made for every try, so no state leaks.

    With `trusted_ns` the dates of the broker's certificates are judged by that time (runtime/tls.py), otherwise by the system's.
    """

    def __init__(self, settings: MqttSettings, client_id: str, events: Events, trusted_ns: TrustedTime | None = None) -> None:
        self._settings = settings
        self._trusted_ns = trusted_ns
        self._mqtt5 = settings.version == "5"
        self._client = _BufferedClient(client_id, self._mqtt5, settings.max_packet_bytes, events)
        self._client.connect_timeout = settings.connect_timeout_s
        self._client.on_connect = lambda _c, _u, flags, code, properties: events.on_welcome(
            Welcome(
                flags.session_present,
                f"broker refuses the connection: {code}" if code.is_failure else None,
                getattr(properties, "SessionExpiryInterval", None),
                getattr(properties, "MaximumQoS", 1) > 0,
            )
        )
        self._client.on_subscribe = lambda _c, _u, mid, codes, _p: events.on_granted(mid, [code.value for code in codes])
        self._client.on_unsubscribe = lambda _c, _u, mid, _codes, _p: events.on_unsubscribed(mid)
        self._client.on_publish = lambda _c, _u, mid, code, _p: events.on_published(mid, code.value)
        self._client.on_disconnect = lambda _c, _u, _flags, code, _p: self._closed_because(str(code))
        self._reason = ""

    def open(self) -> None:
        """Connect TCP and TLS and queue CONNECT. Raises OSError or ValueError (certificate, no answer), ConfigError (password file)."""
        settings = self._settings
        if settings.username is not None:
            password = read_secret(settings.password_file) if settings.password_file else None
            self._client.username_pw_set(settings.username, password)
        if settings.tls is not None:
            self._client.tls = _tls_context(settings.tls, self._trusted_ns)
        if not self._mqtt5:
            self._client.connect(settings.host, settings.port, settings.keepalive_s)
            return
        properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
        properties.SessionExpiryInterval = settings.session_expiry_s
        properties.ReceiveMaximum = settings.receive_maximum
        # No Maximum Packet Size: a broker drops what is above it without a word (mosquitto 2.0.11), we would report it.
        self._client.connect(settings.host, settings.port, settings.keepalive_s, clean_start=False, properties=properties)

    @property
    def closed(self) -> bool:
        return self._client.socket() is None

    @property
    def reason(self) -> str:
        """Why the connection ended, as far as anybody knows."""
        return self._client.fault or self._reason or "connection lost"

    @property
    def wants_write(self) -> bool:
        return self._client.want_write()

    def fileno(self) -> int:
        """The socket, for poll. Raises OSError when the connection is closed."""
        sock = self._client.socket()
        if sock is None:
            raise ConnectionError(self.reason)
        return sock.fileno()

    @property
    def has_buffered(self) -> bool:
        """Tell whether TLS holds decrypted bytes that poll cannot see."""
        sock = self._client.socket()
        return isinstance(sock, ssl.SSLSocket) and sock.pending() > 0

    def read(self) -> None:
        """Take in what the socket holds, at most 64 KiB, reporting it to the events."""
        self._client.loop_read()

    def write(self) -> None:
        """Write what is queued, as far as the socket takes it."""
        self._client.loop_write()

    @property
    def heard_s(self) -> float:
        """Monotonic seconds of the last bytes from the broker, 0 before any."""
        return self._client.heard_s

    def keep_alive(self) -> None:
        """Send a ping or give the connection up, when it is time; also when trusted time shows the broker's certificate as invalid."""
        tls = self._client.tls
        problem = tls.settle() if isinstance(tls, DeferredDatesContext) else None
        if problem:
            self._client.fault = problem
            self._client.abandon()
        else:
            self._client.loop_misc()

    def subscribe(self, filters: Mapping[str, int]) -> int:
        """Queue one SUBSCRIBE; return its request number, which `on_granted` names."""
        asked: list[tuple[str, Any]] = [(name, self._options(name, qos)) for name, qos in filters.items()]
        return self._client.subscribe(asked)[1] or 0

    def unsubscribe(self, filters: Sequence[str]) -> int:
        """Queue one UNSUBSCRIBE; return its request number."""
        return self._client.unsubscribe(list(filters))[1] or 0

    def publish(self, topic: str, payload: bytes) -> int:
        """Queue a PUBLISH with QoS 1; return its request number, which `on_published` names. It is not sent again on another connection."""
        return self._client.publish(topic, payload, qos=1).mid

    def send_acks(self, data: bytes) -> None:
        """Queue encoded PUBACKs as one write."""
        self._client.queue_acks(data)

    def ping(self) -> bool:
        """Queue a PINGREQ, unless one is unanswered; tell whether it was queued."""
        return self._client.ping()

    def disconnect(self) -> None:
        """Queue DISCONNECT; the broker keeps the session."""
        self._client.disconnect()

    def close(self) -> None:
        """Close the socket at once, without DISCONNECT."""
        self._client.abandon()

    def _options(self, name: str, qos: int) -> int | SubscribeOptions:
        if not self._mqtt5:
            return qos
        send_retained = SubscribeOptions.RETAIN_SEND_ON_SUBSCRIBE if name == BROKER_DROPS else SubscribeOptions.RETAIN_SEND_IF_NEW_SUB
        return SubscribeOptions(qos=qos, noLocal=False, retainHandling=send_retained)

    def _closed_because(self, reason: str) -> None:
        self._reason = reason


def missing_paho_parts() -> list[str]:
    """Return the private parts we use that the installed paho no longer has."""
    client = Client(CallbackAPIVersion.VERSION2)
    return [name for name in _PRIVATE_PARTS if not hasattr(client, name)]


def _tls_context(settings: TlsSettings, trusted_ns: TrustedTime | None) -> ssl.SSLContext:
    if trusted_ns is not None:
        return client_context(trusted_ns, settings.ca_file, settings.cert_file, settings.key_file)
    context = ssl.create_default_context(cafile=settings.ca_file)
    if settings.cert_file is not None:
        context.load_cert_chain(settings.cert_file, settings.key_file)
    return context


class _BufferedClient(Client):
    """paho with our receive path. The only code that touches paho's private parts."""

    def __init__(self, client_id: str, mqtt5: bool, max_packet_bytes: int, events: Events) -> None:
        super().__init__(
            CallbackAPIVersion.VERSION2,
            client_id,
            clean_session=None if mqtt5 else False,
            protocol=MQTTProtocolVersion.MQTTv5 if mqtt5 else MQTTProtocolVersion.MQTTv311,
            reconnect_on_failure=False,
            manual_ack=True,
        )
        self.on_socket_register_write = lambda *_: None
        self.fault = ""
        self.heard_s = 0.0
        self.tls: ssl.SSLContext | None = None
        self._mqtt5 = mqtt5
        self._reader = PacketReader(mqtt5, max_packet_bytes)
        self._events = events

    def queue_acks(self, data: bytes) -> None:
        self._packet_queue(_PUBACK, data, 0, 0)

    def ping(self) -> bool:
        if self._ping_t:
            return False
        self._send_pingreq()
        return True

    def abandon(self) -> None:
        self._sock_close()

    def _create_socket(self) -> socket.socket:  # paho's own leaves the socket open when the TLS handshake fails
        sock = socket.create_connection((self.host, self.port), self.connect_timeout)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # acknowledgements are small and the broker waits for them
        return self.tls.wrap_socket(sock, server_hostname=self.host) if self.tls else sock

    def _packet_read(self) -> MQTTErrorCode:
        try:
            data = self._sock_recv(_RECEIVE_BYTES)
        except BlockingIOError:
            return MQTTErrorCode.MQTT_ERR_AGAIN
        except OSError as error:
            self.fault = str(error)
            return MQTTErrorCode.MQTT_ERR_CONN_LOST
        if not data:
            return MQTTErrorCode.MQTT_ERR_CONN_LOST
        self.heard_s = time.monotonic()
        outcome = self._take(data)
        self._last_bytes_received = time.monotonic()  # after the delivery, which may have blocked
        if self._ping_t:  # the answer may stand behind megabytes of messages: any byte proves that the line is alive
            self._ping_t = self._last_bytes_received
        return outcome

    def _take(self, data: bytes) -> MQTTErrorCode:
        run: list[Publish] = []
        outcome = MQTTErrorCode.MQTT_ERR_SUCCESS
        try:
            for packet in self._reader.feed(data):
                if type(packet) is Publish:
                    run.append(packet)
                    continue
                self._hand_over(run)
                run = []
                outcome = self._take_other(packet)
                if outcome or self._sock is None:
                    return outcome
        except MalformedStream as error:
            self.fault = f"broker sent damaged data: {error}"
            outcome = MQTTErrorCode.MQTT_ERR_PROTOCOL
            self._say_malformed()
        self._hand_over(run)
        return outcome

    def _hand_over(self, run: list[Publish]) -> None:
        if run:
            self._events.on_messages(run)

    def _take_other(self, packet: ControlPacket | Oversized | Publish) -> MQTTErrorCode:
        if not isinstance(packet, ControlPacket):
            if isinstance(packet, Oversized):
                self._events.on_oversized(packet)
            return MQTTErrorCode.MQTT_ERR_SUCCESS
        body = bytearray(packet.body)
        self._in_packet = {
            "command": packet.head,
            "have_remaining": 1,
            "remaining_count": [],
            "remaining_mult": 1,
            "remaining_length": len(body),
            "packet": body,
            "to_process": 0,
            "pos": 0,
        }
        try:
            outcome = self._packet_handle()
        except Exception as error:  # paho raises many kinds on packets it cannot decode
            log.exception("mqtt.packet_failed", type=packet.head >> 4)
            raise MalformedStream(f"packet of type {packet.head >> 4}: {error}") from error
        if packet.head == _PINGRESP and not outcome:
            self._events.on_pong()
        return outcome

    def _say_malformed(self) -> None:
        if self._mqtt5 and not self.want_write():
            try:
                self._sock_send(_DISCONNECT_MALFORMED)
            except OSError:
                return

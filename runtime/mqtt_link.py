"""One connection at work: it reads, delivers, acknowledges and subscribes until it is closed or told to stop."""

import secrets
import select
import socket
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass

from runtime.logs import Log
from runtime.mqtt import Connection, Welcome
from runtime.mqtt_acks import pubacks
from runtime.mqtt_frames import MalformedStream, Oversized, Publish
from runtime.mqtt_intake import Intake, MqttMessage, SessionState
from runtime.mqtt_marker import Marker
from runtime.mqtt_notices import Notices
from runtime.mqtt_outbox import Outbox
from runtime.mqtt_settings import MqttSettings
from runtime.mqtt_subscriptions import BROKER_DROPS, BrokerMemory, Subscriptions
from runtime.tls import TrustedTime

_FENCES_PER_KEEPALIVE = 6  # how often acknowledgements are proved to have arrived: each 10 s of the usual 60
_RESUBSCRIBE_S = 60.0  # how often refused filters are tried again
_TICK_MS = 500  # longest wait in poll: keep-alive and timers
_MARKER_LOSSES = 3  # connections lost in a row before the marker's PUBACK: the broker may cut who publishes what it must not
_NOT_AUTHORIZED = 0x87
_FAILURE = 0x80  # reason codes from here on (MQTT 5, section 2.4)
_FLUSH_MS = 50  # one wait for a slow socket while stopping

log = Log("runtime.mqtt")


@dataclass(frozen=True)
class Handlers:
    """Whom to tell what; see MqttSession."""

    deliver: Callable[[Sequence[MqttMessage], int], None]
    on_state: Callable[[SessionState], None] | None
    on_oversized: Callable[[Oversized, int], None] | None
    on_broker_drop: Callable[[int], None] | None
    on_caught_up: Callable[[], None] | None


class Signals:
    """What other threads ask of the session's thread. `wake` makes it look."""

    def __init__(self) -> None:
        self.stopping = threading.Event()
        self.draining = threading.Event()
        self.stop_by = 0.0  # monotonic seconds
        self.receiver, self._sender = socket.socketpair()
        for end in (self.receiver, self._sender):
            end.settimeout(0.0)

    def wake(self) -> None:
        with suppress(OSError):  # full: it will wake anyway; closed: nobody is left to wake
            self._sender.send(b"\0")

    def clear(self) -> None:
        with suppress(BlockingIOError):
            self.receiver.recv(4096)

    def close(self) -> None:
        self.receiver.close()
        self._sender.close()


class Link:
    """The events of one connection, and the loop that serves it. All of it runs on the session's thread."""

    def __init__(
        self,
        settings: MqttSettings,
        client_id: str,
        intake: Intake,
        memory: BrokerMemory,
        subscriptions: Subscriptions,
        handlers: Handlers,
        notices: Notices,
        outbox: Outbox,
        marker_topic: str,
        trusted_ns: TrustedTime | None,
    ) -> None:
        self._settings = settings
        self._intake = intake
        self._memory = memory
        self._subscriptions = subscriptions
        self._handlers = handlers
        self._notices = notices
        self._outbox = outbox
        self._may_publish = False
        self._connection = Connection(settings, client_id, self, trusted_ns)
        self._marker = Marker(marker_topic, secrets.token_hex(16).encode(), memory.marker_returns)
        self._catching_up = False  # the session was resumed, and what waited for us has not all come
        self._generation = 0
        self._welcomed = False
        self._reason = ""
        self._requests: dict[int, tuple[str, ...]] = {}
        self._retry_at = 0.0  # refused filters
        self._unwritten_count = 0  # acknowledgements queued and not yet taken by the socket
        self._fence_every_s = settings.keepalive_s / _FENCES_PER_KEEPALIVE
        self._fence_at = 0.0
        self._fence_up = False
        self._acked_since_fence = True  # what an earlier run remembered wants its proof too

    @property
    def reason(self) -> str:
        """Why the connection ended."""
        return self._reason or self._connection.reason

    @property
    def heard_s(self) -> float:
        """Monotonic seconds of the last bytes from the broker, 0 before any."""
        return self._connection.heard_s

    def serve(self, signals: Signals) -> None:
        """Connect and work until the connection is lost or `signals.stopping`. Raises OSError or ValueError."""
        connection = self._connection
        try:
            connection.open()
            self._welcome_by = time.monotonic() + self._settings.connect_timeout_s
            poller = select.poll()
            poller.register(signals.receiver, select.POLLIN)
            while not connection.closed and not signals.stopping.is_set():
                self._send_due()
                if not connection.closed:
                    self._wait_and_read(poller, signals)
                if not connection.closed:
                    self._run_timers(time.monotonic())
            if not connection.closed:
                self._leave(signals.stop_by)
        finally:
            if self._marker.is_unanswered:
                self._memory.marker_losses += 1
            if self._outbox.connection_ended() and not signals.stopping.is_set():
                hint = "allow our user to write to the devices' command topics, or switch the requests off in the decoder"
                log.warning("mqtt.publishing_stopped", server=self._settings.server, reason="each ended the connection", hint=hint)
            connection.close()

    def on_welcome(self, welcome: Welcome) -> None:
        if welcome.refusal:
            self._reason = welcome.refusal
            return
        self._welcomed = True
        self._may_publish = welcome.takes_qos1
        self._generation = self._intake.connected(welcome.session_present)
        self._fence_at = time.monotonic() + self._fence_every_s
        self._intake.note(connected=True, session_present=welcome.session_present, last_error=None)
        times = self._notices.due("mqtt.connected", str(welcome.session_present), time.monotonic())
        if times:
            log.info("mqtt.connected", server=self._settings.server, session_present=welcome.session_present, times=times)
        if welcome.expiry_s is not None and welcome.expiry_s < self._settings.session_expiry_s:
            log.warning("mqtt.session_expiry_lowered", server=self._settings.server, granted_s=welcome.expiry_s)
        plan = self._subscriptions.opened(welcome.session_present)
        if plan.unsubscribe:
            self._requests[self._connection.unsubscribe(plan.unsubscribe)] = plan.unsubscribe
        topic = self._marker.topic
        may_mark = welcome.takes_qos1 and self._memory.marker_losses < _MARKER_LOSSES
        self._subscribe(plan.subscribe if may_mark else {name: qos for name, qos in plan.subscribe.items() if name != topic})
        self._marker.sent(welcome.session_present, time.monotonic())
        self._catching_up = welcome.session_present
        if may_mark:
            self._connection.publish(topic, self._marker.nonce)
        else:
            self._marker.acknowledged(_NOT_AUTHORIZED)
        self._tell(self._handlers.on_state, self._intake.state())

    def on_messages(self, packets: Sequence[Publish]) -> None:
        if self._connection.closed:
            return  # they come again
        if not self._welcomed:
            raise MalformedStream("a message before the broker's welcome")
        taken = self._intake.take(packets, self._marker)
        for payload in taken.drop_counters:
            self._note_drops(payload)
        if taken.fresh:
            try:
                self._handlers.deliver(taken.fresh, self._generation)
            except Exception:  # whatever the callback does, the session lives on
                log.exception("mqtt.delivery_failed", server=self._settings.server, messages=len(taken.fresh))
                self._give_back([message.packet_id for message in taken.fresh if message.packet_id])
                return
        self._marker.heard(time.monotonic())
        self._watch_marker()

    def on_oversized(self, packet: Oversized) -> None:
        if self._connection.closed or not self._intake.take_oversized(packet):
            return
        self._intake.count("oversized")
        log.warning("mqtt.oversized", server=self._settings.server, topic=packet.topic, bytes=packet.size)
        if self._handlers.on_oversized is None:
            self._intake.settle(self._generation, [packet.packet_id] if packet.packet_id else [])
        elif not self._tell(self._handlers.on_oversized, packet, self._generation) and packet.packet_id:
            self._give_back([packet.packet_id])

    def on_granted(self, request: int, codes: Sequence[int]) -> None:
        filters = self._requests.pop(request, ())
        self._subscriptions.answered(filters, codes)
        self._save_memory()
        for name, code in zip(filters, codes, strict=False):
            if name == self._marker.topic:
                self._marker.subscribed(code)
            elif name in self._subscriptions.refused:
                self._report_refusal(name, code)
            elif code < self._settings.qos and name != BROKER_DROPS:
                log.warning("mqtt.qos_lowered", server=self._settings.server, filter=name, granted=code)
        self._retry_at = time.monotonic() + _RESUBSCRIBE_S
        if self._subscriptions.refused:
            self._tell(self._handlers.on_state, self._intake.state())

    def on_unsubscribed(self, request: int) -> None:
        filters = self._requests.pop(request, ())
        self._subscriptions.unsubscribed(filters)
        self._save_memory()
        log.info("mqtt.unsubscribed", server=self._settings.server, filters=list(filters))

    def on_published(self, request: int, code: int) -> None:
        topic = self._outbox.answered(request)
        if topic is not None:
            self._report_answer(topic, code)
            return
        self._memory.marker_losses = 0
        self._marker.acknowledged(code)

    def on_pong(self) -> None:
        if self._fence_up:
            self._fence_up = False
            self._intake.confirm_fence()

    def _wait_and_read(self, poller: select.poll, signals: Signals) -> None:
        connection = self._connection
        fileno, buffered = connection.fileno(), connection.has_buffered
        reading = not signals.draining.is_set()
        poller.register(fileno, (select.POLLIN if reading else 0) | (select.POLLOUT if connection.wants_write else 0))
        ready = dict(poller.poll(0 if buffered and reading else _TICK_MS))
        if signals.receiver.fileno() in ready:
            signals.clear()
        happened = ready.get(fileno, 0)
        if signals.draining.is_set():  # looked at again: it may have been set while we waited
            if happened & (select.POLLHUP | select.POLLERR):
                connection.close()
        elif buffered or happened & ~select.POLLOUT:
            connection.read()

    def _send_due(self) -> None:
        connection = self._connection
        if self._welcomed:
            due, of_messages = self._intake.due()
            if due:
                connection.send_acks(pubacks(due))
                self._unwritten_count += of_messages
                self._acked_since_fence = True
            if self._may_publish:
                self._publish_due()
        if connection.wants_write:
            connection.write()
        if self._unwritten_count and not connection.closed and not connection.wants_write:
            self._intake.count("acks_sent", self._unwritten_count)
            self._unwritten_count = 0

    def _publish_due(self) -> None:
        while (message := self._outbox.take()) is not None:
            topic, payload = message
            try:
                self._outbox.sent(self._connection.publish(topic, payload), topic)
            except ValueError as error:  # a topic that cannot be published to
                log.warning("mqtt.not_published", server=self._settings.server, topic=topic, error=str(error))

    def _report_answer(self, topic: str, code: int) -> None:
        if code < _FAILURE:
            log.info("mqtt.published", server=self._settings.server, topic=topic)
            return
        times = self._notices.due("mqtt.publish_refused", topic, time.monotonic())
        if times:
            hint = "allow our user to write this topic in the broker's ACL, or switch the requests off in the decoder"
            log.warning("mqtt.publish_refused", server=self._settings.server, topic=topic, code=hex(code), hint=hint, times=times)

    def _run_timers(self, now: float) -> None:
        self._connection.keep_alive()
        if not self._welcomed:
            if now > self._welcome_by:
                self._reason = f"no CONNACK within {self._settings.connect_timeout_s} s"
                self._connection.close()
            return
        if self._acked_since_fence and now >= self._fence_at and self._connection.ping():
            self._intake.raise_fence()
            self._fence_up, self._acked_since_fence = True, False
            self._fence_at = now + self._fence_every_s
        if self._subscriptions.refused and now >= self._retry_at:
            self._retry_at = now + _RESUBSCRIBE_S
            self._subscribe(self._subscriptions.again())
        reason = self._marker.give_up(now, self._intake.pending_count) if self._marker.is_awaited else None
        if reason:
            self._report_marker(reason)
        elif self._marker.again(now):
            self._connection.publish(self._marker.topic, self._marker.nonce)
        self._watch_marker()

    def _watch_marker(self) -> None:
        """Take note of what the marker has shown."""
        marker, memory = self._marker, self._memory
        if self._catching_up and not marker.is_queued:
            self._catching_up = False
            self._tell(self._handlers.on_caught_up)
        if marker.returns is not memory.marker_returns:
            memory.marker_returns = marker.returns
            self._save_memory()

    def _report_marker(self, reason: str) -> None:
        """Say once in a process that what waited for us is told from what is new by guess."""
        if not self._memory.is_marker_told:
            self._memory.is_marker_told = True
            hint = f"allow our user to write and to read {self._marker.topic} in the broker's ACL"
            log.warning("mqtt.marker_lost", server=self._settings.server, reason=reason, hint=hint)

    def _leave(self, stop_by: float) -> None:
        """Send what may be acknowledged, then DISCONNECT."""
        connection = self._connection
        self._send_due()
        if not connection.closed:
            connection.disconnect()
        poller = select.poll()
        while not connection.closed and connection.wants_write and time.monotonic() < stop_by:
            connection.write()
            if not connection.closed and connection.wants_write:
                poller.register(connection.fileno(), select.POLLOUT)
                poller.poll(_FLUSH_MS)

    def _subscribe(self, filters: dict[str, int]) -> None:
        if filters:
            self._requests[self._connection.subscribe(filters)] = tuple(filters)

    def _report_refusal(self, name: str, code: int) -> None:
        if name == BROKER_DROPS:
            log.warning("mqtt.drops_unwatched", server=self._settings.server, code=hex(code), hint="allow reading $SYS in the broker's ACL")
            return
        error = f"broker refuses the subscription to {name!r} (code {code:#x}): check the broker's access list for our user"
        self._intake.note(last_error=error)
        log.error("mqtt.subscription_refused", server=self._settings.server, filter=name, code=hex(code), retry_s=_RESUBSCRIBE_S)

    def _note_drops(self, payload: bytes) -> None:
        if not payload.isdigit():
            return
        grown = self._memory.count_drops(int(payload))
        if grown:
            self._intake.count("broker_dropped", grown)
            log.warning("mqtt.broker_dropped", server=self._settings.server, messages=grown)
            self._tell(self._handlers.on_broker_drop, grown)
        self._save_memory()  # last: a crash in between has them counted twice, not never

    def _give_back(self, packet_ids: Sequence[int]) -> None:
        """After a failed delivery: have the broker deliver again, which it does only on a new connection."""
        self._intake.forget(packet_ids)
        self._intake.count("delivery_failures")
        self._reason = "a delivery failed, see the log; the broker is to deliver again"
        self._connection.close()

    def _save_memory(self) -> None:
        try:
            self._memory.save()
        except OSError as error:
            log.warning("mqtt.memory_not_written", file=str(self._memory.path), error=str(error))

    def _tell(self, handler: Callable[..., None] | None, *news: object) -> bool:
        try:
            if handler:
                handler(*news)
        except Exception:  # whatever the callback does, the session lives on
            log.exception("mqtt.callback_failed", server=self._settings.server)
            return False
        return True

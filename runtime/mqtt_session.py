"""An MQTT session that outlives its connections: one thread that connects, delivers, acknowledges and never gives up."""

import threading
import time
from collections.abc import Callable, Iterable, Sequence
from random import Random

from runtime.backoff import Backoff, next_delay
from runtime.logs import Log
from runtime.mqtt_frames import Oversized
from runtime.mqtt_intake import Intake, MqttMessage, SessionState
from runtime.mqtt_link import Handlers, Link, Signals
from runtime.mqtt_marker import marker_topic
from runtime.mqtt_notices import Notices
from runtime.mqtt_outbox import Outbox
from runtime.mqtt_settings import MqttSettings
from runtime.mqtt_subscriptions import BROKER_DROPS, BrokerMemory, Subscriptions
from runtime.tls import TrustedTime
from telemetry.errors import ConfigError

__all__ = ["MqttMessage", "MqttSession", "Oversized", "SessionState"]

_STABLE_S = 10.0  # a connection that lived so long starts the back-off anew

log = Log("runtime.mqtt")


class MqttSession:
    """One persistent session with one broker. Life cycle: build (no I/O), `remember`, `start`, `drain`, `stop`.

    `deliver(messages, generation)` gets all new messages of one socket read, on the session's thread; it may block for
    back-pressure, for less than the keep-alive time. If it raises, the messages stay unacknowledged and the connection is
    dropped, because a broker redelivers only after a reconnect. `on_oversized(packet, generation)` gets a message above
    `max_packet_bytes`, to be acknowledged like any other (without this handler it is acknowledged and counted);
    `on_broker_drop(count)` the growth of the broker's drop counter; `on_state` each change of the connection; `on_caught_up` comes
    once on each connection that resumed a session, behind the last message that is `queued`, unless the connection is lost before.

    `trusted_ns`: judge the dates of the broker's certificates by that time (runtime/tls.py), not by the system's clock.
    """

    def __init__(
        self,
        settings: MqttSettings,
        client_id: str,
        deliver: Callable[[Sequence[MqttMessage], int], None],
        on_state: Callable[[SessionState], None] | None = None,
        *,
        on_oversized: Callable[[Oversized, int], None] | None = None,
        on_broker_drop: Callable[[int], None] | None = None,
        on_caught_up: Callable[[], None] | None = None,
        trusted_ns: TrustedTime | None = None,
        rng: Random | None = None,
    ) -> None:
        self._settings = settings
        self._client_id = client_id + settings.client_id_suffix
        self._handlers = Handlers(deliver, on_state, on_oversized, on_broker_drop, on_caught_up)
        self._trusted_ns = trusted_ns
        self._rng = rng or Random()  # noqa: S311 -- jitter
        self._backoff = Backoff(settings.reconnect_first_s, settings.reconnect_ceiling_s)
        mqtt5 = settings.version == "5"
        self._intake = Intake(settings.receive_maximum if mqtt5 else None, settings.watch_broker_drops)
        self._memory = BrokerMemory(settings.state_file, settings.server, self._client_id)
        self._marker_topic = marker_topic(self._client_id)
        wanted = dict.fromkeys(settings.filters, int(settings.qos)) | ({BROKER_DROPS: 0} if settings.watch_broker_drops else {})
        wanted[self._marker_topic] = 1
        self._subscriptions = Subscriptions(wanted, self._memory, mqtt5)
        self._signals: Signals | None = None
        self._thread = threading.Thread(target=self._run, name=f"mqtt {settings.server}", daemon=True)
        self._notices = Notices()
        self._outbox = Outbox()

    def remember(self, receipts: Iterable[tuple[int, int]]) -> None:
        """Take over (packet id, receipt) of what an earlier run made durable in this session. Call before `start`."""
        self._intake.remember(receipts)

    def start(self) -> None:
        """Start the thread; returns at once, connected or not."""
        self._memory.load()
        self._signals = Signals()
        self._thread.start()

    def drain(self) -> None:
        """Take in nothing more; what is acknowledged from now on still reaches the broker."""
        if self._signals:
            self._signals.draining.set()
            self._signals.wake()

    def stop(self, timeout_s: float) -> None:
        """Send the acknowledgements that are due, disconnect (the broker keeps the session) and join, within `timeout_s`."""
        signals = self._signals
        if signals is None:
            return
        signals.stop_by = time.monotonic() + timeout_s
        signals.stopping.set()
        signals.wake()
        self._thread.join(timeout_s)
        if self._thread.is_alive():
            log.warning("mqtt.stop_timed_out", server=self._settings.server, timeout_s=timeout_s)
        else:
            signals.close()

    def acknowledge(self, generation: int, packet_ids: Sequence[int]) -> None:
        """Note that messages of `generation` are durable, so that they are acknowledged. Any thread; never blocks on I/O."""
        self._intake.settle(generation, packet_ids)
        if self._signals:
            self._signals.wake()

    def publish(self, topic: str, payload: bytes) -> bool:
        """Publish a message as runtime/mqtt_outbox.py says, QoS 1 and not retained; False if there is no room for it now.

        Any thread; never blocks on I/O.
        """
        has_room = self._outbox.put(topic, payload)
        if has_room and self._signals:
            self._signals.wake()
        return has_room

    def state(self) -> SessionState:
        """Return the state now. Any thread."""
        return self._intake.state()

    def _run(self) -> None:
        signals = self._signals
        if signals is None:
            raise RuntimeError("start() makes the signals")
        failures = 0
        while not signals.stopping.is_set():
            began = time.monotonic()
            reason, heard_s = self._serve_one(signals)
            silent_s = max(0.0, time.monotonic() - heard_s) if heard_s else 0.0
            if signals.stopping.is_set():
                self._note_lost(None, silent_s)
                return
            failures = 1 if time.monotonic() - began >= _STABLE_S else failures + 1
            delay_s = next_delay(self._backoff, failures, self._rng)
            self._note_lost(reason, silent_s)
            times = self._notices.due("mqtt.lost", reason, time.monotonic())
            if times:
                self._notices.forget("mqtt.connected")
                log.warning("mqtt.lost", server=self._settings.server, reason=reason, retry_s=round(delay_s, 2), times=times)
            signals.stopping.wait(delay_s)

    def _note_lost(self, reason: str | None, silent_s: float) -> None:
        self._intake.note(connected=False, last_error=reason, silent_s=silent_s)
        if self._handlers.on_state:
            try:
                self._handlers.on_state(self._intake.state())
            except Exception:  # whatever the callback does, the session lives on
                log.exception("mqtt.callback_failed", server=self._settings.server)

    def _serve_one(self, signals: Signals) -> tuple[str, float]:
        """Serve one connection to its end; return why it ended, and when the broker last said something (0: never)."""
        told = self._handlers, self._notices, self._outbox
        link = Link(
            self._settings, self._client_id, self._intake, self._memory, self._subscriptions, *told, self._marker_topic, self._trusted_ns
        )
        try:
            link.serve(signals)
        except (OSError, ValueError, ConfigError) as error:
            return str(error) or type(error).__name__, link.heard_s
        except Exception as error:  # the supervisor of this thread: log, wait, connect again
            log.exception("mqtt.broken", server=self._settings.server)
            return f"{type(error).__name__}: {error}", link.heard_s
        return link.reason, link.heard_s

"""The session against a broker that holds it to the letter (tests/stand_ins/strict_broker.py)."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from runtime.mqtt_session import MqttSession
from runtime.mqtt_settings import MqttSettings
from tests.runtime.mqtt_recorder import Recorder
from tests.stand_ins.strict_broker import StrictBroker
from tests.waiting import eventually

Start = Callable[..., Recorder]


@pytest.fixture
def broker() -> Iterator[StrictBroker]:
    with StrictBroker() as running:
        yield running
        assert running.violations == []


@pytest.fixture
def start(broker: StrictBroker) -> Iterator[Start]:
    recorders: list[Recorder] = []

    def begin(**options: object) -> Recorder:
        recorder = Recorder(broker.port, **options)  # type: ignore[arg-type]
        recorders.append(recorder)
        recorder.session.start()
        return recorder

    yield begin
    for recorder in recorders:
        recorder.session.stop(5)


def numbered(count: int, first: int = 0) -> list[bytes]:
    return [str(number).encode() for number in range(first, first + count)]


@pytest.mark.parametrize("version", ["5", "3.1.1"])
def test_messages_flow_through_a_window_of_twenty_in_order(broker: StrictBroker, start: Start, version: str) -> None:
    sent = numbered(500)
    for payload in sent:
        broker.publish("site/a", payload)
    recorder = start(version=version)
    eventually(lambda: broker.unacknowledged_count == 0)
    assert recorder.payloads == sent
    assert broker.acknowledged == sent
    assert broker.max_in_flight == 20
    eventually(lambda: recorder.session.state().acks_sent == 500)


def test_nothing_is_acknowledged_before_it_is_durable(broker: StrictBroker, start: Start) -> None:
    recorder = start(at_once=False)
    for payload in numbered(30):
        broker.publish("site/a", payload)
    eventually(lambda: len(recorder.messages) == 20)
    assert broker.acknowledged == []
    assert recorder.session.state().pending == 20


def test_acknowledgements_leave_in_order_whatever_became_durable_first(broker: StrictBroker, start: Start) -> None:
    recorder = start(at_once=False)
    for payload in numbered(3):
        broker.publish("site/a", payload)
    eventually(lambda: len(recorder.messages) == 3)
    generation = recorder.deliveries[0][0]
    for packet_id in (3, 2, 1):
        recorder.session.acknowledge(generation, [packet_id])
    eventually(lambda: len(broker.acknowledged) == 3)


@pytest.mark.parametrize("version", ["5", "3.1.1"])
def test_a_redelivery_while_pending_is_dropped_and_acknowledged_once(broker: StrictBroker, start: Start, version: str) -> None:
    recorder = start(at_once=False, version=version)
    broker.publish("site/a", b"1")
    eventually(lambda: recorder.messages)
    broker.cut()
    eventually(lambda: recorder.session.state().redelivered_pending == 1)
    recorder.acknowledge(0)
    eventually(lambda: broker.acknowledged == [b"1"])
    assert recorder.payloads == [b"1"]


def test_what_became_durable_while_away_is_acknowledged_on_its_redelivery(broker: StrictBroker, start: Start) -> None:
    recorder = start(at_once=False)
    broker.publish("site/a", b"1")
    eventually(lambda: recorder.messages)
    broker.connack_code = 0x88
    broker.cut()
    eventually(lambda: "refuses" in str(recorder.session.state().last_error))
    recorder.acknowledge(0)
    broker.connack_code = 0
    eventually(lambda: broker.acknowledged == [b"1"])
    assert recorder.payloads == [b"1"]
    assert recorder.session.state().redelivered_durable == 1


def test_a_broker_without_its_session_gets_no_acknowledgement_of_the_old_one(broker: StrictBroker, start: Start) -> None:
    recorder = start(at_once=False)
    for payload in numbered(10):
        broker.publish("site/a", payload)
    eventually(lambda: len(recorder.messages) == 10)
    before = len(recorder.deliveries)
    broker.restart_without_session()
    eventually(lambda: len(recorder.messages) == 20)
    for index in range(before):
        recorder.acknowledge(index)
    assert recorder.session.state().acks_discarded == 10
    assert broker.acknowledged == []
    for index in range(before, len(recorder.deliveries)):
        recorder.acknowledge(index)
    eventually(lambda: broker.acknowledged == numbered(10))


def test_what_an_earlier_run_made_durable_is_acknowledged_and_not_delivered(broker: StrictBroker, start: Start) -> None:
    first = start(at_once=False)
    broker.publish("site/a", b"1")
    eventually(lambda: first.messages)
    known = [(message.packet_id, message.receipt) for message in first.messages]
    first.session.stop(5)
    second = Recorder(broker.port)
    second.session.remember(known)
    second.session.start()
    eventually(lambda: broker.acknowledged == [b"1"])
    second.session.stop(5)
    assert second.messages == []


def test_a_reused_packet_id_is_a_new_message(broker: StrictBroker, start: Start) -> None:
    recorder = start()
    broker.publish("site/a", b"1")
    eventually(lambda: broker.acknowledged == [b"1"])
    broker.publish_now("site/a", b"1", 1, dup=False)
    eventually(lambda: recorder.payloads == [b"1", b"1"])


def test_the_same_bytes_and_id_are_new_once_the_broker_has_proved_our_acknowledgement(broker: StrictBroker, start: Start) -> None:
    recorder = start(keepalive_s=5)
    broker.publish("site/a", b"0.0")
    eventually(lambda: broker.acknowledged == [b"0.0"])
    pings = broker.ping_count
    eventually(lambda: broker.ping_count >= pings + 1, what="no proof asked for")
    broker.publish_now("site/a", b"0.0", 1, dup=True)  # after the answer to the ping, on the same connection
    eventually(lambda: broker.acknowledged == [b"0.0", b"0.0"])
    assert recorder.payloads == [b"0.0", b"0.0"]


def test_a_delivery_that_blocks_holds_back_the_broker_and_loses_nothing(broker: StrictBroker, start: Start) -> None:
    recorder = start()
    recorder.gate.clear()
    sent = numbered(100)
    for payload in sent:
        broker.publish("site/a", payload)
    eventually(lambda: broker.max_in_flight == 20)
    assert broker.acknowledged == []
    recorder.gate.set()
    eventually(lambda: broker.unacknowledged_count == 0)
    assert recorder.payloads == sent


@pytest.mark.parametrize("count", [1, 3, 5, 6, 9, 13, 40, 100])
def test_a_cut_at_any_byte_loses_and_doubles_nothing(broker: StrictBroker, start: Start, count: int) -> None:
    broker.cut_after(count)
    sent = numbered(60)
    for payload in sent:
        broker.publish("site/a", payload)
    recorder = start()
    eventually(lambda: broker.unacknowledged_count == 0)
    assert recorder.payloads == sent


def test_a_broken_callback_leaves_messages_unacknowledged_until_the_broker_gives_them_again(broker: StrictBroker, start: Start) -> None:
    recorder = start(reconnect_first_s=0.01)
    eventually(lambda: recorder.session.state().connected)
    recorder.failures_left = 2
    for payload in numbered(5):
        broker.publish("site/a", payload)
    eventually(lambda: broker.unacknowledged_count == 0)
    assert sorted(recorder.payloads) == numbered(5)
    assert recorder.session.state().delivery_failures == 2


@pytest.mark.parametrize("version", ["5", "3.1.1"])
def test_an_oversized_message_is_reported_and_acknowledged_and_the_next_arrives(broker: StrictBroker, start: Start, version: str) -> None:
    recorder = start(version=version, max_packet_bytes=2000)
    broker.publish("site/big", bytes(500_000))
    broker.publish("site/a", b"1")
    eventually(lambda: broker.unacknowledged_count == 0)
    assert [(packet.topic, packet.packet_id) for packet in recorder.oversized] == [("site/big", 1)]
    assert recorder.payloads == [b"1"]


def test_damaged_data_ends_the_connection_with_its_reason_and_the_session_goes_on(broker: StrictBroker, start: Start) -> None:
    recorder = start(at_once=False)
    eventually(lambda: broker.is_connected)
    broker.send_raw(b"\x30\xff\xff\xff\xff\x01")
    eventually(lambda: any("more than 4 bytes" in str(state.last_error) for state in recorder.states))
    broker.publish("site/a", b"1")
    eventually(lambda: recorder.payloads == [b"1"])


def test_a_refused_subscription_is_an_error_that_stays_visible(broker: StrictBroker, start: Start) -> None:
    broker.suback_code = 0x87
    recorder = start()
    eventually(lambda: "refuses the subscription to 'site/#'" in str(recorder.session.state().last_error))
    assert recorder.session.state().connected


@pytest.mark.parametrize("version", ["5", "3.1.1"])
def test_a_filter_taken_out_of_the_config_is_unsubscribed_after_a_restart(
    broker: StrictBroker, start: Start, tmp_path: Path, version: str
) -> None:
    file = tmp_path / "mqtt.json"
    start(version=version, topics=("site/a", "site/gone"), state_file=file)
    eventually(lambda: file.exists() and b"site/gone" in file.read_bytes())
    start(version=version, topics=("site/a",), state_file=file)
    eventually(lambda: broker.unsubscribed == ["site/gone"])
    eventually(lambda: b"site/gone" not in file.read_bytes())


def test_growth_of_the_brokers_drop_counter_is_reported_and_not_delivered(broker: StrictBroker, start: Start) -> None:
    recorder = start()
    eventually(lambda: broker.is_connected)
    for counter in (b"5", b"8", b"2"):
        topic = b"$SYS/broker/publish/messages/dropped"
        broker.send_raw(bytes((0x30, 3 + len(topic) + len(counter), 0, len(topic))) + topic + b"\0" + counter)
    eventually(lambda: recorder.drops == [3, 2])
    assert recorder.session.state().broker_dropped == 5
    assert recorder.messages == []


def test_a_growth_is_reported_before_the_counter_is_saved(broker: StrictBroker, tmp_path: Path) -> None:
    """A crash in between must have the loss told twice rather than never."""
    memory, saved_when_told = tmp_path / "memory.json", []
    settings = {"host": "127.0.0.1", "port": broker.port, "topics": ("site/#",), "state_file": memory}

    def told(_count: int) -> None:
        saved_when_told.append(json.loads(memory.read_bytes())["dropped"])

    session = MqttSession(MqttSettings.model_validate(settings), "edge-1", lambda *_: None, on_broker_drop=told)
    session.start()
    eventually(lambda: broker.is_connected)
    topic = b"$SYS/broker/publish/messages/dropped"
    for counter in (b"5", b"8"):
        broker.send_raw(bytes([0x30, 2 + len(topic) + 1 + len(counter)]) + len(topic).to_bytes(2, "big") + topic + b"\0" + counter)
    eventually(lambda: session.state().broker_dropped == 3)
    session.stop(5)
    assert saved_when_told == [5]
    assert json.loads(memory.read_bytes())["dropped"] == 8


def test_stop_sends_what_is_durable_and_says_goodbye(broker: StrictBroker, start: Start) -> None:
    recorder = start(at_once=False)
    broker.publish("site/a", b"1")
    eventually(lambda: recorder.messages)
    recorder.session.drain()
    recorder.acknowledge(0)
    recorder.session.stop(5)
    eventually(lambda: broker.acknowledged == [b"1"] and broker.goodbye_count == 1)
    assert not recorder.session.state().connected


def test_after_drain_nothing_more_is_taken_in_while_acknowledgements_leave(broker: StrictBroker, start: Start) -> None:
    recorder = start(at_once=False)
    broker.publish("site/a", b"1")
    eventually(lambda: recorder.messages)
    recorder.session.drain()
    broker.publish("site/a", b"2")
    recorder.acknowledge(0)
    eventually(lambda: broker.acknowledged == [b"1"])
    assert recorder.payloads == [b"1"]


def test_a_session_without_a_broker_keeps_trying_and_stops_at_once() -> None:
    recorder = Recorder(port=1)
    recorder.session.start()
    eventually(lambda: recorder.session.state().last_error)
    recorder.session.stop(5)
    assert not recorder.session.state().connected


def test_a_missing_password_file_is_a_state_not_a_crash(
    broker: StrictBroker, start: Start, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    secret = tmp_path / "password"
    recorder = start(username="edge", password_file=secret)
    eventually(lambda: "No such file" in str(recorder.session.state().last_error))
    secret.touch(0o600)
    secret.write_text("late\n")
    eventually(lambda: broker.is_connected)
    assert "mqtt.broken" not in caplog.text


@pytest.mark.parametrize("version", ["5", "3.1.1"])
def test_what_comes_before_our_marker_on_a_resumed_session_has_waited(broker: StrictBroker, start: Start, version: str) -> None:
    recorder = start(version=version)
    eventually(lambda: len(broker.markers_acknowledged) == 1)
    broker.connack_code = 0x88
    broker.cut()
    for payload in numbered(50):
        broker.publish("site/a", payload)
    broker.connack_code = 0
    eventually(lambda: recorder.caught_up_at == [50])
    for payload in numbered(50, 50):
        broker.publish("site/a", payload)
    eventually(lambda: broker.unacknowledged_count == 0)
    assert recorder.payloads == numbered(100)
    assert recorder.queued == numbered(50)
    assert broker.markers == broker.markers_acknowledged
    assert len(set(broker.markers)) == 2, "each connection has a nonce of its own"
    eventually(lambda: recorder.session.state().acks_sent == 100)
    assert recorder.session.state().received == 100


def test_a_marker_of_an_earlier_connection_is_acknowledged_and_ends_nothing(broker: StrictBroker, start: Start) -> None:
    recorder = start(at_once=False)
    eventually(lambda: len(broker.markers_acknowledged) == 1)
    for payload in numbered(20):
        broker.publish("site/a", payload)
    eventually(lambda: len(recorder.messages) == 20)
    broker.cut()  # the window is full: the marker of this connection stays in the queue
    eventually(lambda: len(broker.markers) == 2)
    broker.publish("site/a", b"between")
    broker.cut()
    eventually(lambda: len(broker.markers) == 3)
    for index in range(len(recorder.deliveries)):
        recorder.acknowledge(index)
    eventually(lambda: recorder.payloads[-1] == b"between")
    recorder.acknowledge(-1)
    eventually(lambda: recorder.caught_up_at == [21])
    eventually(lambda: broker.markers_acknowledged == broker.markers)
    assert recorder.queued == [b"between"]


def test_a_delivery_that_failed_before_the_marker_waits_again_on_the_next_connection(broker: StrictBroker, start: Start) -> None:
    recorder = start()
    eventually(lambda: broker.markers_acknowledged)
    broker.connack_code = 0x88
    broker.cut()
    for payload in numbered(5):
        broker.publish("site/a", payload)
    recorder.failures_left = 1
    broker.connack_code = 0
    eventually(lambda: len(recorder.messages) == 5)
    eventually(lambda: recorder.caught_up_at)
    assert sorted(recorder.queued) == numbered(5)


@pytest.mark.parametrize("how", ["refused", "lost", "unsubscribed"])
def test_a_marker_that_does_not_come_back_ends_with_the_first_pause_and_is_said_once(
    broker: StrictBroker, start: Start, caplog: pytest.LogCaptureFixture, how: str
) -> None:
    broker.marker_code, broker.loses_markers = (0x87 if how == "refused" else 0), how == "lost"
    broker.refused_filters = {"quanho/marker/edge-1"} if how == "unsubscribed" else set()
    recorder = start()
    eventually(lambda: "mqtt.marker_lost" in caplog.text)
    for _ in range(2):
        before = len(recorder.caught_up_at)
        broker.cut()
        broker.publish("site/a", b"waited")
        eventually(lambda before=before: len(recorder.caught_up_at) > before)  # type: ignore[misc]
    broker.publish("site/a", b"live")
    eventually(lambda: recorder.payloads == [b"waited", b"waited", b"live"])
    assert recorder.queued == [b"waited", b"waited"]
    assert caplog.text.count("mqtt.marker_lost") == 1
    assert recorder.session.state().last_error is None


def test_a_broker_that_cuts_who_publishes_a_marker_is_soon_left_alone_with_it(broker: StrictBroker, start: Start) -> None:
    broker.cuts_on_marker = True
    recorder = start()
    broker.publish("site/a", b"1")
    eventually(lambda: broker.acknowledged == [b"1"])
    eventually(lambda: recorder.caught_up_at)
    assert len(broker.markers) == 3
    connects = broker.connect_count
    broker.publish("site/a", b"2")
    eventually(lambda: recorder.payloads == [b"1", b"2"])
    assert broker.connect_count == connects


@pytest.mark.parametrize("version", ["5", "3.1.1"])
def test_what_we_publish_reaches_the_broker_and_messages_go_on(broker: StrictBroker, start: Start, version: str) -> None:
    broker.takes = "cmd/"
    recorder = start(version=version)
    eventually(lambda: broker.is_connected)
    for number in range(25):
        recorder.session.publish(f"cmd/{number}", b"do")
    broker.publish("site/a", b"1")
    eventually(lambda: len(broker.published) == 25)
    assert broker.published[3] == ("cmd/3", b"do")
    eventually(lambda: broker.acknowledged == [b"1"])


def test_what_is_published_before_the_connection_waits_for_it(broker: StrictBroker, start: Start) -> None:
    broker.takes = "cmd/"
    broker.connack_code = 0x88
    recorder = start()
    for number in range(1_000):
        recorder.session.publish(f"cmd/{number}", b"do")
    broker.connack_code = 0
    eventually(lambda: len(broker.published) == 100, what="no more are kept")


def test_a_refused_publication_is_said_and_harms_nothing(broker: StrictBroker, start: Start, caplog: pytest.LogCaptureFixture) -> None:
    broker.takes, broker.publish_code = "cmd/", 0x87
    recorder = start()
    eventually(lambda: broker.is_connected)
    for _ in range(3):
        recorder.session.publish("cmd/1", b"do")
    eventually(lambda: len(broker.published) == 3)
    broker.publish("site/a", b"1")
    eventually(lambda: broker.acknowledged == [b"1"])
    assert caplog.text.count("mqtt.publish_refused") == 1
    assert broker.connect_count == 1


def test_a_topic_that_cannot_be_published_to_breaks_nothing(broker: StrictBroker, start: Start) -> None:
    broker.takes = "cmd/"
    recorder = start()
    eventually(lambda: broker.is_connected)
    recorder.session.publish("cmd/#", b"do")
    recorder.session.publish("cmd/1", b"do")
    eventually(lambda: broker.published == [("cmd/1", b"do")])
    assert broker.connect_count == 1


def test_a_broker_that_cuts_who_publishes_is_soon_left_alone(broker: StrictBroker, start: Start, caplog: pytest.LogCaptureFixture) -> None:
    broker.takes, broker.cuts_on_publish = "cmd/", True
    recorder = start()
    for number in range(3):
        eventually(lambda: broker.is_connected)
        recorder.session.publish(f"cmd/{number}", b"do")
        eventually(lambda: len(broker.published) == number + 1)  # noqa: B023
        eventually(lambda: broker.connect_count == number + 2)  # noqa: B023
    eventually(lambda: broker.is_connected)
    recorder.session.publish("cmd/3", b"do")
    broker.publish("site/a", b"1")
    eventually(lambda: broker.acknowledged == [b"1"])
    assert (len(broker.published), broker.connect_count) == (3, 4)
    assert caplog.text.count("mqtt.publishing_stopped") == 1

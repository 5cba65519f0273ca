from runtime.mqtt_frames import Publish
from runtime.mqtt_intake import Intake
from runtime.mqtt_marker import Marker

TOPIC = "quanho/marker/edge-1"


def opened(*, resumed: bool) -> tuple[Intake, Marker]:
    intake, marker = Intake(20, watch_broker_drops=True), Marker(TOPIC, b"nonce", returns=None)
    intake.connected(resumed)
    marker.sent(resumed, 0.0)
    return intake, marker


def message(payload: bytes, packet_id: int, topic: str = "site/a", *, dup: bool = False, retain: bool = False) -> Publish:
    return Publish(topic, payload, packet_id, packet_id, dup, retain)


def test_the_marker_in_the_middle_of_one_read_parts_what_waited_from_what_is_new() -> None:
    intake, marker = opened(resumed=True)
    taken = intake.take([message(b"1", 1), message(b"nonce", 2, TOPIC), message(b"2", 3)], marker)
    assert [(each.payload, each.queued) for each in taken.fresh] == [(b"1", True), (b"2", False)]
    assert intake.state().received == 2


def test_a_marker_is_acknowledged_in_its_turn_and_not_counted() -> None:
    intake, marker = opened(resumed=True)
    intake.take([message(b"1", 1), message(b"nonce", 2, TOPIC), message(b"2", 3)], marker)
    assert intake.due() == ([], 0), "the message before it is not durable"
    intake.settle(0, [1, 3])
    assert intake.due() == ([1, 2, 3], 2)
    assert intake.pending_count == 0


def test_a_copy_of_the_marker_with_qos_0_has_overtaken_the_queue_and_ends_nothing() -> None:
    intake, marker = opened(resumed=True)
    taken = intake.take([message(b"nonce", 0, TOPIC), message(b"1", 1)], marker)
    assert [(each.payload, each.queued) for each in taken.fresh] == [(b"1", True)]


def test_a_redelivered_marker_is_acknowledged_again_and_never_counted() -> None:
    intake, marker = opened(resumed=True)
    intake.take([message(b"older", 7, TOPIC)], marker)
    intake.connected(session_present=True)
    assert intake.take([message(b"older", 7, TOPIC, dup=True)], marker).fresh == []
    assert intake.due() == ([7], 0)
    assert (intake.state().redelivered_durable, intake.state().redelivered_pending) == (0, 0)


def test_a_retained_message_of_a_new_session_keeps_its_flag() -> None:
    intake, marker = opened(resumed=False)
    taken = intake.take([message(b"kept", 1, retain=True), message(b"live", 2)], marker)
    assert [(each.retain, each.queued) for each in taken.fresh] == [(True, False), (False, False)]

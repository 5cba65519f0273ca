import pytest
from hypothesis import given
from hypothesis import strategies as st

from runtime.mqtt_marker import Marker, marker_topic

TOPIC = "quanho/marker/edge-1"


def sent(*, resumed: bool = True, returns: bool | None = None) -> Marker:
    marker = Marker(TOPIC, b"nonce", returns)
    marker.sent(resumed, 100.0)
    return marker


def test_a_topic_holds_no_wildcard_and_no_further_level() -> None:
    assert marker_topic("gw-1-street") == "quanho/marker/gw-1-street"
    assert marker_topic("a+b/#") == "quanho/marker/a%2Bb%2F%23"


def test_everything_has_waited_until_the_marker_comes_back() -> None:
    marker = sent()
    assert marker.is_queued
    marker.arrived(TOPIC, b"nonce")
    assert (marker.is_queued, marker.is_awaited, marker.returns) == (False, False, True)


@pytest.mark.parametrize(("topic", "payload"), [(TOPIC, b"older"), ("quanho/marker/else", b"nonce")])
def test_the_marker_of_an_earlier_connection_or_another_client_ends_nothing(topic: str, payload: bytes) -> None:
    marker = sent()
    marker.arrived(topic, payload)
    assert marker.is_queued


def test_on_a_new_session_nothing_has_waited_and_the_marker_only_shows_that_it_comes() -> None:
    marker = sent(resumed=False)
    assert marker.is_awaited
    assert not marker.is_queued
    marker.arrived(TOPIC, b"nonce")
    assert marker.returns is True


def test_two_idle_seconds_with_nothing_unacknowledged_end_the_waiting() -> None:
    marker = sent()
    marker.acknowledged(0)
    marker.heard(150.0)
    assert marker.give_up(151.9, 0) is None
    assert marker.give_up(152.0, 1) is None, "the broker may wait for our acknowledgement"
    assert marker.give_up(152.0, 0) == "our marker did not come back within 52 s"
    assert (marker.is_queued, marker.returns) == (False, False)
    assert marker.give_up(200.0, 0) is None, "said once"


def test_a_line_on_which_the_broker_has_not_answered_yet_is_slow_not_idle() -> None:
    assert sent().give_up(110.0, 0) is None


@pytest.mark.parametrize(
    ("returns", "patience_s"),
    [(None, 600.0), (True, 3600.0), (False, 30.0)],
)
def test_on_a_line_that_is_never_idle_patience_depends_on_what_is_known(returns: bool | None, patience_s: float) -> None:
    marker = sent(returns=returns)
    marker.acknowledged(0)
    marker.heard(100.0 + patience_s)
    assert marker.give_up(100.0 + patience_s - 0.1, 5) is None
    assert marker.give_up(100.0 + patience_s, 5) is not None


@pytest.mark.parametrize("code", [0x10, 0x80, 0x87])
def test_a_refused_marker_is_waited_for_30_s(code: int) -> None:
    marker = sent(returns=True)
    marker.acknowledged(code)
    marker.heard(130.0)
    assert marker.give_up(129.9, 5) is None
    assert marker.give_up(130.0, 5) == f"broker refuses our marker (code {code:#x})"


@pytest.mark.parametrize("granted", [0, 0x80, 0x87])
def test_a_subscription_below_qos_1_is_a_refusal(granted: int) -> None:
    marker = sent()
    marker.subscribed(granted)
    marker.heard(130.0)
    assert "subscription" in str(marker.give_up(130.0, 5))


def test_a_marker_that_comes_after_all_is_believed_again() -> None:
    marker = sent()
    marker.acknowledged(0)
    assert marker.give_up(102.0, 0) is not None
    marker.arrived(TOPIC, b"nonce")
    assert marker.returns is True


def test_it_is_sent_again_each_30_s_while_it_may_still_come() -> None:
    marker = sent()
    assert not marker.again(130.0), "the first is still on its way"
    marker.acknowledged(0)
    assert [marker.again(now) for now in (129.9, 130.0, 130.1, 160.0)] == [False, True, False, True]
    marker.arrived(TOPIC, b"nonce")
    assert not marker.again(500.0)
    refused = sent()
    refused.acknowledged(0x87)
    assert not refused.again(130.0)


STEPS = st.sampled_from(["heard", "tick", "busy", "ours", "older", "taken", "refused"])


@given(st.booleans(), st.none() | st.booleans(), st.lists(st.tuples(STEPS, st.floats(0, 500)), max_size=60))
def test_waiting_ends_once_and_never_lasts_more_than_an_hour(resumed: bool, returns: bool | None, steps: list[tuple[str, float]]) -> None:
    marker, now_s, endings = Marker(TOPIC, b"nonce", returns), 100.0, 0
    marker.sent(resumed, now_s)
    for step, later_s in steps:
        now_s += later_s
        was_queued = marker.is_queued
        match step:
            case "heard":
                marker.heard(now_s)
            case "ours":
                marker.arrived(TOPIC, b"nonce")
            case "older":
                marker.arrived(TOPIC, b"older")
            case "taken" | "refused":
                marker.acknowledged(0x87 if step == "refused" else 0)
            case _:
                endings += marker.give_up(now_s, 3 if step == "busy" else 0) is not None
                assert not marker.is_awaited or now_s - 100.0 < 3600.0
        assert was_queued or not marker.is_queued
        assert marker.is_awaited or not marker.is_queued
    assert endings <= 1

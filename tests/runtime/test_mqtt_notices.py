from runtime.mqtt_notices import Notices


def test_a_repeated_event_is_logged_at_once_and_then_each_minute_with_its_count() -> None:
    notices = Notices()
    assert [notices.due("lost", "refused", second) for second in range(0, 125, 5)] == [1] + 11 * [0] + [12] + 11 * [0] + [12]


def test_another_reason_is_logged_at_once() -> None:
    notices = Notices()
    assert [notices.due("lost", reason, 1.0) for reason in ("refused", "refused", "timed out")] == [1, 0, 2]


def test_events_do_not_silence_each_other() -> None:
    notices = Notices()
    assert notices.due("lost", "x", 0.0) == 1
    assert notices.due("connected", "x", 0.0) == 1

from runtime.mqtt_window import AckWindow, Seen


def open_window() -> AckWindow:
    window = AckWindow()
    window.connected(session_present=True)
    return window


def receive(window: AckWindow, *packet_ids: int) -> None:
    for packet_id in packet_ids:
        assert window.classify(packet_id, dup=False, receipt=packet_id) is Seen.NEW


def test_nothing_is_due_before_it_is_durable() -> None:
    window = open_window()
    receive(window, 1, 2)
    assert window.due() == []
    assert window.pending_count == 2


def test_acknowledgements_leave_in_the_order_of_delivery() -> None:
    window = open_window()
    receive(window, 1, 2, 3)
    window.settle(0, [3, 2])
    assert window.due() == []
    window.settle(0, [1])
    assert window.due() == [1, 2, 3]
    assert window.due() == []


def test_a_redelivery_of_a_pending_message_is_dropped_and_acknowledged_once_durable() -> None:
    window = open_window()
    receive(window, 1)
    window.connected(session_present=True)
    assert window.classify(1, dup=True, receipt=1) is Seen.PENDING
    window.settle(0, [1])
    assert window.due() == [1]


def test_a_redelivery_of_a_durable_message_is_acknowledged_at_once() -> None:
    window = open_window()
    receive(window, 1)
    window.settle(0, [1])
    window.connected(session_present=True)
    assert window.due() == []
    assert window.classify(1, dup=True, receipt=1) is Seen.DURABLE
    assert window.due() == [1]


def test_what_became_durable_between_connections_waits_for_its_redelivery() -> None:
    window = open_window()
    receive(window, 1)
    window.connected(session_present=True)
    window.settle(0, [1])
    assert window.due() == []
    assert window.classify(1, dup=True, receipt=1) is Seen.DURABLE
    assert window.due() == [1]


def test_a_forgotten_session_discards_its_acknowledgements() -> None:
    window = open_window()
    receive(window, 1)
    window.connected(session_present=False)
    receive(window, 1)
    assert window.settle(0, [1]) == 1
    assert window.due() == []
    assert window.settle(window.generation, [1]) == 0
    assert window.due() == [1]


def test_a_reused_id_is_a_new_message_and_needs_both_to_be_durable() -> None:
    window = open_window()
    receive(window, 1)
    window.connected(session_present=True)
    receive(window, 1)
    window.settle(0, [1])
    assert window.due() == []
    window.settle(0, [1])
    assert window.due() == [1]


def test_a_redelivery_with_another_receipt_is_new() -> None:
    window = open_window()
    receive(window, 1)
    window.settle(0, [1])
    window.connected(session_present=True)
    assert window.classify(1, dup=True, receipt=99) is Seen.NEW


def test_what_an_earlier_run_made_durable_is_recognised() -> None:
    window = AckWindow()
    window.remember([(4, 40)])
    window.connected(session_present=True)
    assert window.classify(4, dup=True, receipt=40) is Seen.DURABLE
    assert window.classify(5, dup=True, receipt=50) is Seen.NEW


def test_an_equal_message_under_the_same_id_is_new_once_the_broker_has_proved_the_acknowledgement() -> None:
    window = open_window()
    receive(window, 1)
    window.settle(0, [1])
    assert window.due() == [1]
    window.raise_fence()
    window.confirm_fence()
    window.connected(session_present=True)
    assert window.classify(1, dup=True, receipt=1) is Seen.NEW


def test_a_ping_proves_nothing_about_acknowledgements_that_were_held_back() -> None:
    window = open_window()
    receive(window, 1, 2)
    window.settle(0, [2])
    window.raise_fence()
    window.confirm_fence()
    window.connected(session_present=True)
    assert window.classify(2, dup=True, receipt=2) is Seen.DURABLE


def test_an_unanswered_ping_proves_nothing() -> None:
    window = open_window()
    receive(window, 1)
    window.settle(0, [1])
    window.due()
    window.raise_fence()
    window.connected(session_present=True)
    assert window.classify(1, dup=True, receipt=1) is Seen.DURABLE


def test_a_message_taken_back_is_new_when_it_comes_again() -> None:
    window = open_window()
    receive(window, 1)
    window.forget([1])
    assert window.pending_count == 0
    window.connected(session_present=True)
    assert window.classify(1, dup=True, receipt=1) is Seen.NEW


def test_settling_what_was_never_delivered_acknowledges_nothing() -> None:
    window = open_window()
    assert window.settle(0, [9]) == 1
    assert window.due() == []
